"""Canonical JSON and its hash: the same content gives the same bytes on every machine."""

import hashlib
import json
from typing import Any


def canonical_json(content: Any) -> str:
    """Return `content` as JSON with sorted keys and no insignificant white space.

    Raises TypeError for a float (its text differs between writers: store integers or strings)
    and for keys that are not strings.
    """
    _refuse_floats(content)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """Return the hexadecimal SHA-256 of the UTF-8 bytes of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(content: Any) -> None:
    if isinstance(content, float):
        raise TypeError(f"a float has no canonical text: {content!r}")
    if isinstance(content, dict):
        if not all(isinstance(key, str) for key in content):
            raise TypeError("keys of canonical JSON are strings")
        content = list(content.values())
    if isinstance(content, (list, tuple)):
        for part in content:
            _refuse_floats(part)

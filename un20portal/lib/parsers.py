"""JSON in: one meaning per body, or none. What other parsers would silently mend is refused."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 32
LARGEST_INTEGER = 2**53 - 1  # what every JSON reader can hold
BROKEN_TEXT = re.compile("[\x00\ud800-\udfff]")
# possessive, and a string may lack its end: linear on any text
STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """UTF-8 only; no repeated keys, no NUL, no broken text, no NaN, no deep nesting, no huge numbers."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(_("The body is larger than %(limit)s bytes.") % {"limit": limit})
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Return what `body` says; raise ParseError (400) naming what is wrong with it."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(_("The body is not UTF-8.")) from error
    if _depth(text) > DEEPEST:
        raise ParseError(_("The body is nested too deeply."))
    try:
        content = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except (ValueError, RecursionError) as error:
        raise ParseError(_("The body is not JSON.")) from error
    _refuse_broken_text(content)
    return content


def _depth(text: str) -> int:
    """How deep brackets nest outside of strings; counting ends where it is too deep."""
    depth = deepest = 0
    for token in STRING_OR_BRACKET.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in ("]", "}"):
            depth -= 1
        if deepest > DEEPEST:
            break
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ParseError(_("The body names the same key twice."))
    return content


def _refuse_constant(name: str) -> None:
    raise ParseError(_("NaN and Infinity are not JSON."))


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise ParseError(_("The body holds a number that is too large."))
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ParseError(_("The body holds a number that is too large."))
    return number


def _refuse_broken_text(content: Any) -> None:
    """Raise ParseError for NUL and lone surrogates, in keys too."""
    if isinstance(content, str):
        if BROKEN_TEXT.search(content):
            raise ParseError(_("The body holds characters that cannot be stored (NUL or broken text)."))
    elif isinstance(content, dict):
        for key, value in content.items():
            _refuse_broken_text(key)
            _refuse_broken_text(value)
    elif isinstance(content, list):
        for value in content:
            _refuse_broken_text(value)

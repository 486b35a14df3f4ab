"""Secrets of a machine that was given none: made once, kept readable for their owner only."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def local_secret_key(folder: Path) -> str:
    """Return the secret key kept in `folder` (64 characters); make it when missing."""
    return _kept(folder / "secret_key", secrets.token_urlsafe(48))


def local_checkpoint_key(folder: Path) -> str:
    """Return the key of checkpoints kept in `folder` (64 hexadecimal digits); make it when missing."""
    return _kept(folder / "checkpoint_key", secrets.token_hex(32))


def local_password(folder: Path) -> str:
    """Return the password of the demo cast kept in `folder` (20 characters); make it when missing."""
    return _kept(folder / "demo_password", secrets.token_urlsafe(15))


def _kept(path: Path, new: str) -> str:
    """Read the secret; keep `new` when there is none. Two processes that start at once get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # readable for its owner only
            file.write(new)
            file.flush()
            with suppress(FileExistsError):  # the other process was first
                os.link(file.name, path)
    return path.read_text()

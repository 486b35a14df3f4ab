"""Secrets of a machine that was given none: made once, kept readable for their owner only."""

import os
import secrets
from pathlib import Path


def local_secret_key(folder: Path) -> str:
    """Return the secret key kept in `folder` (64 characters); make it when missing."""
    return _kept(folder / "secret_key", 48)


def local_password(folder: Path) -> str:
    """Return the password of the demo cast kept in `folder` (20 characters); make it when missing."""
    return _kept(folder / "demo_password", 15)


def _kept(path: Path, n_bytes: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(n_bytes)
        file.write(secret)
    return secret

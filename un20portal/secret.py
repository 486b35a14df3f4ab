"""The secret key of a machine that was given none: made once, kept readable for its owner only."""

import os
import secrets
from pathlib import Path


def local_secret_key(folder: Path) -> str:
    """Return the key kept in `folder`/secret_key; make it (64 characters, mode 0600) when missing."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key

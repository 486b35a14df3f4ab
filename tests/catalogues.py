"""Message catalogues without missing, fuzzy or broken translations: `python -m tests.catalogues`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def problems(folder: Path = LOCALE) -> list[str]:
    """Name every message whose translation could break a page: one line each."""
    return [line for path in sorted(folder.glob("*/LC_MESSAGES/*.po")) for line in _problems_of(path)]


def _problems_of(path: Path) -> list[str]:
    name = path.relative_to(path.parents[2])
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parents[1].name, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        return [f"{name}: {error}"]
    found = [f"{name}: the whole catalogue is marked fuzzy"] if catalogue.fuzzy else []
    found += [f"{name}:{m.lineno}: fuzzy: {m.id!r}" for m in catalogue if m.fuzzy and m.id]
    found += [f"{name}:{m.lineno}: untranslated: {m.id!r}" for m in catalogue if m.id and not all(_texts(m))]
    for message, errors in catalogue.check():
        found += [f"{name}:{message.lineno}: {error}" for error in errors]
    return found


def _texts(message: Message) -> Sequence[str]:
    return [message.string] if isinstance(message.string, str) else message.string or [""]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)

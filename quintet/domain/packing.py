"""The packed levels of a sheet: one byte per item in framework order. Plain Python."""

from collections.abc import Iterable

NA_BYTE, MISSING_BYTE = 254, 255


def pack(levels: Iterable[int | str | None]) -> bytes:
    """Pack levels (0…), "na" and None (missing) into bytes; raise ValueError for anything else."""
    return bytes(_byte(level) for level in levels)


def unpack(packed: bytes) -> list[int | str | None]:
    """Return what `pack` was given."""
    codes: dict[int, int | str | None] = {NA_BYTE: "na", MISSING_BYTE: None}
    return [codes.get(byte, byte) for byte in packed]


def _byte(level: int | str | None) -> int:
    if level is None:
        return MISSING_BYTE
    if level == "na":
        return NA_BYTE
    if isinstance(level, int) and 0 <= level < NA_BYTE:
        return level
    raise ValueError(f"not a level: {level!r}")

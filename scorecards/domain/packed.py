"""The figures of one unit as bytes: one record per dimension in framework order. Plain Python.

numpy reads and writes the same records (`scorecards.domain.matrix`).
"""

import struct
from collections.abc import Iterable

from scorecards.domain.scoring import UnitFigures

# weight_applicable, weight_answered, points; applicable, answered, has, operates, foundation, marks
RECORD = struct.Struct("<HHHBBBBBB")
NO_FOUNDATION = 255
IS_RATED, IS_ADVANCED, CAN_BE_ADVANCED = 1, 2, 4


def pack_figures(figures: Iterable[UnitFigures]) -> bytes:
    """Return the figures of a unit's dimensions as bytes; `FrameworkShape` sees to it that they fit."""
    return b"".join(
        RECORD.pack(
            found.weight_applicable,
            found.weight_answered,
            found.points,
            found.applicable,
            found.answered,
            found.has,
            found.operates,
            NO_FOUNDATION if found.foundation is None else found.foundation,
            _marks(found),
        )
        for found in figures
    )


def unpack_figures(packed: bytes) -> list[UnitFigures]:
    """Return what `pack_figures` was given."""
    return [
        UnitFigures(
            applicable=applicable,
            answered=answered,
            weight_applicable=weight_applicable,
            weight_answered=weight_answered,
            points=points,
            is_rated=bool(marks & IS_RATED),
            has=has,
            operates=operates,
            foundation=None if foundation == NO_FOUNDATION else foundation,
            is_advanced=bool(marks & IS_ADVANCED) if marks & CAN_BE_ADVANCED else None,
        )
        for (
            weight_applicable,
            weight_answered,
            points,
            applicable,
            answered,
            has,
            operates,
            foundation,
            marks,
        ) in RECORD.iter_unpack(packed)
    ]


def _marks(figures: UnitFigures) -> int:
    marks = IS_RATED if figures.is_rated else 0
    if figures.is_advanced is not None:
        marks |= CAN_BE_ADVANCED | (IS_ADVANCED if figures.is_advanced else 0)
    return marks

"""Method un20-1 §2 and §4 for very many sheets at once: matrices of levels in, records and tallies out.

The same arithmetic as `scoring` and `tally`, column by column with numpy; a test holds both together. Only
workers import this: numpy has no place in the memory of a web process.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.packed import CAN_BE_ADVANCED, IS_ADVANCED, IS_RATED, NO_FOUNDATION
from scorecards.domain.scoring import (
    ADVANCED_NEEDS,
    ADVANCED_OPERATING,
    HAS_FROM,
    OPERATES_FROM,
    ItemShape,
)
from scorecards.domain.tally import DimensionTally, Tally

Levels = npt.NDArray[np.uint8]  # sheets × items in framework order
Records = npt.NDArray[Any]  # sheets × dimensions
Kinds = npt.NDArray[np.intp]  # of each sheet the number of its set of groups
RECORD = np.dtype(  # as `packed.RECORD`
    [
        *((name, "<u2") for name in ("weight_applicable", "weight_answered", "points")),
        *((name, "u1") for name in ("applicable", "answered", "has", "operates", "foundation", "marks")),
    ]
)
TABLE = 1 << 20
ROWS = 4096  # at a time: their columns stay in the processor's cache


def read_levels(packed: bytes, framework: FrameworkShape) -> Levels:
    """Return packed sheets, one after the other, as a matrix; raise ValueError where they do not fit."""
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, len(framework.items))


def score_matrix(levels: Levels, framework: FrameworkShape) -> Records:
    """Return the figures of §2 of every sheet as records, sheets × dimensions."""
    records = np.empty((len(levels), len(framework.dimensions)), dtype=RECORD)
    for start in range(0, len(levels), ROWS):
        rows = slice(start, start + ROWS)
        columns = np.ascontiguousarray(levels[rows].T)
        for number, (code, place) in enumerate(framework.places.items()):
            _score(columns[place], framework.dimensions[code], records[rows, number], framework)
    return records


def _score(columns: Levels, items: Sequence[ItemShape], record: Records, framework: FrameworkShape) -> None:
    """Fill in the records of one dimension; `columns` are items × sheets."""
    weights = np.array([item.weight for item in items], dtype=np.uint16)[:, np.newaxis]
    is_applicable = columns != NA_BYTE
    is_answered = is_applicable & (columns != MISSING_BYTE)
    has, operates = is_answered & (columns >= HAS_FROM), is_answered & (columns >= OPERATES_FROM)
    record["applicable"] = is_applicable.sum(axis=0, dtype=np.uint8)
    record["answered"] = is_answered.sum(axis=0, dtype=np.uint8)
    record["weight_applicable"] = (is_applicable * weights).sum(axis=0, dtype=np.uint16)
    record["weight_answered"] = (is_answered * weights).sum(axis=0, dtype=np.uint16)
    record["points"] = (np.where(is_answered, columns, 0) * weights).sum(axis=0, dtype=np.uint16)
    record["has"] = has.sum(axis=0, dtype=np.uint8)
    record["operates"] = operates.sum(axis=0, dtype=np.uint8)
    lowest = np.where(is_answered, np.minimum(columns, framework.highest_level), 0)
    lowest[~is_applicable] = NO_FOUNDATION
    record["foundation"] = lowest.min(axis=0)
    record["marks"] = _is_rated(record) * np.uint8(IS_RATED)
    needed = [place for place, item in enumerate(items) if item.enabler in ADVANCED_NEEDS]
    if any(item.enabler for item in items):
        is_advanced = (record["operates"] >= ADVANCED_OPERATING) & has[needed].all(axis=0)
        is_advanced &= len(needed) >= len(ADVANCED_NEEDS)
        record["marks"] |= CAN_BE_ADVANCED | is_advanced * np.uint8(IS_ADVANCED)


def _is_rated(record: Records) -> npt.NDArray[np.bool_]:
    applicable = record["weight_applicable"].astype(np.uint32)
    return (applicable > 0) & (3 * record["weight_answered"].astype(np.uint32) >= 2 * applicable)


def tally_kinds(
    levels: Levels, records: Records, kinds: Kinds, *, n_kinds: int, framework: FrameworkShape
) -> list[Tally]:
    """Count the sheets of each kind: `kinds[i]`, 0…n_kinds − 1, is that of sheet i. All count."""
    items = _count_levels(levels, kinds, n_kinds, framework)
    dimensions = [
        _count_dimension(records[:, number], kinds, n_kinds, len(shapes), framework)
        for number, shapes in enumerate(framework.dimensions.values())
    ]
    sizes = np.bincount(kinds, minlength=n_kinds).tolist()
    return [
        Tally(size, size, items[kind], [dimension[kind] for dimension in dimensions])
        for kind, size in enumerate(sizes)
    ]


def _count_levels(levels: Levels, kinds: Kinds, n_kinds: int, framework: FrameworkShape) -> list[Any]:
    """Return, of each kind, of each item the counts of level 0…L and of “not applicable”."""
    codes = framework.highest_level + 3  # levels, not applicable, missing
    column_of = np.arange(256, dtype=np.uint16)
    column_of[NA_BYTE], column_of[MISSING_BYTE] = codes - 2, codes - 1
    n_items = levels.shape[1]
    counts = np.zeros(n_kinds * n_items * codes, dtype=np.intp)
    first = (np.arange(n_items) * codes).astype(np.int32)
    for start in range(0, len(levels), ROWS):
        rows = slice(start, start + ROWS)
        cells = column_of[levels[rows]] + first + (kinds[rows, np.newaxis] * n_items * codes)
        counts += np.bincount(cells.ravel(), minlength=len(counts))
    found = counts.reshape(n_kinds, n_items, codes)
    return list(found[:, :, :-1].tolist())


def _count_dimension(
    records: Records, kinds: Kinds, n_kinds: int, n_items: int, framework: FrameworkShape
) -> list[DimensionTally]:
    """Return the tally of one dimension of each kind."""
    levels = framework.highest_level + 1
    has_foundation = records["foundation"] != NO_FOUNDATION
    foundation = _table(kinds[has_foundation], records["foundation"][has_foundation], n_kinds, levels)
    breadth = _table(kinds, records["has"], n_kinds, n_items + 1)
    advanced = np.bincount(kinds[(records["marks"] & IS_ADVANCED) > 0], minlength=n_kinds).tolist()
    indices = _count_indices(records, kinds, n_kinds)
    return [DimensionTally(*counts) for counts in zip(foundation, breadth, advanced, indices, strict=True)]


def _table(kinds: Kinds, values: npt.NDArray[Any], n_kinds: int, size: int) -> list[list[int]]:
    """Return, of each kind, how often each value 0…size − 1 occurs."""
    counts = np.bincount(kinds * size + values, minlength=n_kinds * size)
    return list(counts.reshape(n_kinds, size).tolist())


def _count_indices(records: Records, kinds: Kinds, n_kinds: int) -> list[Counter[tuple[int, int]]]:
    """Return, of each kind, how many rated sheets have which points and answered weight."""
    is_rated = (records["marks"] & IS_RATED) > 0
    points, weights = (records[name][is_rated].astype(np.intp) for name in ("points", "weight_answered"))
    n_points, n_weights = (int(sums.max(initial=0)) + 1 for sums in (points, weights))
    counters: list[Counter[tuple[int, int]]] = [Counter() for _kind in range(n_kinds)]
    for key, n in _occurrences((kinds[is_rated] * n_points + points) * n_weights + weights):
        rest, weight = divmod(key, n_weights)
        kind, found = divmod(rest, n_points)
        counters[kind][found, weight] = n
    return counters


def _occurrences(keys: npt.NDArray[np.intp]) -> Iterable[tuple[int, int]]:
    """Return each value with how often it occurs, by a table as long as it is short, else by sorting."""
    if keys.max(initial=0) < TABLE:
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        return zip(found.tolist(), counts[found].tolist(), strict=True)
    return zip(*(column.tolist() for column in np.unique(keys, return_counts=True)), strict=True)

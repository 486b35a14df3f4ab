"""The matrix says what the scalar method says, to the last byte."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from quintet.domain.shape import HIGHEST_SUM
from scorecards.domain import matrix
from scorecards.domain.figures import FrameworkShape, score_sheet
from scorecards.domain.packed import RECORD, pack_figures, unpack_figures
from scorecards.domain.scoring import ItemShape
from tests.scorecards.domain.frameworks import SHEETS, WEIGHTED

MANY = st.lists(st.tuples(SHEETS, st.integers(0, 3)), min_size=1, max_size=20)


class TestRecords:
    @given(MANY)
    def test_are_those_of_one_sheet_after_the_other(self, sheets: Sequence[tuple[bytes, int]]) -> None:
        levels = matrix.read_levels(b"".join(sheet for sheet, _kind in sheets), WEIGHTED)
        records = matrix.score_matrix(levels, WEIGHTED)
        assert [record.tobytes() for record in records] == [
            pack_figures(score_sheet(sheet, WEIGHTED).values()) for sheet, _kind in sheets
        ]

    @given(SHEETS)
    def test_say_what_was_packed(self, sheet: bytes) -> None:
        figures = list(score_sheet(sheet, WEIGHTED).values())
        assert unpack_figures(pack_figures(figures)) == figures

    @given(st.lists(st.sampled_from([0, 4, NA_BYTE, MISSING_BYTE]), min_size=4, max_size=4).map(bytes))
    def test_hold_the_highest_sums_that_a_framework_may_have(self, sheet: bytes) -> None:
        heavy = FrameworkShape(4, {"CUL": [ItemShape(f"CUL-{n}", HIGHEST_SUM // 16) for n in range(4)]})
        records = matrix.score_matrix(matrix.read_levels(sheet, heavy), heavy)
        assert records.tobytes() == pack_figures(score_sheet(sheet, heavy).values())

    @pytest.mark.parametrize(
        ("items", "why"),
        [
            (
                [ItemShape(f"DAT-{n}", 10_000) for n in range(2)],
                "DAT: weights × highest level add up to 80000",
            ),
            (
                [ItemShape("DAT-STR", 1, "STR"), ItemShape("DAT-STR-2", 1, "STR")],
                "DAT: enabler STR is there 2",
            ),
        ],
    )
    def test_are_not_asked_of_a_framework_they_cannot_count(self, items: list[ItemShape], why: str) -> None:
        with pytest.raises(ValueError, match=why):
            FrameworkShape(4, {"DAT": items})

    def test_have_one_layout(self) -> None:
        assert matrix.RECORD.itemsize == RECORD.size

    def test_of_a_sheet_of_another_framework_are_refused(self) -> None:
        with pytest.raises(ValueError, match="reshape"):
            matrix.read_levels(b"\x01\x02", WEIGHTED)


class TestTallies:
    @given(MANY)
    def test_are_those_of_one_sheet_after_the_other(self, sheets: Sequence[tuple[bytes, int]]) -> None:
        levels = matrix.read_levels(b"".join(sheet for sheet, _kind in sheets), WEIGHTED)
        records = matrix.score_matrix(levels, WEIGHTED)
        kinds = np.array([kind for _sheet, kind in sheets])
        expected = [WEIGHTED.empty_tally() for _kind in range(4)]
        for sheet, kind in sheets:
            expected[kind].add(sheet, list(score_sheet(sheet, WEIGHTED).values()))
        assert matrix.tally_kinds(levels, records, kinds, n_kinds=4, framework=WEIGHTED) == expected

    @pytest.mark.parametrize("table", [1, matrix.TABLE])
    def test_count_by_sorting_what_is_too_long_for_a_table(
        self, table: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(matrix, "TABLE", table)
        found = matrix._occurrences(np.array([7, 3, 7, 7]))
        assert list(found) == [(3, 1), (7, 3)]

    def test_of_more_rows_than_fit_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(5)
        levels = rng.choice(np.array([0, 1, 2, 3, 4, 254, 255], dtype=np.uint8), (50, len(WEIGHTED.items)))
        kinds = rng.integers(0, 2, 50)

        def count() -> tuple[bytes, list[object]]:
            records = matrix.score_matrix(levels, WEIGHTED)
            tallies = matrix.tally_kinds(levels, records, kinds, n_kinds=2, framework=WEIGHTED)
            return records.tobytes(), [*tallies]

        whole = count()
        monkeypatch.setattr(matrix, "ROWS", 7)
        assert count() == whole

"""What a filled workbook would change, of three texts: as downloaded, as filled, as stored now."""

from typing import Any

import pytest

from quintet.domain.answers import SILENT, AnswerValue
from quintet.domain.differences import (
    CHANGED,
    CONFLICT,
    MINE,
    MOVED,
    NEW,
    REFUSED,
    SAME,
    Choice,
    Difference,
    Standing,
    find_difference,
    undecided,
)
from quintet.domain.workbooks import column_name, level_of

TWO, THREE, FOUR = (AnswerValue("answered", level, comment="because") for level in (2, 3, 4))


def row(value: AnswerValue, version: int) -> dict[str, Any]:
    claimed = "" if value.claimed is None else str(value.claimed)
    return {
        "item": "DAT-STR", "cell": "DAT!H2", "state": value.state, "claimed": claimed,
        "na_reason": value.na_reason, "comment": value.comment, "version": version,
    }  # fmt: skip


def compare(offered: AnswerValue, version: int, now: Standing, base: AnswerValue | None) -> Difference:
    return find_difference(row(offered, version), now=now, base=base, highest_level=4, na_allowed=True)


class TestFindDifference:
    @pytest.mark.parametrize(
        ("offered", "version", "now", "base", "kind"),
        [
            (SILENT, 0, Standing(), SILENT, SAME),
            (THREE, 0, Standing(), SILENT, NEW),
            (THREE, 1, Standing(TWO, 1), TWO, CHANGED),
            (SILENT, 1, Standing(TWO, 1), TWO, CHANGED),
            (TWO, 1, Standing(TWO, 1), TWO, SAME),
            (THREE, 1, Standing(FOUR, 2), TWO, CONFLICT),
            (THREE, 0, Standing(FOUR, 1), SILENT, CONFLICT),
            (TWO, 1, Standing(FOUR, 2), TWO, MOVED),
            (SILENT, 0, Standing(FOUR, 1), SILENT, MOVED),
            (FOUR, 1, Standing(FOUR, 2), TWO, SAME),
            (THREE, 1, Standing(TWO, 3), TWO, CHANGED),
            (THREE, 1, Standing(FOUR, 2), None, CONFLICT),
        ],
    )
    def test_compares_three_texts(
        self, offered: AnswerValue, version: int, now: Standing, base: AnswerValue | None, kind: str
    ) -> None:
        assert compare(offered, version, now, base).kind == kind

    def test_refuses_what_the_form_would_refuse(self) -> None:
        found = find_difference(
            {**row(THREE, 0), "claimed": "7"}, now=Standing(), base=SILENT, highest_level=4, na_allowed=False
        )
        assert (found.kind, found.errors[0].code) == (REFUSED, "unknown_level")

    def test_refuses_a_reason_that_would_be_lost(self) -> None:
        found = compare(AnswerValue("answered", 3, na_reason="no programmes"), 0, Standing(), SILENT)
        assert (found.kind, found.errors[0].field) == (REFUSED, "na_reason")


class TestUndecided:
    def test_tells_conflicts_without_a_choice_from_those_that_moved_again(self) -> None:
        found = [compare(THREE, 1, Standing(FOUR, 3), TWO)]
        assert undecided(found, {}) == (found, [])
        assert undecided(found, {"DAT-STR": Choice(MINE, 2)}) == ([], found)
        assert undecided(found, {"DAT-STR": Choice(MINE, 3)}) == ([], [])


class TestCells:
    def test_have_names(self) -> None:
        assert [column_name(number) for number in (0, 7, 25, 26, 701, 702)] == [
            "A",
            "H",
            "Z",
            "AA",
            "ZZ",
            "AAA",
        ]

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("", ("unanswered", "")),
            (" 3 ", ("answered", "3")),
            ("۳", ("answered", "3")),
            ("Sans Objet", ("na", "")),
            ("2.5", ("answered", "2.5")),
            ("³", ("answered", "³")),
        ],
    )
    def test_mean_a_state_and_a_level(self, text: str, meant: tuple[str, str]) -> None:
        assert level_of(text, {"sans objet": "na"}) == meant

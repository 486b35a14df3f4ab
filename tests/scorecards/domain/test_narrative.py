"""The sentences of the committee paper: each rule says what the figures say, and no more."""

from dataclasses import replace
from fractions import Fraction

import pytest

from scorecards.domain.groups import ItemCounts
from scorecards.domain.movement import Panel
from scorecards.domain.narrative import (
    MOST_NAMED,
    Cell,
    Move,
    moved,
    quality,
    taking_part,
)
from scorecards.domain.narrative import standing as standing_from
from scorecards.domain.statements import Listing, Name, Points, Printed, Share, Statement


def counts(has: int, of: int, *, missing: int = 0, operates: int = 0, na: int = 0) -> ItemCounts:
    return ItemCounts(of + missing + na, na, missing, (of - has, 0, has - operates, operates, 0))


def cell(code: str, found: ItemCounts | None, printed: str | None = None) -> Cell:
    return Cell(Name(code, "DAT", code, code), found, Printed(printed) if printed else None, 2023)


def plain(statement: Statement) -> str:
    """The statement in English, numbers as they are."""
    text = statement.message
    if statement.many is not None and statement.count != 1:
        text = statement.many
    return text % {name: _plain(value) for name, value in statement.params.items()}


def _plain(value: object) -> object:
    match value:
        case Statement():
            return plain(value)
        case Name():
            return value.label
        case Share():
            return f"{round(value.value)}%"
        case Points():
            return f"{float(value.value):{'+' if value.signed else ''}.1f}"
        case Printed():
            return f"{value.value}%"
        case Listing():
            return ", ".join(str(_plain(one)) for one in value.values)
    return value


def said(statements: list[Statement]) -> str:
    return " ".join(map(plain, statements))


def standing(cells: list[Cell]) -> list[Statement]:
    return standing_from(cells, threshold=5)


class TestStanding:
    def test_names_all_that_are_most_and_least_in_place(self) -> None:
        text = said(
            standing([cell("A", counts(15, 20)), cell("B", counts(3, 4 * 5)), cell("C", counts(15, 20))])
        )
        assert "Most often in place: A (15 of 20, 75%), C (15 of 20, 75%)." in text
        assert "Least often in place: B (3 of 20, 15%)." in text

    def test_counts_those_that_it_does_not_name(self) -> None:
        alike = [cell(f"A{number}", counts(15, 20)) for number in range(MOST_NAMED + 2)]
        text = said(standing([*alike, cell("B", counts(3, 20))]))
        assert "A4 (15 of 20, 75%). 2 more are in the table below. Least often in place: B" in text

    def test_says_so_when_all_stand_alike(self) -> None:
        text = said(standing([cell("A", counts(15, 20)), cell("B", counts(30, 40))]))
        assert "equally often, at 75%" in text
        assert "Most often" not in text

    def test_names_the_widest_paper_gap_by_exact_shares(self) -> None:
        text = said(standing([cell("A", counts(15, 20, operates=10)), cell("B", counts(9, 12, operates=2))]))
        assert "The widest paper gap is 58.3 points: B is in place in 9 of 12 and operates in 2." in text

    def test_says_within_which_bounds_missing_answers_leave_a_share(self) -> None:
        """The worked example: 21 of 28, three missing."""
        text = said(standing([cell("A", counts(21, 28, missing=3))]))
        assert "3 are missing, and whatever they would say, between 68% and 77% have it in place." in text

    def test_a_single_missing_answer_is_singular(self) -> None:
        assert "1 is missing, and whatever it would say" in said(
            standing([cell("A", counts(9, 12, missing=1))])
        )

    def test_the_worked_example_beside_2023_is_no_clear_change(self) -> None:
        text = said(standing([cell("A", counts(21, 28), "67")]))
        assert "A: 75%, beside the 67% printed for 2023 (+8.0 points): no clear change." in text
        assert "not stated" in text

    def test_takes_no_difference_to_what_measured_something_near(self) -> None:
        near = replace(cell("A", counts(75, 100), printed="20"), is_near=True)
        text = said(standing([near]))
        assert "A: 75%. The 20% printed for 2023 measured something near and not the same" in text
        assert "beside the 20%" not in text

    def test_a_large_difference_from_2023_is_an_indication_only(self) -> None:
        text = said(standing([cell("A", counts(27, 28), "67")]))
        assert "it is an indication and no measured change" in text
        assert "no clear change" not in text

    @pytest.mark.parametrize("n", [1, 9])
    def test_says_no_share_below_ten_answers(self, n: int) -> None:
        text = said(standing([cell("A", counts(1, n, missing=3), "67")]))
        assert text == "For 1 item fewer than ten units answered: it is shown in counts, without per cents."

    def test_a_suppressed_figure_says_nothing_but_that(self) -> None:
        text = said(standing([cell("SECRET", None, "67"), cell("HIDDEN", None)]))
        assert text == (
            "2 figures are suppressed: fewer than 5 units answered, or they would tell what so few answered."
        )


def panel(before: int, after: int, of: int) -> Panel:
    up, down = max(after - before, 0), max(before - after, 0)
    return Panel(up, of - up - down, down, before, after, 0, 0)


def move(code: str, found: Panel | None) -> Move:
    return Move(Name(code, "DAT", code, code), found)


class TestMoved:
    def test_calls_a_change_clear_from_three_units_and_five_points_on(self) -> None:
        moves = [
            move("UP", panel(10, 13, 20)),
            move("TWO", panel(10, 12, 20)),
            move("FEW", panel(30, 33, 100)),
        ]
        text = said(moved(moves))
        assert text.startswith("1 of 3 items changed clearly")
        assert "A clear rise: UP (from 10 to 13 of 20, +15.0 points)." in text
        assert "For 2 items there is no clear change." in text
        assert "fall" not in text

    def test_says_falls_apart_from_rises(self) -> None:
        assert "A clear fall: A (from 13 to 10 of 20, -15.0 points)." in said(
            moved([move("A", panel(13, 10, 20))])
        )

    def test_says_no_points_of_fewer_than_ten_units(self) -> None:
        text = said(moved([move("A", panel(1, 5, 9))]))
        assert "A (from 1 to 5 of 9)." in text
        assert "points)" not in text

    def test_names_the_largest_and_counts_the_rest(self) -> None:
        moves = [move(f"I{n}", panel(10, 13 + n, 40)) for n in range(MOST_NAMED + 2)]
        text = said(moved(moves))
        assert text.index("I6 (") < text.index("I2 (")
        assert "I1 (" not in text
        assert "2 more are in the table below." in text

    def test_a_suppressed_comparison_is_counted_and_not_named(self) -> None:
        text = said(moved([move("SECRET", None)]))
        assert "The comparison of 1 item is suppressed" in text
        assert "SECRET" not in text


class TestQuality:
    def test_says_the_part_that_is_missing_and_what_does_not_apply(self) -> None:
        text = said(
            quality([cell("A", counts(9, 12, missing=3, na=5))], [cell("A", counts(9, 12))], n_carried=0)
        )
        assert "15% are missing" in text
        assert "5 answers are that the item is not applicable" in text

    def test_names_where_claim_and_acceptance_are_furthest_apart(self) -> None:
        accepted = [cell("A", counts(10, 20)), cell("B", counts(5, 20))]
        claimed = [cell("A", counts(12, 20)), cell("B", counts(15, 20))]
        assert "furthest apart for B: 75% claimed, 25% accepted." in said(
            quality(accepted, claimed, n_carried=0)
        )

    def test_compares_nothing_with_a_hidden_claim(self) -> None:
        text = said(quality([cell("A", counts(10, 20))], [cell("A", None)], n_carried=2))
        assert "claimed" not in text.lower()
        assert "2 figures are those of earlier versions" in text


def test_a_unit_without_a_sheet_is_missing_and_never_zero() -> None:
    assert "never counted as zero" in said(taking_part(80, 87))
    assert said(taking_part(1, 1)) == "The sheet of 1 of 1 units is validated and counts here."


def test_shares_stay_exact_until_they_are_written() -> None:
    (statement,) = [one for one in standing([cell("A", counts(1, 12))]) if "share" in one.params]
    assert statement.params["share"] == Share(Fraction(25, 3))

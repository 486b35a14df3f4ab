"""Which points are said of a group in short: rules, and what they never say."""

from dataclasses import dataclass
from fractions import Fraction

from scorecards.domain.groups import ItemCounts
from scorecards.domain.movement import Panel
from scorecards.domain.summary import Kind, Verdicts, points, verdicts_of_panels, verdicts_on_printed


@dataclass(frozen=True)
class Row:
    item: str
    counts: ItemCounts | None

    @property
    def shows_percentages(self) -> bool:
        return self.counts is not None and self.counts.n_answered >= 10


def row(item: str, *dist: int) -> Row:
    return Row(item, ItemCounts(sum(dist) + 1, 0, 1, dist))


HIDDEN = Row("HID", None)
STRONG, WEAK, PAPER = row("A", 0, 0, 2, 8, 8), row("B", 8, 8, 0, 2, 0), row("C", 2, 2, 16, 0, 0)
FEW = row("D", 0, 0, 0, 0, 6)


def said(*rows: Row, moved: Verdicts | None = None, printed: Verdicts | None = None) -> dict[str, str]:
    found = points(rows, n_counted=18, n_group=20, moved=moved, printed=printed)
    assert len(found) <= 7
    return {point.kind: point.cell.item if point.cell else "" for point in found}


class TestPoints:
    def test_name_the_extremes_and_the_widest_paper_gap(self) -> None:
        assert said(WEAK, STRONG, PAPER) == {"response": "", "most": "A", "least": "B", "gap": "C"}

    def test_do_not_follow_figures_of_few_where_others_have_ten_answers(self) -> None:
        assert said(WEAK, STRONG, FEW)[Kind.MOST] == "A"

    def test_follow_counts_where_nothing_has_ten_answers_and_name_no_gap(self) -> None:
        few = row("E", 3, 0, 0, 0, 2)
        assert said(few, FEW) == {"response": "", "most": "D", "least": "E"}

    def test_say_no_more_than_the_response_where_all_is_hidden_or_nobody_answers(self) -> None:
        assert said(HIDDEN, row("N")) == {"response": ""}

    def test_say_that_some_are_hidden_wherever_one_is_called_the_most(self) -> None:
        assert said(STRONG, WEAK, HIDDEN)[Kind.HIDDEN] == ""
        assert Kind.HIDDEN not in said(STRONG, WEAK)

    def test_take_the_first_in_the_framework_among_equals(self) -> None:
        twin = row("Z", 0, 0, 2, 8, 8)
        assert said(twin, STRONG, WEAK)[Kind.MOST] == "Z"

    def test_name_nothing_most_and_least_where_all_stand_alike(self) -> None:
        assert said(STRONG, row("Z", 0, 0, 1, 4, 5)) == {"response": "", "gap": "A"}

    def test_leave_out_what_is_compared_with_nothing(self) -> None:
        told = said(STRONG, WEAK, moved=Verdicts(2, 1, 0), printed=Verdicts(0, 0, 0))
        assert (Kind.MOVED in told, Kind.PRINTED in told) == (True, False)


class TestVerdicts:
    def test_of_panels_count_clear_changes_by_direction(self) -> None:
        rose, fell = Panel(5, 15, 0, 5, 10, 0, 0), Panel(0, 15, 5, 10, 5, 0, 0)
        still, nobody = Panel(2, 18, 0, 5, 7, 0, 0), Panel(0, 0, 0, 0, 0, 3, 3)
        assert verdicts_of_panels([rose, fell, still, nobody]) == Verdicts(3, 1, 1)

    def test_on_printed_shares_need_three_entities_and_five_points(self) -> None:
        counts = ItemCounts(31, 0, 3, (2, 5, 9, 8, 4))  # 75 per cent of 28
        found = [verdicts_on_printed([(counts, Fraction(printed))]) for printed in (67, 60, 90)]
        assert found == [Verdicts(1, 0, 0), Verdicts(1, 1, 0), Verdicts(1, 0, 1)]

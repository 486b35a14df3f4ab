"""Charts: geometry that is exact, and a figure that Plotly accepts."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go
import pytest

from scorecards import charts
from scorecards.charts import FigureLabels, FigurePanel, Segment
from scorecards.domain.groups import ItemCounts
from scorecards.queries.reading import Baseline, ItemFigure

WORDS = FigureLabels(
    "in place", "operating", "no answer", "2023", "of answers", "of the group", "{} per cent".format
)


def row(
    dist: tuple[int, ...] = (2, 5, 9, 8, 4),
    *,
    missing: int = 3,
    na: int = 0,
    baseline: Baseline | None = None,
    suppressed: bool = False,
    item: str = "DAT-STR",
) -> ItemFigure:
    group = sum(dist) + missing + na
    counts = None if suppressed else ItemCounts(group, na, missing, tuple(dist))
    return ItemFigure(item, item[:3], item[4:], "label", "question", group, counts, baseline, "accepted")


def published(value: str = "67", operator: str = "approx", year: int = 2023) -> Baseline:
    return Baseline(value, operator, "percent_of_entities", year, "same_concept", "S0 433")


@dataclass
class Shown:
    rows: list[ItemFigure]

    def figure(self, *, right_to_left: bool = False) -> dict[str, Any]:
        names = [f"row {place}" for place, _row in enumerate(self.rows)]
        texts, notes = [f"text of {name}" for name in names], [f"note on {name}" for name in names]
        panel = FigurePanel("Data", self.rows, names, texts, notes)
        return charts.state_of_play_figure([panel] * 5, labels=WORDS, right_to_left=right_to_left)


class TestBar:
    def test_draws_the_worked_example(self) -> None:
        drawn = charts.bar(row(baseline=published()))
        assert drawn.kind == "shares"
        assert drawn.segments == (
            Segment("has", "0%", "75%", 2, 13),
            Segment("operates", "0%", "42.86%", 5, 7),
        )
        assert drawn.marker == "67%"

    def test_shows_missing_answers_as_part_of_the_group(self) -> None:
        assert charts.bar(row()).strip == (
            Segment("answered", "0%", "90.32%", 20, 2),
            Segment("missing", "90.32%", "9.68%", 18, 6),
        )

    def test_keeps_not_applicable_apart_from_missing(self) -> None:
        drawn = charts.bar(row((0, 0, 5, 5, 0), missing=5, na=5))
        assert drawn.strip == (
            Segment("answered", "0%", "50%", 20, 2),
            Segment("na", "50%", "25%", 18, 6),
            Segment("missing", "75%", "25%", 18, 6),
        )

    def test_draws_no_operating_part_where_nothing_operates(self) -> None:
        assert [part.kind for part in charts.bar(row((5, 0, 5, 0, 0))).segments] == ["has"]

    def test_draws_one_box_per_answer_below_ten(self) -> None:
        drawn = charts.bar(row((1, 2, 2, 1, 1), baseline=published()))
        assert drawn.kind == "counts"
        assert [box.kind for box in drawn.segments] == ["operates"] * 2 + ["has"] * 2 + ["none"] * 3
        assert drawn.marker is None, "a count has no place on a scale of per cents"

    def test_draws_nothing_of_a_suppressed_cell(self) -> None:
        drawn = charts.bar(row(suppressed=True, baseline=published()))
        assert (drawn.kind, drawn.segments, drawn.strip, drawn.marker) == ("suppressed", (), (), None)

    def test_a_cell_without_answers_is_empty_and_not_zero(self) -> None:
        drawn = charts.bar(row((0, 0, 0, 0, 0), missing=12))
        assert drawn.kind == "empty"
        assert drawn.segments == ()
        assert drawn.strip == (Segment("missing", "0%", "100%", 18, 6),)

    def test_stands_an_empty_group(self) -> None:
        assert charts.bar(row((0, 0, 0, 0, 0), missing=0)).strip == ()

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Fraction(0), "0%"),
            (Fraction(100), "100%"),
            (Fraction(10), "10%"),
            (Fraction(200, 3), "66.67%"),
            (Fraction(1, 20), "0.05%"),
            (Fraction(401, 10), "40.1%"),
        ],
    )
    def test_writes_lengths_with_a_point(self, value: Fraction, text: str) -> None:
        assert charts._length(value) == text


class TestWidestPaperGaps:
    def test_orders_by_gap_and_leaves_out_what_shows_no_percentages(self) -> None:
        rows = [
            row((0, 0, 10, 5, 5), item="DAT-LED"),
            row((0, 0, 15, 5, 0), item="DAT-COE"),
            row((0, 0, 6, 0, 0), item="DAT-HRS"),
            row(suppressed=True, item="DAT-TRN"),
            row((0, 0, 0, 20, 0), item="DAT-FUN"),
        ]
        assert [gap.item for gap in charts.widest_paper_gaps(rows, limit=5)] == ["DAT-COE", "DAT-LED"]
        assert len(charts.widest_paper_gaps(rows, limit=1)) == 1


class TestStateOfPlayFigure:
    ROWS = Shown(
        [
            row(baseline=published()),
            row((1, 1, 1, 1, 1)),
            row(suppressed=True),
            row((0, 0, 0, 0, 0), missing=12),
        ]
    )

    @pytest.mark.parametrize("right_to_left", [False, True])
    def test_is_valid_for_plotly(self, right_to_left: bool) -> None:
        figure = go.Figure(self.ROWS.figure(right_to_left=right_to_left))
        assert len(figure.data) == 20

    def test_draws_percentages_only_where_a_page_shows_them(self) -> None:
        has, operates, missing, baseline = self.ROWS.figure()["data"][:4]
        assert has["x"] == [75.0, None, None, None]
        assert operates["x"] == [42.9, None, None, None]
        assert missing["x"] == [9.7, 37.5, None, 100.0]
        assert baseline["x"] == [67.0, None, None, None]

    def test_says_in_words_why_a_bar_is_missing(self) -> None:
        texts = [note["text"] for note in self.ROWS.figure()["layout"]["annotations"]]
        assert texts[:4] == ["<b>Data</b>", "note on row 1", "note on row 2", "note on row 3"]

    def test_writes_per_cents_as_the_reader_does(self) -> None:
        axis = self.ROWS.figure()["layout"]["xaxis2"]
        assert axis["ticktext"] == ["0 per cent", "50 per cent", "100 per cent"]

    def test_turns_around_for_arabic(self) -> None:
        layout = self.ROWS.figure(right_to_left=True)["layout"]
        assert layout["xaxis"]["range"] == [100, 0]
        assert layout["yaxis"]["side"] == "right"

    def test_names_each_kind_once_in_the_legend(self) -> None:
        shown = [trace["name"] for trace in self.ROWS.figure()["data"] if trace["showlegend"]]
        assert shown == ["in place", "operating", "no answer", "2023"]

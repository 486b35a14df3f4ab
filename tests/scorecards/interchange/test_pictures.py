"""A figure as SVG is valid XML whatever its words are, the same every time, and fits its sheet."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from scorecards.charts import Segment
from scorecards.interchange.pictures import (
    WIDTH,
    Drawing,
    Grid,
    Panel,
    Picture,
    Row,
    Tile,
    svg_bytes,
    wrapped,
)

SVG = "{http://www.w3.org/2000/svg}"
BAR = Drawing([Segment("has", "0%", "75%", 2, 13)], [("printed", "67%")])
PICTURE = Picture(
    "Title",
    "What is in it",
    ["Group: all"],
    ["In place", "Answers"],
    [
        Panel(
            "Data", [Row("Strategy", BAR, ["75%", "28/31"]), Row("Leadership", Drawing(), note="Suppressed")]
        )
    ],
    [(BAR, "In place")],
    ["Source"],
    "en",
)


def words(picture: Picture) -> list[str]:
    root = ET.fromstring(svg_bytes(picture))  # noqa: S314  # our own file
    return [element.text or "" for element in root.iter(f"{SVG}text")]


class TestSvg:
    def test_holds_all_words_and_numbers_in_the_order_of_reading(self) -> None:
        assert words(PICTURE) == [
            *("Title", "Group: all", "In place", "Answers", "Data", "Strategy", "75%", "28/31"),
            *("Leadership", "Suppressed", "In place", "Source"),
        ]

    def test_of_the_same_figure_is_the_same(self) -> None:
        assert svg_bytes(PICTURE) == svg_bytes(replace(PICTURE))

    @given(text=st.text(max_size=60))
    def test_is_valid_whatever_the_words_are(self, text: str) -> None:
        ET.fromstring(svg_bytes(replace(PICTURE, title=text, footer=[text])))  # noqa: S314

    def test_runs_no_markup_that_stands_in_a_name(self) -> None:
        hostile = '<script>alert("&")</script>'
        assert hostile in words(replace(PICTURE, title=hostile))
        assert b"<script" not in svg_bytes(replace(PICTURE, title=hostile, description=hostile))

    def test_begins_at_the_other_side_in_arabic(self) -> None:
        root = ET.fromstring(svg_bytes(replace(PICTURE, right_to_left=True)))  # noqa: S314
        assert root.get("direction") == "rtl"
        title = next(root.iter(f"{SVG}text"))
        assert int(title.get("x", 0)) > WIDTH / 2


class TestGrids:
    GRID = Grid(
        "Levels",
        ["Strategy", "Leadership"],
        [("Data\n3 of 4", [Tile(BAR, ["2", "claimed 3"]), None]), ("Digital", [None, Tile(BAR, ["4"])])],
    )

    def test_are_read_row_by_row_and_leave_out_what_is_not_there(self) -> None:
        found = words(replace(PICTURE, panels=[self.GRID], columns=[], legend=[]))
        assert found[2:5] == ["Levels", "Strategy", "Leadership"]
        assert found[5:-1] == ["Data", "3 of 4", "2", "claimed 3", "Digital", "4"]

    def test_keep_their_tiles_and_words_on_the_sheet_in_both_directions(self) -> None:
        for right_to_left in (False, True):
            picture = replace(PICTURE, panels=[self.GRID], columns=[], right_to_left=right_to_left)
            root = ET.fromstring(svg_bytes(picture))  # noqa: S314
            places = {
                element.text: int(element.get("x", -1))
                for element in root.iter(f"{SVG}text")
                if element.get("text-anchor") == "middle"
            }
            assert all(0 < x < WIDTH for x in places.values())
            assert (places["Strategy"] < places["Leadership"]) != right_to_left
            assert (places["2"], places["4"]) == (places["Strategy"], places["Leadership"])

    def test_write_long_words_of_columns_smaller_than_short_ones(self) -> None:
        sizes = []
        for name in ("Strategy", "Перераспределение"):
            grid = replace(self.GRID, columns=[name] * 7, rows=[])
            root = ET.fromstring(svg_bytes(replace(PICTURE, panels=[grid], columns=[])))  # noqa: S314
            [size] = {
                int(element.get("font-size", 0))
                for element in root.iter(f"{SVG}text")
                if element.text == name
            }
            sizes.append(size)
        assert sizes == [11, 8]


class TestWrapping:
    def test_breaks_between_words_and_loses_none(self) -> None:
        lines = wrapped("one two three four five six", 60, 14)
        assert len(lines) > 1
        assert " ".join(lines) == "one two three four five six"

    def test_breaks_chinese_after_any_character(self) -> None:
        lines = wrapped("联合国实体和国家工作队", 60, 14)
        assert len(lines) == 3
        assert "".join(lines) == "联合国实体和国家工作队"

    def test_keeps_breaks(self) -> None:
        assert wrapped("+8.0\nclear", 200, 14) == ["+8.0", "clear"]

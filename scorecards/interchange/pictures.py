"""A figure as a file of its own: SVG with its words, numbers, source and hash inside.

Light colours, generic fonts, no style sheet and no script, so that it looks alike wherever it is opened. No
Django: words come in the reader's language, lengths as per cents of the drawing.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree import ElementTree as ET

SVG, DC = "http://www.w3.org/2000/svg", "http://purl.org/dc/elements/1.1/"
WIDTH, MARGIN, COLUMN = 800, 28, 82
ROW, BAR_AT, BAR = 52, 22, 24  # height of a row; where its drawing begins, and how high it is
NAMES, TILE, GAP = 142, 58, 4  # of a grid: width of its names, height of a tile, what lies between tiles
INK, SOFT, RULE, PAPER = "#10293a", "#4a6170", "#cfdde6", "#ffffff"
LOOKS: dict[str, dict[str, str]] = {
    "track": {"fill": "#f3f6f8", "stroke": RULE},
    "void": {"fill": "none", "stroke": "#7d919e", "stroke-dasharray": "4 4"},
    "has": {"fill": "#a9dcf3", "stroke": "#00608a"},
    "operates": {"fill": "url(#operates)"},
    "none": {"fill": "#f3f6f8", "stroke": "#7d919e"},
    "answered": {"fill": "#7d919e"},
    "na": {"fill": "none", "stroke": "#7d919e"},
    "missing": {"fill": "url(#missing)"},
    "middle": {"fill": "#004f74"},
    "span": {"fill": "#7cb9d8"},
    "level-0": {"fill": "#f3f6f8", "stroke": "#7d919e"},
    "level-1": {"fill": "#def1fa", "stroke": "#7d919e"},
    "level-2": {"fill": "#a9dcf3", "stroke": "#00608a"},
    "level-3": {"fill": "#86c5e2", "stroke": "#00608a"},
    "level-4": {"fill": "#62add1", "stroke": "#004f74", "stroke-width": "2"},
    "level-missing": {"fill": "none", "stroke": "#7d919e", "stroke-width": "2", "stroke-dasharray": "5 4"},
    "level-na": {"fill": "url(#light)", "stroke": "#7d919e"},
    "level-closed": {"fill": "url(#dense)", "stroke": "#7d919e", "stroke-dasharray": "1 3"},
}
MARKS: dict[str, dict[str, str]] = {
    "printed": {"d": "M0-7 6 0 0 7-6 0Z", "fill": PAPER, "stroke": "#a34400", "stroke-width": "2"},
    "before": {"d": "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0Z", "fill": PAPER, "stroke": "#00608a"},
    "after": {"d": "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0Z", "fill": "#004f74", "stroke": "#004f74"},
}
PATTERNS = (
    ("operates", 6, "#004f74", "#7cb9d8"),
    ("missing", 4, "", "#74838d"),
    ("light", 7, PAPER, RULE),
    ("dense", 3, PAPER, RULE),
)
for prefix, address in (("", SVG), ("dc", DC)):
    ET.register_namespace(prefix, address)


class Stretch(Protocol):
    """A stretch of a drawing: what it stands for, where it lies in per cent, its place in height."""

    @property
    def kind(self) -> str: ...
    @property
    def x(self) -> str: ...
    @property
    def width(self) -> str: ...
    @property
    def y(self) -> int: ...
    @property
    def height(self) -> int: ...


@dataclass(frozen=True)
class Drawing:
    """Stretches from bottom to top, and marks: what they stand for, and where they lie in per cent."""

    stretches: Sequence[Stretch] = ()
    marks: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Row:
    """One row: its name, its drawing, a text for each column; or one `note` in place of them."""

    name: str
    drawing: Drawing
    cells: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """Rows with a heading, which may be empty."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Tile:
    """One cell of a grid: its drawing, its lines, the first one bold, and how far down that begins."""

    drawing: Drawing
    lines: Sequence[str]
    first: int = 23


@dataclass(frozen=True)
class Grid:
    """Tiles by row and column, with a heading. A row is its name and its tiles; None where it has none."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Tile | None]]]


@dataclass(frozen=True)
class Picture:
    """All that stands in a figure. `facts` go into its metadata by the terms of Dublin Core."""

    title: str
    description: str
    below_title: Sequence[str]
    columns: Sequence[str]
    panels: Sequence[Panel | Grid]
    legend: Sequence[tuple[Drawing, str]]
    footer: Sequence[str]
    language: str
    right_to_left: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


def svg_bytes(picture: Picture) -> bytes:
    """Write a figure as a stand-alone SVG file in UTF-8; the same figure gives the same bytes."""
    return _Sheet(picture).written()


class _Sheet:
    """A sheet that is filled from top to bottom."""

    def __init__(self, picture: Picture) -> None:
        self.picture, self.y = picture, MARGIN
        facing = {"direction": "rtl"} if picture.right_to_left else {}
        names = {"role": "img", "aria-labelledby": "title description", "font-family": "sans-serif"}
        lang = {"lang": picture.language, "{http://www.w3.org/XML/1998/namespace}lang": picture.language}
        self.root = ET.Element(_svg("svg"), {**lang, **names, **facing})

    def written(self) -> bytes:
        self._head()
        paper = ET.SubElement(self.root, _svg("rect"), {"width": "100%", "height": "100%", "fill": PAPER})
        self._title()
        for panel in self.picture.panels:
            if isinstance(panel, Grid):
                self._grid(panel)
            else:
                self._panel(panel)
        self._legend()
        for line in self.picture.footer:
            self._lines(line, 12, SOFT)
        height = str(self.y + MARGIN - 8)
        self.root.attrib |= {
            "width": str(WIDTH),
            "height": height,
            "viewBox": f"0 0 {WIDTH} {height}",
        }
        paper.set("height", height)
        return ET.tostring(self.root, encoding="utf-8", xml_declaration=True) + b"\n"

    # --- parts --------------------------------------------------------------------------------------
    def _head(self) -> None:
        _text(self.root, _svg("title"), self.picture.title, id="title")
        _text(self.root, _svg("desc"), self.picture.description, id="description")
        metadata = ET.SubElement(self.root, _svg("metadata"))
        for term, value in self.picture.facts.items():
            _text(metadata, f"{{{DC}}}{term}", value)
        definitions = ET.SubElement(self.root, _svg("defs"))
        for name, size, ground, line in PATTERNS:
            pattern = ET.SubElement(
                definitions,
                _svg("pattern"),
                {
                    "id": name,
                    "width": str(size),
                    "height": str(size),
                    "patternUnits": "userSpaceOnUse",
                    "patternTransform": "rotate(45)",
                },
            )
            if ground:
                whole = {"width": str(size), "height": str(size), "fill": ground}
                ET.SubElement(pattern, _svg("rect"), whole)
            stroke = {"d": f"M0 0V{size}", "stroke": line, "stroke-width": "1.6"}
            ET.SubElement(pattern, _svg("path"), stroke)

    def _title(self) -> None:
        self._lines(self.picture.title, 22, INK, weight="bold")
        for line in self.picture.below_title:
            self._lines(line, 14, SOFT)
        self.y += 8
        columns = [wrapped(name, COLUMN - 6, 12) for name in self.picture.columns]
        tallest = max((len(lines) for lines in columns), default=0)
        for place, lines in enumerate(columns):
            for number, line in enumerate(lines):
                y = self.y + 14 * (tallest - len(lines) + number + 1)
                self._words(self._right_of(place), y, line, 12, SOFT, anchor="end")
        self.y += 14 * tallest + 8

    def _panel(self, panel: Panel) -> None:
        if panel.heading:
            self.y += 10
            self._lines(panel.heading, 16, INK, weight="bold")
        for row in panel.rows:
            self._row(row)
        self.y += 6

    def _row(self, row: Row) -> None:
        rule = {"x": str(MARGIN), "y": str(self.y), "width": str(WIDTH - 2 * MARGIN), "height": "1"}
        ET.SubElement(self.root, _svg("rect"), {**rule, "fill": RULE})
        for number, line in enumerate(wrapped(row.name, self._drawn(), 14)):
            self._words(MARGIN, self.y + 18 + 18 * number, line, 14, INK)
            self.y += 18 * (number > 0)
        self._drawing(row.drawing, self._drawn(), self.y + BAR_AT)
        middle = self.y + ROW // 2 + 5
        if row.note:
            self._words(WIDTH - MARGIN, middle, row.note, 13, SOFT, anchor="end")
        for place, cell in enumerate(row.cells):
            lines = wrapped(cell, COLUMN - 6, 14)
            size, weight = 14 if len(lines) == 1 else 12, "bold" if place == 0 else ""
            for number, line in enumerate(lines):
                y = middle + 15 * number - 7 * (len(lines) - 1)
                self._words(self._right_of(place), y, line, size, INK, anchor="end", weight=weight)
        self.y += ROW

    def _grid(self, grid: Grid) -> None:
        if grid.heading:
            self.y += 10
            self._lines(grid.heading, 16, INK, weight="bold")
        wide = (WIDTH - 2 * MARGIN - NAMES) // len(grid.columns)
        size = _fitting(grid.columns, wide - GAP)
        heads = [wrapped(name, wide - GAP, size) for name in grid.columns]
        for place, lines in enumerate(heads):
            for number, line in enumerate(lines, 1):
                x = MARGIN + NAMES + wide * place + (wide - GAP) // 2
                self._words(x, self.y + 13 * number, line, size, SOFT, anchor="middle")
        self.y += 13 * max(map(len, heads)) + 8
        for name, tiles in grid.rows:
            lines = wrapped(name, NAMES - 12, 13)
            for number, line in enumerate(lines):
                self._words(MARGIN, self.y + 18 + 16 * number, line, 12 if number else 13, INK)
            for place, tile in enumerate(tiles):
                if tile:
                    self._tile(tile, MARGIN + NAMES + wide * place, wide - GAP)
            self.y += max(TILE, 16 * len(lines) + 8) + GAP
        self.y += 6

    def _tile(self, tile: Tile, x: int, width: int) -> None:
        self._drawing(tile.drawing, width, self.y, x)
        lines = [part for line in tile.lines[1:] for part in wrapped(line, width - 4, 11)]
        for number, line in enumerate([*tile.lines[:1], *lines]):
            size, weight = (11, "") if number else (14, "bold")
            y = self.y + tile.first + 13 * number
            self._words(x + width // 2, y, line, size, INK, anchor="middle", weight=weight)

    def _legend(self) -> None:
        self.y += 8
        for drawing, text in self.picture.legend:
            self._drawing(drawing, 70, self.y)
            for number, line in enumerate(wrapped(text, WIDTH - 2 * MARGIN - 90, 12)):
                self._words(MARGIN + 86, self.y + 13 + 16 * number, line, 12, SOFT)
                self.y += 16 * (number > 0)
            self.y += 26
        self.y += 6

    # --- strokes ------------------------------------------------------------------------------------
    def _lines(self, text: str, size: int, colour: str, weight: str = "") -> None:
        for line in wrapped(text, WIDTH - 2 * MARGIN, size):
            self.y += size + 4
            self._words(MARGIN, self.y, line, size, colour, weight=weight)
        self.y += 4

    def _words(
        self, x: int, y: int, text: str, size: int, colour: str, *, anchor: str = "start", weight: str = ""
    ) -> None:
        place = {"x": str(WIDTH - x if self.picture.right_to_left else x), "y": str(y)}
        look = {"font-size": str(size), "fill": colour, "text-anchor": anchor}
        if weight:
            look["font-weight"] = weight
        _text(self.root, _svg("text"), text, **place, **look)

    def _drawing(self, drawing: Drawing, width: int, y: int, left: int = MARGIN) -> None:
        around = self.root
        if self.picture.right_to_left:
            around = ET.SubElement(self.root, _svg("g"), {"transform": f"translate({WIDTH} 0) scale(-1 1)"})
        place = {"x": str(left), "y": str(y), "width": str(width), "height": str(BAR)}
        inner = ET.SubElement(around, _svg("svg"), {**place, "overflow": "visible"})
        for part in drawing.stretches:
            box = {"x": part.x, "y": str(part.y), "width": part.width, "height": str(part.height)}
            ET.SubElement(inner, _svg("rect"), {**box, **LOOKS[part.kind]})
        for kind, x in drawing.marks:
            at = ET.SubElement(inner, _svg("svg"), {"x": x, "y": "8.5", "overflow": "visible"})
            ET.SubElement(at, _svg("path"), MARKS[kind])

    def _drawn(self) -> int:
        """How much of a row is for names and drawings: what the columns leave."""
        return WIDTH - 2 * MARGIN - COLUMN * len(self.picture.columns) - 12

    def _right_of(self, place: int) -> int:
        return WIDTH - MARGIN - COLUMN * (len(self.picture.columns) - 1 - place)


def wrapped(text: str, width: int, size: int) -> list[str]:
    """Break a text into lines of about `width` pixels: at breaks, between words, after wide characters."""
    if "\n" in text:
        return [line for part in text.split("\n") for line in wrapped(part, width, size)]
    lines: list[str] = [""]
    used = 0.0
    for word in _words_of(text):
        length = sum(_ems(character) for character in word) * size
        if lines[-1] and used + length > width:
            lines, used = [*lines, ""], 0.0
        lines[-1], used = lines[-1] + word, used + length
    return [line.strip() for line in lines]


def _fitting(names: Sequence[str], width: int) -> int:
    """The size, 11 pixels or less, at which every word of these names fits: none is broken."""
    longest = max(sum(map(_ems, word.strip())) for name in names for word in _words_of(name))
    return max(8, min(11, int(width / longest)))


def _words_of(text: str) -> Iterable[str]:
    word = ""
    for character in text:
        word += character
        if character == " " or _ems(character) == 1:
            yield word
            word = ""
    yield word


def _ems(character: str) -> float:
    """About how wide a character is, in multiples of the size of the font."""
    return 1 if unicodedata.east_asian_width(character) in "WF" else 0.56


def _svg(name: str) -> str:
    return f"{{{SVG}}}{name}"


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    """Write a text; control characters, which XML has no way to write, are left out."""
    ET.SubElement(parent, tag, attributes).text = "".join(sign for sign in text if sign >= " ")

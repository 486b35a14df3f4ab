"""A sheet as a workbook: what is put into it, what it says of itself, what comes back. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from quintet.domain.answers import FORBIDDEN, NA, UNANSWERED, AnswerValue

FORMAT = "1"
FIRST_ROW = 2  # of the items: below the names of the columns


@dataclass(frozen=True)
class BookItem:
    """One row to write: the question, what the sheet says now and in which version."""

    locked: tuple[str, ...]  # the texts that nobody may change: code, question, one per level
    na_allowed: bool
    may_edit: bool
    value: AnswerValue
    version: int
    evidence: str = ""

    @property
    def code(self) -> str:
        return self.locked[0]

    @property
    def level_texts(self) -> Sequence[str]:
        return self.locked[2:]


@dataclass(frozen=True)
class BookDimension:
    """One sheet of the workbook: its name is the code of the dimension, in every language."""

    code: str
    name: str
    items: Sequence[BookItem]


@dataclass(frozen=True)
class Level:
    """One step of the scale, in the framework's words."""

    value: int
    label: str
    means: str


@dataclass(frozen=True)
class Place:
    """Where an item stands in the workbook, and which version of its answer the workbook began with."""

    item: str
    sheet: str
    row: int
    version: int


@dataclass(frozen=True)
class Passport:
    """What a workbook says of itself, hidden and sealed: whose it is, of which cycle and framework."""

    assessment: int
    cycle: str
    entity: str
    framework: str
    framework_version: str
    places: tuple[Place, ...]
    # what was written in the language of the person: state → word of the drop-down, names of the columns
    words: Mapping[str, str] = field(default_factory=dict)
    heads: tuple[str, ...] = ()

    @property
    def level_column(self) -> int:
        """The number of the column (from 0) of the claimed level; reason, comment and evidence follow."""
        return len(self.heads) - 4


@dataclass(frozen=True)
class Book:
    """A whole workbook to write: titles for people, a passport for the way back."""

    title: str
    framework_title: str
    levels: Sequence[Level]
    dimensions: Sequence[BookDimension]
    passport: Passport

    @property
    def may_edit(self) -> bool:
        return any(item.may_edit for dimension in self.dimensions for item in dimension.items)


@dataclass(frozen=True)
class FilledRow:
    """One row that came back: what is in its input cells, and in the cells that nobody may change."""

    item: str
    cell: str  # of the level, as people name it: DAT!H5
    state: str
    claimed: str
    na_reason: str
    comment: str
    version: int
    locked: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """Return what is kept of it until it is confirmed."""
        kept = asdict(self)
        del kept["locked"]
        return kept


@dataclass(frozen=True)
class FilledBook:
    """A workbook as it came back, its seal found sound."""

    passport: Passport
    rows: Sequence[FilledRow]
    sha256: str


def column_name(number: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def level_of(text: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Return state and level that a cell means; what is no known word is taken for a level, to be judged.

    `words` maps words in small letters to states. Digits of other scripts are digits.
    """
    said = text.strip()
    if not said:
        return UNANSWERED, ""
    if state := words.get(said.casefold()):
        return state, ""
    return "answered", str(int(said)) if said.isdecimal() and len(said) < 4 else said


def word_of(value: AnswerValue, version: int, words: Mapping[str, str]) -> str | int:
    """Return what the level's cell holds; nothing where nobody has said anything yet."""
    if value.claimed is not None:
        return value.claimed
    if value.state == NA:
        return words[NA]
    return words[UNANSWERED] if version and value.comment else ""


def storable(text: str) -> str:
    """Return `text` without the characters that no workbook holds."""
    return FORBIDDEN.sub("", text)


def is_same_text(one: str, other: str) -> bool:
    """Whether two texts read the same; programs differ in white space."""
    return one.split() == other.split()

"""Writing everything that was submitted in a cycle as one workbook, row by row, never a formula."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language_bidi, gettext
from django.utils.translation import gettext_lazy as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from entities.models import Entity
from entities.queries import called
from quintet.domain.answers import ANSWERED, NA, UNANSWERED
from quintet.domain.workbooks import storable
from quintet.interchange.workbook_writing import HEAD, INK, LTR, RTL, TINT, sheet_name
from quintet.models import AnswerState, Item, NaDecision, Status
from quintet.queries.exports import Entry, Everything, FrozenSheet

Cell = str | int | datetime | None
Columns = Sequence[tuple[Any, int]]  # heading in the reader's language, width in characters
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "remove_timezone": True,  # all moments are UTC, as the headings say
}
UNIT_COLUMNS: Columns = (
    (_("Unit"), 14), (_("Name"), 44), (_("Type"), 26), (_("Region"), 24), (_("Status"), 14),
    (_("Submitted (UTC)"), 17), (_("Validated (UTC)"), 17),
)  # fmt: skip
SHEET_COLUMNS: Columns = (
    (_("Answered"), 12), (_("Not applicable"), 15), (_("Unanswered"), 13),
    (_("Snapshot"), 11), (_("SHA-256 of the snapshot"), 68),
)  # fmt: skip
ANSWER_COLUMNS: Columns = (
    (_("Item"), 13), (_("Dimension"), 12), (_("State"), 15), (_("Claimed level"), 14),
    (_("Accepted level"), 15), (_("Reason of the task force"), 40), (_("Why it does not apply"), 40),
    (_("Decision on it"), 20), (_("Comment and evidence"), 60), (_("Documents"), 12),
)  # fmt: skip
ITEM_COLUMNS: Columns = (
    (_("Item"), 13), (_("Dimension"), 12), (_("Name of the dimension"), 30), (_("Question"), 80),
    (_("Measure"), 60), (_("May be not applicable"), 22), (_("Weight"), 9),
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """The formats of one workbook."""

    head: Any
    title: Any
    name: Any
    text: Any
    number: Any
    moment: Any


class Table:
    """One sheet with a row of headings that stays in sight, filled from top to bottom."""

    def __init__(self, workbook: Workbook, name: str, columns: Columns, look: Look) -> None:
        self._sheet, self._look, self._last_column = _sheet(workbook, name), look, len(columns) - 1
        self._row = 0
        for number, (heading, width) in enumerate(columns):
            self._sheet.set_column(number, number, width)
            self._sheet.write_string(0, number, storable(str(heading)), look.head)
        self._sheet.freeze_panes(1, 1)

    def add(self, cells: Iterable[Cell]) -> None:
        """Write the next row; None is an empty cell."""
        self._row += 1
        row, sheet, look = self._row, self._sheet, self._look
        for column, value in enumerate(cells):
            if isinstance(value, str):
                sheet.write_string(row, column, storable(value), look.text)
            elif isinstance(value, datetime):
                sheet.write_datetime(row, column, value, look.moment)
            elif value is not None:
                sheet.write_number(row, column, value, look.number)

    def finish(self) -> None:
        """Offer a filter over all rows."""
        self._sheet.autofilter(0, 0, self._row, self._last_column)


def write_everything(path: Path, content: Everything, tell: Callable[[int], None]) -> None:
    """Write the workbook to `path`, its words in the active language; `tell` how many units are done.

    Scratch files are made beside it: the caller's folder ends with them, whatever happens.
    Sheets are read a few at a time and written row by row: a large cycle needs no more memory than a small
    one.
    """
    workbook = Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)})
    workbook.set_properties(
        {"title": storable(content.export.cycle.title), "author": gettext("UN 2.0 portal")}
    )
    look, (about, answers, units, items) = _look(workbook), _sheet_names()
    _write_about(_sheet(workbook, about), content, look)
    tables = [
        Table(workbook, answers, (*UNIT_COLUMNS, *ANSWER_COLUMNS), look),
        Table(workbook, units, (*UNIT_COLUMNS, *SHEET_COLUMNS), look),
        Table(workbook, items, ITEM_COLUMNS, look),
    ]
    _write_sheets(tables[0], tables[1], content, tell)
    for item in content.items:
        tables[2].add(_item_cells(item))
    for table in tables:
        table.finish()
    workbook.close()


def _sheet_names() -> list[str]:
    names: list[str] = []
    wanted = {
        "About": gettext("About"),
        "Answers": gettext("Answers"),
        "Units": gettext("Units"),
        "Items": gettext("Items"),
    }
    for plain, name in wanted.items():
        names.append(sheet_name(name, instead=plain, taken=names))
    return names


def _look(workbook: Workbook) -> Look:
    side = RTL if get_language_bidi() else LTR
    base = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top"}
    head = {**base, "bold": True, "font_color": "#ffffff", "bg_color": HEAD, "text_wrap": True}
    return Look(
        head=workbook.add_format({**head, "reading_order": side}),
        title=workbook.add_format({**base, "bold": True, "font_size": 16, "reading_order": side}),
        name=workbook.add_format({**base, "bold": True, "bg_color": TINT, "reading_order": side}),
        text=workbook.add_format(base),
        number=workbook.add_format({**base, "align": "center"}),
        moment=workbook.add_format({**base, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
    )


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet = workbook.add_worksheet(name)
    if get_language_bidi():
        sheet.right_to_left()
    return sheet


def _write_about(sheet: Worksheet, content: Everything, look: Look) -> None:
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, storable(content.export.cycle.title), look.title)
    row = 2
    for name, value in _facts(content):
        sheet.write_string(row, 0, storable(name), look.name)
        sheet.write_string(row, 1, storable(value), look.text)
        row += 1
    for text in _statements(content):
        row += 1
        sheet.write_string(row, 0, storable(text), look.text)


def _facts(content: Everything) -> list[tuple[str, str]]:
    export, framework = content.export, content.export.cycle.framework
    word = gettext("Level")
    levels = [(f"{word} {level['value']}", level["label"]) for level in framework.levels]
    return [
        (gettext("Cycle"), f"{export.cycle.code} · {export.cycle.get_phase_display()}"),
        (gettext("Framework"), framework.title),
        (gettext("Version"), framework.version),
        (gettext("Asked for (UTC)"), f"{export.at:%Y-%m-%d %H:%M}"),
        (gettext("By"), called(export.by)),
        (gettext("Units in this workbook"), str(len(content.sheets))),
        (gettext("Units asked in this cycle"), str(content.n_asked)),
        *levels,
    ]


def _statements(content: Everything) -> list[str]:
    synthetic = gettext(
        "Synthetic data: invented answers for demonstration, not the baseline of 2023 and not what any "
        "entity said."
    )
    return [
        *([synthetic] if content.has_demo_data else []),
        gettext("The levels and texts are the entities' own statements, as they were frozen when handed in."),
        gettext("Drafts are not in it. An accepted level is there once the task force has decided."),
        gettext("It names entities: it is for the work of the task force and not for publication."),
        gettext(
            "The framework is a draft of this project and not a UN document. "
            "Its text exists only in English so far."
        ),
    ]


def _write_sheets(answers: Table, units: Table, content: Everything, tell: Callable[[int], None]) -> None:
    dimensions = {item.code: item.dimension.code for item in content.items}
    states = {choice.value: str(choice.label) for choice in AnswerState}
    decisions = {choice.value: str(choice.label) for choice in NaDecision}
    for done, (sheet, entries) in enumerate(content.read(), start=1):
        unit = _unit_cells(sheet)
        is_validated = sheet.snapshot.status == Status.VALIDATED
        for entry in entries:
            cells = _answer_cells(entry, states, decisions, is_validated=is_validated)
            answers.add([*unit, entry["item"], dimensions[entry["item"]], *cells])
        found = [entry["state"] for entry in entries]
        counts = [found.count(state) for state in (ANSWERED, NA, UNANSWERED)]
        units.add([*unit, *counts, sheet.snapshot.number, sheet.snapshot.sha256])
        tell(done)


def _unit_cells(sheet: FrozenSheet) -> list[Cell]:
    snapshot = sheet.snapshot
    entity: Entity = snapshot.assessment.entity
    region = str(entity.region.name) if entity.region else None
    days = [sheet.submitted_at, sheet.validated_at]
    status = str(snapshot.get_status_display())
    return [entity.code, str(entity.name), str(entity.get_type_display()), region, status, *days]


def _answer_cells(
    entry: Entry, states: Mapping[str, str], decisions: Mapping[str, str], *, is_validated: bool
) -> list[Cell]:
    """State, levels, texts and documents; with the validation a claim that stands is accepted.

    Imported sheets say nothing of documents.
    """
    claimed, accepted = entry.get("claimed"), entry.get("accepted")
    return [
        states[entry["state"]],
        claimed,
        claimed if accepted is None and is_validated else accepted,
        entry.get("accepted_reason") or None,
        entry.get("na_reason") or None,
        decisions.get(entry.get("na_decision", "")),
        entry.get("comment") or None,
        len(entry["evidence"]) if "evidence" in entry else None,
    ]


def _item_cells(item: Item) -> list[Cell]:
    may_be_left = gettext("yes") if item.na_allowed else gettext("no")
    dimension = item.dimension
    return [
        item.code, dimension.code, str(dimension.name), item.question, item.measure or None, may_be_left,
        item.weight,
    ]  # fmt: skip

"""The committee paper of a published version as a workbook: its tables, one sheet each, never a formula.

The same figures as in the PDF, with the same caution: what is suppressed is empty and marked, and below ten
answers there are counts and no shares.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from quintet.models import DIMENSION_NAMES
from scorecards.domain.decisions import BODIES, VERBS, Decision
from scorecards.domain.movement import Verdict
from scorecards.models import Basis
from scorecards.queries.checked import CheckedRow
from scorecards.queries.movement import ItemRow
from scorecards.queries.papers import DimensionLine, Paper
from scorecards.queries.reading import Baseline, ItemFigure
from un20portal.lib.languages import own_name, reference_code
from un20portal.lib.ratios import one_decimal

Cell = str | int | float | None
Columns = Sequence[tuple[Any, int]]  # heading in the reader's language, width in characters
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
FIXED = datetime(2000, 1, 1)  # noqa: DTZ001  a workbook takes moments without a zone; that of today would differ
HEAD, INK = "#00608a", "#16242d"
ITEM_COLUMNS: Columns = (
    (_("Item"), 12), (_("Dimension"), 26), (_("Question"), 60), (_("Basis"), 12), (_("Suppressed"), 12),
    (_("As in version"), 12), (_("Group"), 9), (_("Answers"), 9), (_("No answer"), 11),
    (_("Not applicable"), 14), (_("In place"), 10), (_("In place (%)"), 12), (_("Operating"), 11),
    (_("Operating (%)"), 13), (_("Paper gap (points)"), 12), (_("Lower bound (%)"), 12),
    (_("Upper bound (%)"), 12), (_("In 2023"), 10), (_("Sign of the value"), 10),
    (_("Year of the value"), 10), (_("Comparability"), 36),
)  # fmt: skip
DIMENSION_COLUMNS: Columns = (
    (_("Group"), 34), (_("Units"), 9), (_("Counted"), 9), (_("Dimension"), 26), (_("Suppressed"), 12),
    (_("Rated"), 9), (_("Mean"), 9), (_("Lower quartile"), 10), (_("Median"), 9), (_("Upper quartile"), 10),
    (_("Advanced"), 11),
)  # fmt: skip
MOVEMENT_COLUMNS: Columns = (
    (_("Item"), 12), (_("Dimension"), 26), (_("Question"), 60), (_("Comparable"), 14),
    (_("Suppressed"), 12), (_("Units"), 9), (_("Rose"), 9), (_("Same"), 9), (_("Fell"), 9),
    (_("In place before"), 12), (_("In place now"), 12), (pgettext_lazy("difference", "Change"), 9),
    (_("Verdict"), 20),
)  # fmt: skip
REGION_COLUMNS: Columns = (
    (_("Region"), 34), (_("Units"), 9), (_("Dimension"), 26), (_("Suppressed"), 12), (_("Counted"), 9),
    (_("Median number of enablers in place"), 20), (_("Enablers"), 10),
)  # fmt: skip
DECISION_COLUMNS: Columns = (
    (_("Committee"), 12), (_("Decision"), 16), (_("Language"), 12), (_("Text"), 70),
    (_("Proposed action"), 70),
)  # fmt: skip

CHECKED_COLUMNS: Columns = (
    (_("Enabler"), 28), (_("Suppressed"), 12), (_("Items"), 10), (_("Items counted"), 12),
    (_("As in the version before"), 14), (_("Levels checked"), 12), (_("Confirmed"), 11),
    (_("Lowered"), 11), (_("Raised"), 11),
    (_("Need evidence"), 12), (_("Without evidence"), 12),
)  # fmt: skip


def report_workbook(paper: Paper) -> bytes:
    """Return the workbook in the active language. Equal contents give equal bytes."""
    file = io.BytesIO()
    workbook = Workbook(file, OPTIONS)
    workbook.set_properties({"title": paper.symbol, "author": gettext("UN 2.0 portal"), "created": FIXED})
    look = _look(workbook)
    _write_about(_sheet(workbook, gettext("About")), paper, look)
    _table(workbook, gettext("Items"), ITEM_COLUMNS, _items(paper), look)
    _table(workbook, gettext("Dimensions"), DIMENSION_COLUMNS, _dimensions(paper), look)
    if paper.regions:
        _table(workbook, gettext("Country level"), REGION_COLUMNS, _regions(paper), look)
    if paper.movement:
        rows = (_moved(row) for row in paper.movement.items)
        _table(workbook, gettext("Movement"), MOVEMENT_COLUMNS, rows, look)
    if paper.checked:
        found = (_checked(row) for row in paper.checked.rows)
        _table(workbook, gettext("Checks"), CHECKED_COLUMNS, found, look)
    if paper.decisions:
        points = (_point(decision) for decision in paper.decisions)
        _table(workbook, gettext("For decision"), DECISION_COLUMNS, points, look)
    workbook.close()
    return file.getvalue()


def _look(workbook: Workbook) -> dict[str, Any]:
    base = {
        "font_name": "Arial",
        "font_size": 10,
        "font_color": INK,
        "valign": "top",
        "reading_order": 2 if get_language_bidi() else 1,
    }
    head = {**base, "bold": True, "font_color": "#ffffff", "bg_color": HEAD, "text_wrap": True}
    return {
        "head": workbook.add_format(head),
        "title": workbook.add_format({**base, "bold": True, "font_size": 16}),
        "name": workbook.add_format({**base, "bold": True}),
        "text": workbook.add_format(base),
        "number": workbook.add_format({**base, "align": "right"}),
        "share": workbook.add_format({**base, "align": "right", "num_format": "0.0"}),
    }


def _point(decision: Decision) -> tuple[str, ...]:
    """What was published is written, also where the lists know it no longer."""
    body, verb = BODIES.get(decision.body, decision.body), VERBS.get(decision.verb, decision.verb)
    language = own_name(decision.language) if decision.language else ""
    return gettext(body), gettext(verb), language, decision.text, decision.action


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet = workbook.add_worksheet(name[:31])
    if get_language_bidi():
        sheet.right_to_left()
    return sheet


def _table(
    workbook: Workbook, name: str, columns: Columns, rows: Iterable[Sequence[Cell]], look: dict[str, Any]
) -> None:
    sheet, last = _sheet(workbook, name), 0
    for column, (heading, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, str(heading), look["head"])
    for last, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells):
            if isinstance(value, str):
                sheet.write_string(last, column, value, look["text"])
            elif value is not None:
                kind = "share" if isinstance(value, float) else "number"
                sheet.write_number(last, column, value, look[kind])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(columns) - 1)


def _write_about(sheet: Worksheet, paper: Paper, look: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, paper.symbol, look["title"])
    row = _write_pairs(sheet, _facts(paper), look, below=2)
    sheet.write_string(row, 0, gettext("What the sheets are of"), look["head"])
    sheet.write_blank(row, 1, None, look["head"])
    row = _write_pairs(sheet, _scopes(paper), look, below=row + 1)
    for below, text in enumerate(_statements(paper), start=row):
        sheet.write_string(below, 0, text, look["text"])


def _write_pairs(
    sheet: Worksheet, pairs: Iterable[tuple[str, str]], look: dict[str, Any], *, below: int
) -> int:
    """Write names and values from this row on; return the row after the empty one that follows."""
    row = below
    for row, (name, value) in enumerate(pairs, start=below):
        sheet.write_string(row, 0, name, look["name"])
        sheet.write_string(row, 1, value, look["text"])
    return row + 2


def _facts(paper: Paper) -> list[tuple[str, str]]:
    document, framework = paper.document, paper.document["framework"]
    facts = [
        (gettext("Cycle"), f"{document['cycle']['code']} · {document['cycle']['title']}"),
        (gettext("Version"), str(document["version"])),
        (gettext("Published on"), date_format(paper.scorecard.published_at, "DATE_FORMAT")),
        (gettext("Framework"), f"{framework['slug']} {framework['version']}"),
        (gettext("Method"), document["method"]),
        (gettext("SHA-256 of the scorecard"), paper.scorecard.sha256),
        (gettext("SHA-256 of all inputs"), document["inputs_sha256"]),
        (gettext("Source"), paper.address),
    ]
    if paper.movement:
        before = paper.movement.before
        facts.append((gettext("Compared with"), f"{before.cycle.code} · {before.version} · {before.sha256}"))
    return facts


def _scopes(paper: Paper) -> Iterator[tuple[str, str]]:
    """Of whom the figures of each sheet are, and on which basis: not all are of one group."""
    group = str(paper.group)
    on_both = gettext("%(group)s, on the accepted and on the claimed basis")
    on_accepted = gettext("%(group)s, on the accepted basis")
    yield gettext("Items"), on_both % {"group": group}
    groups = " · ".join(str(part.group) for part in paper.groups)
    yield gettext("Dimensions"), on_accepted % {"group": groups}
    if paper.regions:
        yield gettext("Country level"), gettext("Country teams by region, on the accepted basis")
    if paper.movement:
        yield gettext("Movement"), on_accepted % {"group": group}
    if paper.checked:
        yield gettext("Checks"), gettext("All units together, whatever their group")
    if paper.decisions:
        yield gettext("For decision"), gettext("The whole scorecard")


def _statements(paper: Paper) -> Iterator[str]:
    if paper.is_synthetic:
        yield gettext(
            "Synthetic data: invented answers for demonstration, not the baseline of 2023 and not what any "
            "entity said."
        )
    if paper.is_for_committees:
        yield gettext(
            "Only members of the committees and the task force read this version: do not pass it on before "
            "it is released."
        )
    yield gettext("Draft of this project, not a document of the United Nations; this is no official symbol.")
    yield gettext("Suppressed figures are empty. Below ten answers there are counts and no per cents.")
    if reference_code(get_language()) != paper.framework.language:
        yield gettext(
            "Questions, levels, names of cycles and quoted reports stand in the language in which they were "
            "written: English."
        )


def _items(paper: Paper) -> Iterator[Sequence[Cell]]:
    """Each item on both bases, in the order of the framework."""
    names = {Basis.ACCEPTED: gettext("Accepted"), Basis.CLAIMED: gettext("Claimed")}
    for rows in paper.both_bases:
        for row in rows:
            yield _item(row, names[Basis(row.basis)])


def _item(row: ItemFigure, basis: str) -> list[Cell]:
    head: list[Cell] = [row.item, _dimension_name(row.dimension), row.question, basis]
    if row.counts is None:
        return [*head, gettext("suppressed"), None, row.n_group]
    counts = row.counts
    numbers: list[Cell] = [counts.n_group, counts.n_answered, counts.n_missing, counts.n_na]
    shows = row.shows_percentages
    low, high = counts.bounds_has or (None, None)
    shares = (counts.share_has, counts.share_operates, counts.paper_gap, low, high)
    has, operates, gap, lower, upper = (_number(one) if shows else None for one in shares)
    return [
        *head, None, row.carried_from, *numbers, counts.has, has, counts.operates, operates, gap,
        lower, upper, *(_printed(row.baseline) if row.baseline else ()),
    ]  # fmt: skip


def _printed(baseline: Baseline) -> list[Cell]:
    """A value as it was printed before: a number to be sorted by, and apart from it what limits it."""
    return [float(baseline.value), baseline.sign.strip() or None, baseline.year, baseline.comparability_name]


def _dimensions(paper: Paper) -> Iterator[Sequence[Cell]]:
    for part in paper.groups:
        for line in part.lines:
            yield [
                part.group.name,
                part.group.n_group,
                part.n_counted,
                _dimension_name(line.dimension),
                *_dimension(line),
            ]


def _dimension(line: DimensionLine) -> list[Cell]:
    if line.is_suppressed:
        return [gettext("suppressed")]
    entry = line.entry
    figures = [entry[name] for name in ("mean", "q1", "median", "q3")]
    rounded = [float(one[2]) if one and line.shows_mean else None for one in figures]
    return [None, entry["n_rated"], *rounded, entry["n_advanced"]]


def _regions(paper: Paper) -> Iterator[Sequence[Cell]]:
    """How many enablers of each capability the country team in the middle of a region has in place."""
    for row in paper.regions:
        for cell in row.cells:
            head: list[Cell] = [row.name, row.n_group, _dimension_name(cell.dimension)]
            hidden = gettext("suppressed") if cell.is_suppressed else None
            figures: list[Cell] = [cell.n_counted, _number(cell.median), cell.n_items]
            yield [*head, hidden, *([] if hidden else figures)]


def _moved(row: ItemRow) -> list[Cell]:
    panel, head = row.panel, [row.item, _dimension_name(row.dimension), row.question]
    if panel is None:
        return [*head, *([None, gettext("suppressed")] if row.is_suppressed else [gettext("no")])]
    verdict = gettext("clear change") if panel.verdict is Verdict.CLEAR else gettext("no clear change")
    points = _number(panel.delta_points) if row.shows_percentages else None
    counts = [panel.n_panel, panel.rose, panel.same, panel.fell, panel.has_before, panel.has_after]
    return [*head, gettext("yes"), None, *counts, points, verdict]


def _checked(row: CheckedRow) -> list[Cell]:
    sums, suppressed = row.sums, gettext("suppressed")
    checks: list[Cell] = [sums.n_checked, sums.n_confirmed, sums.n_lowered, sums.n_raised]
    evidence: list[Cell] = [sums.n_needing, sums.n_without]
    if not sums.n_items_checks:
        checks = [None] * len(checks)
    if not sums.n_items_evidence:
        is_asked = row.evidence_from is not None
        evidence = [suppressed if is_asked else pgettext("evidence", "not asked for")] * len(evidence)
    hidden = None if sums.n_items_checks else suppressed
    return [row.name, hidden, sums.n_items, sums.n_items_checks, sums.n_items_again, *checks, *evidence]


def _dimension_name(code: str) -> str:
    return str(DIMENSION_NAMES.get(code, code))


def _number(value: Fraction | None) -> float | None:
    text = one_decimal(value)
    return None if text is None else float(text)

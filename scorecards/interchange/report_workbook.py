"""The committee paper of a published version as a workbook: its tables, one sheet each, never a formula.

The same figures as in the PDF, with the same caution: what is suppressed is empty and marked, and below ten
answers there are counts and no shares.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from quintet.models import DIMENSION_NAMES
from scorecards.domain.decisions import BODIES, VERBS, Decision
from scorecards.domain.movement import Verdict
from scorecards.interchange.report_sheets import Cell, Columns, Pages, Report
from scorecards.models import Basis
from scorecards.queries.behind import FigureBehind
from scorecards.queries.checked import CheckedRow
from scorecards.queries.movement import ItemRow
from scorecards.queries.papers import DimensionLine, Paper
from scorecards.queries.reading import Baseline, ItemFigure
from scorecards.queries.since import Difference, Since
from un20portal.lib.languages import own_name, reference_code
from un20portal.lib.ratios import one_decimal

ITEM_COLUMNS: Columns = (
    (_("Item"), 12), (_("Dimension"), 18), (_("Question"), 44), (_("Basis"), 11), (_("Suppressed"), 11),
    (_("As in version"), 9), (_("Group"), 8), (_("Answers"), 10), (_("No answer"), 9),
    (_("Not applicable"), 11), (_("In place"), 9), (_("In place (%)"), 9), (_("Operating"), 10),
    (_("Operating (%)"), 10), (_("Paper gap (points)"), 10), (_("Lower bound (%)"), 9),
    (_("Upper bound (%)"), 9), (_("In 2023"), 8), (_("Sign of the value"), 9),
    (_("Year of the value"), 9), (_("Comparability"), 22),
)  # fmt: skip
DIMENSION_COLUMNS: Columns = (
    (_("Group"), 28), (_("Units"), 9), (_("Counted"), 10), (_("Dimension"), 26), (_("Suppressed"), 12),
    (_("Rated"), 9), (_("Mean"), 9), (_("Lower quartile"), 10), (_("Median"), 9), (_("Upper quartile"), 10),
    (_("Advanced"), 11),
)  # fmt: skip
MOVEMENT_COLUMNS: Columns = (
    (_("Item"), 12), (_("Dimension"), 20), (_("Question"), 44), (_("Comparable"), 12),
    (_("Suppressed"), 12), (_("Units"), 9), (_("Rose"), 9), (_("Same"), 9), (_("Fell"), 9),
    (_("In place before"), 11), (_("In place now"), 11), (pgettext_lazy("difference", "Change"), 10),
    (_("Verdict"), 18),
)  # fmt: skip
SINCE_COLUMNS: Columns = (
    (_("Item"), 12), (_("Dimension"), 20), (_("Question"), 44), (_("In place before"), 11),
    (_("Answers before"), 11), (_("In place now"), 11), (_("Answers now"), 11),
)  # fmt: skip
REGION_COLUMNS: Columns = (
    (_("Region"), 28), (_("Units"), 9), (_("Dimension"), 20), (_("Suppressed"), 12), (_("Counted"), 9),
    (_("Median number of enablers in place"), 16), (_("Enablers"), 10),
)  # fmt: skip
DECISION_COLUMNS: Columns = (
    (_("Committee"), 12), (_("Decision"), 14), (_("Language"), 11), (_("Text"), 50),
    (_("Proposed action"), 50), (_("Figure behind it"), 40), (_("Receipt of the figure"), 40),
)  # fmt: skip

CHECKED_COLUMNS: Columns = (
    (_("Enabler"), 28), (_("Suppressed"), 12), (_("Items"), 10), (_("Items counted"), 10),
    (_("As in the version before"), 11), (_("Levels checked"), 10), (_("Confirmed"), 11),
    (_("Lowered"), 10), (_("Raised"), 10),
    (_("Need evidence"), 11), (_("Without evidence"), 11),
)  # fmt: skip


def report_workbook(paper: Paper) -> bytes:
    """Return the workbook in the active language. Equal contents give equal bytes."""
    report = Report(paper.symbol, marks=list(_marks(paper)))
    _write_about(report.add_pages(gettext("About")), paper)
    report.add_table(gettext("Items"), ITEM_COLUMNS, _items(paper))
    report.add_table(gettext("Dimensions"), DIMENSION_COLUMNS, _dimensions(paper))
    if paper.regions:
        report.add_table(gettext("Country level"), REGION_COLUMNS, _regions(paper))
    if paper.since:
        differing = (_differs(each) for each in paper.since.differences)
        report.add_table(_since_version(paper.since), SINCE_COLUMNS, differing)
    if paper.movement:
        rows = (_moved(row) for row in paper.movement.items)
        report.add_table(gettext("Movement"), MOVEMENT_COLUMNS, rows)
    if paper.checked:
        found = (_checked(row) for row in paper.checked.rows)
        report.add_table(gettext("Checks"), CHECKED_COLUMNS, found)
    if paper.points:
        points = (_point(paper, *point) for point in paper.points)
        report.add_table(gettext("For decision"), DECISION_COLUMNS, points)
    return report.content()


def _since_version(since: Since) -> str:
    return gettext("Since version %(number)s") % {"number": since.before.version}


def _marks(paper: Paper) -> Iterator[str]:
    """What has to be known of a page that was printed alone."""
    if paper.is_synthetic:
        yield gettext("synthetic")
    if paper.is_for_committees:
        yield gettext("for the committees")


def _point(paper: Paper, decision: Decision, behind: FigureBehind | None) -> tuple[str | None, ...]:
    """What was published is written, also where the lists know it no longer."""
    body, verb = BODIES.get(decision.body, decision.body), VERBS.get(decision.verb, decision.verb)
    language = own_name(decision.language) if decision.language else ""
    said = (gettext(body), gettext(verb), language, decision.text, decision.action)
    if behind is None:
        return said
    return *said, _in_words("behind", {"behind": behind}), f"{paper.portal}{behind.address}"


def _in_words(template: str, context: dict[str, object]) -> str:
    """What a template says, in one line."""
    return " ".join(render_to_string(f"scorecards/paper/{template}.txt", context).split())


def _write_about(pages: Pages, paper: Paper) -> None:
    pages.add_title(paper.symbol)
    pages.add_pairs(_facts(paper))
    pages.add_heading(gettext("What the sheets are of"))
    pages.add_pairs(_scopes(paper))
    for text in _statements(paper):
        pages.add_text(text)


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
        (gettext("Source"), f"{paper.portal}{paper.address}"),
    ]
    if paper.movement:
        before = paper.movement.before
        facts.append((gettext("Compared with"), f"{before.cycle.code} · {before.version} · {before.sha256}"))
    if correction := paper.figures.correction:
        corrected = {"correction": correction, "of": paper.figures}
        facts.append((gettext("What this version corrects"), _in_words("corrected", corrected)))
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
    if paper.since:
        yield _since_version(paper.since), on_accepted % {"group": group}
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


def _differs(each: Difference) -> list[Cell]:
    row, before = each.after, each.before
    counts = [before.has, before.n_answered, row.has, row.n_answered]
    return [row.item, _dimension_name(row.dimension), row.question, *counts]


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

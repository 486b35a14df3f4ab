"""Words and pictures for the parts of a scorecard's page: points in short, movement, imported facts."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from quintet.models import Area, Cycle, Observation
from scorecards import charts
from scorecards.domain.decisions import BODIES, VERBS, Decision
from scorecards.domain.groups import ALL
from scorecards.domain.receipts import CHECKS, MOVED, PRINTED, RESPONSE
from scorecards.domain.summary import Kind, Point
from scorecards.models import Basis
from scorecards.queries.checked import CheckedRow
from scorecards.queries.choosing import PROVISIONAL
from scorecards.queries.movement import ItemRow
from scorecards.queries.quality import Gaps, Quality
from scorecards.queries.since import is_clear_on_printed
from scorecards.templatetags.figures import dimension_name, enabler_name, signed
from un20portal.lib.languages import in_per_cent, left_to_right, own_name, reference_code
from un20portal.lib.ratios import whole_per_cent

register = template.Library()

UNITS = {
    "percent_of_staff": gettext_lazy("of staff"),
    "percent_of_organisations": gettext_lazy("of organisations"),
    "percent_of_electricity": gettext_lazy("of electricity"),
    "percent_of_resident_coordinators": gettext_lazy("of Resident Coordinators"),
    "organisations": gettext_lazy("organisations"),
}
PER_CENT = "percent"


@register.filter
def figure_name(row: Any) -> str:
    """Name an item behind its dimension: "Data · Leadership roles". A question keeps its own direction."""
    item = enabler_name(row.enabler, row.label) if row.enabler else left_to_right(row.label or row.question)
    return f"{dimension_name(row.dimension)} · {item}"


@register.filter
def share_or_counts(row: Any) -> str:
    """How much is in place: per cent, or counts below ten answers."""
    return _of(row, row.has, row.share_has)


@register.filter
def checks_query(row: CheckedRow, version: object) -> str:
    """The query that asks for the receipt of a row of the checks, in a version or in the latest."""
    asked = {"group": ALL, "of": CHECKS, ("area" if row.row in Area else "enabler"): row.row}
    return urlencode(asked | ({"version": version} if version else {}))


@register.simple_tag
def point_in_words(point: Point, basis: str, earlier: Cycle | None) -> str:
    """Say one point in a sentence."""
    if point.kind is Kind.RESPONSE:
        return _response(point, basis)
    if point.kind is Kind.MOVED:
        named = {"cycle": earlier.title if earlier else "", "verdicts": _verdicts(point)}
        return gettext("Since %(cycle)s: %(verdicts)s") % named
    if point.kind is Kind.HIDDEN:
        return _hidden(point)
    if point.kind is Kind.PRINTED:
        return _beside_printed(point)
    row: Any = point.cell
    told = {
        "what": figure_name(row),
        "value": share_or_counts(row),
        "operates": _of(row, row.operates, row.share_operates),
    }
    return {
        Kind.MOST: gettext("Most widely in place: %(what)s (%(value)s)."),
        Kind.LEAST: gettext("Least widely in place: %(what)s (%(value)s)."),
        Kind.GAP: gettext("Widest paper gap: %(what)s, %(value)s in place and %(operates)s operating."),
    }[point.kind] % told


@register.filter
def receipt_query(point: Point, earlier: Cycle | None) -> str:
    """What the receipt of a point that is about no single figure is asked with; "" where there is none."""
    asked = {Kind.RESPONSE: RESPONSE, Kind.MOVED: MOVED, Kind.PRINTED: PRINTED}.get(point.kind)
    if asked is None:
        return ""
    return urlencode({"of": asked} | ({"from": earlier.code} if asked == MOVED and earlier else {}))


@register.filter
def anchor(point: Point) -> str:
    """The part of the page in which a point that is about no single figure is worked out."""
    return {Kind.MOVED: "movement", Kind.RESPONSE: "quality"}.get(point.kind, "state-of-play")


@register.filter
def dumbbell(row: ItemRow) -> charts.Dumbbell | None:
    """The picture of a panel; none where there are fewer than ten units, or nobody."""
    return charts.dumbbell(row.panel) if row.panel and row.shows_percentages else None


@register.filter
def stretches(counts: Sequence[int]) -> tuple[charts.Segment, ...]:
    """The picture of who rose, stayed and fell."""
    return charts.stretches(list(zip(("rose", "same", "fell"), counts, strict=True)))


@register.filter
def moved_counts(row: ItemRow) -> tuple[int, int, int] | None:
    return (row.panel.rose, row.panel.same, row.panel.fell) if row.panel else None


@register.filter
def moved_in_words(counts: tuple[int, int, int]) -> str:
    """Say who rose, stayed and fell."""
    rose, same, fell = counts
    words = gettext("%(rose)s rose, %(same)s stayed the same, %(fell)s fell.")
    return words % {"rose": rose, "same": same, "fell": fell}


@register.filter
def panel_in_words(row: ItemRow) -> str:
    """Say a panel in sentences: in place before and after, and how many rose and fell."""
    panel = row.panel
    if panel is None or not panel.n_panel:
        return gettext("Nobody answers in both cycles.")
    place = gettext("In place in %(before)s of %(n)s before, in %(after)s of %(n)s now.")
    counts = {"before": panel.has_before, "after": panel.has_after, "n": panel.n_panel}
    return f"{place % counts} {moved_in_words((panel.rose, panel.same, panel.fell))}"


@register.filter
def panel_in_place(row: ItemRow) -> list[str]:
    """How many per cent of a panel had an item in place, and have it now."""
    return (
        [in_per_cent(whole_per_cent(share)) for share in charts.panel_shares(row.panel)] if row.panel else []
    )


@register.filter
def change_in_words(row: ItemRow) -> str:
    """The change of a panel: points, or counts below ten units."""
    panel = row.panel
    if panel is None or not panel.n_panel:
        return gettext("nobody answers in both cycles")
    if row.shows_percentages:
        return signed(panel.delta_points)
    return gettext("from %(before)s to %(after)s of %(n)s") % {
        "before": panel.has_before,
        "after": panel.has_after,
        "n": panel.n_panel,
    }


@register.filter
def fact_unit(fact: Observation) -> str:
    """What an imported value is a number or a part of; "" where that is not named."""
    return str(UNITS.get(fact.unit, ""))


@register.filter
def short_value(fact: Observation) -> str:
    """Write an imported value with its sign, without what it is of."""
    value = fact.value or Decimal(0)
    return in_per_cent(value.normalize()) if fact.unit.startswith(PER_CENT) else number_format(int(value))


@register.filter
def as_length(value: Fraction | None) -> str:
    """A share as a length of a drawing."""
    return charts.length(value or Fraction(0))


@register.filter
def enablers_in_place(median: Fraction | None) -> str:
    """Write a median of whole numbers: "4" or "4.5", a dash where there is none."""
    if median is None:
        return "–"
    return number_format(median.numerator if median.denominator == 1 else Decimal(int(2 * median)) / 2)


register.filter(is_clear_on_printed)


@register.filter
def missing_part(gaps: Gaps) -> str:
    """How much of what a dimension asks is missing, per cent; "" where it asks for fewer than ten answers."""
    share = gaps.share_missing
    return in_per_cent(whole_per_cent(share)) if share is not None and gaps.shows_percentages else ""


@register.filter
def counted(quality: Quality, basis: str) -> int:
    """How many units are counted on a basis."""
    return quality.n_accepted if basis == Basis.ACCEPTED else quality.n_submitted


@register.filter
def who_decides(decision: Decision) -> str:
    """Name the body and what it does: "HLCM takes note"."""
    body, verb = BODIES.get(decision.body, decision.body), VERBS.get(decision.verb, decision.verb)
    return gettext("%(body)s %(verb)s") % {"body": gettext(body), "verb": gettext(verb)}


@register.filter
def written_in(decision: Decision) -> str:
    """What the language of its words is called in itself, where the reader reads another one."""
    is_foreign = decision.language not in ("", reference_code(get_language()))
    return own_name(decision.language) if is_foreign else ""


@register.filter
def figure_query(decision: Decision, version: str | None) -> str:
    """What the receipt of the figure behind a point is asked with.

    A change is between the newest versions of two cycles, whatever version the page is of, or provisional.
    """
    if not version or ("from" in decision.query and version != PROVISIONAL):
        return decision.figure
    return f"{decision.figure}&{urlencode({'version': version})}"


def _of(row: Any, count: int, share: Fraction | None) -> str:
    if row.shows_percentages and share is not None:
        return in_per_cent(whole_per_cent(share))
    return gettext("%(has)s of %(n)s") % {"has": count, "n": row.n_answered}


def _response(point: Point, basis: str) -> str:
    if basis == Basis.ACCEPTED:
        words = ngettext(
            "%(n)s of %(asked)s unit that was asked has an accepted sheet.",
            "%(n)s of %(asked)s units that were asked have an accepted sheet.",
            point.n,
        )
    else:
        words = ngettext(
            "%(n)s of %(asked)s unit that was asked has handed in its sheet.",
            "%(n)s of %(asked)s units that were asked have handed in their sheets.",
            point.n,
        )
    return words % point.params


def _hidden(point: Point) -> str:
    words = ngettext(
        "%(n)s of %(all)s figure is suppressed: what is most, least or widest is so among the others.",
        "%(n)s of %(all)s figures are suppressed: what is most, least or widest is so among the others.",
        point.n,
    )
    return words % {"n": point.n, **point.params}


def _beside_printed(point: Point) -> str:
    """How many answered then is not printed, so that nothing rose or fell: figures stand higher or lower."""
    words = ngettext(
        "Beside the value printed in 2023, of %(n)s figure %(rose)s stands higher by 3 entities and "
        "5 points or more, %(fell)s lower: how many answered then is not printed.",
        "Beside the values printed in 2023, of %(n)s figures %(rose)s stand higher by 3 entities and "
        "5 points or more, %(fell)s lower: how many answered then is not printed.",
        point.n,
    )
    return words % {"n": point.n, **point.params}


def _verdicts(point: Point) -> str:
    rose, fell = point.params["rose"], point.params["fell"]
    named = {"n": point.n, "rose": rose, "fell": fell, "others": point.n - rose - fell}
    if not (rose or fell):
        words = ngettext(
            "no clear change in the %(n)s capability item that can be compared.",
            "no clear change in any of the %(n)s capability items that can be compared.",
            point.n,
        )
        return words % named
    words = ngettext(
        "of the %(n)s capability item that can be compared, %(rose)s rose clearly, %(fell)s fell clearly, "
        "%(others)s without a clear change.",
        "of the %(n)s capability items that can be compared, %(rose)s rose clearly, %(fell)s fell clearly, "
        "%(others)s without a clear change.",
        point.n,
    )
    return words % named

"""What the committee paper says in sentences: written from the figures by rules, never by hand. Plain Python.

The same figures give the same sentences. A sentence is an English template, in two forms where it counts
something; what goes in are counts, exact shares and names, which faces write in the reader's language. The
rules are careful: a small change is "no clear change", below ten answers counts stand in the place of per
cents, a suppressed figure says nothing but that, and what missing answers could change is said as bounds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scorecards.domain.groups import PERCENTAGES_FROM, ItemCounts
from scorecards.domain.movement import Panel, Verdict, against_printed
from scorecards.domain.statements import (
    Listing,
    Name,
    Points,
    Printed,
    Share,
    Statement,
    counted,
    ngettext,
)
from un20portal.lib.errors import marked as _

MOST_NAMED = 5  # in one sentence: a longer list is read in the table


@dataclass(frozen=True)
class Cell:
    """How a group answers one item; None where it is suppressed. `printed` is a value of before.

    One that measured something near is said, and no difference to it.
    """

    name: Name
    counts: ItemCounts | None
    printed: Printed | None = None
    printed_year: int = 0
    is_near: bool = False

    @property
    def in_per_cent(self) -> ItemCounts | None:
        """The counts where shares of them may be said."""
        return self.counts if self.counts and self.counts.n_answered >= PERCENTAGES_FROM else None


@dataclass(frozen=True)
class Move:
    """One item that is comparable in two cycles; without a panel it is suppressed."""

    name: Name
    panel: Panel | None


def taking_part(n_counted: int, n_group: int) -> list[Statement]:
    """How many of a group have a sheet that counts on the accepted basis."""
    rule = ngettext(
        "The sheet of %(count)s of %(n)s units is validated and counts here.",
        "The sheets of %(count)s of %(n)s units are validated and count here.",
    )
    said = [counted(rule, n_counted, n=n_group)]
    if n_counted < n_group:
        said.append(
            Statement(
                _("A unit without such a sheet is missing in every figure; it is never counted as zero.")
            )
        )
    return said


def standing(cells: Sequence[Cell], *, threshold: int) -> list[Statement]:
    """How a capability, or the culture, stands: most and least in place, gap, bounds, what is hidden.

    Of fewer units than the threshold no figure is shown: one that nobody answered is hidden like the others.
    """
    shown = [(cell, counts) for cell in cells if (counts := cell.in_per_cent)]
    return [
        *_extremes(shown),
        *_widest_gap(shown),
        *_widest_bounds(shown),
        *_beside_printed(cells),
        *_caution(cells, threshold),
    ]


def _extremes(shown: Sequence[tuple[Cell, ItemCounts]]) -> Iterator[Statement]:
    if not shown:
        return
    shares = [counts.share_has or Fraction(0) for _cell, counts in shown]
    top, bottom = max(shares), min(shares)
    if top == bottom:
        yield Statement(
            _("All that is shown is in place equally often, at %(share)s."), {"share": Share(top)}
        )
        return
    for message, extreme in (
        (_("Most often in place: %(names)s."), top),
        (_("Least often in place: %(names)s."), bottom),
    ):
        found = [_with_numbers(cell.name, counts) for cell, counts in shown if counts.share_has == extreme]
        yield from _named(message, found)


def _named(message: str, found: Sequence[Statement]) -> Iterator[Statement]:
    """The first of them by name, and how many more there are."""
    yield Statement(message, {"names": Listing(found[:MOST_NAMED])})
    if more := len(found[MOST_NAMED:]):
        yield counted(
            ngettext("%(count)s more is in the table below.", "%(count)s more are in the table below."),
            more,
        )


def _with_numbers(name: Name, counts: ItemCounts) -> Statement:
    return Statement(
        _("%(name)s (%(has)s of %(n)s, %(share)s)"),
        {
            "name": name,
            "has": counts.has,
            "n": counts.n_answered,
            "share": Share(counts.share_has or Fraction(0)),
        },
    )


def _widest_gap(shown: Sequence[tuple[Cell, ItemCounts]]) -> Iterator[Statement]:
    gaps = [(counts.paper_gap or Fraction(0), cell, counts) for cell, counts in shown]
    widest = max((gap for gap, _cell, _counts in gaps), default=Fraction(0))
    if widest > 0:
        _gap, cell, counts = next(entry for entry in gaps if entry[0] == widest)
        yield Statement(
            _(
                "The widest paper gap is %(points)s points: %(name)s is in place in %(has)s of %(n)s and "
                "operates in %(operates)s."
            ),
            {
                "points": Points(widest),
                "name": cell.name,
                "has": counts.has,
                "n": counts.n_answered,
                "operates": counts.operates,
            },
        )


def _widest_bounds(shown: Sequence[tuple[Cell, ItemCounts]]) -> Iterator[Statement]:
    bounds = [
        (found[1] - found[0], cell, found, counts)
        for cell, counts in shown
        if counts.n_missing and (found := counts.bounds_has)
    ]
    widest = max((width for width, *_rest in bounds), default=None)
    if widest is not None:
        _width, cell, (low, high), counts = next(entry for entry in bounds if entry[0] == widest)
        yield counted(
            ngettext(
                "Missing answers matter most for %(name)s: %(count)s is missing, and whatever it would say, "
                "between %(low)s and %(high)s have it in place.",
                "Missing answers matter most for %(name)s: %(count)s are missing, and whatever they would "
                "say, between %(low)s and %(high)s have it in place.",
            ),
            counts.n_missing,
            name=cell.name,
            low=Share(low),
            high=Share(high),
        )


def _beside_printed(cells: Iterable[Cell]) -> Iterator[Statement]:
    """Beside the values of the brief, whose number of entities is not stated."""
    for cell in cells:
        counts = cell.in_per_cent
        if counts is None or cell.printed is None:
            continue
        if cell.is_near:
            yield _near(cell, cell.printed, counts)
            continue
        beside = against_printed(counts, Fraction(cell.printed.value))
        if beside is None:
            continue
        if beside.verdict is Verdict.NO_CLEAR_CHANGE:
            message = _(
                "%(name)s: %(share)s, beside the %(printed)s printed for %(year)s (%(points)s points): no "
                "clear change. How many entities answered then is not stated."
            )
        else:
            message = _(
                "%(name)s: %(share)s, beside the %(printed)s printed for %(year)s (%(points)s points): a "
                "difference of at least 3 entities and 5 points. How many entities answered then is "
                "not stated, so it is an indication and no measured change."
            )
        yield Statement(
            message,
            {
                "name": cell.name,
                "share": Share(counts.share_has or Fraction(0)),
                "printed": cell.printed,
                "year": cell.printed_year,
                "points": Points(beside.points, signed=True),
            },
        )


def _near(cell: Cell, printed: Printed, counts: ItemCounts) -> Statement:
    return Statement(
        _(
            "%(name)s: %(share)s. The %(printed)s printed for %(year)s measured something near and not the "
            "same, so no difference is taken."
        ),
        {
            "name": cell.name,
            "share": Share(counts.share_has or Fraction(0)),
            "printed": printed,
            "year": cell.printed_year,
        },
    )


def _caution(cells: Sequence[Cell], threshold: int) -> Iterator[Statement]:
    hidden = sum(cell.counts is None for cell in cells)
    few = sum(cell.counts is not None and cell.counts.n_answered < PERCENTAGES_FROM for cell in cells)
    if few:
        yield counted(
            ngettext(
                "For %(count)s item fewer than ten units answered: it is shown in counts, without per cents.",
                "For %(count)s items fewer than ten units answered: they are shown in counts, without per "
                "cents.",
            ),
            few,
        )
    if hidden:
        yield counted(
            ngettext(
                "%(count)s figure is suppressed: fewer than %(threshold)s units answered, or it would tell "
                "what so few answered.",
                "%(count)s figures are suppressed: fewer than %(threshold)s units answered, or they would "
                "tell what so few answered.",
            ),
            hidden,
            threshold=threshold,
        )


def moved(moves: Sequence[Move]) -> list[Statement]:
    """What moved between two cycles on the units that answered in both: how often, and what clearly."""
    judged = [(move, move.panel) for move in moves if move.panel is not None and move.panel.verdict]
    clear = [(move, panel) for move, panel in judged if panel.verdict is Verdict.CLEAR]
    rises = [entry for entry in clear if entry[1].delta_has > 0]
    falls = [entry for entry in clear if entry[1].delta_has < 0]
    said = [
        counted(
            ngettext(
                "%(count)s of %(n)s items changed clearly, by at least 3 units and 5 points.",
                "%(count)s of %(n)s items changed clearly, by at least 3 units and 5 points.",
            ),
            len(clear),
            n=len(moves),
        ),
        *_changes(_("A clear rise: %(names)s."), rises),
        *_changes(_("A clear fall: %(names)s."), falls),
    ]
    if steady := len(judged) - len(clear):
        said.append(
            counted(
                ngettext(
                    "For %(count)s item there is no clear change.",
                    "For %(count)s items there is no clear change.",
                ),
                steady,
            )
        )
    if hidden := sum(move.panel is None for move in moves):
        said.append(
            counted(
                ngettext(
                    "The comparison of %(count)s item is suppressed: it would tell of a few units.",
                    "The comparisons of %(count)s items are suppressed: they would tell of a few units.",
                ),
                hidden,
            )
        )
    return said


def _changes(message: str, found: Sequence[tuple[Move, Panel]]) -> Iterator[Statement]:
    """The largest first; among equals in the order of the framework."""
    if found:
        largest = sorted(found, key=lambda entry: -abs(entry[1].delta_points or Fraction(0)))
        yield from _named(message, [_change(move.name, panel) for move, panel in largest])


def _change(name: Name, panel: Panel) -> Statement:
    """In points only where per cents may be said at all."""
    if panel.n_panel < PERCENTAGES_FROM:
        return Statement(
            _("%(name)s (from %(before)s to %(after)s of %(n)s)"),
            {"name": name, "before": panel.has_before, "after": panel.has_after, "n": panel.n_panel},
        )
    return Statement(
        _("%(name)s (from %(before)s to %(after)s of %(n)s, %(points)s points)"),
        {
            "name": name,
            "before": panel.has_before,
            "after": panel.has_after,
            "n": panel.n_panel,
            "points": Points(panel.delta_points or Fraction(0), signed=True),
        },
    )


def quality(accepted: Sequence[Cell], claimed: Sequence[Cell], *, n_carried: int) -> list[Statement]:
    """How good the figures are: missing answers, what does not apply, how far claims were accepted."""
    counts = [cell.counts for cell in accepted if cell.counts is not None]
    asked = sum(one.n_group for one in counts)
    missing, not_applicable = sum(one.n_missing for one in counts), sum(one.n_na for one in counts)
    said = []
    if asked:
        said.append(
            Statement(
                _("Of all answers asked for in the figures shown, %(share)s are missing or not accepted."),
                {"share": Share(Fraction(100 * missing, asked))},
            )
        )
    if not_applicable:
        said.append(
            counted(
                ngettext(
                    "%(count)s answer is that the item is not applicable, with the consent of a validator.",
                    "%(count)s answers are that the item is not applicable, with the consent of a validator.",
                ),
                not_applicable,
            )
        )
    said.extend(_claim_distance(accepted, claimed))
    hidden = len(accepted) - len(counts)
    if hidden:
        said.append(
            counted(
                ngettext(
                    "%(count)s of %(n)s figures is suppressed.", "%(count)s of %(n)s figures are suppressed."
                ),
                hidden,
                n=len(accepted),
            )
        )
    if n_carried:
        said.append(
            counted(
                ngettext(
                    "%(count)s figure is that of an earlier version: too few units have changed it since.",
                    "%(count)s figures are those of earlier versions: too few units have changed them since.",
                ),
                n_carried,
            )
        )
    return said


def _claim_distance(accepted: Sequence[Cell], claimed: Sequence[Cell]) -> Iterator[Statement]:
    both = [
        (abs((claim.share_has or Fraction(0)) - (accept.share_has or Fraction(0))), ours, accept, claim)
        for ours, theirs in zip(accepted, claimed, strict=True)
        if (accept := ours.in_per_cent) and (claim := theirs.in_per_cent)
    ]
    if not both:
        return
    widest = max(distance for distance, *_rest in both)
    if not widest:
        yield Statement(_("Where both are shown, the claimed and the accepted shares in place are the same."))
        return
    _distance, cell, accept, claim = next(entry for entry in both if entry[0] == widest)
    yield Statement(
        _(
            "Claimed and accepted shares in place are furthest apart for %(name)s: %(claimed)s claimed, "
            "%(accepted)s accepted."
        ),
        {
            "name": cell.name,
            "claimed": Share(claim.share_has or Fraction(0)),
            "accepted": Share(accept.share_has or Fraction(0)),
        },
    )

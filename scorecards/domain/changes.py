"""What a committee paper says of a later version: in what it differs from the one before. Plain Python.

Where nobody answered or a figure is hidden in one of the two versions there is no difference to tell. Below
ten answers stand counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scorecards.domain.groups import PERCENTAGES_FROM, ItemCounts
from scorecards.domain.narrative import MOST_NAMED
from scorecards.domain.statements import Listing, Name, Share, Statement, counted, ngettext
from un20portal.lib.errors import marked as _


@dataclass(frozen=True)
class Change:
    """How a group answered one item in the version before, and how in this one."""

    name: Name
    before: ItemCounts
    after: ItemCounts


def changed(
    changes: Sequence[Change],
    *,
    version: int,
    new_gaps: Sequence[Name],
    closed_gaps: Sequence[Name],
    n_new_points: int,
    n_gone_points: int,
) -> list[Statement]:
    """What differs from the version that is named; `changes` are those in place, the largest first."""
    said = [
        *_figures(changes, version),
        *_listed(_("New among the five widest paper gaps: %(names)s."), new_gaps),
        *_listed(_("No longer among the five widest paper gaps: %(names)s."), closed_gaps),
        *_points(n_new_points, n_gone_points),
    ]
    nothing = Statement(
        _("Of what can be told nothing differs from version %(version)s."), {"version": version}
    )
    return said or [nothing]


def _figures(changes: Sequence[Change], version: int) -> Iterator[Statement]:
    if not changes:
        return
    rule = ngettext(
        "%(count)s figure in place differs from version %(version)s.",
        "%(count)s figures in place differ from version %(version)s.",
    )
    yield counted(rule, len(changes), version=version)
    yield from _listed(
        _("The largest differences, then and now: %(names)s."), [_then_and_now(each) for each in changes]
    )


def _listed(message: str, found: Sequence[Name | Statement]) -> Iterator[Statement]:
    if found:
        yield Statement(message, {"names": Listing(found[:MOST_NAMED])})


def _then_and_now(change: Change) -> Statement:
    before, after = _value(change.before), _value(change.after)
    return Statement(
        _("%(name)s (from %(before)s to %(after)s)"),
        {"name": change.name, "before": before, "after": after},
    )


def _value(counts: ItemCounts) -> Share | Statement:
    if counts.n_answered >= PERCENTAGES_FROM:
        return Share(counts.share_has or Fraction(0))
    return Statement(_("%(has)s of %(n)s"), {"has": counts.has, "n": counts.n_answered})


def _points(n_new: int, n_gone: int) -> Iterator[Statement]:
    if n_new:
        yield counted(
            ngettext("%(count)s point for decision is new.", "%(count)s points for decision are new."), n_new
        )
    if n_gone:
        rule = ngettext(
            "%(count)s point for decision of before is gone.",
            "%(count)s points for decision of before are gone.",
        )
        yield counted(rule, n_gone)

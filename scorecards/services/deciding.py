"""Points for decision: the task force writes at most five for a cycle and puts them in order.

They are published with the next version, which two persons confirm.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from entities.models import User
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.decisions import FULL, MOST_POINTS, NOT_HERE, Decision, asked_with, parse_decision
from scorecards.models import DecisionPoint
from scorecards.queries.any_receipt import require_receipt
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState
from un20portal.lib.errors import marked as _
from un20portal.lib.languages import REFERENCE_LANGUAGES

COLUMNS = ("verb", "body", "text", "action", "figure", "language")
ASIDE = 1000  # far beyond the places of the points of a cycle


@transaction.atomic
def add_point(*, cycle: Cycle, by: User, at: datetime, figure_of: str = "", **said: str) -> DecisionPoint:
    """Put a point after the others; raise InvalidInput for what is wrong with it, WrongState for a sixth.

    `figure` is the query of the receipt behind it, `figure_of` the code of the cycle of which that receipt
    is; "" for this one.
    """
    points = _locked_points(cycle, by)
    decision = _parsed(cycle, said, figure_of)
    if len(points) >= MOST_POINTS:
        raise WrongState(FULL, {"most": MOST_POINTS})
    return DecisionPoint.objects.create(
        cycle=cycle, place=len(points) + 1, by=by, at=at, **_columns(decision)
    )


@transaction.atomic
def change_point(
    *, point: DecisionPoint, version: int, by: User, at: datetime, figure_of: str = "", **said: str
) -> None:
    """Write a point anew, based on `version`; it keeps its place.

    Raises StaleVersion with both texts when somebody wrote in between. Writing what is already there changes
    nothing.
    """
    points = _locked_points(point.cycle, by)
    columns = _columns(_parsed(point.cycle, said, figure_of))
    stored = _require_there(point, points)
    current = _columns(stored.decision)
    if current == columns:
        return
    _require_version(stored, version, columns)
    DecisionPoint.objects.filter(pk=point.pk).update(by=by, at=at, version=version + 1, **columns)


@transaction.atomic
def delete_point(*, point: DecisionPoint, version: int, by: User) -> None:
    """Delete the text that `version` names, and number the others anew; published versions keep it.

    Raises StaleVersion when somebody wrote in between.
    """
    points = _locked_points(point.cycle, by)
    stored = _require_there(point, points)
    _require_version(stored, version, {})
    others = [other for other in points if other.pk != point.pk]
    point.delete()
    _number(others)


@transaction.atomic
def raise_point(*, point: DecisionPoint, by: User) -> None:
    """Put a point before the one above it; the first one stays where it is."""
    points = _locked_points(point.cycle, by)
    _require_there(point, points)
    place = [other.pk for other in points].index(point.pk)
    if place:
        points[place - 1], points[place] = points[place], points[place - 1]
        _number(points)


def _locked_points(cycle: Cycle, by: User) -> list[DecisionPoint]:
    """The points of a cycle, which nobody else writes meanwhile; NotAllowed for who may not write any."""
    if not access.can_publish(by):
        raise NotAllowed(_("Only the task force writes points for decision."))
    Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)
    return list(DecisionPoint.objects.filter(cycle=cycle))


def _require_there(point: DecisionPoint, points: Sequence[DecisionPoint]) -> DecisionPoint:
    """The point as it is stored now."""
    stored = next((other for other in points if other.pk == point.pk), None)
    if stored is None:
        raise WrongState(_("Somebody has deleted this point meanwhile."))
    return stored


def _require_version(stored: DecisionPoint, version: int, offered: dict[str, str]) -> None:
    if stored.version != version:
        raise StaleVersion(
            _("Somebody else has changed this point in the meantime. See what is stored now."),
            current={**_columns(stored.decision), "version": stored.version},
            offered=offered,
        )


def _number(points: Sequence[DecisionPoint]) -> None:
    """Give the points their places from 1 on, by way of places that none has: no two may share one."""
    numbered = DecisionPoint.objects.filter(pk__in=[point.pk for point in points])
    numbered.update(place=F("place") + ASIDE)
    for place, point in enumerate(points, start=1):
        point.place = place
    DecisionPoint.objects.bulk_update(points, ["place"])


def _parsed(cycle: Cycle, said: dict[str, str], figure_of: str) -> Decision:
    decision = parse_decision(**said)
    if decision.language not in ("", *REFERENCE_LANGUAGES):
        raise _refused(FieldError("language", "unknown", _("Choose one of the list.")))
    if figure_of not in ("", cycle.code):
        raise _refused(FieldError("figure", "unknown_figure", NOT_HERE))
    try:
        require_receipt(cycle, asked_with(said.get("figure", "")))
    except NotFound as refusal:
        raise _refused(FieldError("figure", "unknown_figure", refusal.message)) from refusal
    return decision


def _refused(error: FieldError) -> InvalidInput:
    return InvalidInput(_("The point was not saved."), errors=[error])


def _columns(decision: Decision) -> dict[str, str]:
    return {name: getattr(decision, name) for name in COLUMNS}

"""Points for decision: the task force writes at most five for a cycle and puts them in order.

They are published with the next version, which two persons confirm.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.http.request import split_domain_port, validate_host
from django.urls import reverse
from django.utils import translation

from entities.models import User
from quintet.models import Cycle, Item
from scorecards import access
from scorecards.domain.decisions import (
    FULL,
    MOST_POINTS,
    NO_RECEIPT,
    NOT_HERE,
    Decision,
    parse_decision,
    parts_of,
)
from scorecards.models import DecisionPoint, Scorecard
from scorecards.queries.choosing import PROPOSED, PROVISIONAL
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.sheets import groups_in
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, StaleVersion, WrongState
from un20portal.lib.errors import marked as _
from un20portal.lib.languages import REFERENCE_LANGUAGES

COLUMNS = ("verb", "body", "text", "action", "figure", "language")
ASIDE = 1000  # far beyond the places of the points of a cycle


@transaction.atomic
def add_point(*, cycle: Cycle, by: User, at: datetime, **said: str) -> DecisionPoint:
    """Put a point after the others; raise InvalidInput for what is wrong with it, WrongState for a sixth."""
    points = _locked_points(cycle, by)
    decision = _parsed(cycle, said)
    if len(points) >= MOST_POINTS:
        raise WrongState(FULL, {"most": MOST_POINTS})
    return DecisionPoint.objects.create(
        cycle=cycle, place=len(points) + 1, by=by, at=at, **_columns(decision)
    )


@transaction.atomic
def change_point(*, point: DecisionPoint, version: int, by: User, at: datetime, **said: str) -> None:
    """Write a point anew, based on `version`; it keeps its place.

    Raises StaleVersion with both texts when somebody wrote in between. Writing what is already there changes
    nothing.
    """
    points = _locked_points(point.cycle, by)
    columns = _columns(_parsed(point.cycle, said))
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


def _parsed(cycle: Cycle, said: dict[str, str]) -> Decision:
    decision = parse_decision(**said)
    if decision.language not in ("", *REFERENCE_LANGUAGES):
        error = FieldError("language", "unknown", _("Choose one of the list."))
        raise InvalidInput(_("The point was not saved."), errors=[error])
    message = ""
    if not _is_here(cycle, said.get("figure", "")):
        message = NOT_HERE
    elif not _is_asked(cycle, decision.query):
        message = _("The framework of this cycle has no such item or dimension.")
    elif not _is_known(cycle, decision.query):
        message = NO_RECEIPT
    if message:
        raise InvalidInput(
            _("The point was not saved."), errors=[FieldError("figure", "unknown_figure", message)]
        )
    return decision


def _is_here(cycle: Cycle, address: str) -> bool:
    """Whether an address is of a receipt of this cycle in this portal, of versions that are there.

    A query alone is taken to be of this cycle.
    """
    place, given = parts_of(address)
    others = Scorecard.objects.public().filter(cycle__code=given.get("from", ""))
    versions = {
        "version": {PROVISIONAL, PROPOSED, *_numbers(Scorecard.objects.filter(cycle=cycle))},
        "from_version": _numbers(others),
    }
    is_there = all(given[name] in known for name, known in versions.items() if name in given)
    return is_there and (not place or _is_receipt_of(cycle, place))


def _numbers(scorecards: QuerySet[Scorecard]) -> set[str]:
    return {str(version) for version in scorecards.values_list("version", flat=True)}


def _is_receipt_of(cycle: Cycle, place: str) -> bool:
    """Whether the page of this cycle's receipts is there, in any language of the portal."""
    try:
        scheme, host, path, *_rest = urlsplit(place)
    except ValueError:  # brackets that hold no address
        return False
    pages = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages.add(reverse("scorecards:scorecard-receipt", args=[cycle.code]))
    is_ours = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return path in pages and ((scheme in ("http", "https") and is_ours) or not (scheme or host))


def _is_asked(cycle: Cycle, query: Mapping[str, str]) -> bool:
    """Whether what its figure is of is in the framework."""
    items, dimensions = (
        Item.objects.filter(framework=cycle.framework_id),
        asked_dimensions(cycle.framework_id),
    )
    wanted = (("item", items, "code"), ("dimension", dimensions, "code"), ("area", dimensions, "area"))
    return all(rows.filter(**{field: query[name]}).exists() for name, rows, field in wanted if name in query)


def _is_known(cycle: Cycle, query: Mapping[str, str]) -> bool:
    """Whether units of this cycle are in the group of its figure, and everybody reads of the cycle before.

    What is published with a point cannot be put right: its receipt has to be there for all who read the
    point. They are everybody, sooner or later: a version that the committees read first is released, too.
    """
    others = Scorecard.objects.public().exclude(cycle=cycle)
    is_published = "from" not in query or others.filter(cycle__code=query["from"]).exists()
    return is_published and ("group" not in query or query["group"] in groups_in(cycle))


def _columns(decision: Decision) -> dict[str, str]:
    return {name: getattr(decision, name) for name in COLUMNS}

"""The receipt of any figure: which kind it is, follows from what is asked for; and which can be named."""

from collections.abc import Mapping

from django.db.models import QuerySet

from entities.access import Person
from quintet.models import Area, Cycle, Item
from scorecards.domain.decisions import NO_RECEIPT, NOT_HERE
from scorecards.domain.receipts import (
    ANSWERS,
    CHECKS,
    IN_PLACE,
    MISSING,
    POSITION,
    PRINTED,
    RESPONSE,
    Subject,
)
from scorecards.models import Scorecard
from scorecards.queries.checked import rows_in
from scorecards.queries.choosing import PROPOSED, PROVISIONAL
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.own_receipts import change_receipt_of, position_receipt_of
from scorecards.queries.quality_receipts import checks_receipt_of, in_place_receipt_of, response_receipt_of
from scorecards.queries.reading import Figures, has_printed
from scorecards.queries.receipts import Receipt, counted_receipt_of
from scorecards.queries.sheets import groups_in
from scorecards.queries.sum_receipts import answers_receipt_of, missing_receipt_of, printed_receipt_of
from scorecards.queries.uncertainty_receipts import area_receipt_of, diagnostic_receipt_of, with_interval
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

OF_BOTH_BASES = {CHECKS: checks_receipt_of, IN_PLACE: in_place_receipt_of}
OF_ONE_BASIS = {
    RESPONSE: response_receipt_of,
    MISSING: missing_receipt_of,
    ANSWERS: answers_receipt_of,
    PRINTED: printed_receipt_of,
}


def receipt_of(
    user: Person, figures: Figures, subject: Subject, *, basis: str, from_version: int | None = None
) -> Receipt:
    """The receipt of any figure but a change of a group; NotFound for what is not this reader's to see.

    A change of a unit is since `from_version` of the other cycle; None: its newest.
    Raises NotYet while the simulation that it is of is owed.
    """
    if subject.of in OF_BOTH_BASES:
        return OF_BOTH_BASES[subject.of](figures, subject)
    if subject.of in OF_ONE_BASIS:
        return OF_ONE_BASIS[subject.of](figures, subject, basis=basis)
    if subject.of == POSITION:
        return position_receipt_of(user, figures, subject, basis=basis)
    if subject.of:
        return diagnostic_receipt_of(user, figures, subject)
    if subject.since:
        return change_receipt_of(user, figures, subject, basis=basis, from_version=from_version)
    if subject.group and subject.area:
        return area_receipt_of(user, figures, subject)
    receipt = counted_receipt_of(user, figures, subject, basis=basis)
    return with_interval(user, receipt) if subject.area else receipt


def require_receipt(cycle: Cycle, asked: Mapping[str, str]) -> None:
    """Raise NotFound where a receipt of this cycle, asked for with this, will not be there for everybody.

    It may be asked for before the figures are computed. What is published with it cannot be put right: its
    receipt has to be there for all who read the version, and they are everybody, sooner or later: a version
    that the committees read first is released, too.
    """
    if not _has_versions(cycle, asked):
        raise NotFound(NOT_HERE)
    if not _is_asked(cycle, asked):
        raise NotFound(_("The framework of this cycle has no such item or dimension."))
    others = Scorecard.objects.public().exclude(cycle=cycle)
    if "from" in asked and not others.filter(cycle__code=asked["from"]).exists():
        raise NotFound(NO_RECEIPT)
    if "group" in asked and asked["group"] not in groups_in(cycle):
        raise NotFound(NO_RECEIPT)
    if not _can_have(cycle, asked):
        raise NotFound(NO_RECEIPT)


def _has_versions(cycle: Cycle, asked: Mapping[str, str]) -> bool:
    """Whether the versions are there that are asked for, of this cycle and of the one to compare with."""
    others = Scorecard.objects.public().filter(cycle__code=asked.get("from", ""))
    known = {
        "version": {PROVISIONAL, PROPOSED, *_numbers(Scorecard.objects.filter(cycle=cycle))},
        "from_version": _numbers(others),
    }
    return all(asked[name] in versions for name, versions in known.items() if name in asked)


def _numbers(scorecards: QuerySet[Scorecard]) -> set[str]:
    return {str(version) for version in scorecards.values_list("version", flat=True)}


def _is_asked(cycle: Cycle, asked: Mapping[str, str]) -> bool:
    """Whether what the figure is of is in the framework."""
    items = Item.objects.filter(framework=cycle.framework_id)
    dimensions = asked_dimensions(cycle.framework_id)
    wanted = (("item", items, "code"), ("dimension", dimensions, "code"), ("area", dimensions, "area"))
    return all(rows.filter(**{field: asked[name]}).exists() for name, rows, field in wanted if name in asked)


def _can_have(cycle: Cycle, asked: Mapping[str, str]) -> bool:
    """Whether the framework has what is asked for by `of`: not every dimension, row or group has a sum."""
    of = asked.get("of")
    if of == ANSWERS:
        levers = asked_dimensions(cycle.framework_id).filter(area=Area.CULTURE)
        return levers.filter(code=asked["dimension"]).exists()
    if of == CHECKS:
        return (asked.get("enabler") or asked["area"]) in rows_in(cycle.framework)
    if of == PRINTED:
        return has_printed(cycle.framework, asked["group"])
    return True

"""The receipt of any figure: which kind it is, follows from what is asked for."""

from entities.access import Person
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
from scorecards.queries.own_receipts import change_receipt_of, position_receipt_of
from scorecards.queries.quality_receipts import checks_receipt_of, in_place_receipt_of, response_receipt_of
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import Receipt, counted_receipt_of
from scorecards.queries.sum_receipts import answers_receipt_of, missing_receipt_of, printed_receipt_of
from scorecards.queries.uncertainty_receipts import area_receipt_of, diagnostic_receipt_of, with_interval

OF_BOTH_BASES = {CHECKS: checks_receipt_of, IN_PLACE: in_place_receipt_of}
OF_ONE_BASIS = {
    RESPONSE: response_receipt_of,
    MISSING: missing_receipt_of,
    ANSWERS: answers_receipt_of,
    PRINTED: printed_receipt_of,
}


def receipt_of(user: Person, figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of any figure but a change of a group; NotFound for what is not this reader's to see.

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
        return change_receipt_of(user, figures, subject, basis=basis)
    if subject.group and subject.area:
        return area_receipt_of(user, figures, subject)
    receipt = counted_receipt_of(user, figures, subject, basis=basis)
    return with_interval(user, receipt) if subject.area else receipt

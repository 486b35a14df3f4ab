"""The receipt of any figure: which kind it is, follows from what is asked for."""

from entities.access import Person
from scorecards.domain.receipts import CHECKS, IN_PLACE, RESPONSE, Subject
from scorecards.queries.quality_receipts import checks_receipt_of, in_place_receipt_of, response_receipt_of
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import Receipt, counted_receipt_of
from scorecards.queries.uncertainty_receipts import area_receipt_of, diagnostic_receipt_of, with_interval


def receipt_of(user: Person, figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of any figure; NotFound for what is not there or not this reader's to see.

    Raises NotYet while the simulation that it is of is owed.
    """
    if subject.of == CHECKS:
        return checks_receipt_of(figures, subject)
    if subject.of == IN_PLACE:
        return in_place_receipt_of(figures, subject)
    if subject.of == RESPONSE:
        return response_receipt_of(figures, subject, basis=basis)
    if subject.of:
        return diagnostic_receipt_of(user, figures, subject)
    if subject.group and subject.area:
        return area_receipt_of(user, figures, subject)
    receipt = counted_receipt_of(user, figures, subject, basis=basis)
    return with_interval(user, receipt) if subject.area else receipt

"""The figure behind a point for decision, as the version it is published with tells it to all its readers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from quintet.models import Dimension, Item
from scorecards.domain.decisions import Decision
from scorecards.domain.receipts import DIAGNOSTICS, Subject, parse_subject
from scorecards.models import Basis
from scorecards.queries.any_receipt import OF_BOTH_BASES, receipt_of
from scorecards.queries.movement_receipts import MovementReceipt, movement_receipt_of
from scorecards.queries.reading import Figures, group_names
from scorecards.queries.receipts import Receipt
from un20portal.lib.errors import InvalidInput, NotFound

EarlierVersion = Callable[[str], Figures | None]  # what is compared with, of the cycle that has this code


@dataclass(frozen=True)
class FigureBehind:
    """The figure behind one point. Without a receipt the bytes of the version do not tell its value.

    That is so of what is estimated, and of a change since a cycle with which the version is not compared.
    """

    subject: Subject
    version: int | None
    basis: str
    address: str  # of its receipt below the portal's own, the same after a correction
    whose: str
    item: Item | None
    dimension: Dimension | None
    receipt: Receipt | MovementReceipt | None

    @property
    def is_of_one_basis(self) -> bool:
        return self.subject.of not in OF_BOTH_BASES and not self.is_estimated

    @property
    def is_estimated(self) -> bool:
        return _is_estimated(self.subject)


def figure_behind(decision: Decision, figures: Figures, *, earlier: EarlierVersion) -> FigureBehind | None:
    """The figure behind a point of a published version; None for a point that names none.

    Names and address are in the active language. Nothing here depends on who asks or when: simulations, which
    come later than a version and are no part of it, are not read.
    """
    if not decision.figure:
        return None
    asked: Mapping[str, str] = {"version": str(figures.version), **decision.query}
    subject, basis = _subject(asked), asked.get("basis", Basis.ACCEPTED)
    items = Item.objects.filter(framework=figures.cycle.framework_id).select_related("dimension")
    dimensions = Dimension.objects.filter(framework=figures.cycle.framework_id)
    item = items.filter(code=subject.item).first()
    dimension = item.dimension if item else dimensions.filter(code=subject.dimension).first()
    receipt = _receipt(figures, subject, basis, earlier)
    if isinstance(receipt, MovementReceipt):
        asked = {**asked, "from_version": str(receipt.movement.before.version)}
    return FigureBehind(
        subject,
        figures.version,
        basis,
        f"{reverse('scorecards:scorecard-receipt', args=[figures.cycle.code])}?{urlencode(asked)}",
        group_names().get(subject.group, subject.group),
        item,
        dimension,
        receipt,
    )


def _subject(asked: Mapping[str, str]) -> Subject:
    """What was asked for; nothing, where it was published by rules that hold no longer."""
    try:
        return parse_subject(asked)
    except InvalidInput:
        return Subject()


def _is_estimated(subject: Subject) -> bool:
    return subject.of in DIAGNOSTICS or bool(subject.area and not subject.of and not subject.since)


def _receipt(
    figures: Figures, subject: Subject, basis: str, earlier: EarlierVersion
) -> Receipt | MovementReceipt | None:
    before = earlier(subject.since) if subject.since else None
    try:
        if before:
            return movement_receipt_of(before, figures, subject, basis=basis)
        if subject.since or _is_estimated(subject):
            return None
        return receipt_of(AnonymousUser(), figures, subject, basis=basis)
    except NotFound:  # too few answers, or of a version from before it was recorded
        return None

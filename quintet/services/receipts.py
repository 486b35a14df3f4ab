"""Receipts, and the letters that tell the people of an entity of a step: owed with the step itself."""

from datetime import datetime

from entities.models import Role
from entities.queries import people_with
from quintet.models import LetterKind, Receipt, Transition
from quintet.queries.receipts import contents_sha256
from quintet.services.letters import owe_letter

# who is told of a step, besides whoever took it
TOLD = {
    "submit": [Role.APPROVER],
    "sign_off": [Role.FOCAL_POINT],
    "send_back": [Role.FOCAL_POINT],
    "return": [Role.FOCAL_POINT, Role.APPROVER],
    "validate": [Role.FOCAL_POINT, Role.APPROVER],
    "reopen": [Role.FOCAL_POINT, Role.APPROVER],
}


def give_receipt(*, transition: Transition, at: datetime) -> Receipt:
    """Write the receipt of a step that hands a locked sheet in, and owe it by letter to whoever took it."""
    sheet = transition.assessment
    number = 1 + Receipt.objects.filter(transition__assessment=sheet).count()
    receipt = Receipt.objects.create(
        number=f"UN20-{sheet.pk:06}-{number:02}",
        transition=transition,
        contents_sha256=contents_sha256(sheet),
    )
    owe_letter(kind=LetterKind.RECEIPT, person=transition.by, assessment=sheet, about=receipt.pk, at=at)
    return receipt


def tell_of_step(*, transition: Transition, at: datetime) -> None:
    """Owe a letter to those who go on with the sheet."""
    sheet = transition.assessment
    for person in people_with(sheet.entity, *TOLD[transition.action]).exclude(pk=transition.by_id or 0):
        owe_letter(kind=LetterKind.STEP, person=person, assessment=sheet, about=transition.pk, at=at)

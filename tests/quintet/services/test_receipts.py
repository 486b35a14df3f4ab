"""Receipts: a number and a hash for whoever hands a sheet in; letters for those who go on with it."""

import hashlib
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from entities.models import Entity, Role
from quintet.models import Assessment, Cycle, Item, Letter, Receipt, Status
from quintet.queries.receipts import contents_sha256
from quintet.services import reviewing, signing
from quintet.services.answering import record_answer
from tests.factories import AT, Cast, Levels, fill, later, make_cycle, make_user, sheet_of
from tests.quintet.pages import page
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    full: Levels = dict.fromkeys(Item.objects.values_list("code", flat=True), 2)
    fill(cycle, {undp: full}, Status.DRAFT)
    return sheet_of(cycle, undp)


def receipts() -> list[Receipt]:
    return list(Receipt.objects.order_by("pk"))


def told(kind: str) -> list[str]:
    """Who gets letters of a kind, by the first part of the address."""
    addresses = Letter.objects.filter(kind=kind).values_list("person__email", flat=True)
    return sorted(str(address).split("@")[0] for address in addresses)


class TestReceipts:
    def test_unchanged_contents_have_one_hash_from_submission_to_sign_off(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=later(1))
        first, second = receipts()
        assert first.contents_sha256 == second.contents_sha256 == contents_sha256(sheet)
        assert (first.number, second.number) == (f"UN20-{sheet.pk:06}-01", f"UN20-{sheet.pk:06}-02")

    def test_another_answer_gives_another_hash(self, sheet: Assessment, cast: Cast) -> None:
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.send_back(assessment=sheet, by=cast.approver, at=AT, comment="More, please.")
        item = Item.objects.select_related("framework").get(code="DAT-STR")
        raw = {"state": "answered", "claimed": 3, "comment": "evidence"}
        record_answer(assessment=sheet, item=item, raw=raw, version=1, by=cast.focal, at=AT, channel="form")
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        first, second = receipts()
        assert first.contents_sha256 != second.contents_sha256

    def test_are_mailed_to_whoever_took_the_step(self, sheet: Assessment, cast: Cast) -> None:
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        run_errands(now=lambda: later(1))
        letter = next(letter for letter in mail.outbox if "Receipt" in letter.subject)
        assert letter.to == [cast.focal.email]
        [receipt] = receipts()
        assert receipt.number in letter.subject
        assert receipt.contents_sha256 in letter.body
        assert re.search(rf"http\S+/assessments/{sheet.pk}/receipts/{receipt.number}/\n", str(letter.body))


class TestLettersOnSteps:
    def test_go_to_those_who_go_on(self, sheet: Assessment, cast: Cast, undp: Entity) -> None:
        other = make_user("other", Role.FOCAL_POINT, undp)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        assert told("step") == ["approver"]
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        assert told("step") == sorted(["approver", "focal", other.email.split("@")[0]])
        Letter.objects.all().delete()
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="More, please.")
        assert told("step") == ["approver", "focal", "other"]


class TestThePage:
    def test_shows_the_receipt_and_whether_it_still_holds(
        self, client: Client, sheet: Assessment, cast: Cast
    ) -> None:
        client.force_login(cast.focal)
        answer = client.post(reverse("quintet:assessment-submit", args=[sheet.pk]))
        [receipt] = receipts()
        address = reverse("quintet:receipt-detail", args=[sheet.pk, receipt.number])
        assert answer.headers["Location"] == address
        html = page(client, cast.focal, "receipt-detail", sheet.pk, receipt.number)
        assert receipt.number in html
        assert receipt.contents_sha256 in html
        assert "says the same today" in html
        contents = client.get(f"{address}contents.json")
        assert hashlib.sha256(contents.content).hexdigest() == receipt.contents_sha256
        sheet.answers.filter(item__code="DAT-STR").update(comment="changed")
        assert client.get(f"{address}contents.json").status_code == 409
        assert "has been changed since" in page(
            client, cast.approver, "receipt-detail", sheet.pk, receipt.number
        )

    def test_the_approver_sees_steep_rises_first(
        self, client: Client, sheet: Assessment, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        days = {"opens_on": "2025-09-15", "closes_on": "2025-12-18"}
        before = make_cycle(cycle.framework, "2025", phase="validation", **days)
        fill(before, {undp: {"DAT-STR": 0, "DAT-LED": 1, "DAT-COE": 3, "DAT-HRS": 2}})
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        html = page(client, cast.approver, "assessment-review", sheet.pk)
        assert "Changed since Cycle 2025" in html
        assert html.index("Up by two levels or more") < html.index("Up by one level") < html.index("Down")
        assert "1 item has the level it had." in html

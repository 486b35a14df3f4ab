"""Frozen sheets: canonical bytes without keys or clocks, packed levels on both bases, numbering."""

import json

import pytest
from django.db import transaction
from pytest_django import Settings

from entities.models import Entity
from quintet.domain.packing import unpack
from quintet.models import Answer, Cycle, Item, NaDecision, Snapshot, Status
from quintet.services.freezing import CHANGED, announce_change, freeze
from tests.factories import (
    AT,
    fill,
    later,
    sheet_of,
)
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db


def levels(snapshot: Snapshot) -> tuple[list[int | str | None], list[int | str | None]]:
    return unpack(bytes(snapshot.claimed)), unpack(bytes(snapshot.accepted))


class TestTheBytes:
    def test_are_canonical_and_named_by_their_hash(self, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: {"DAT-STR": 3, "DAT-PMS": "na"}}, Status.SUBMITTED)
        snapshot = Snapshot.objects.get()
        assert snapshot.payload == canonical_json(json.loads(snapshot.payload))
        assert snapshot.sha256 == sha256(snapshot.payload)

    def test_name_unit_cycle_framework_and_every_item_in_order(self, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: {"DAT-STR": 3}}, Status.SUBMITTED)
        sheet = json.loads(Snapshot.objects.get().payload)
        assert (sheet["entity"], sheet["cycle"], sheet["status"], sheet["number"]) == (
            "UNDP",
            "2026",
            "submitted",
            1,
        )
        assert sheet["framework"] == {"slug": "small", "version": "1"}
        assert [answer["item"] for answer in sheet["answers"]] == list(
            Item.objects.in_order().values_list("code", flat=True)
        )
        assert sheet["answers"][0] == {
            "item": "DAT-STR",
            "state": "answered",
            "claimed": 3,
            "accepted": None,
            "accepted_reason": "",
            "na_reason": "",
            "na_decision": "",
            "comment": "evidence",
            "version": 1,
            "evidence": [],
        }

    def test_hold_no_clock_and_no_keys(self, cycle: Cycle, undp: Entity) -> None:
        sheet = sheet_of(cycle, undp)
        with transaction.atomic():
            payload = freeze(assessment=sheet, at=AT).payload
            transaction.set_rollback(True)
        assert freeze(assessment=sheet, at=later(60)).payload == payload

    def test_hold_a_nonce_that_only_the_portal_can_draw(
        self, cycle: Cycle, undp: Entity, settings: Settings
    ) -> None:
        sheet, nonces = sheet_of(cycle, undp), []
        for key in ("one key", "another key", "one key"):
            settings.SECRET_KEY = key
            with transaction.atomic():
                snapshot = freeze(assessment=sheet, at=AT)
                transaction.set_rollback(True)
            assert json.loads(snapshot.payload)["nonce"] == snapshot.nonce
            nonces.append(snapshot.nonce)
        assert nonces[0] == nonces[2] != nonces[1]
        assert len(bytes.fromhex(nonces[0])) == 16

    def test_differ_between_sheets_that_say_the_same(self, cycle: Cycle, undp: Entity) -> None:
        unicef = Entity.objects.get(code="UNICEF")
        fill(cycle, {undp: {"DAT-STR": 3}, unicef: {"DAT-STR": 3}}, Status.SUBMITTED)
        assert Snapshot.objects.values("sha256").distinct().count() == 2


class TestTheLevels:
    @pytest.mark.parametrize(
        ("decision", "level"),
        [(NaDecision.PENDING, None), (NaDecision.REJECTED, None), (NaDecision.APPROVED, "na")],
    )
    def test_hold_not_applicable_only_when_it_is_approved(
        self, cycle: Cycle, undp: Entity, decision: str, level: str | None
    ) -> None:
        fill(cycle, {undp: {"DAT-PMS": "na"}}, Status.DRAFT)
        Answer.objects.filter(item__code="DAT-PMS").update(na_decision=decision)
        claimed, accepted = levels(freeze(assessment=sheet_of(cycle, undp), at=AT))
        assert (claimed[6], accepted[6]) == (level, level)

    def test_differ_where_a_validator_decided(self, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: {"DAT-STR": 3, "DAT-LED": 2}}, Status.DRAFT)
        Answer.objects.filter(item__code="DAT-STR").update(accepted=0)
        claimed, accepted = levels(freeze(assessment=sheet_of(cycle, undp), at=AT))
        assert (claimed[:3], accepted[:3]) == ([3, 2, None], [0, 2, None])

    def test_of_a_sheet_without_a_word_are_all_missing(self, cycle: Cycle, undp: Entity) -> None:
        assert levels(freeze(assessment=sheet_of(cycle, undp), at=AT)) == ([None] * 14, [None] * 14)


class TestNumbering:
    def test_goes_on_and_leaves_earlier_snapshots_alone(self, cycle: Cycle, undp: Entity) -> None:
        sheet = sheet_of(cycle, undp)
        first = freeze(assessment=sheet, at=AT)
        Answer.objects.create(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            state="answered",
            claimed=1,
            updated_at=AT,
        )
        second = freeze(assessment=sheet, at=later(1))
        assert (first.number, second.number) == (1, 2)
        kept = Snapshot.objects.get(number=1)
        assert (kept.payload, kept.at, bytes(kept.claimed)) == (first.payload, AT, bytes(first.claimed))

    def test_is_per_sheet(self, cycle: Cycle, undp: Entity) -> None:
        freeze(assessment=sheet_of(cycle, undp), at=AT)
        assert freeze(assessment=sheet_of(cycle, Entity.objects.get(code="UNICEF")), at=AT).number == 1


def test_a_change_is_owed_as_the_number_of_its_sheet(cycle: Cycle, undp: Entity) -> None:
    sheet = sheet_of(cycle, undp)
    announce_change(assessment=sheet, at=AT)
    message, owed = Message.objects.get(), {"cycle_id": cycle.pk, "assessment_id": sheet.pk}
    assert (message.topic, message.payload, message.created_at) == (CHANGED, owed, AT)

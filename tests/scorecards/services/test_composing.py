"""Composing: what the public bytes tell, and what cannot be guessed from their hashes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, Snapshot
from quintet.services.freezing import freeze
from scorecards.domain.figures import BASES, FrameworkShape, score_sheet, unit_entry
from scorecards.models import EntityDocument, Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.services import publishing
from scorecards.services.composing import compose
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.worked import UNIT, WORKED, publish
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def undp(cast: Cast) -> Entity:
    return Entity.objects.get(code="UNDP")


@pytest.fixture
def cycle(undp: Entity) -> Cycle:
    sheets = dict(zip(make_entities(31), [{"DAT-STR": level} for level in WORKED], strict=True))
    cycle = make_counted_cycle(make_framework(), sheets)
    fill(cycle, {undp: UNIT})
    return cycle


def document_of(scorecard: Scorecard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scorecard.payload)
    return found


def correct(sheet: Assessment, item: str, level: int) -> Snapshot:
    """One changed answer, frozen again."""
    answers = Answer.objects.filter(assessment=sheet, item__code=item)
    answers.update(state="answered", claimed=level, comment="it works now")
    return freeze(assessment=sheet, at=later(1))


class TestHashes:
    """Who knows a sheet, and reads that it was corrected, tries what the correction may have been."""

    def test_of_documents_tell_nobody_what_was_corrected(
        self, cycle: Cycle, cast: Cast, undp: Entity
    ) -> None:
        publish(cycle, cast)
        known = Snapshot.objects.get(assessment__entity=undp)
        correct(known.assessment, "DAT-TRN", 4)
        scorecard = publish(cycle, cast)
        public = document_of(scorecard)["units"]["UNDP"]
        truth = EntityDocument.objects.get(scorecard=scorecard, entity=undp)
        nonce = json.loads(truth.payload).pop("nonce")
        guesses = list(
            self.guesses(bytes(known.claimed), public["snapshot"], framework_shape(cycle.framework))
        )
        assert public["document"] not in map(sha256, map(canonical_json, guesses))
        assert public["document"] in [sha256(canonical_json(guess | {"nonce": nonce})) for guess in guesses]

    def test_of_sheets_tell_nobody_what_was_corrected(self, cycle: Cycle, undp: Entity) -> None:
        known = Snapshot.objects.get(assessment__entity=undp)
        corrected = correct(known.assessment, "DAT-TRN", 4)
        guess = corrected.payload.replace(corrected.nonce, known.nonce)
        assert guess != corrected.payload
        assert sha256(guess) != corrected.sha256

    def test_are_all_that_is_public_of_a_sheet(self, cycle: Cycle, cast: Cast) -> None:
        payload = publish(cycle, cast).payload
        nonces = Snapshot.objects.values_list("nonce", flat=True)
        assert len(set(nonces)) == 32
        assert not [nonce for nonce in nonces if nonce in payload]

    @staticmethod
    def guesses(levels: bytes, snapshot: str, shape: FrameworkShape) -> Iterator[dict[str, Any]]:
        """The documents of all sheets that differ in one answer."""
        for place in range(len(levels)):
            for level in range(5):
                sheet = levels[:place] + bytes([level]) + levels[place + 1 :]
                figures = {
                    code: unit_entry(found, shape.highest_level)
                    for code, found in score_sheet(sheet, shape).items()
                }
                yield {
                    "cycle": "2026",
                    "entity": "UNDP",
                    "method": "un20-1",
                    "snapshot": snapshot,
                    "figures": dict.fromkeys(BASES, figures),
                }


class TestWhatIsRead:
    def test_of_frozen_sheets_is_no_more_beside_more_versions(
        self, cycle: Cycle, cast: Cast, undp: Entity
    ) -> None:
        """Those that count now, what they say of checks, and those of each cycle."""
        other = make_counted_cycle(cycle.framework, {undp: UNIT}, "2025")
        asked = []
        for number in range(4):
            unit = make_entity(f"NEW-{number}")
            for one in (other, cycle):
                fill(one, {unit: UNIT})
                publish(one, cast)
            with CaptureQueriesContext(connection) as captured:
                compose(cycle=cycle)
            asked.append(sum('FROM "quintet_snapshot"' in query["sql"] for query in captured))
        assert asked == [4] * 4


class TestWhatALaterVersionNames:
    def test_tells_units_in_other_groups_from_units_with_other_sheets(
        self, cycle: Cycle, cast: Cast, undp: Entity
    ) -> None:
        first = document_of(publish(cycle, cast))
        correct(Snapshot.objects.get(assessment__entity=undp).assessment, "DAT-TRN", 4)
        Entity.objects.filter(code="ENT-001").update(ceb_member=False)
        later = document_of(publish(cycle, cast))
        assert (first["changed_units"], first["regrouped_units"]) == ([], [])
        assert (later["changed_units"], later["regrouped_units"]) == (["UNDP"], ["ENT-001"])

    def test_counts_who_comes_and_goes_as_changed(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        fill(cycle, {Entity.objects.get(code="UNICEF"): UNIT})
        later = document_of(publish(cycle, cast))
        assert (later["changed_units"], later["regrouped_units"]) == (["UNICEF"], [])

    def test_shows_the_second_person_both(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast)
        Entity.objects.filter(code="ENT-001").update(ceb_member=False)
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        client.force_login(cast.second)
        shown = client.get("/scorecards/2026/publication/").content.decode()
        assert "Units in other groups than in the version before: ENT-001" in shown
        assert "Units whose sheets differ" not in shown

"""What is proposed is composed once, now or by a worker, and confirmed as it was proposed or not at all."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Cycle, Item, Observation, Phase
from scorecards.models import Draft, DraftDocument, EntityDocument, Proposal, ProposalState, Scorecard
from scorecards.queries.inputs import inputs_sha256
from scorecards.queries.publications import seal_of
from scorecards.queries.work import COMPOSE
from scorecards.services import drafting, publishing
from scorecards.services.comparing import decide_comparisons
from scorecards.services.composing import Composed, basis_of, compose
from scorecards.services.gathering import gather
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
from tests.scorecards.worked import publish
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message
from un20portal.outbox.services import FIRST_PAUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})


@pytest.fixture
def large(settings: Settings) -> None:
    """Six units are too many to be waited for."""
    settings.SCORECARDS_COMPOSED_AT_ONCE = 5


def propose(cycle: Cycle, cast: Cast, **words: str) -> Proposal:
    return publishing.propose(cycle=cycle, by=cast.task_force, at=AT, **words)


def confirm(cycle: Cycle, cast: Cast, **seen: str) -> Scorecard:
    return publishing.confirm(cycle=cycle, by=cast.second, at=later(1), **seen)


def compose_owed() -> int:
    return outbox.run_errands(now=timezone.now, topic=COMPOSE)


class TestASmallCycle:
    def test_is_composed_while_its_proposer_waits(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        assert proposal.state == ProposalState.READY
        assert sha256(proposal.draft.payload) == proposal.sha256
        assert proposal.draft.documents.count() == 6
        assert not Message.objects.filter(topic=COMPOSE).exists()


@pytest.mark.usefixtures("large")
class TestALargeCycle:
    def test_is_proposed_at_once_and_composed_by_a_worker(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        assert (proposal.state, proposal.sha256) == (ProposalState.COMPOSING, "")
        assert not Draft.objects.exists()
        assert compose_owed() == 1
        proposal.refresh_from_db()
        composed = compose(cycle=cycle)
        assert (proposal.state, proposal.sha256) == (ProposalState.READY, composed.sha256)
        assert confirm(cycle, cast).payload == composed.payload
        documents = EntityDocument.objects.values_list("entity_id", "payload")
        assert dict(documents) == composed.documents

    def test_cannot_be_confirmed_before_it_is_composed(self, cycle: Cycle, cast: Cast) -> None:
        propose(cycle, cast)
        for step in (publishing.confirm, publishing.publish):
            with pytest.raises(WrongState, match="still being composed"):
                step(cycle=cycle, by=cast.second, at=AT)
        assert not Scorecard.objects.exists()

    def test_is_composed_once_whatever_comes_twice(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        compose_owed()
        draft = Draft.objects.get()
        drafting.compose_proposal(proposal_id=proposal.pk, at=AT)
        assert Draft.objects.get() == draft
        assert DraftDocument.objects.count() == 6

    def test_is_composed_anew_after_a_worker_was_killed_in_the_middle(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        half = Draft.objects.create(proposal=proposal, payload="{}")
        DraftDocument.objects.create(
            draft=half, entity=Entity.objects.get(code="ENT-001"), payload="{}", sha256="0" * 64
        )
        compose_owed()
        assert confirm(cycle, cast).documents.count() == 6

    def test_is_still_owed_when_the_worker_that_took_it_over_was_killed(
        self, cycle: Cycle, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proposal, finish = propose(cycle, cast), drafting._finish

        def finish_late(draft: Draft, composed: Composed) -> None:
            """Another worker has begun a draft of its own meanwhile, and comes no further."""
            drafting._begin(proposal, composed)
            finish(draft, composed)

        with monkeypatch.context() as patch:
            patch.setattr(drafting, "_finish", finish_late)
            assert compose_owed() == 0
        errand = Message.objects.get(topic=COMPOSE)
        assert (errand.done_at, errand.attempts) == (None, 1)
        assert outbox.run_errands(now=lambda: timezone.now() + FIRST_PAUSE, topic=COMPOSE) == 1
        assert confirm(cycle, cast).documents.count() == 6

    def test_leaves_its_turn_to_a_newer_proposal(self, cycle: Cycle, cast: Cast) -> None:
        older = propose(cycle, cast)
        newer = propose(cycle, cast, audience="committee")
        drafting.compose_proposal(proposal_id=older.pk, at=AT)
        assert not Draft.objects.exists()
        assert compose_owed() == 2
        assert Draft.objects.get().proposal == newer
        assert confirm(cycle, cast).audience == "committee"

    def test_that_says_nothing_new_says_so_and_can_be_replaced(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        compose_owed()
        confirm(cycle, cast)
        proposal = propose(cycle, cast)
        compose_owed()
        proposal.refresh_from_db()
        assert (proposal.state, proposal.sha256) == (ProposalState.REPEATS, "")
        for step in (publishing.confirm, publishing.publish):
            with pytest.raises(WrongState, match="Nothing has changed since version 1"):
                step(cycle=cycle, by=cast.second, at=AT)
        fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        again = publishing.publish(cycle=cycle, by=cast.task_force, at=AT)
        assert isinstance(again, Proposal)
        compose_owed()
        assert confirm(cycle, cast).version == 2


class TestConfirming:
    def test_composes_nothing(self, cycle: Cycle, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        proposal = propose(cycle, cast)

        def composed(**_arguments: object) -> None:
            raise AssertionError("composed again")

        for place in ("scorecards.services.drafting.compose", "scorecards.services.composing.suppress"):
            monkeypatch.setattr(place, composed)
        assert confirm(cycle, cast).sha256 == proposal.sha256
        assert not Draft.objects.exists()

    def test_asks_the_database_as_often_for_more_units(
        self, cycle: Cycle, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        more = {make_entity(f"NEW-{number}"): {"DAT-STR": 2} for number in range(6)}
        other = make_counted_cycle(cycle.framework, more, "2025")
        counted: list[int] = []
        for one in (cycle, other):  # each the first that is published
            propose(one, cast)
            with django_assert_max_num_queries(100) as asked, transaction.atomic():
                confirm(one, cast)
                transaction.set_rollback(True)
            counted.append(len(asked))
        assert counted[1] <= counted[0]

    @pytest.mark.parametrize("seen", [{"sha256": "0" * 64}, {"sha256": ""}, {"audience": "committee"}])
    @pytest.mark.parametrize("who", ["task_force", "second"])
    def test_of_something_else_than_was_seen_is_refused(
        self, cycle: Cycle, cast: Cast, seen: dict[str, str], who: str
    ) -> None:
        propose(cycle, cast)
        with pytest.raises(WrongState, match="proposal has changed since"):
            publishing.confirm(cycle=cycle, by=getattr(cast, who), at=AT, **seen)
        assert not Scorecard.objects.exists()

    def test_of_what_was_seen_needs_a_second_person_all_the_same(self, cycle: Cycle, cast: Cast) -> None:
        digest = propose(cycle, cast).sha256
        with pytest.raises(NotAllowed):
            publishing.confirm(cycle=cycle, by=cast.task_force, at=AT, sha256=digest, audience="public")
        assert confirm(cycle, cast, sha256=digest, audience="public", note="").sha256 == digest


def _change(**values: Any) -> Callable[[Cycle], object]:
    return lambda cycle: Cycle.objects.filter(pk=cycle.pk).update(**values)


def _give_baseline(cycle: Cycle) -> None:
    printed = {"period": "2023", "value": "67", "operator": "eq", "unit": "percent_of_entities"}
    found = Observation.objects.create(indicator="X", kind="x", chapter="x", **printed)
    Item.objects.filter(framework=cycle.framework, code="DAT-STR").update(
        baseline=found, baseline_comparability="direct"
    )


CHANGES: dict[str, Callable[[Cycle], object]] = {
    "its title": _change(title="Another title"),
    "its phase": _change(phase=Phase.CLOSED),
    "its last day": _change(closes_on=date(2026, 12, 19)),
    "the threshold": _change(threshold=4),
    "a sheet": lambda cycle: fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 1}}),
    "a unit that ends": lambda _cycle: Entity.objects.filter(code="ENT-001").update(
        valid_to=date(2026, 1, 1)
    ),
    "a group": lambda _cycle: Entity.objects.filter(code="ENT-001").update(ceb_member=False),
    "the weight of an item": lambda cycle: Item.objects.filter(framework=cycle.framework).update(weight=2),
    "a printed baseline": _give_baseline,
}


class TestTheBasis:
    @pytest.mark.parametrize("what", CHANGES)
    def test_changes_with_all_that_the_bytes_are_made_of(self, cycle: Cycle, cast: Cast, what: str) -> None:
        before = propose(cycle, cast)
        CHANGES[what](cycle)
        with pytest.raises(WrongState, match="have changed since the proposal"):
            confirm(cycle, cast)
        assert not Scorecard.objects.exists()
        again = propose(cycle, cast)
        assert again.sha256 != before.sha256, "else nothing had changed"
        assert confirm(cycle, cast).sha256 == again.sha256

    def test_changes_with_the_scorecards_of_other_cycles(self, cycle: Cycle, cast: Cast) -> None:
        other = make_counted_cycle(cycle.framework, {}, "2025")
        propose(cycle, cast)
        publish(other, cast)
        with pytest.raises(WrongState, match="have changed since the proposal"):
            confirm(cycle, cast)

    def test_changes_with_the_comparisons_beside_which_it_is_judged(self, cycle: Cycle, cast: Cast) -> None:
        publish(make_counted_cycle(cycle.framework, {make_entity("OLD"): {"DAT-STR": 2}}, "2025"), cast)
        publish(cycle, cast)
        fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        before = propose(cycle, cast)
        assert decide_comparisons(at=AT) == 1
        with pytest.raises(WrongState, match="have changed since the proposal"):
            confirm(cycle, cast)
        assert propose(cycle, cast).basis_sha256 != before.basis_sha256
        assert confirm(cycle, cast).version == 2

    def test_is_what_was_composed_and_what_is_read_without_composing(self, cycle: Cycle, cast: Cast) -> None:
        publish(make_counted_cycle(cycle.framework, {make_entity("OLD"): {"DAT-STR": 2}}, "2025"), cast)
        publish(cycle, cast)
        decide_comparisons(at=AT)
        Entity.objects.filter(code="ENT-002").update(valid_to=date(2026, 1, 1))
        fill(cycle, {make_entity("TEAM", type="country_team"): {"DAT-STR": 2}})
        found = Cycle.objects.select_related("framework").get(pk=cycle.pk)
        assert compose(cycle=found, note="x").basis == basis_of(cycle=found, note="x")
        assert compose(cycle=found, note="x").basis != basis_of(cycle=found, note="y")
        inputs = gather(cycle_id=cycle.pk)
        assert inputs_sha256(found, inputs.framework) == inputs.sha256

    def test_follows_no_change_that_no_byte_follows(self, cycle: Cycle, cast: Cast) -> None:
        proposal = propose(cycle, cast)
        Cycle.objects.filter(pk=cycle.pk).update(sample_seed="another")
        assert confirm(cycle, cast).sha256 == proposal.sha256


def _spoil_document(**changes: str) -> None:
    DraftDocument.objects.filter(entity__code="ENT-003").update(**changes)


def _falsify(old: str, new: str) -> None:
    """Change the bytes, and the hash with them: only the seal takes a secret."""
    draft = Draft.objects.get()
    assert old in draft.payload
    payload = draft.payload.replace(old, new)
    Draft.objects.update(payload=payload)
    Proposal.objects.update(sha256=sha256(payload))


def _take_seal_of_another_basis() -> None:
    """The bytes of an older proposal, genuine then, for figures that have changed since."""
    digest = Proposal.objects.get().sha256
    Draft.objects.update(seal=seal_of(digest, basis_sha256="0" * 64))


TAMPERED: dict[str, Callable[[], object]] = {
    "the bytes": lambda: Draft.objects.update(payload=Draft.objects.get().payload.replace("small", "great")),
    "a figure and the hash": lambda: _falsify('"has":6,', '"has":5,'),
    "the threshold and the hash": lambda: _falsify('"threshold":5', '"threshold":1'),
    "the seal": lambda: Draft.objects.update(seal=""),
    "the seal of another basis": _take_seal_of_another_basis,
    "a draft that is gone": lambda: Draft.objects.all().delete(),
    "the hash": lambda: Proposal.objects.update(sha256="0" * 64),
    "a document": lambda: _spoil_document(payload='{"cycle":"2026"}'),
    "a document and its hash": lambda: _spoil_document(
        payload='{"cycle":"2026"}', sha256=sha256('{"cycle":"2026"}')
    ),
    "the hash of a document": lambda: _spoil_document(sha256="0" * 64),
    "a document that is gone": lambda: DraftDocument.objects.filter(entity__code="ENT-003").delete(),
}


class TestADraftThatWasTamperedWith:
    @pytest.mark.parametrize("what", TAMPERED)
    def test_is_not_published(self, cycle: Cycle, cast: Cast, what: str) -> None:
        propose(cycle, cast)
        TAMPERED[what]()
        with pytest.raises(WrongState, match="damaged"):
            confirm(cycle, cast)
        assert not Scorecard.objects.exists()
        assert not EntityDocument.objects.exists()
        propose(cycle, cast)
        assert confirm(cycle, cast).documents.count() == 6

"""The second person sees the very figures that are proposed, and their bytes; nobody else does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import Draft, DraftDocument, Proposal, Scorecard, Uncertainty
from scorecards.queries import publications
from scorecards.queries.work import COMPOSE
from scorecards.services import publishing
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    Cast,
    Levels,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.kept import kept
from tests.scorecards.worked import publish
from tests.scorecards.years import make_outside_cast
from un20portal.lib.canonical import sha256 as digest_of
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
API, PAGE = "/api/v1/scorecards/2026/", "/scorecards/2026/"
FIGURES = [
    f"{API}state-of-play/",
    f"{API}items/?basis=claimed",
    f"{API}dimensions/?group=ceb31",
    f"{API}entities/",
    f"{API}entities/UNDP/",
    f"{API}receipt/?group=entities&item=DAT-STR",
    f"{API}receipt/?group=ceb31&dimension=DAT",
    f"{API}receipt/?entity=UNDP&dimension=DAT",
]
PAGES = [
    PAGE,
    f"{PAGE}figure/",
    f"{PAGE}receipt/?group=entities&item=DAT-STR",
    f"{PAGE}entities/",
    f"{PAGE}entities/UNDP/",
]
EVERYWHERE = [*FIGURES, *PAGES, f"{API}draft/"]


@kept
def make_world() -> tuple[Cast, Cycle]:
    """One published version; since then one unit has come: what would tell of it stays as it was."""
    cast = make_outside_cast()
    sheets: dict[Entity, Levels] = {unit: {"DAT-STR": 2, "DAT-LED": 1} for unit in make_entities(6)}
    for few in list(sheets)[:3]:
        sheets[few] = {"DAT-STR": 2}  # too few answer DAT-LED
    cycle = make_counted_cycle(make_framework(), sheets)
    publish(cycle, cast)
    fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
    return cast, cycle


@pytest.fixture
def world(db: None) -> tuple[Cast, Cycle]:
    return make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def second(client: Client, cast: Cast) -> Client:
    client.force_login(cast.second)
    return client


def propose(cycle: Cycle, cast: Cast, **words: str) -> Proposal:
    return publishing.propose(cycle=cycle, by=cast.task_force, at=later(1), **words)


def proposed(address: str) -> str:
    if address.endswith("draft/"):
        return address
    return f"{address}{'&' if '?' in address else '?'}version=proposed"


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


class TestTheFigures:
    def test_are_those_that_are_published_then(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        propose(cycle, cast, note="UNDP was late.")
        seen = [second.get(proposed(address)) for address in FIGURES]
        assert [answer.status_code for answer in seen] == [200] * len(FIGURES)
        publishing.confirm(cycle=cycle, by=cast.second, at=later(2))
        assert [answer.json() for answer in seen] == [second.get(address).json() for address in FIGURES]
        cells = {row["item"]: row for row in seen[0].json()}
        assert (cells["DAT-STR"]["carried_from"], cells["DAT-LED"]["suppressed"]) == (1, True)

    def test_are_marked_on_every_page(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        proposal = propose(cycle, cast, note="UNDP was late.", audience="committee")
        for address in PAGES:
            answer = second.get(proposed(address))
            page = words(answer)
            assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store"), address
            assert "Proposed, not published:" in page, address
            assert "these are the very figures that the second person confirms." in page
            assert f'<span class="hash">{proposal.sha256}</span>' in page
            assert 'href="/scorecards/2026/publication/"' in page
            assert "Published while the cycle was still running" not in page
            assert "has replaced it" not in page
            assert "Then the committees and the task force read them." in page
            assert "They will be marked as interim: the cycle is still running." in page
        assert "UNDP was late." in words(second.get(proposed(PAGE)))
        assert "as in version 1" in words(second.get(proposed(PAGE)))

    def test_say_that_everybody_will_read_them(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        propose(cycle, cast)
        assert "Then everybody reads them." in words(second.get(proposed(PAGE)))

    def test_lead_to_each_other_and_to_nothing_that_is_published(
        self, cycle: Cycle, cast: Cast, second: Client
    ) -> None:
        propose(cycle, cast)
        page = second.get(proposed(PAGE)).content.decode()
        for part in ("figure/", "receipt/"):
            assert f'href="{PAGE}{part}?group=entities&amp;basis=accepted&amp;version=proposed' in page
        assert f'href="{PAGE}entities/?version=proposed"' in page
        assert f"{PAGE}uncertainty/" not in page
        assert f"{PAGE}movement/" not in page

    def test_of_a_unit_lead_to_receipts_of_the_proposal(
        self, cycle: Cycle, cast: Cast, second: Client
    ) -> None:
        propose(cycle, cast)
        page = second.get(proposed(f"{PAGE}entities/UNDP/")).content.decode()
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*receipt/[^"]*)"', page)}
        assert any("area=" in link for link in links)
        for link in links:
            assert "version=proposed" in link
            answer = second.get(link)
            assert answer.status_code == 200
            assert f'href="{API}draft/"' in answer.content.decode()
            assert "Download the published bytes" not in words(answer)

    def test_are_linked_where_they_are_confirmed(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        link = f'href="{PAGE}?version=proposed"'
        assert link not in words(second.get(f"{PAGE}publication/"))
        propose(cycle, cast)
        page = words(second.get(f"{PAGE}publication/"))
        assert 0 < page.index(link) < page.index("Confirm and publish")

    def test_are_of_the_proposal_that_waits_now(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        first = propose(cycle, cast)
        assert first.sha256 in words(second.get(proposed(PAGE)))
        fill(cycle, {make_entity(f"NEW-{number}"): {"DAT-STR": 0} for number in range(6)})
        newer = propose(cycle, cast)
        page = words(second.get(proposed(PAGE)))
        assert newer.sha256 in page
        assert first.sha256 not in page
        cell = second.get(proposed(FIGURES[0])).json()[0]
        assert (cell["item"], cell["carried_from"], cell["n_answered"]) == ("DAT-STR", None, 13)

    def test_ask_the_database_as_often_for_more_units(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        asked = []
        for number in (0, 10):
            fill(cycle, {make_entity(f"NEW-{number + n}"): {"DAT-STR": 2} for n in range(number)})
            propose(cycle, cast)
            for address in (PAGE, f"{API}items/", f"{PAGE}entities/UNDP/"):
                second.get(proposed(address))
                with CaptureQueriesContext(connection) as captured:
                    second.get(proposed(address))
                asked.append(len(captured))
        assert asked[:3] == asked[3:]


class TestWhatIsEstimated:
    """The simulation of a proposal is owed when it is made, and may be there before it is confirmed."""

    ESTIMATED = ("group=all&area=capability", "group=all&of=kappa", "group=all&dimension=DAT&of=alpha")
    UNIT = "entity=UNDP&area=capability"

    def test_is_not_there_before_it_is_estimated(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        propose(cycle, cast)
        for query in self.ESTIMATED:
            for root in (API, PAGE):
                answer = second.get(proposed(f"{root}receipt/?{query}"))
                assert (answer.status_code, "is being estimated" in words(answer)) == (503, True)
        receipt = second.get(proposed(f"{API}receipt/?{self.UNIT}")).json()
        assert "is being estimated" in receipt["missing"][-1]
        assert receipt["uncertainty"] is None
        Message.objects.all().delete()
        assert second.get(proposed(f"{API}receipt/?{self.ESTIMATED[0]}")).status_code == 404
        shown = words(second.get(proposed(f"{PAGE}receipt/?{self.UNIT}")))
        assert "What is missing" in shown
        assert "that comes with publishing" in shown

    def test_is_of_these_very_inputs(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        proposal = propose(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        asked = [f"{API}receipt/?{query}" for query in (*self.ESTIMATED, self.UNIT)]
        seen = [second.get(proposed(address)).json() for address in asked]
        simulated = Uncertainty.objects.get()
        assert {receipt["hashes"]["simulation"] for receipt in seen} == {simulated.sha256}
        assert {receipt["hashes"]["scorecard"] for receipt in seen} == {proposal.sha256}
        for query in (*self.ESTIMATED, self.UNIT):
            answer = second.get(proposed(f"{PAGE}receipt/?{query}"))
            assert answer.status_code == 200
            assert f"{PAGE}uncertainty/" not in words(answer)  # that page knows of no proposal
        publishing.confirm(cycle=cycle, by=cast.second, at=later(2))
        assert [second.get(address).json() for address in asked] == seen

    def test_is_not_that_of_other_sheets(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        propose(cycle, cast)
        fill(cycle, {make_entity("LATE"): {"DAT-STR": 4}})
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        Message.objects.all().delete()
        assert second.get(proposed(f"{API}receipt/?{self.ESTIMATED[0]}")).status_code == 404
        assert second.get(proposed(f"{API}receipt/?{self.UNIT}")).json()["uncertainty"] is None


class TestTheBytes:
    def test_are_those_that_are_published_then(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        proposal = propose(cycle, cast)
        answer = second.get(f"{API}draft/")
        assert answer["ETag"] == f'"{proposal.sha256}"'
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")
        published = publishing.confirm(cycle=cycle, by=cast.second, at=later(2))
        assert answer.content == published.payload.encode()
        assert second.get(f"{API}draft/").status_code == 404


class TestOthers:
    @pytest.mark.parametrize("who", ["focal", "approver", "committee", "administrator", None])
    def test_are_told_of_nothing(self, cycle: Cycle, cast: Cast, client: Client, who: str | None) -> None:
        propose(cycle, cast)
        if who:
            client.force_login(getattr(cast, who))
        for address in EVERYWHERE:
            assert client.get(proposed(address)).status_code == 404, address


class TestWhereThereIsNothingToSee:
    def test_while_nothing_is_proposed(self, cycle: Cycle, second: Client) -> None:
        for address in EVERYWHERE:
            answer = second.get(proposed(address))
            assert answer.status_code == 404
            assert "Nothing is proposed at the moment." in words(answer)

    def test_while_it_is_composed(self, cycle: Cycle, cast: Cast, second: Client, settings: Settings) -> None:
        settings.SCORECARDS_COMPOSED_AT_ONCE = 5
        propose(cycle, cast)
        for address in EVERYWHERE:
            answer = second.get(proposed(address))
            assert answer.status_code == 503
            assert "The scorecard is still being composed." in words(answer)
        assert "version=proposed" not in words(second.get(f"{PAGE}publication/"))
        outbox.run_errands(now=timezone.now, topic=COMPOSE)
        assert {second.get(proposed(address)).status_code for address in EVERYWHERE} == {200}

    def test_when_it_says_nothing_new(
        self, cycle: Cycle, cast: Cast, second: Client, settings: Settings
    ) -> None:
        settings.SCORECARDS_COMPOSED_AT_ONCE = 5
        for _time in range(2):
            propose(cycle, cast)
            outbox.run_errands(now=timezone.now, topic=COMPOSE)
            if Proposal.objects.get().sha256:
                publishing.confirm(cycle=cycle, by=cast.second, at=later(2))
        for address in EVERYWHERE:
            answer = second.get(proposed(address))
            assert answer.status_code == 404
            assert "there is nothing to confirm" in words(answer)


def _spoil() -> None:
    Draft.objects.update(payload=Draft.objects.get().payload.replace('"threshold":5', '"threshold":6'))


def _spoil_with_hash() -> None:
    _spoil()
    Proposal.objects.update(sha256=digest_of(Draft.objects.get().payload))


DAMAGES: dict[str, Callable[[], object]] = {
    "the bytes": _spoil,
    "the bytes and their hash": _spoil_with_hash,
    "a draft that is gone": lambda: Draft.objects.all().delete(),
}


class TestWhatIsDamaged:
    @pytest.mark.parametrize("what", DAMAGES)
    def test_is_not_shown_even_where_it_was_shown_before(
        self, cycle: Cycle, cast: Cast, second: Client, what: str
    ) -> None:
        propose(cycle, cast)
        assert {second.get(proposed(address)).status_code for address in EVERYWHERE} == {200}
        DAMAGES[what]()
        for address in EVERYWHERE:
            answer = second.get(proposed(address))
            assert answer.status_code == 409
            assert "What was proposed is damaged" in words(answer)

    def test_is_not_confirmed(self, cycle: Cycle, cast: Cast, second: Client) -> None:
        proposal = propose(cycle, cast)
        Draft.objects.all().delete()
        seen = {"sha256": proposal.sha256, "audience": "public"}
        refused = second.post(f"{PAGE}publication/confirm/", seen)
        assert (refused.status_code, "What was proposed is damaged" in words(refused)) == (409, True)

    @pytest.mark.parametrize("who", ["UNDP", "ENT-001"])
    @pytest.mark.parametrize("address", [f"{API}entities/", f"{PAGE}entities/", f"{PAGE}entities/UNDP/"])
    def test_is_not_a_unit_that_is_left_out(
        self, cycle: Cycle, cast: Cast, second: Client, address: str, who: str
    ) -> None:
        propose(cycle, cast)
        DraftDocument.objects.filter(entity__code=who).delete()
        answer = second.get(proposed(address))
        assert (answer.status_code, "What was proposed is damaged" in words(answer)) == (409, True)

    def test_is_nothing_published(self, cycle: Cycle, cast: Cast) -> None:
        """Who reads published bytes by their hash never gets a draft."""
        digest = propose(cycle, cast).sha256
        for read in (publications.published_bytes, publications.published_document):
            read.cache_clear()  # other tests have published the same bytes
            with pytest.raises(Scorecard.DoesNotExist):
                read(digest)

    @pytest.mark.parametrize("address", [f"{API}entities/", f"{PAGE}entities/UNDP/", FIGURES[-1]])
    def test_is_not_shown_of_a_unit(self, cycle: Cycle, cast: Cast, second: Client, address: str) -> None:
        propose(cycle, cast)
        document = DraftDocument.objects.get(entity__code="UNDP")
        DraftDocument.objects.filter(pk=document.pk).update(payload=document.payload.replace("2026", "2025"))
        answer = second.get(proposed(address))
        assert (answer.status_code, "What was proposed is damaged" in words(answer)) == (409, True)

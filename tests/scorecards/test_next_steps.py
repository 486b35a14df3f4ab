"""What next for a unit: the paths to its goals, what each step asks for, and whom it can ask."""

import re
from html import unescape

import pytest
from django.test import Client

from entities.models import Entity, EntityType, User
from quintet.models import Cycle, Item, PriorityProfile, Status
from scorecards.services.consenting import set_asking
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    Levels,
    fill,
    make_case,
    make_counted_cycle,
    make_entity,
    make_framework,
    make_user,
)
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/entities/UNDP/next/"
SHARING = "/scorecards/2026/entities/UNDP/sharing/"


def levels(*said: int | str | None) -> Levels:
    return dict(zip((f"DAT-{code}" for code in ENABLERS), said, strict=True))


OWN = levels(2, 1, 3, 3, None, 2, "na")
AHEAD = levels(4, 4, 4, 4, 4, 4, 4)


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """UNDP, and others that are ahead of it: two of its type, and three of another one."""
    framework = make_framework()
    Item.objects.update(evidence=["signed plan", "minutes"])
    sheets = {Entity.objects.get(code="UNDP"): OWN, Entity.objects.get(code="UNICEF"): AHEAD}
    sheets |= {make_entity(f"A-{n}", type=EntityType.SPECIALISED_AGENCY): AHEAD for n in range(3)}
    sheets |= {make_entity("UNFPA"): AHEAD, make_entity("LOW"): levels(*[0] * 7)}
    cycle = make_counted_cycle(framework, sheets)
    publish(cycle, cast)
    return cycle


def page_of(user: User, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return unescape(" ".join(answer.content.decode().split()))


def ask(cycle: Cycle, code: str, answer: str = "yes") -> None:
    entity = Entity.objects.get(code=code)
    approver = User.objects.filter(email=f"{code.lower()}@example.org").first()
    by = approver or make_user(code.lower(), "approver", entity)  # type: ignore[arg-type]
    set_asking(cycle=cycle, entity=entity, answer=answer, by=by, at=AT)


class TestGoals:
    def test_targets_are_asked_of_those_who_read_the_own_path(self, cycle: Cycle, cast: Cast) -> None:
        assert "You have not set any target yet." in page_of(cast.focal)
        undp, item = Entity.objects.get(code="UNDP"), Item.objects.get(code="DAT-STR")
        profile = PriorityProfile.objects.create(entity=undp, item=item, target=4, updated_at=AT)
        assert "1 question, 2 levels in sum" in page_of(cast.focal)
        assert "Reach your own targets" not in page_of(cast.task_force)
        profile.target = 2
        profile.save()
        assert "Every target is reached." in page_of(cast.focal)

    def test_a_foundation_is_lifted_by_what_holds_it(self, cycle: Cycle, cast: Cast) -> None:
        page = page_of(cast.focal)
        lifted = page[page.index("Lift a dimension") : page.index("Make a capability advanced")]
        assert "To level 1" in lifted
        assert "answer it, at level 1" in lifted
        assert "#DAT-TRN" in lifted
        assert "#DAT-LED" not in lifted

    def test_a_capability_has_few_ways_to_become_advanced(self, cycle: Cycle, cast: Cast) -> None:
        page = page_of(cast.focal)
        advanced = page[page.index("Make a capability advanced") : page.index("What each step asks for")]
        # two operate; LED needs 1, TRN 2; one level each lifts STR, LED, TRN or FUN to 3: six pairs
        assert [f"Way {n}" in advanced for n in (1, 2, 3, 4)] == [True, True, True, False]
        assert "3 more ways take as few levels." in advanced
        assert "3 questions, 5 levels in sum" in advanced


class TestSteps:
    def test_say_what_is_to_be_fulfilled_with_evidence_and_links(self, cycle: Cycle, cast: Cast) -> None:
        page = page_of(cast.focal, "?dimension=DAT")
        step = page[page.index('id="DAT-LED"') : page.index('id="DAT-TRN"')]
        for told in ("Now: level 1", "To be at level 2", "level 2 </dd>", "signed plan; minutes"):
            assert told in step, told
        assert "/frameworks/small/#DAT-LED" in step
        client = Client()
        client.force_login(cast.focal)
        assert client.get("/scorecards/2026/receipt/?entity=UNDP&item=DAT-LED").status_code == 200

    def test_are_those_of_one_dimension_or_of_all(self, cycle: Cycle, cast: Cast) -> None:
        assert 'id="INN-STR"' not in page_of(cast.focal)
        assert 'id="INN-STR"' in page_of(cast.focal, "?dimension=all")
        client = Client()
        client.force_login(cast.focal)
        assert client.get(f"{PAGE}?dimension=XXX").status_code == 404

    def test_are_of_sheets_that_count(self, cast: Cast, cycle: Cycle) -> None:
        late = make_entity("LATE")
        fill(cycle, {late: OWN}, status=Status.SUBMITTED)
        publish(cycle, cast)
        client = Client()
        client.force_login(cast.task_force)
        page = client.get("/scorecards/2026/entities/LATE/next/").content.decode()
        assert "it is not validated yet" in page
        assert "Lift a dimension" not in page


class TestCases:
    def test_of_others_stand_beside_the_step_they_are_of(self, cycle: Cycle, cast: Cast) -> None:
        undp, unicef = Entity.objects.get(code="UNDP"), Entity.objects.get(code="UNICEF")
        assert "from other entities" not in page_of(cast.focal, "?dimension=all")
        make_case(undp, cast.focal, enabler="TRN", title="Our own")
        for title, is_shown in (("One", True), ("Two", True), ("Draft", False)):
            make_case(unicef, cast.stranger, enabler="TRN", title=title, is_shown=is_shown)
        make_case(unicef, cast.stranger, capability="INN", enabler="LED")
        page = page_of(cast.focal, "?dimension=DAT")
        step = page[page.index('id="DAT-TRN"') :]
        assert "2 cases from other entities" in step
        assert "There is no case of this enabler yet" not in step[: step.index("</article>")]
        [address] = re.findall(r'href="(/portfolio/[^"]+)"', step[: step.index("from other entities")])
        listed = unescape(Client().get(unescape(address)).content.decode())
        assert [title in listed for title in (">One<", ">Two<", ">Our own<")] == [True, True, False]
        assert "1 case from other entities" in page_of(cast.focal, "?dimension=INN")

    def test_of_the_dimension_stand_where_there_are_none_of_the_enabler(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        unicef = Entity.objects.get(code="UNICEF")
        make_case(unicef, cast.stranger, enabler="", title="Of all of it")
        page = page_of(cast.focal, "?dimension=DAT")
        step = page[page.index('id="DAT-TRN"') :]
        assert "There is no case of this enabler yet; of the same dimension:" in step
        [address] = re.findall(r'href="(/portfolio/[^"]+)"', step[: step.index("from other entities")])
        assert ">Of all of it<" in Client().get(unescape(address)).content.decode()


class TestPeers:
    def test_are_named_when_they_agree_and_are_ahead(self, cycle: Cycle, cast: Cast) -> None:
        assert "ready to be asked" not in page_of(cast.focal)
        for code in ("A-0", "A-1", "A-2", "UNFPA", "LOW"):
            ask(cycle, code)
        page = page_of(cast.focal, "?dimension=DAT")
        step = page[page.index('id="DAT-LED"') : page.index('id="DAT-TRN"')]
        named = [
            code for code in ("UNFPA", "A-0", "A-1", "A-2", "LOW", "UNICEF") if f"<li>{code}</li>" in step
        ]
        assert named == ["UNFPA", "A-0", "A-1"]
        assert step.index("UNFPA") < step.index("A-0")
        assert "level 4" not in step
        assert "<li>LOW</li>" not in page
        assert "A-0" in page_of(cast.task_force)

    def test_are_no_longer_named_once_they_take_it_back(self, cycle: Cycle, cast: Cast) -> None:
        ask(cycle, "UNFPA")
        assert "<li>UNFPA</li>" in page_of(cast.focal)
        ask(cycle, "UNFPA", "no")
        assert "<li>UNFPA</li>" not in page_of(cast.focal)

    def test_agree_cycle_by_cycle(self, cycle: Cycle, cast: Cast) -> None:
        other = make_counted_cycle(cycle.framework, {Entity.objects.get(code="UNFPA"): AHEAD}, "2027")
        ask(other, "UNFPA")
        assert "<li>UNFPA</li>" not in page_of(cast.focal)


class TestBeingAsked:
    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def test_is_the_approvers_word(self, cycle: Cycle, cast: Cast) -> None:
        assert "Nobody may, until the approver" in self.client(cast.focal).get(SHARING).content.decode()
        assert self.client(cast.focal).post(SHARING, {"asking": "yes"}).status_code == 403
        answer = self.client(cast.approver).post(SHARING, {"asking": "yes"}, follow=True)
        assert "others may ask (decided by" in " ".join(answer.content.decode().split())
        assert "The approver of the entity said yes." in self.client(cast.focal).get(SHARING).content.decode()

    def test_opens_no_figures(self, cycle: Cycle, cast: Cast) -> None:
        self.client(cast.approver).post(SHARING, {"asking": "yes"})
        for who in (cast.committee, cast.stranger):
            assert self.client(who).get("/scorecards/2026/entities/UNDP/").status_code == 404

    def test_knows_two_words(self, cycle: Cycle, cast: Cast) -> None:
        for word in ("", "maybe", "True"):
            assert self.client(cast.approver).post(SHARING, {"asking": word}).status_code == 400

"""Points for decision as the task force writes them on pages."""

import re

import pytest
from django.test import Client

from quintet.models import Cycle
from scorecards.domain.decisions import VERBS, Decision
from scorecards.models import DecisionPoint
from scorecards.services import publishing
from scorecards.templatetags.overview import who_decides
from tests.factories import AT, Cast
from tests.scorecards.years import Compared

pytestmark = pytest.mark.django_db


@pytest.fixture
def years(compared: Compared) -> list[Cycle]:
    return compared.cycles


class TestWritingPoints:
    URL = "/scorecards/2026/decisions/"
    SAID = {"verb": "requests", "body": "hlcm", "language": "en", "text": "Money."}

    def test_works_with_forms_alone(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        for words_of_it in ("Money.", "People."):
            assert client.post(f"{self.URL}new/", self.SAID | {"text": words_of_it}).status_code == 302
        page = client.get(self.URL).content.decode()
        (up,) = re.findall('action="([^"]+/raise/)"', page)
        assert client.post(up).status_code == 302
        page = client.get(self.URL).content.decode()
        assert page.index("People.") < page.index("Money.")
        first, _second = re.findall('action="([^"]+/delete/)"', page)
        change = first.replace("delete/", "")
        assert "People." in client.get(change).content.decode()
        assert client.post(change, self.SAID | {"text": "Time.", "version": 1}).status_code == 302
        assert client.post(first, {"version": 2}).status_code == 302
        page = client.get(self.URL).content.decode()
        assert ("Time." in page, "Money." in page) == (False, True)

    @pytest.mark.parametrize("order", [("task_force", "second"), ("second", "task_force")])
    def test_by_two_keeps_both_texts(
        self, client: Client, cast: Cast, years: list[Cycle], order: tuple[str, str]
    ) -> None:
        client.force_login(cast.task_force)
        client.post(f"{self.URL}new/", self.SAID)
        change = f"{self.URL}{DecisionPoint.objects.get().pk}/"
        assert 'name="version" value="1"' in client.get(change).content.decode()
        assert client.post(change, self.SAID | {"text": "Lost."}).status_code == 400, "based on nothing"
        for person, status in zip(order, (302, 412), strict=True):
            client.force_login(getattr(cast, person))
            answer = client.post(change, self.SAID | {"text": f"By {person}.", "version": 1})
            assert answer.status_code == status
        page = answer.content.decode()
        stored, written = page.split("What you wrote")
        assert (f"By {order[0]}." in stored, f"By {order[1]}." in written) == (True, True)
        assert 'name="version" value="2"' in written
        assert client.post(change, self.SAID | {"text": "Both.", "version": 2}).status_code == 302
        assert DecisionPoint.objects.get().text == "Both."

    def test_while_a_proposal_waits_are_known_to_overtake_it(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        client.force_login(cast.task_force)
        client.post(f"{self.URL}new/", self.SAID)
        assert "A proposal waits" not in client.get(self.URL).content.decode()
        publishing.propose(cycle=years[1], by=cast.task_force, at=AT)
        assert "A proposal waits for a second person" in client.get(self.URL).content.decode()

    def test_deletes_what_was_on_the_page_alone(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        client.post(f"{self.URL}new/", self.SAID)
        point = f"{self.URL}{DecisionPoint.objects.get().pk}/"
        seen = client.get(self.URL).content.decode()
        client.post(point, self.SAID | {"text": "Rewritten.", "version": 1})
        (version,) = re.findall(r'name="version"\s+value="([^"]+)"', seen)
        for sent in ({"version": version}, {"version": "x"}, {}):
            answer = client.post(f"{point}delete/", sent)
            page = answer.content.decode()
            assert (answer.status_code, "Somebody else has changed this point" in page) == (412, True)
            assert "Rewritten." in page, "what is stored now"
        (version,) = re.findall(r'name="version"\s+value="([^"]+)"', page)
        assert client.post(f"{point}delete/", {"version": version}).status_code == 302
        assert not DecisionPoint.objects.exists()

    def test_shows_how_the_sentence_of_each_verb_begins(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        client.force_login(cast.task_force)
        page = client.get(f"{self.URL}new/").content.decode()
        shown = re.findall(
            "<li>(.*?)</li>", page.split('aria-labelledby="how-it-reads"')[1].split("</ul>")[0]
        )
        assert "HLCM takes note of …" in shown
        said = [who_decides(Decision(verb, "hlcm", "", "")) for verb in VERBS]
        for example, begin in zip(shown, said, strict=True):
            assert example.startswith(f"{begin} "), "as it is published"

    def test_says_at_the_field_what_is_wrong(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        wrong = {"text": "x", "language": "en", "verb": "wants", "body": "hlcm"}
        for said, reason in (
            (self.SAID | {"text": ""}, "This field is required"),
            (wrong, "wants is not one of the available choices"),
            (self.SAID | {"language": "de"}, "de is not one of the available choices"),
            (self.SAID | {"figure": "?entity=UNDP&item=DAT-STR"}, "Copy the address of a receipt"),
            (self.SAID | {"figure": "?group=all&item=XXX-STR"}, "has no such item or dimension"),
        ):
            answer = client.post(f"{self.URL}new/", said)
            assert (answer.status_code, reason in answer.content.decode()) == (400, True)

    def test_numbers_the_points_in_their_order(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        for text in ("Money.", "People."):
            client.post(f"{self.URL}new/", self.SAID | {"text": text})
        page = client.get(self.URL).content.decode()
        told = re.findall(r"Point \d</h2>|Money\.|People\.", page)
        assert told == ["Point 1</h2>", "Money.", "Point 2</h2>", "People."]

    def test_offers_no_sixth_and_says_why(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        why = "5 points are the most that a session takes: delete one, or merge two of them"
        assert why not in client.get(self.URL).content.decode()
        for _number in range(5):
            assert client.post(f"{self.URL}new/", self.SAID).status_code == 302
        page = client.get(self.URL).content.decode()
        assert (page.count(why), page.count("Point 5</h2>")) == (1, 1)
        assert f'href="{self.URL}new/"' not in page
        instead = client.get(f"{self.URL}new/")
        assert (instead.status_code, instead.headers["Location"]) == (302, self.URL)

    def test_of_a_sixth_keeps_what_was_written(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.task_force)
        for _number in range(5):
            client.post(f"{self.URL}new/", self.SAID)
        sixth = self.SAID | {"text": "The sixth.", "action": "Much of it."}
        answer = client.post(f"{self.URL}new/", sixth)
        page = answer.content.decode()
        assert (answer.status_code, DecisionPoint.objects.count()) == (409, 5)
        for kept in ("5 points are the most", "The sixth.</textarea>", "Much of it.</textarea>"):
            assert kept in page, kept
        DecisionPoint.objects.get(place=5).delete()
        assert client.post(f"{self.URL}new/", sixth).status_code == 302

"""Withdrawing and deleting on pages, ways back, what the form says before and after it is sent."""

from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from entities.models import Entity
from roadmap.models import Case, CaseEvent
from roadmap.services.cases import change_case, show_case, withdraw_case
from tests.factories import AT, Cast, case_text, make_case
from tests.roadmap.test_portfolio import SAID, signed_in, text_of

pytestmark = pytest.mark.django_db
REASON = "The figures were wrong."


@pytest.fixture
def case(undp: Entity, cast: Cast) -> Case:
    """One that is shown."""
    return make_case(undp, cast.focal)


@pytest.fixture
def withdrawn(case: Case, cast: Cast) -> Case:
    """By the task force."""
    withdraw_case(case=case, version=2, reason=REASON, by=cast.task_force, at=AT)
    return case


def page_of(case: Case, step: str = "") -> str:
    return f"/portfolio/cases/{case.pk}/{step}"


class TestWithdrawing:
    def test_asks_why_on_a_page_of_its_own(self, client: Client, case: Case, cast: Cast) -> None:
        task_force, address = signed_in(cast.task_force), page_of(case, "withdraw/")
        assert f'href="{address}"' in text_of(task_force.get(page_of(case)))
        page = text_of(task_force.get(address))
        assert 'name="version" value="2"' in page
        assert "once it has changed the text" in page
        answer = task_force.post(address, {"version": "2", "reason": " "})
        assert answer.status_code == 400
        assert '<a href="#id_reason">' in text_of(answer)
        assert client.get(page_of(case)).status_code == 200
        answer = task_force.post(address, {"version": "2", "reason": REASON}, follow=True)
        assert answer.redirect_chain == [(page_of(case), 302)]
        assert "only the focal points of its entity and the task force read it" in text_of(answer)
        assert client.get(page_of(case)).status_code == 404

    def test_of_a_text_that_has_changed_shows_the_new_one(self, case: Case, cast: Cast) -> None:
        change_case(case=case, text=case_text(problem="Another one."), version=2, by=cast.focal, at=AT)
        answer = signed_in(cast.task_force).post(
            page_of(case, "withdraw/"), {"version": "2", "reason": REASON}
        )
        page = text_of(answer)
        assert answer.status_code == 412
        for told in ("Another one.", REASON, 'name="version" value="3"'):
            assert told in page, told
        case.refresh_from_db()
        assert case.is_shown

    def test_by_the_entity_says_who_reads_it(self, case: Case, cast: Cast) -> None:
        said = {"version": "2", "reason": REASON}
        answer = signed_in(cast.focal).post(page_of(case, "withdraw/"), said, follow=True)
        assert "only the focal points of the entity read it" in text_of(answer)

    def test_is_told_to_the_focal_points_of_the_entity(self, withdrawn: Case, cast: Cast) -> None:
        focal = signed_in(cast.focal)
        for address in (page_of(withdrawn), "/my/", "/portfolio/"):
            page = text_of(focal.get(address))
            assert (
                f"Withdrawn by the task force (<bdi>{cast.task_force.name}</bdi>) on 2 November 2026" in page
            ), address
            assert REASON in page, address
        page = text_of(focal.get(page_of(withdrawn)))
        assert "Change it, and you can show it again." in page
        assert "Show it to everybody" not in page
        change_case(case=withdrawn, text=case_text(title="New"), version=3, by=cast.focal, at=AT)
        assert "Show it to everybody" in text_of(focal.get(page_of(withdrawn)))

    def test_wants_other_words_and_shows_what_was_changed(
        self, client: Client, withdrawn: Case, cast: Cast
    ) -> None:
        focal, task_force, here = signed_in(cast.focal), signed_in(cast.task_force), page_of(withdrawn)
        text = case_text(title="A PLAN.")
        change_case(case=withdrawn, text=text, version=3, by=cast.focal, at=AT)
        page = text_of(focal.get(here))
        assert "Its words are still those that the task force withdrew." in page
        assert "Show it to everybody" not in page
        refused = focal.post(f"{here}show/", {"version": "4"})
        assert (refused.status_code, "change its words" in text_of(refused)) == (409, True)
        text = case_text(title="A PLAN.", outcome="It is used by <b>two</b>.", enabler="")
        change_case(case=withdrawn, text=text, version=4, by=cast.focal, at=AT)
        said = [
            "Changed since the task force withdrew it",
            "<h3>Enabler</h3>",
            '<p dir="auto">none in particular</p>',
            "<h3>Title</h3>",
            '<p dir="auto">A plan</p>',
            '<p dir="auto">A PLAN.</p>',
            "<h3>What came of it?</h3>",
            '<p dir="auto">It is used.</p>',
            '<p dir="auto">It is used by &lt;b&gt;two&lt;/b&gt;.</p>',
        ]
        assert [one for one in said if one not in text_of(focal.get(here))] == []
        assert focal.post(f"{here}show/", {"version": "5"}).status_code == 302
        for reader in (focal, task_force):
            page = text_of(reader.get(here))
            assert [one for one in (*said, REASON) if one not in page] == []
            assert "<h3>What was done?</h3>" not in page
        for reader in (client, signed_in(cast.stranger)):
            assert said[0] not in text_of(reader.get(here))

    def test_leaves_the_page_to_the_task_force_and_no_list(self, withdrawn: Case, cast: Cast) -> None:
        task_force = signed_in(cast.task_force)
        assert REASON in text_of(task_force.get(page_of(withdrawn)))
        for address in ("/portfolio/", "/portfolio/DAT/", "/my/"):
            assert "A plan" not in text_of(task_force.get(address)), address

    def test_and_showing_that_are_refused_lead_back_to_the_case(self, case: Case, cast: Cast) -> None:
        focal, back = signed_in(cast.focal), f'href="{page_of(case)}">Back to the case</a>'
        answer = focal.post(page_of(case, "show/"), {"version": "1"})
        assert (answer.status_code, back in text_of(answer)) == (409, True)
        answer = focal.post(page_of(case, "delete/"), {"version": "1"})
        assert (answer.status_code, back in text_of(answer)) == (409, True)
        focal.post(page_of(case, "withdraw/"), {"version": "2", "reason": REASON})
        answer = focal.post(page_of(case, "show/"), {"version": "7"})
        assert (answer.status_code, back in text_of(answer)) == (412, True)

    def test_and_showing_lead_to_the_case_after_signing_in(
        self, client: Client, case: Case, cast: Cast
    ) -> None:
        here = {"Referer": f"http://testserver{page_of(case)}"}
        answer = client.post(page_of(case, "show/"), {"version": "1"}, headers=here)
        assert answer["Location"].endswith(f"?next={page_of(case)}")
        focal = signed_in(cast.focal)
        assert focal.get(page_of(case, "show/"))["Location"] == page_of(case)
        focal.post(page_of(case, "withdraw/"), {"version": "2", "reason": REASON})
        assert focal.get(page_of(case, "withdraw/"))["Location"] == page_of(case)


class TestDeleting:
    def test_asks_before(self, withdrawn: Case, cast: Cast) -> None:
        focal, address = signed_in(cast.focal), page_of(withdrawn, "delete/")
        assert f'href="{address}"' in text_of(focal.get(page_of(withdrawn)))
        assert "cannot be brought back" in text_of(focal.get(address))
        answer = focal.post(address, {"version": "3"})
        assert answer["Location"] == "/portfolio/"
        assert "The draft is deleted." in text_of(focal.get("/portfolio/"))
        assert focal.get(page_of(withdrawn)).status_code == 404
        assert CaseEvent.objects.filter(case=withdrawn, step="deleted").exists()

    def test_of_a_shown_case_leads_back_to_it(self, case: Case, cast: Cast) -> None:
        focal = signed_in(cast.focal)
        assert focal.get(page_of(case, "delete/"))["Location"] == page_of(case)
        assert page_of(case, "delete/") not in text_of(focal.get(page_of(case)))


class TestAShownCase:
    def test_says_when_it_was_changed(self, client: Client, case: Case, cast: Cast) -> None:
        assert "Changed on" not in text_of(client.get(page_of(case)))
        change_case(case=case, text=case_text(title="New"), version=2, by=cast.focal, at=AT)
        page = text_of(client.get(page_of(case)))
        assert "Changed on 2 November 2026." in page
        assert "What happened to this case" not in page
        assert "What happened to this case" in text_of(signed_in(cast.focal).get(page_of(case)))


class TestWays:
    NEXT = "/scorecards/2026/entities/UNDP/next/?dimension=DAT#DAT-STR"

    def test_lead_back_to_the_capability_and_to_what_next(self, client: Client, case: Case) -> None:
        capability = f"/portfolio/DAT/?enabler=STR&from={quote(self.NEXT, safe='')}"
        page = unescape(text_of(client.get(capability)))
        assert f'<a href="{self.NEXT}"> What next? </a>' in page
        [address] = [part.split('"')[0] for part in page.split('href="') if part.startswith(page_of(case))]
        page = unescape(text_of(client.get(address)))
        assert f'<a href="{self.NEXT}"> What next? </a>' in page
        assert f'<a href="{capability}"> Data – Strategy or action plan </a>' in page

    def test_lead_back_in_the_language_of_the_page(self, client: Client, case: Case) -> None:
        page = text_of(client.get(f"/ar{page_of(case)}?from=/fr/portfolio/DAT/"))
        assert '<a href="/ar/portfolio/DAT/">' in page

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/portfolio/DAT/",
            "//evil.example/portfolio/DAT/",
            "/\\evil.example",
            "javascript:alert(1)",
            "/accounts/logout/",
            "http://[",
            "/portfolio/DAT/\x00",
            "portfolio/DAT/",
        ],
    )
    def test_lead_nowhere_else(self, client: Client, case: Case, elsewhere: str) -> None:
        answer = client.get(page_of(case), {"from": elsewhere})
        page = text_of(answer)
        trail = page[page.index('<p class="eyebrow">') : page.index("<h1")]
        assert (answer.status_code, trail.count("<a ")) == (200, 1)

    def test_of_an_enabler_name_it(self, client: Client) -> None:
        page = text_of(client.get("/portfolio/DAT/?enabler=STR"))
        assert "<h1> Data – Strategy or action plan </h1>" in page
        assert "<title>Data – Strategy or action plan ·" in page


class TestTheForm:
    def test_of_a_case_that_was_withdrawn_meanwhile_says_so_and_why(self, case: Case, cast: Cast) -> None:
        focal, address = signed_in(cast.focal), page_of(case, "change/")
        assert 'name="version" value="2"' in text_of(focal.get(address))
        withdraw_case(case=case, version=2, reason=REASON, by=cast.task_force, at=AT)
        answer = focal.post(address, {**SAID, "title": "Second", "version": "2"})
        page = text_of(answer)
        assert answer.status_code == 412
        told = (
            "This case was withdrawn in the meantime.",
            f"Withdrawn by the task force (<bdi>{cast.task_force.name}</bdi>) on 2 November 2026",
            REASON,
            "What you save is a draft",
            'value="Second"',
            'name="version" value="3"',
        )
        assert [one for one in told if one not in page] == []
        case.refresh_from_db()
        assert (case.title, case.is_shown) == ("A plan", False)
        assert focal.post(address, {**SAID, "title": "Second", "version": "3"}).status_code == 302

    def test_names_all_that_is_stored_beside_what_was_written(self, case: Case, cast: Cast) -> None:
        stored = case_text(capability="FOR", enabler="", year=2021, language="fr")
        change_case(case=case, text=stored, version=2, by=cast.focal, at=AT)
        page = text_of(signed_in(cast.focal).post(page_of(case, "change/"), {**SAID, "version": "2"}))
        above = page[page.index("What is stored now</h2>") : page.index("What you wrote</h2>")]
        facts = [part.split("</dd>")[0].strip() for part in above.split("<dt>")[1:5]]
        assert facts == [
            "Capability</dt> <dd> Strategic foresight",
            "Enabler</dt> <dd> none in particular",
            "Year</dt> <dd> 2021",
            'Written in</dt> <dd lang="fr" dir="ltr"> français',
        ]
        change_case(case=case, text=case_text(), version=3, by=cast.focal, at=AT)
        page = text_of(signed_in(cast.focal).post(page_of(case, "change/"), {**SAID, "version": "3"}))
        above = page[page.index("What is stored now</h2>") : page.index("What you wrote</h2>")]
        assert "<dd> Strategy or action plan </dd>" in above

    def test_of_a_draft_that_was_shown_meanwhile_says_so(self, undp: Entity, cast: Cast) -> None:
        draft, focal = make_case(undp, cast.focal, is_shown=False), signed_in(cast.focal)
        show_case(case=draft, version=1, by=cast.focal, at=AT)
        answer = focal.post(page_of(draft, "change/"), {**SAID, "version": "1"})
        page = text_of(answer)
        assert answer.status_code == 412
        assert "This case was shown to everybody in the meantime." in page
        assert "Everybody reads what you save at once." in page
        assert "Withdrawn by" not in page

    def test_names_all_that_is_wrong_at_once_above_it(self, cast: Cast) -> None:
        wrong = {"title": "\u200b", "done": "", "url": "ftp://example.org", "year": "1066"}
        page = text_of(signed_in(cast.focal).post("/portfolio/cases/new/", {**SAID, **wrong}))
        summary = page[page.index("The case was not saved.") : page.index("form-stack")]
        fields = [part.split('"')[0] for part in summary.split('href="#id_')[1:]]
        assert fields == ["title", "done", "year", "url"]
        wrong |= {"year": "soon"}
        page = text_of(signed_in(cast.focal).post("/portfolio/cases/new/", {**SAID, **wrong}))
        assert page.count('href="#id_') == 4

    def test_says_its_limits_and_who_will_read(self, undp: Entity, cast: Cast) -> None:
        focal, year = signed_in(cast.focal), localdate().year
        page = text_of(focal.get("/portfolio/cases/new/"))
        assert "What you save is a draft" in page
        for told in ('maxlength="200"', 'maxlength="3000"', 'min="1990"', f'max="{year}"'):
            assert told in page, told
        assert f"From 1990 to {year}." in page
        assert "At most 3000 characters." in page
        draft, shown = make_case(undp, cast.focal, is_shown=False), make_case(undp, cast.focal)
        assert "What you save is a draft" in text_of(focal.get(page_of(draft, "change/")))
        assert "Everybody reads what you save at once." in text_of(focal.get(page_of(shown, "change/")))

    @pytest.mark.parametrize("prefix", ["", "/ar", "/zh-hans"])
    def test_has_no_colon_behind_a_question(self, cast: Cast, prefix: str) -> None:
        page = text_of(signed_in(cast.focal).get(f"{prefix}/portfolio/cases/new/"))
        labels = [part.split("</label>")[0].strip() for part in page.split("<label")[1:]]
        asked = [label for label in labels if any(mark in label for mark in "?؟？")]
        assert len(asked) == 3
        assert not [label for label in asked if label.endswith((":", "："))]


class TestDrafts:
    def test_are_cut_into_pages_beside_the_shown_cases(self, undp: Entity, cast: Cast) -> None:
        for _number in range(11):
            make_case(undp, cast.focal, is_shown=False)
        focal = signed_in(cast.focal)
        first, second = (text_of(focal.get(f"/portfolio/?drafts={page}")) for page in (1, 2))
        assert (first.count("task-card"), second.count("task-card")) == (10, 1)

    def test_are_part_of_my_work(self, undp: Entity, cast: Cast) -> None:
        focal = signed_in(cast.focal)
        assert 'href="/portfolio/cases/new/"' in text_of(focal.get("/my/"))
        for number in range(7):
            make_case(undp, cast.focal, is_shown=False, title=f"No. {number}")
        page = text_of(focal.get("/my/"))
        assert (page.count("No. "), "2 more drafts" in page) == (5, True)
        assert 'id="my-cases"' not in text_of(signed_in(cast.viewer).get("/my/"))

    def test_that_are_withdrawn_come_first_and_are_all_named(self, undp: Entity, cast: Cast) -> None:
        titles = [f"Withdrawn {number}" for number in range(6)]
        for title in titles:
            case = make_case(undp, cast.focal, title=title)
            withdraw_case(case=case, version=2, reason=f"Why {title}.", by=cast.task_force, at=AT)
        first = Case.objects.get(title="Withdrawn 0")
        again = case_text(title="Withdrawn 0", year=2024)
        change_case(case=first, text=again, version=3, by=cast.focal, at=AT)
        for number in range(3):
            make_case(undp, cast.focal, is_shown=False, title=f"Unshown {number}")
        focal, in_order = signed_in(cast.focal), [titles[0], *reversed(titles[1:])]
        mine, portfolio = text_of(focal.get("/my/")), text_of(focal.get("/portfolio/"))
        for page in (mine, portfolio):
            assert titles_in(page)[:6] == in_order
            assert [title for title in titles if f"Why {title}." not in page] == []
        assert titles_in(mine)[6:] == []
        assert "3 more drafts" in mine
        assert titles_in(portfolio)[6:] == ["Unshown 2", "Unshown 1", "Unshown 0"]

    def test_ask_the_database_the_same_of_many(self, undp: Entity, cast: Cast) -> None:
        focal, asked = signed_in(cast.focal), []
        for _round in range(2):
            for _number in range(3):
                case = make_case(undp, cast.focal)
                withdraw_case(case=case, version=2, reason=REASON, by=cast.task_force, at=AT)
                show_case_again(case, cast)
            for address in ("/my/", "/portfolio/"):
                focal.get(address)
                with CaptureQueriesContext(connection) as queries:
                    assert focal.get(address).status_code == 200
                asked.append(len(queries))
        assert asked[:2] == asked[2:]


def titles_in(page: str) -> list[str]:
    """Of the cards of a page, in their order."""
    cards = page.split('<li class="task-card">')[1:]
    return [card.split("</a>")[0].rpartition(">")[2] for card in cards]


def show_case_again(case: Case, cast: Cast) -> None:
    """Shown again after a change, and withdrawn once more: two withdrawals of one case."""
    change_case(case=case, text=case_text(title="New"), version=3, by=cast.focal, at=AT)
    show_case(case=case, version=4, by=cast.focal, at=AT)
    withdraw_case(case=case, version=5, reason=REASON, by=cast.focal, at=AT)

"""Reminders on pages: looked at, sent, followed, and ended by those who do without."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from entities.models import User
from quintet.models import Cycle, Letter, Mailing
from quintet.services.subscriptions import token_for
from tests.factories import Cast, later
from tests.quintet.pages import flat, page, words
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
WORDS = "Call us on <Thursday>."


def address(cycle: Cycle, query: str = "") -> str:
    return reverse("quintet:cycle-remind", args=[cycle.code]) + query


class TestReminding:
    def test_shows_every_language_before_anything_is_sent(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        User.objects.filter(pk=cast.focal.pk).update(preferred_language="ar")
        client.force_login(cast.task_force)
        html = flat(client.post(address(cycle), {"words": WORDS, "preview": "yes"}))
        assert 'lang="ar" dir="rtl"' in html
        assert "Reminder: Cycle 2026, due on 18 December 2026" in html
        assert html.count("Call us on &lt;Thursday&gt;.") == 3, "in the form and in both letters"
        assert "Send 2 letters" in words(html)
        assert not Letter.objects.exists()

    def test_says_who_gets_none_and_why(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        User.objects.filter(pk=cast.focal.pk).update(wants_reminders=False)
        told = words(page(client, cast.task_force, "cycle-remind", cycle.code))
        assert "1 person gets a letter" in told
        assert "Do without reminders (1) Focal" in told
        client.post(address(cycle), {"words": "", "send": "yes"})
        told = words(page(client, cast.task_force, "cycle-remind", cycle.code))
        assert "Reminded today already (1) Stranger" in told

    def test_sends_to_the_units_that_were_chosen(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        client.force_login(cast.task_force)
        monitor = flat(client.get(reverse("quintet:cycle-detail", args=[cycle.code]), {"search": "UNICEF"}))
        link = re.search(r'href="([^"]+)">Remind these units', monitor)
        assert link
        answer = client.post(link[1].replace("&amp;", "&"), {"words": WORDS, "send": "yes"})
        mailing = Mailing.objects.get()
        assert answer.headers["Location"] == f"/cycles/{cycle.code}/mailings/{mailing.pk}/"
        assert [letter.person for letter in mailing.letters.all()] == [cast.stranger]
        assert mail.outbox == []

    def test_shows_how_far_the_letters_are_and_renews_itself_until_then(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        client.force_login(cast.task_force)
        where = client.post(address(cycle), {"words": WORDS, "send": "yes"}).headers["Location"]
        answer = client.get(where)
        assert "0 of 2 letters are done" in words(flat(answer))
        assert answer.headers["Refresh"] == "5"
        assert "Refresh" not in client.get(where, {"refresh": "off"}).headers
        run_errands(now=lambda: later(60 * 24 * 365 * 50))
        answer = client.get(where)
        assert "2 of 2 letters are done" in words(flat(answer))
        assert "Refresh" not in answer.headers
        assert "2 of 2 letters sent" in words(page(client, cast.task_force, "cycle-detail", cycle.code))

    def test_to_nobody_is_refused_with_the_reason(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        client.force_login(cast.task_force)
        for status in (302, 400):
            answer = client.post(address(cycle), {"words": WORDS, "send": "yes"})
            assert answer.status_code == status
        assert "nobody left to remind today" in flat(answer)
        assert WORDS.replace("<", "&lt;").replace(">", "&gt;") in flat(answer), "what was typed stays"

    def test_keeps_to_a_choice_that_makes_sense(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        client.force_login(cast.task_force)
        answer = client.post(address(cycle, "?region=atlantis"), {"words": "", "send": "yes"})
        assert answer.status_code == 400
        assert not Letter.objects.exists()


class TestEndingThem:
    def test_takes_one_click_without_signing_in(self, cast: Cast) -> None:
        stranger = Client(enforce_csrf_checks=True)
        link = reverse("quintet:reminders-stop", args=[token_for(cast.focal)])
        asked = stranger.get(link)
        assert (asked.status_code, "No more reminders" in flat(asked)) == (200, True)
        assert cast.focal.email not in flat(asked)
        cast.focal.refresh_from_db()
        assert cast.focal.wants_reminders, "a program that follows links ends nothing"
        done = stranger.post(link, {"List-Unsubscribe": "One-Click"})
        assert (done.status_code, "You get no more reminders." in flat(done)) == (200, True)
        cast.focal.refresh_from_db()
        assert not cast.focal.wants_reminders

    @pytest.mark.parametrize("token", ["1", "1:x", "x:y", "999999:abc"])
    def test_does_nothing_for_a_link_of_somebody_elses_making(
        self, client: Client, cast: Cast, token: str
    ) -> None:
        for answer in (client.get(f"/reminders/{token}/"), client.post(f"/reminders/{token}/")):
            assert answer.status_code == 404
        assert not User.objects.filter(wants_reminders=False).exists()

    def test_one_persons_link_is_not_anothers(self, client: Client, cast: Cast) -> None:
        signature = token_for(cast.focal).partition(":")[2]
        assert client.post(f"/reminders/{cast.approver.pk}:{signature}/").status_code == 404

    def test_can_be_taken_back_on_ones_own_page(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.focal)
        for form, wants in (({}, False), ({"wants_reminders": "on"}, True)):
            assert client.post("/accounts/letters/", form).status_code == 302
            cast.focal.refresh_from_db()
            assert cast.focal.wants_reminders == wants
            checked = re.search(r'name="wants_reminders"[^>]*checked', flat(client.get("/accounts/letters/")))
            assert bool(checked) == wants

    def test_the_page_is_found_from_ones_account(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.focal)
        assert 'href="/accounts/letters/"' in flat(client.get("/accounts/password/change/"))

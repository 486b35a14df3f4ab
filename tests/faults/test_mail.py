"""The mail server hangs, or the broker is gone: answers are saved as ever, and the letters come later."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from io import StringIO
from statistics import median
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, Letter
from quintet.services import mailings
from tests import servers, smtp
from tests.factories import Cast, make_framework, make_open_cycle, sheet_of
from tests.faults.test_redis import redis_at
from un20portal.outbox.models import Message
from un20portal.outbox.services import MAX_ATTEMPTS, run_errands

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
TIMEOUT = 3  # seconds that a letter waits for the server
TOKEN = "x" * 32


@pytest.fixture
def sheet(undp: Entity, cast: Cast) -> Assessment:
    cycle = make_open_cycle(make_framework(), Entity.objects.all(), cast.task_force)
    Message.objects.all().delete()
    return sheet_of(cycle, undp)


@pytest.fixture(autouse=True)
def _by_smtp(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", TIMEOUT
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


def remind(cycle: Cycle, cast: Cast) -> None:
    sheets = Assessment.objects.filter(cycle=cycle)
    mailings.remind(cycle=cycle, sheets=sheets, words="", by=cast.task_force, at=timezone.now())


class Browser:
    """A focal point at a real server: saves answers one after the other and times them."""

    def __init__(self, live_server: Any, client: Client, sheet: Assessment, cast: Cast) -> None:
        client.force_login(cast.focal)
        self.cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"
        self.connection = HTTPConnection(urlsplit(live_server.url).netloc, timeout=60)
        self.path = f"/assessments/{sheet.pk}/answers/DAT-STR/"
        self.version = 0

    def save_for(self, seconds: float) -> list[float]:
        """Save again and again for so long; return how long each took."""
        until, took = time.perf_counter() + seconds, []
        while time.perf_counter() < until:
            took.append(self.save())
        return took

    def save(self) -> float:
        """Save one answer; return how long it took."""
        body = urlencode({"choice": "2", "comment": f"text {self.version}", "version": self.version})
        headers = {
            "Cookie": self.cookie,
            "X-CSRFToken": TOKEN,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        began = time.perf_counter()
        self.connection.request("POST", self.path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 200
        self.version += 1
        return time.perf_counter() - began


@contextmanager
def sending_all_the_time(rounds: list[float]) -> Iterator[None]:
    """A worker that tries the errands again, whatever the pauses, but does not give up; notes its times."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set() and len(rounds) < MAX_ATTEMPTS - 1:
            began = time.perf_counter()
            run_errands(now=timezone.now, only_due=False)
            rounds.append(time.perf_counter() - began)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


class TestTheMailServerHangs:
    def test_saving_goes_on_and_the_letters_come_when_it_answers(
        self, live_server: Any, client: Client, sheet: Assessment, cast: Cast, settings: Settings
    ) -> None:
        browser = Browser(live_server, client, sheet, cast)
        browser.save()  # the first request loads what the others find loaded
        before = browser.save_for(TIMEOUT / 2)
        rounds: list[float] = []
        with smtp.silent() as port:
            settings.EMAIL_PORT = port
            remind(sheet.cycle, cast)
            with sending_all_the_time(rounds):
                during = browser.save_for(TIMEOUT)
        after = browser.save_for(TIMEOUT / 2)  # before and after: the machine may have got busier meanwhile
        browser.connection.close()
        assert rounds[0] >= TIMEOUT, "nothing hung"
        usual, n_saved = max(median(before), median(after)), 1 + len(before + during + after)
        assert median(during) < 2 * usual + 0.02, (median(before), median(during), median(after))
        slow = [took for took in during if took >= TIMEOUT / 2]
        assert len(slow) <= len(during) / 20, "requests waited for the mail server"
        assert Answer.objects.get().comment == f"text {n_saved - 1}", (
            "every answer that was accepted is there"
        )
        assert Answer.objects.get().version == n_saved
        self.failed_visibly()
        with smtp.sink() as server:
            settings.EMAIL_PORT = server.port
            assert run_errands(now=lambda: timezone.now() + timedelta(days=1)) == 2
            assert sorted(letter["To"] for letter in server.letters) == [
                cast.focal.email,
                cast.stranger.email,
            ]
        assert Letter.objects.filter(sent_at=None).count() == 0
        assert server.letters[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def failed_visibly(self) -> None:
        tried = Message.objects.filter(topic="quintet.letter", attempts__gt=0)
        assert "timed out" in tried[0].last_error
        assert not Message.objects.dead().exists()
        assert Letter.objects.filter(sent_at=None).count() == 2


class TestTheMailServerRefuses:
    def test_one_address_for_now_and_the_other_letters_go(
        self, sheet: Assessment, cast: Cast, settings: Settings
    ) -> None:
        with smtp.sink() as server:
            settings.EMAIL_PORT = server.port
            server.refused = {cast.focal.email: "450 4.2.0 greylisted"}
            remind(sheet.cycle, cast)
            assert self.first_owed_to() == cast.focal.email, "the refused address does not come first"
            assert run_errands(now=timezone.now) == 1
            assert [letter["To"] for letter in server.letters] == [cast.stranger.email]
            assert "greylisted" in Message.objects.get(done_at=None).last_error
            server.refused = {}
            assert run_errands(now=lambda: timezone.now() + timedelta(days=1)) == 1
            assert server.letters[1]["To"] == cast.focal.email

    def test_everything_and_the_round_ends(self, sheet: Assessment, cast: Cast, settings: Settings) -> None:
        with smtp.sink() as server:
            settings.EMAIL_PORT = server.port
            server.refused = dict.fromkeys([cast.focal.email, cast.stranger.email], "421 4.3.2 closing")
            remind(sheet.cycle, cast)
            assert run_errands(now=timezone.now) == 0
        assert sorted(Message.objects.filter(done_at=None).values_list("attempts", flat=True)) == [0, 1]

    def test_to_be_reached_and_the_round_ends(
        self, sheet: Assessment, cast: Cast, settings: Settings
    ) -> None:
        settings.EMAIL_PORT = servers.free_port()
        remind(sheet.cycle, cast)
        assert run_errands(now=timezone.now) == 0
        assert sorted(Message.objects.filter(done_at=None).values_list("attempts", flat=True)) == [0, 1]

    def first_owed_to(self) -> str:
        first = Message.objects.filter(done_at=None).order_by("pk")[0]
        return Letter.objects.get(pk=first.payload["letter_id"]).person.email  # type: ignore[union-attr]


class TestTheBrokerIsGone:
    def test_the_letters_are_sent_without_it(self, sheet: Assessment, cast: Cast, settings: Settings) -> None:
        with servers.private_redis() as url:
            pass  # stopped
        with redis_at(url, settings), smtp.sink() as server:
            settings.EMAIL_PORT = server.port
            began = time.perf_counter()
            remind(sheet.cycle, cast)
            assert time.perf_counter() - began < 5
            out = StringIO()
            call_command("drain_outbox", stdout=out)
        assert out.getvalue() == "2 handled, 0 pending, 0 given up\n"
        assert len(server.letters) == 2
        assert Letter.objects.filter(sent_at=None).count() == 0

"""How often strangers may ask: counted in each process, settled once a second, by address."""

import pytest
from django.core.cache import caches
from django.test import Client

from tests.factories import Cast, make_token
from un20portal.lib import throttling
from un20portal.lib.throttling import Counts

START = 6_000_000.0  # the first second of a minute


def allowed(counts: Counts, times: int, *, at: float, name: str = "here", limit: int = 60) -> int:
    """How many of so many requests at one moment are let through."""
    waits = [counts.add(name, limit=limit, duration=60, now=at) for _time in range(times)]
    return waits.count(None)


class TestOneProcess:
    def test_lets_through_as_many_as_the_limit_says(self) -> None:
        counts = Counts()
        assert allowed(counts, 30, at=START) == 30
        assert allowed(counts, 100, at=START + 20) == 30
        assert allowed(counts, 1, at=START + 20, name="elsewhere") == 1

    def test_does_not_begin_anew_with_the_next_minute(self) -> None:
        counts = Counts()
        assert allowed(counts, 60, at=START + 59) == 60
        assert allowed(counts, 60, at=START + 60.5) == 0
        assert allowed(counts, 60, at=START + 61.1) == 1
        assert allowed(counts, 60, at=START + 90) == 29
        assert allowed(counts, 60, at=START + 240) == 60

    def test_says_how_long_to_wait(self) -> None:
        counts = Counts()
        allowed(counts, 60, at=START + 15)
        wait = counts.add("here", limit=60, duration=60, now=START + 15)
        assert wait == pytest.approx(45)
        allowed(counts, 30, at=START + 90)
        wait = counts.add("here", limit=60, duration=60, now=START + 90)
        assert wait is not None
        assert 0 < wait <= 1.1
        assert counts.add("here", limit=60, duration=60, now=START + 90 + wait + 0.01) is None

    def test_keeps_few_addresses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling, "ADDRESSES", 10)
        counts = Counts()
        for number in range(50):
            allowed(counts, 1, at=START, name=str(number))
        assert len(counts._counts) == 10


class TestTwoProcesses:
    def test_count_together_a_second_later(self) -> None:
        here, there = Counts(), Counts()
        assert allowed(here, 40, at=START) == 40
        assert allowed(there, 40, at=START) == 40, "they do not know of one another yet"
        assert allowed(here, 1, at=START + 1) == 1
        assert allowed(there, 1, at=START + 1.1) == 0, "80 are more than 60"
        assert allowed(here, 1, at=START + 2.1) == 0

    def test_ask_the_cache_once_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counts, settled = Counts(), []
        monkeypatch.setattr(counts, "_settle", lambda *told: settled.append(told))
        for tenth in range(30):
            allowed(counts, 5, at=START + tenth / 10, limit=1000)
        assert len(settled) == 3

    def test_go_on_from_what_others_counted_in_the_minute_before(self) -> None:
        here = Counts()
        allowed(here, 60, at=START + 30)
        allowed(here, 1, at=START + 32)
        assert allowed(Counts(), 60, at=START + 75) == 15


@pytest.mark.django_db
class TestTheApi:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling.AnonymousThrottle, "rate", "3/min", raising=False)

    def test_counts_answers_that_are_held_like_all_others(self) -> None:
        paths = ["/api/v1/scorecards/", "/api/v1/cycles/", "/api/v1/scorecards/", "/api/v1/scorecards/"]
        asked = [Client().get(path) for path in paths]
        assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
        assert asked[-1]["Content-Type"] == "application/problem+json"
        assert 0 < int(asked[-1]["Retry-After"]) <= 60
        elsewhere = Client().get("/api/v1/scorecards/", REMOTE_ADDR="198.51.100.7")
        assert elsewhere.status_code == 200

    def test_counts_persons_for_themselves(self, cast: Cast) -> None:
        token = {"Authorization": make_token(cast.focal)}
        assert {Client().get("/api/v1/scorecards/", headers=token).status_code for _time in range(5)} == {200}
        assert Client().get("/api/v1/scorecards/").status_code == 200
        assert caches["throttle"].get(f"throttle_user_{cast.focal.pk}")

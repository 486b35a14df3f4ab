"""Published data for strangers, held as bytes: without a question, never another's, soon the newest."""

import gzip
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quintet.models import Cycle
from scorecards.models import Scorecard
from scorecards.services import publishing
from tests import servers
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from tests.processes import PROGRAMS, Process, environment
from tests.scorecards.worked import publish
from un20portal.lib.holding import ANSWERS

pytestmark = pytest.mark.django_db
PAGES = ["/", "/scorecards/", "/scorecards/2026/", "/scorecards/2026/figure/", "/fr/scorecards/2026/", "/ar/"]
RESOURCES = [
    "/api/v1/scorecards/",
    "/api/v1/scorecards/2026/",
    "/api/v1/scorecards/2026/1/",
    "/api/v1/scorecards/2026/items/?basis=claimed",
    "/api/v1/scorecards/2026/state-of-play/",
    "/api/v1/scorecards/2026/dimensions/",
]
NEVER = ["/api/v1/scorecards/2026/entities/", "/scorecards/2026/entities/", "/checkpoints/"]


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(12)})


@pytest.fixture
def published(cycle: Cycle, cast: Cast) -> Cycle:
    publish(cycle, cast)
    return cycle


def publish_more(cycle: Cycle, cast: Cast, **options: Any) -> Scorecard:
    """Six units more, and a version that counts them."""
    fill(cycle, {make_entity(f"NEW-{number}"): {"DAT-STR": 3} for number in range(6)})
    return publish(cycle, cast, **options)


class TestHeldAnswers:
    @pytest.mark.parametrize("path", [*PAGES, *RESOURCES])
    def test_ask_the_database_for_nothing_within_a_second(self, path: str, published: Cycle) -> None:
        ANSWERS.seconds_between_checks = 1000
        first = Client().get(path)
        with CaptureQueriesContext(connection) as asked:
            again = Client().get(path)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.content == first.content
        assert [query["sql"] for query in asked.captured_queries] == []

    def test_ask_one_question_to_know_whether_they_are_the_newest(self, published: Cycle) -> None:
        Client().get("/scorecards/2026/")
        with CaptureQueriesContext(connection) as asked:
            Client().get("/scorecards/2026/")
        assert len(asked.captured_queries) == 1

    @pytest.mark.parametrize("path", NEVER)
    def test_are_none_where_a_unit_may_take_its_consent_back(self, path: str, published: Cycle) -> None:
        Client().get(path)
        assert len(ANSWERS) == 0

    def test_are_none_of_refusals(self, published: Cycle) -> None:
        refused = {
            "/api/v1/scorecards/?colour=red": 400,
            "/api/v1/scorecards/2026/?version=1": 400,
            "/api/v1/scorecards/2026/items/?group=nobody": 400,
            "/api/v1/scorecards/2026/7/": 404,
            "/scorecards/2026/?version=7": 404,
            "/scorecards/2026/?version=provisional": 404,
        }
        for _time in range(2):
            assert {path: Client().get(path).status_code for path in refused} == refused
        assert len(ANSWERS) == 0

    def test_are_not_for_members_nor_their_answers_for_strangers(self, published: Cycle, cast: Cast) -> None:
        stranger = Client().get("/").content.decode()
        member = Client()
        member.force_login(cast.focal)
        assert str(cast.focal) in member.get("/").content.decode()
        assert Client().get("/").content.decode() == stranger
        token = {"Authorization": make_token(cast.focal)}
        held = len(ANSWERS)
        assert Client().get("/api/v1/scorecards/2026/items/", headers=token).status_code == 200
        assert len(ANSWERS) == held

    def test_come_in_a_304_as_before(self, published: Cycle) -> None:
        for path in [*PAGES, *RESOURCES]:
            for encoding in ("identity", "gzip"):
                asked = {"Accept-Encoding": encoding}
                new, kept = (Client().get(path, headers=asked) for _time in range(2))
                assert (new["ETag"], kept["ETag"]) == (kept["ETag"], new["ETag"]), path
                same = Client().get(path, headers={**asked, "If-None-Match": new["ETag"]})
                assert (same.status_code, same.content, same["ETag"]) == (304, b"", new["ETag"]), path
                other = Client().get(path, headers={**asked, "If-None-Match": '"other"'})
                assert other.status_code == 200, path


@pytest.mark.once
class TestMixes:
    def test_of_languages_encodings_and_media_types_never_cross(self, published: Cycle) -> None:
        """Whatever was asked before, an answer is the one that nobody would have held."""
        mixes = list(
            product(
                ("GET", "HEAD"),
                [*PAGES, *RESOURCES, "/scorecards/2026/?group=all", "/scorecards/2026/?basis=claimed"],
                ("en", "fr", "ar, en;q=0.5", ""),
                ("gzip, br", "identity", ""),
                ("*/*", "text/html", "application/json", "text/csv"),
                ("testserver", "localhost"),
            )
        )
        chosen = random.Random(2026).sample(mixes, 120)
        alone = {}
        for mix in chosen:
            ANSWERS.forget()
            alone[mix] = told(mix)
        ANSWERS.forget()
        for mix in random.Random(7).choices(chosen, k=360):
            assert told(mix) == alone[mix], mix
        assert len(ANSWERS) > 50


def told(mix: tuple[str, ...]) -> tuple[Any, ...]:
    """The status, the headers and the text of an answer; compressing the same text twice differs in bytes."""
    method, path, language, encoding, accept, host = mix
    headers = {"Accept-Language": language, "Accept-Encoding": encoding, "Accept": accept, "Host": host}
    answer: Any = Client().generic(method, path, headers=headers, REMOTE_ADDR=f"2001:db8::{hash(mix) % 9999}")
    said = dict(answer.headers)
    said["Vary"] = ", ".join(sorted(said.get("Vary", "").split(", ")))
    said.pop("Content-Length", None)
    if method == "HEAD":  # of which Django computes no ETag itself
        said.pop("ETag", None)
    content = answer.content
    if method == "GET" and said.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return answer.status_code, sorted(said.items()), content


class TestANewVersion:
    def test_takes_the_place_of_what_was_held(self, published: Cycle, cast: Cast) -> None:
        before = {path: Client().get(path).content for path in [*PAGES, *RESOURCES]}
        publish_more(published, cast)
        unchanged = [path for path in before if Client().get(path).content == before[path]]
        assert unchanged == ["/api/v1/scorecards/2026/1/"]

    def test_for_the_committees_is_told_to_no_stranger_until_its_release(
        self, published: Cycle, cast: Cast
    ) -> None:
        before = {path: Client().get(path).content for path in [*PAGES, *RESOURCES]}
        later = publish_more(published, cast, audience="committee")
        for who in (cast.committee, cast.task_force):
            reader = Client()
            reader.force_login(who)
            assert b"version 2" in reader.get("/").content
            token = {"Authorization": make_token(who)}
            assert reader.get("/api/v1/scorecards/2026/", headers=token)["ETag"] == f'"{later.sha256}"'
        assert {path: Client().get(path).content for path in before} == before
        publishing.release(scorecard=later, by=cast.task_force, at=AT)
        assert Client().get("/api/v1/scorecards/2026/")["ETag"] == f'"{later.sha256}"'
        assert b"version 2" in Client().get("/").content


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
class TestTwoProcesses:
    @pytest.fixture
    def ports(self, published: Cycle, tmp_path: Path) -> Iterator[list[int]]:
        with ExitStack() as stack:
            yield [stack.enter_context(served(tmp_path / f"portal-{number}.log")) for number in range(2)]

    def test_both_show_a_new_version_within_two_seconds(
        self, ports: list[int], published: Cycle, cast: Cast
    ) -> None:
        first = Scorecard.objects.get()
        for port in ports * 5:
            assert ask(port, "/api/v1/scorecards/2026/") == first.sha256
        second = publish_more(published, cast)
        published_at = time.monotonic()
        behind = list(ports)
        while behind:
            for port in list(behind):
                age = time.monotonic() - published_at  # of the new version, when it is asked for
                if ask(port, "/api/v1/scorecards/2026/") == second.sha256:
                    behind.remove(port)
                else:
                    assert age <= 3, "who asks so late is shown the new version"
            time.sleep(0.05)


@contextmanager
def served(log: Path) -> Iterator[int]:
    """One process of the portal on this test's database."""
    port = servers.free_port()
    options = ["--workers", "1", "--threads", "2", "--bind", f"127.0.0.1:{port}"]
    command = [str(PROGRAMS / "gunicorn"), "un20portal.wsgi", *options]
    process = Process(command, environment=environment(THROTTLE_ANON="100000/min"), log=log)
    try:
        process.wait_until(lambda: "not yet" if ask(port, "/healthz") is None else None)
        yield port
    finally:
        process.stop(seconds=5)


def ask(port: int, path: str) -> str | None:
    """The ETag of a resource without its quotes ("" without one); None while nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except OSError:
        return None
    else:
        return (response.getheader("ETag") or "").strip('"')
    finally:
        connection.close()

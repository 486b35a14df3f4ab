"""Sending requests as each column, undone afterwards, and finding what is wrong with the answers."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit
from zipfile import ZipFile

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from tests.authz import policy
from tests.authz.samples import Sample, is_json, samples
from tests.authz.surface import ALL_METHODS, SAFE_METHODS, Route
from tests.authz.world import COLUMNS, World
from un20portal import views
from un20portal.lib.middleware import RefusalMiddleware

CANARY = re.compile(r"canary[0-9a-f]{12}")
WRITE = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+["`]?(\w+)', re.IGNORECASE)
SESSIONS = {"django_session"}
CLOSED_WORLD = ("anonymous", "viewer", "focal", "contributor", "approver", "committee", "read_token")
BUSINESS = ("entities", "quintet", "scorecards", "roadmap", "outbox")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix: a request and the answer that the policy names.

    Only the first cell of a route and column renders the page of a refusal (400, 403, 404), and only
    its first cell of a method that the route does not have renders the page of that refusal (405).
    """

    route: Route
    variant: str
    method: str
    column: str
    expected: str
    is_first: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.route.name} [{self.variant}] as {self.column}"


@dataclass
class Answer:
    """What came back, and which tables were written to on the way."""

    status: str
    text: str
    written: set[str] = field(default_factory=set)


@dataclass
class Run:
    """The cases that were sent, and everything that is wrong with their answers."""

    executed: list[Case] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Runner:
    """Sends requests into one world; each one is undone, so their order does not matter."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: dict[str, Client] = {}  # kept: each new one loads all middleware again
        self.sessions = {column: self._sign_in(column) for column in COLUMNS if column in world.people}
        self.login_paths = {reverse("account_login"), reverse("admin:login")}
        self.state = fingerprint(business_rows())
        self.untouchable = fingerprint(untouchable_rows(world))

    def _sign_in(self, column: str) -> str:
        """A session that has nothing to note for an hour: else every request would save it, and be undone."""
        client = Client()
        client.force_login(self.world.people[column])
        session = client.session
        session["began"] = session["seen"] = int(time.time()) + 3600
        session.save()
        return client.cookies["sessionid"].value

    def client(self, column: str) -> Client:
        """A browser signed in as the column, or a program with its token; as fresh as a new one."""
        client = self.clients.setdefault(column, Client(raise_request_exception=False))
        client.cookies.clear()
        if column in self.sessions:
            client.cookies["sessionid"] = self.sessions[column]
        if column == "read_token":
            client.defaults["HTTP_AUTHORIZATION"] = self.world.authorization
        return client

    def run(self, cases: Iterable[Case]) -> Run:
        done = Run()
        for case in cases:
            answer = self.send(case, done.problems)
            done.executed.append(case)
            if answer.status != case.expected:
                done.problems.append(f"{case}: {answer.status}, the policy says {case.expected}")
            done.problems += [f"{case}: {problem}" for problem in self._leaks(case.column, answer)]
        return done

    def send(self, case: Case, problems: list[str]) -> Answer:
        """Send one request, look at what it did, and undo it."""
        sample = samples_of(self.world, case.route)[case.variant]
        written: set[str] = set()
        page = nullcontext() if case.is_first else _without_pages_of_refusals()
        with transaction.atomic(), connection.execute_wrapper(noting(written)), page:
            response = request(self.client(case.column), case.route, sample, case.method)
            problems += [f"{case}: {problem}" for problem in self._damage(case, response, written)]
            transaction.set_rollback(True)
        headers = " ".join(f"{name}: {value}" for name, value in response.items())
        return Answer(self.status(response), f"{headers} {_text(response)}", written)

    def status(self, response: Any) -> str:
        """The code of an answer; `login` for a redirect to the sign-in page, or a page that leads there."""
        location = urlsplit(response.headers.get("Location", "")).path
        if response.status_code == 302 and location in self.login_paths:
            return policy.LOGIN
        if response.status_code == 403 and b'id="session-ended"' in response.content:
            return policy.LOGIN
        return str(response.status_code)

    def _damage(self, case: Case, response: Any, written: set[str]) -> Iterator[str]:
        business = written - SESSIONS
        if response.status_code >= 500:
            yield f"server error {response.status_code}"
        if not business:
            return
        if case.method in SAFE_METHODS:
            yield f"a safe method wrote to {sorted(business)}"
        refused = response.status_code >= 400 or self.status(response) == policy.LOGIN
        kept = 412  # the refused text of a stale write is kept on purpose
        if refused and response.status_code != kept and fingerprint(business_rows()) != self.state:
            yield "refused, and yet something has changed"
        if case.column in CLOSED_WORLD and fingerprint(untouchable_rows(self.world)) != self.untouchable:
            yield "rows of another entity or published rows have changed"

    def _leaks(self, column: str, answer: Answer) -> Iterator[str]:
        text = answer.text.lower()
        for token in sorted(set(CANARY.findall(text))):
            readers = self.world.canaries.get(token, frozenset())
            if column not in readers:
                yield f"shows {self.world.labels.get(token, token)}"
        if any(secret.lower() in text for secret in self.world.secrets):
            yield "shows the hash of a secret"


_samples: dict[tuple[int, str], dict[str, Sample]] = {}


def samples_of(world: World, route: Route) -> dict[str, Sample]:
    """The samples of a route in this world, looked up once."""
    key = (id(world), route.name)
    if key not in _samples:
        _samples[key] = samples(world, route)
    return _samples[key]


def request(client: Client, route: Route, sample: Sample, method: str, **extra: str) -> Any:
    """Send one request in the way the route expects: JSON to the API, a form to pages."""
    body: Any = b""
    content_type = "application/json" if is_json(route) else "application/x-www-form-urlencoded"
    if method not in SAFE_METHODS:
        body = json.dumps(dict(sample.body)) if is_json(route) else urlencode(sample.body)
    if sample.files and method == "POST":
        files = {name: SimpleUploadedFile("a.xlsx", content) for name, content in sample.files.items()}
        body, content_type = encode_multipart(BOUNDARY, {**sample.body, **files}), MULTIPART_CONTENT
    path = route.path(dict(sample.values)) + sample.query
    headers = {**sample.headers, **extra}
    return client.generic(method, path, body, content_type, headers=headers)


def _text(response: Any) -> str:
    """The body as text; of an archive, what is in it."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK\x03\x04"):
        with ZipFile(BytesIO(body)) as archive:
            body = b" ".join(archive.read(name) for name in archive.namelist())
    return str(body.decode(errors="replace"))


@contextmanager
def _without_pages_of_refusals() -> Iterator[None]:
    """A refusal without its page: rendering it is half the time, and the first case of a route did."""
    with (
        patch.object(views, "_refuse", _plain_refusal),
        patch.object(RefusalMiddleware, "process_response", _as_it_is),
    ):
        yield


def _plain_refusal(request: HttpRequest, status: int, template: str) -> HttpResponse:
    return HttpResponse(status=status)


def _as_it_is(self: RefusalMiddleware, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    return response


def noting(written: set[str]) -> Callable[..., Any]:
    """A wrapper of database statements that notes the tables written to."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITE.match(sql):
            written.add(found[1])
        return execute(sql, params, many, context)

    return wrapper


def cases_of(world: World, route: Route) -> Iterator[Case]:
    """Every cell of one route: declared methods on every variant, all others on its first one."""
    first = next(iter(samples_of(world, route)))
    undeclared = next((method for _v, method, is_declared in surface_of(world, route) if not is_declared), "")
    for column in COLUMNS:
        for variant, method, is_declared in surface_of(world, route):
            if is_declared:
                answer = policy.expected(route, variant, method, column)
            else:
                answer = policy.undeclared(route, method, column)
            is_first = variant == first and method in (route.methods[0], undeclared)
            yield Case(route, variant, method, column, answer, is_first)


def surface_of(world: World, route: Route) -> list[tuple[str, str, bool]]:
    """The (variant, method, whether it is declared) triples of one route."""
    variants = list(samples_of(world, route))
    rows = [(variant, method, True) for variant in variants for method in route.methods]
    declared = {*route.methods, *(["HEAD"] if "GET" in route.methods else [])}
    first = variants[0]
    if "GET" in route.methods:
        rows.append((first, "HEAD", True))
    return rows + [(first, method, False) for method in ALL_METHODS if method not in declared]


def business_rows() -> Iterator[Any]:
    """All rows that people's work consists of."""
    for app in BUSINESS:
        for model in apps.get_app_config(app).get_models():
            yield model._default_manager.order_by("pk").values_list()


def untouchable_rows(world: World) -> Iterator[Any]:
    """Rows of B, and what is published: nothing that people of A do may change them."""
    other = world.entities["UNICEF"].pk
    names = (
        "Answer",
        "AnswerRevision",
        "Transition",
        "Snapshot",
        "Thread",
        "OwnAnswer",
        "Delegation",
        "Invitation",
        "Evidence",
        "EvidenceChange",
        "WorkbookUpload",
    )
    for name in names:
        model = apps.get_model("quintet", name)
        yield model._default_manager.filter(assessment__entity=other).order_by("pk").values_list()
    for name in ("Assessment", "OwnItem", "PriorityProfile"):
        model = apps.get_model("quintet", name)
        yield model._default_manager.filter(entity=other).order_by("pk").values_list()
    yield apps.get_model("roadmap", "Case")._default_manager.filter(entity=other).order_by("pk").values_list()
    events = apps.get_model("roadmap", "CaseEvent")._default_manager.filter(case__entity=other)
    yield events.order_by("pk").values_list()
    consents = apps.get_model("scorecards", "Consent")._default_manager.exclude(entity__code="UNDP")
    yield consents.order_by("pk").values_list()
    published = ("Scorecard", "EntityDocument", "ComparedPair", "PublicRelease", "Checkpoint")
    for name in (*published, "Computation", "Uncertainty"):
        yield apps.get_model("scorecards", name)._default_manager.order_by("pk").values_list()


def fingerprint(rows: Iterable[Any]) -> str:
    """One hash over rows; bytes of PostgreSQL come as memoryviews."""
    digest = hashlib.sha256()
    for table in rows:
        for row in table:
            plain = [bytes(value) if isinstance(value, memoryview) else value for value in row]
            digest.update(repr(plain).encode())
    return digest.hexdigest()

"""What a first view weighs on the line: compressed, with every file that the page loads by itself."""

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from entities.models import Entity, EntityType, Role, User
from entities.services.people import grant_role
from quintet.models import Cycle, Framework, Status
from scorecards.services import publishing
from tests.benchmarks.weights import EVERYTHING_KB, HTML_KB, Files
from tests.factories import AT, Levels, fill, make_open_cycle, make_user, sheet_of
from tests.kept import kept

pytestmark = [pytest.mark.once, pytest.mark.django_db]
# without `figure/`: whoever asks for the interactive figure asks for its library
PUBLIC = [
    "/",
    "/scorecards/",
    "/scorecards/2026/",
    "/scorecards/2026/?group=all&basis=claimed",
    "/scorecards/2026/entities/",
    "/scorecards/2026/explore/",
    "/scorecards/2026/explore/?sort=-share_has&basis=claimed",
    "/scorecards/2026/compare/",
    "/scorecards/2026/compare/?group=entities&group=ceb31&group=all&group=type:fund_or_programme",
    "/scorecards/2026/report/",
    "/scorecards/2026/receipt/?item=DAT-STR&group=entities",
    "/scorecards/2026/uncertainty/",
    "/checkpoints/",
    "/frameworks/",
    "/frameworks/quintet-2026/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/api/v1/docs/",
]


@kept
def publish() -> Cycle:
    """A published cycle of the real questionnaire, answered by the funds and programmes; UNDP still works."""
    call_command("load_reference", verbosity=0)
    first, second = (make_user(name) for name in ("first", "second"))
    for person in (first, second):
        grant_role(user=person, role=Role.TASK_FORCE)
    units = list(Entity.objects.filter(type=EntityType.FUND_OR_PROGRAMME))
    cycle = make_open_cycle(Framework.objects.get(), units, first)
    levels: Levels = dict.fromkeys(cycle.framework.items.values_list("code", flat=True), 2)
    fill(cycle, {unit: levels for unit in units if unit.code != "UNDP"}, Status.VALIDATED)
    fill(cycle, {unit: levels for unit in units if unit.code == "UNDP"}, Status.DRAFT)
    publishing.propose(cycle=cycle, by=first, at=AT)
    publishing.confirm(cycle=cycle, by=second, at=AT)
    return cycle


@pytest.fixture
def published(db: None) -> Cycle:
    return publish()


@pytest.mark.parametrize("language", ["", "/ar", "/ru"])
def test_public_pages_are_light(published: Cycle, language: str) -> None:
    assert [fault for path in PUBLIC for fault in too_heavy(Client(), language + path)] == []


def test_the_form_is_light(published: Cycle) -> None:
    undp = Entity.objects.get(code="UNDP")
    focal = make_user("focal")
    grant_role(user=focal, role=Role.FOCAL_POINT, entity=undp)
    client = Client()
    client.force_login(focal)
    sheet = sheet_of(published, undp)
    dimensions = published.framework.dimensions.values_list("code", flat=True)
    paths = [f"/assessments/{sheet.pk}/{code}/" for code in dimensions]
    assert 'name="choice"' in client.get(paths[0]).content.decode()
    assert [fault for path in paths for fault in too_heavy(client, path)] == []


def test_the_sheet_of_a_unit_is_light(published: Cycle) -> None:
    """All its levels, and its next steps, as they are shown first."""
    client = Client()
    client.force_login(User.objects.get(email="first@example.org"))
    unit = published.assessments.exclude(entity__code="UNDP").order_by("pk")[0].entity.code
    paths = [f"/scorecards/2026/entities/{unit}/{tail}" for tail in ("", "?dimension=DAT", "next/")]
    assert [fault for path in paths for fault in too_heavy(client, path)] == []


def too_heavy(client: Client, path: str) -> list[str]:
    """What of a page is heavier than it may be; AssertionError for one that is no page or not compressed."""
    page: Any = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (page.status_code, page.headers.get("Content-Encoding")) == (200, "gzip"), path
    html = len(page.content) / 1024
    files = weights(path, gzip.decompress(page.content).decode())
    assert files, f"{path} loads no style"
    found = {"HTML": (html, HTML_KB), "everything": (html + sum(files.values()) / 1024, EVERYTHING_KB)}
    return [f"{path}: {what} {kb:.1f} KB" for what, (kb, bar) in found.items() if kb > bar]


def weights(path: str, html: str) -> dict[str, int]:
    """The weight of each file of a page, and of those that its style sheets name, as gzip compresses them."""
    found: dict[str, int] = {}
    wanted = {urljoin(path, address) for address in Files(html).addresses}
    while wanted - found.keys():
        address = (wanted - found.keys()).pop()
        content = content_of(address)
        found[address] = min(len(content), len(gzip.compress(content, 9)))
        if address.endswith(".css"):
            named = re.findall(r"url\([\"']?(?!data:)([^\"')#]+)", content.decode())
            wanted |= {urljoin(address, inner) for inner in named}
    return found


def content_of(address: str) -> bytes:
    place = finders.find(address.removeprefix("/static/").partition("?")[0])
    assert isinstance(place, str), f"{address} is no file of the portal"
    return Path(place).read_bytes()

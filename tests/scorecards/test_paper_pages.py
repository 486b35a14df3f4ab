"""The pages of the committee papers: files, what is on its way, versions, languages, and for whom."""

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import PaperFile, Scorecard
from scorecards.queries.papers import EDITION, PAPERS, Paper
from scorecards.services.publishing import release
from scorecards.services.reporting import write_papers
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
PAGE, PDF = "/scorecards/2026/report/", "/scorecards/2026/report.pdf"


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def units() -> list[Entity]:
    return make_entities(12)


@pytest.fixture
def cycle(units: list[Entity]) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units})


def named(paper: Paper) -> bytes:
    return f"{paper.symbol} {paper.group.name}".encode()


def broken(paper: Paper) -> bytes:
    raise OSError("no fonts")


def write(scorecard: Scorecard) -> None:
    write_papers(scorecard_id=scorecard.pk, at=AT, writers={"pdf": named, "xlsx": named})


class TestAFile:
    def test_is_served_in_the_language_asked_for(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        write(publish(cycle, cast))
        answer: Any = client.get(f"{PDF}?lang=fr")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Language"] == "fr"
        assert 'filename="un20-scorecard-2026-v1-fr.pdf"' in answer.headers["Content-Disposition"]
        paper = PaperFile.objects.get(language="fr", form="pdf")
        assert answer.content == bytes(paper.content)
        assert answer.headers["ETag"] == f'"{paper.sha256}"'
        again = client.get(f"{PDF}?lang=fr", headers={"If-None-Match": f'"{paper.sha256}"'})
        assert again.status_code == 304

    def test_is_in_the_language_of_the_page_by_default(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        write(publish(cycle, cast))
        assert client.get(f"/zh-hans{PDF}").headers["Content-Language"] == "zh"
        assert client.get("/scorecards/2026/report.xlsx").headers["Content-Language"] == "en"

    @pytest.mark.parametrize(
        "query", ["lang=de", "lang=", "version=2", "version=0", "version=provisional", "version=x"]
    )
    def test_that_does_not_exist_is_not_found(
        self, cycle: Cycle, cast: Cast, client: Client, query: str
    ) -> None:
        write(publish(cycle, cast))
        assert client.get(f"{PDF}?{query}").status_code == 404

    def test_refuses_what_its_address_does_not_know(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        write(publish(cycle, cast))
        for address in (f"{PDF}?foo=1", f"{PDF}?lang=fr&lang=ru", f"{PAGE}?lang=fr"):
            assert client.get(address).status_code == 400, address

    def test_of_an_earlier_version_stays(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        write(publish(cycle, cast))
        fill(cycle, {unit: {"DAT-STR": 3} for unit in [make_entity(f"NEW-{n}") for n in range(6)]})
        write(publish(cycle, cast))
        assert client.get(PDF).content.startswith(b"UN 2.0 portal/2026/v2")
        assert client.get(f"{PDF}?version=1").content.startswith(b"UN 2.0 portal/2026/v1")


class TestWhatIsOnItsWay:
    def test_is_accepted_with_a_page_that_renews_itself_and_changes_nothing(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        before = list(Message.objects.values())
        answer = client.get(f"{PDF}?lang=ru")
        assert answer.status_code == 202
        assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "5"
        page = answer.content.decode()
        assert "0 of 12 papers are written" in page
        assert "layout" not in page
        assert 'value="0"' in page
        assert list(Message.objects.values()) == before
        assert not PaperFile.objects.exists()

    def test_beside_papers_of_an_earlier_edition_says_that_these_are_there(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        scorecard = publish(cycle, cast)
        write(scorecard)
        with unguarded():
            PaperFile.objects.filter(scorecard=scorecard).exclude(language="en").update(edition=EDITION - 1)
        page = client.get(PAGE).content.decode()
        assert "2 of 12 papers are written in the new layout" in page
        assert "Until then those of the earlier one stand here" in page
        assert page.count("report.pdf?lang=") == 6

    def test_can_be_kept_from_renewing_itself(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast)
        assert "Refresh" not in client.get(f"{PAGE}?refresh=off").headers

    def test_that_was_given_up_says_so(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast)
        Message.objects.filter(topic=PAPERS).update(dead_at=AT)
        answer = client.get(PAGE)
        assert "was given up" in answer.content.decode()
        assert "Refresh" not in answer.headers, "nothing will come by itself"
        asked = client.get(PDF)
        assert (asked.status_code, "was given up" in asked.content.decode()) == (503, True)
        assert "Retry-After" not in asked.headers

    def test_is_over_when_all_are_there(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        write(publish(cycle, cast))
        answer = client.get(PAGE)
        page = answer.content.decode()
        assert "Refresh" not in answer.headers
        assert "<progress" not in page
        assert page.count("report.pdf?lang=") == page.count("report.xlsx?lang=") == 6
        assert "Русский" in page


class TestThePage:
    @pytest.mark.parametrize(
        ("prefix", "order"),
        [
            ("", ["en", "ar", "zh", "fr", "ru", "es"]),
            ("/fr", ["fr", "ar", "zh", "en", "ru", "es"]),
            ("/zh-hans", ["zh", "ar", "en", "fr", "ru", "es"]),
        ],
    )
    def test_has_a_row_for_each_language_the_readers_first(
        self, cycle: Cycle, cast: Cast, client: Client, prefix: str, order: list[str]
    ) -> None:
        write(publish(cycle, cast))
        page = client.get(f"{prefix}{PAGE}").content.decode()
        rows = page.split("<tbody")[1].split("<tr")[1:]
        links = [re.findall(r"report\.(\w+)\?lang=(\w+)&amp;version=1", row) for row in rows]
        assert links == [[("pdf", language), ("xlsx", language)] for language in order]
        assert all(f'<time datetime="{AT:%Y-%m-%d}' in row for row in rows)

    def test_shows_what_a_language_lacks(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        scorecard = publish(cycle, cast)
        with pytest.raises(OSError, match="no fonts"):
            write_papers(scorecard_id=scorecard.pk, at=AT, writers={"pdf": broken, "xlsx": named})
        rows = client.get(PAGE).content.decode().split("<tbody")[1].split("<tr")[1:]
        assert rows
        assert all("report.xlsx" in row and "report.pdf" not in row and "–" in row for row in rows)

    def test_in_arabic_keeps_the_name_of_the_cycle_in_its_own_direction(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        for page in (PAGE, "/scorecards/2026/", "/scorecards/2026/explore/"):
            title = client.get(f"/ar{page}").content.decode().partition("<title>")[2].partition("</title>")[0]
            assert f"\u2068{cycle.title}\u2069" in title, page


class TestWhoReadsThem:
    def test_those_for_the_committees_do_not_exist_for_others(self, cycle: Cycle, cast: Cast) -> None:
        scorecard = publish(cycle, cast, audience="committee")
        write(scorecard)
        for person in (None, cast.viewer, cast.approver, cast.administrator):
            client = Client()
            if person:
                client.force_login(person)
            assert [client.get(path).status_code for path in (PAGE, PDF)] == [404, 404]
        reader = Client()
        reader.force_login(cast.committee)
        answer = reader.get(PDF)
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        release(scorecard=scorecard, by=cast.second, at=AT)
        assert Client().get(PDF).status_code == 200

    def test_the_scorecard_leads_to_them_unless_it_is_not_published(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        assert PAGE in client.get("/scorecards/2026/").content.decode()
        client.force_login(cast.task_force)
        assert PAGE not in client.get("/scorecards/2026/?version=provisional").content.decode()


def test_the_page_asks_the_database_no_more_for_more_papers(cycle: Cycle, cast: Cast, client: Client) -> None:
    scorecard = publish(cycle, cast)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        return [one["sql"] for one in queries]

    with pytest.raises(OSError, match="no fonts"):
        write_papers(scorecard_id=scorecard.pk, at=AT, writers={"pdf": broken, "xlsx": named})
    few = asked()
    write(scorecard)
    many = asked()
    assert PaperFile.objects.count() == 12
    assert len(many) == len(few)
    assert not any('"content"' in sql for sql in many), "no list reads the files themselves"


class TestTheCommand:
    def test_writes_the_workbook_in_a_language(self, cycle: Cycle, cast: Cast, tmp_path: Any) -> None:
        publish(cycle, cast)
        path = tmp_path / "paper.xlsx"
        call_command("export_scorecard", cycle="2026", format="xlsx", lang="es", output=path)
        assert path.read_bytes().startswith(b"PK")

    def test_refuses_a_language_that_there_is_not(self, cycle: Cycle, cast: Cast, tmp_path: Any) -> None:
        publish(cycle, cast)
        with pytest.raises(CommandError, match="invalid choice"):
            call_command(
                "export_scorecard", "--cycle=2026", "--format=pdf", "--lang=de", f"--output={tmp_path}/x"
            )

"""The life of answers on its page: who, when, from, to and how; read by those who work on them."""

import csv

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.models import AnswerRevision, Assessment, Cycle, EvidenceChange, Item, Status
from quintet.services import signing
from quintet.services.answering import record_answer
from tests.factories import AT, Cast, Levels, delegate, fill, later, sheet_of
from tests.quintet.pages import flat, page, rows, words
from un20portal.lib.errors import StaleVersion

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    found = sheet_of(cycle, undp)
    delegate(found, "DAT-STR", cast.contributor)
    return found


def say(
    sheet: Assessment, by: User, comment: str, version: int, item: str = "DAT-STR", **more: object
) -> None:
    record_answer(
        assessment=sheet,
        item=Item.objects.get(code=item),
        raw={"state": "answered", "claimed": version, "comment": comment, **more},
        version=version,
        by=by,
        at=later(version),
        channel="form",
    )


def lines(client: Client, user: User, sheet: Assessment, **asked: str) -> list[str]:
    client.force_login(user)
    answer = client.get(f"/assessments/{sheet.pk}/history/", asked)
    assert answer.status_code == 200
    return rows(flat(answer))[1:]


class TestThePage:
    def test_says_from_what_to_what_newest_first(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.contributor, "one", 0)
        say(sheet, cast.focal, "two", 1)
        second, first = lines(client, cast.focal, sheet)
        assert first.endswith(
            "UTC Contributor DAT-STR – → level 0 The words before and after "
            "Before – After one form of the portal"
        )
        assert "Focal DAT-STR level 0 → level 1 The words" in second
        assert "Before one After two" in second

    def test_keeps_what_came_too_late_beside_what_it_was_based_on(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, "one", 0)
        say(sheet, cast.focal, "two", 1)
        with pytest.raises(StaleVersion):
            say(sheet, cast.contributor, "late", 1, claimed=4)
        assert any(
            "level 0 → level 4" in line and "Before one After late" in line and "not saved" in line
            for line in lines(client, cast.focal, sheet)
        )

    def test_names_the_file_or_cycle_an_answer_came_from(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        item = Item.objects.get(code="DAT-LED")
        for version, (channel, origin) in enumerate(
            [("workbook", "UNDP <2026>.xlsx"), ("carried", "2025"), ("api", "")], start=1
        ):
            AnswerRevision.objects.create(
                assessment=sheet,
                item=item,
                version=version,
                outcome="saved",
                channel=channel,
                origin=origin,
                state="answered",
                claimed=1,
                at=AT,
            )
        html = page(client, cast.focal, "assessment-history", sheet.pk)
        assert "<bdi>UNDP &lt;2026&gt;.xlsx</bdi>" in html
        told = words(html)
        assert "carried over from the cycle 2025" in told

    def test_holds_evidence_and_steps_too(
        self, client: Client, cast: Cast, sheet: Assessment, cycle: Cycle
    ) -> None:
        fill(cycle, {sheet.entity: FULL}, Status.DRAFT)
        EvidenceChange.objects.create(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            action="attached",
            document={"title": "Data strategy", "url": "https://undp.example/strategy"},
            channel="form",
            by=cast.focal,
            at=later(1),
        )
        signing.submit(assessment=sheet, by=cast.focal, at=later(2))
        step, evidence, *_writes = lines(client, cast.approver, sheet)
        assert "draft → waiting for sign-off" in step
        assert "DAT-STR evidence attached: Data strategy https://undp.example/strategy" in evidence

    def test_narrows_to_an_item_or_a_person(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.contributor, "one", 0)
        say(sheet, cast.focal, "two", 1)
        say(sheet, cast.focal, "three", 0, "INN-LED")
        assert len(lines(client, cast.focal, sheet)) == 3
        assert len(lines(client, cast.focal, sheet, item="DAT-STR")) == 2
        assert len(lines(client, cast.focal, sheet, person=str(cast.focal.pk))) == 2
        assert len(lines(client, cast.focal, sheet, item="DAT-STR", person=str(cast.focal.pk))) == 1
        for nothing in ("NO-SUCH", "", "' OR 1=1"):
            assert len(lines(client, cast.focal, sheet, item=nothing, person=nothing)) == 3

    def test_shows_contributors_their_own_items(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.focal, "for all", 0)
        say(sheet, cast.focal, "not for contributors", 0, "INN-LED")
        [only] = lines(client, cast.contributor, sheet)
        assert "DAT-STR" in only
        html = page(client, cast.contributor, "assessment-history", sheet.pk)
        assert "INN-LED" not in html

    @pytest.mark.parametrize("who", ["viewer", "task_force"])
    def test_is_not_for_those_who_read_what_was_submitted(
        self, client: Client, cast: Cast, sheet: Assessment, who: str
    ) -> None:
        Assessment.objects.update(status=Status.SUBMITTED)
        client.force_login(getattr(cast, who))
        for name in ("history/", "history.csv"):
            assert client.get(f"/assessments/{sheet.pk}/{name}").status_code == 403
        assert "/history/" not in page(client, getattr(cast, who), "assessment-detail", sheet.pk)

    def test_is_cut_into_pages_that_keep_the_choice(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        for version in range(52):
            say(sheet, cast.focal, f"text {version}", version, claimed=version % 5)
        client.force_login(cast.focal)
        first = flat(client.get(f"/assessments/{sheet.pk}/history/", {"item": "DAT-STR"}))
        assert len(rows(first)[1:]) == 50
        assert "?item=DAT-STR&amp;page=2" in first
        assert len(lines(client, cast.focal, sheet, item="DAT-STR", page="2")) == 2


class TestTheFile:
    def test_is_offered_and_named_after_the_unit_and_the_cycle(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, "=1+1", 0)
        assert f'href="/assessments/{sheet.pk}/history.csv"' in page(
            client, cast.focal, "assessment-history", sheet.pk
        )
        answer = client.get(f"/assessments/{sheet.pk}/history.csv")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="history-UNDP-2026.csv"'
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        [row] = csv.DictReader(text.splitlines())
        assert row["comment_to"] == "'=1+1"

    def test_holds_of_contributors_own_items_alone(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, "for all", 0)
        say(sheet, cast.focal, "not for contributors", 0, "INN-LED")
        client.force_login(cast.contributor)
        answer = client.get(f"/assessments/{sheet.pk}/history.csv")
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert "for all" in text
        assert "not for contributors" not in text


class TestTheApi:
    def test_tells_of_evidence_too(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        document = {"title": "Data strategy", "url": "https://undp.example/strategy"}
        EvidenceChange.objects.create(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            action="attached",
            document=document,
            channel="form",
            by=cast.focal,
            at=AT,
        )
        client.force_login(cast.focal)
        [entry] = client.get(f"/api/v1/assessments/{sheet.pk}/history/").json()["results"]
        assert (entry["kind"], entry["action"], entry["document"]) == ("evidence", "attached", document)
        assert (entry["item"], entry["comment"], entry["by"]) == ("DAT-STR", None, "Focal")


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_events(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        found = []
        for some in (range(10), range(10, 20)):
            for version in some:
                say(sheet, cast.focal, f"text {version}", version, claimed=version % 5)
                say(sheet, cast.focal, f"text {version}", version, "INN-LED", claimed=version % 5)
            asked = []
            for name in ("history/", "history.csv"):
                url = f"/assessments/{sheet.pk}/{name}"
                client.get(url)
                with CaptureQueriesContext(connection) as captured:
                    answer = client.get(url)
                    assert list(answer)
                asked.append(len(captured))
            found.append(asked)
        assert found[0] == found[1]

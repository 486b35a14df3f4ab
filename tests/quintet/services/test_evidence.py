"""Documents of a sheet: attached, used up to three times, changed, removed; each change is kept."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection, transaction
from django.db.models import Model
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from entities.models import Entity, User
from quintet.domain.evidence import MOST_DOCUMENTS, CheckedFile, Details, Support
from quintet.models import (
    Assessment,
    Cycle,
    Evidence,
    EvidenceChange,
    EvidenceUse,
    Item,
    Phase,
    Snapshot,
    Status,
)
from quintet.models.evidence import evidence_storage
from quintet.queries.sheets import sheet_state
from quintet.services import evidence, signing
from tests.factories import AT, Cast, delegate, fill, later, make_open_cycle, sheet_of
from tests.sessions import held, until, waiting_sessions
from un20portal.lib.canonical import canonical_json
from un20portal.lib.errors import DomainError, InvalidInput, NotAllowed, Unavailable, WrongState
from un20portal.lib.storage import folder

pytestmark = pytest.mark.django_db
PLAN = Details("Data plan", date(2026, 3, 1), page="3")
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture(autouse=True)
def stored(settings: Settings, tmp_path: Path) -> Path:
    """An empty storage of this test's own."""
    settings.STORAGES = {**settings.STORAGES, "evidence": folder(str(tmp_path / "evidence"))}
    return tmp_path / "evidence"


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


def item(code: str) -> Item:
    return Item.objects.select_related("framework", "dimension").get(code=code)


def a_file(text: str = "a", *, size: int | None = None) -> CheckedFile:
    content = text.encode()
    sha256 = f"{text:0>64}"
    return CheckedFile(f"{text}.pdf", "application/pdf", size or len(content), sha256, io.BytesIO(content))


def attach(sheet: Assessment, by: User, code: str = "DAT-STR", source: Any = None, **said: Any) -> Evidence:
    details = Details(**{**PLAN.__dict__, **said})
    return evidence.attach(
        assessment=sheet,
        item=item(code),
        details=details,
        source=source or "https://example.org/plan",
        by=by,
        at=AT,
        channel="form",
    )


def crowd(sheet: Assessment) -> None:
    """Give the sheet as many documents as it may have."""
    said = {"assessment": sheet, "kind": "link", "effective_on": PLAN.effective_on, "added_at": AT}
    urls = [f"https://example.org/{number}" for number in range(MOST_DOCUMENTS)]
    Evidence.objects.bulk_create(Evidence(**said, title="T", url=url) for url in urls)


def use(sheet: Assessment, by: User, code: str, document: Evidence, page: str = "") -> EvidenceUse:
    return evidence.use(
        assessment=sheet, item=item(code), document=document, page=page, by=by, at=AT, channel="form"
    )


def detach(sheet: Assessment, by: User, document: Evidence, code: str = "DAT-STR") -> None:
    evidence.detach(assessment=sheet, item=item(code), document=document, by=by, at=later(5), channel="form")


def changes() -> list[tuple[str, str, str]]:
    found = EvidenceChange.objects.order_by("pk").select_related("item")
    return [(one.action, one.item.code, one.document["page"]) for one in found]


class TestAttaching:
    def test_a_link_keeps_what_was_said_and_who_said_it(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal, expires_on=date(2027, 1, 1), is_outside=True)
        found.refresh_from_db()
        assert (found.kind, found.url, found.title) == ("link", "https://example.org/plan", "Data plan")
        assert (found.effective_on, found.expires_on, found.is_outside) == (
            date(2026, 3, 1),
            date(2027, 1, 1),
            True,
        )
        assert (found.added_by, found.added_at) == (cast.focal, AT)
        assert [(one.item.code, one.page) for one in found.uses.all()] == [("DAT-STR", "3")]
        assert changes() == [("attached", "DAT-STR", "3")]

    def test_a_file_is_stored_under_a_name_that_says_nothing(
        self, sheet: Assessment, cast: Cast, stored: Path
    ) -> None:
        found = attach(sheet, cast.focal, source=a_file("plan"))
        [file] = stored.iterdir()
        assert (file.name, file.read_bytes()) == (found.file.name, b"plan")
        assert "plan" not in file.name
        assert len(file.name) == 32
        assert file.stat().st_mode & 0o777 == 0o640
        assert (found.file_name, found.size) == ("plan.pdf", 4)

    @pytest.mark.parametrize("source", ["https://example.org/plan", a_file("same")])
    def test_the_same_document_twice_is_refused(
        self, sheet: Assessment, cast: Cast, stored: Path, source: Any
    ) -> None:
        attach(sheet, cast.focal, source=source)
        with pytest.raises(InvalidInput, match="in the list of this assessment already: choose it there"):
            attach(sheet, cast.focal, "DAT-LED", source=source)
        assert Evidence.objects.count() == 1
        assert len(list(stored.iterdir() if stored.exists() else [])) == (not isinstance(source, str))

    def test_pages_of_one_link_are_one_document(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal, source="https://Example.org/plan.pdf#page=3")
        assert found.url == "https://Example.org/plan.pdf#page=3", "it is shown as it was typed"
        for url in ("https://example.org/plan.pdf", "https://example.org:443/plan.pdf#p4"):
            with pytest.raises(InvalidInput, match="in the list of this assessment already"):
                attach(sheet, cast.focal, "DAT-LED", source=url)
        assert Evidence.objects.count() == 1

    def test_the_same_document_in_another_sheet_is_another_one(
        self, sheet: Assessment, cast: Cast, cycle: Cycle
    ) -> None:
        attach(sheet, cast.focal, source=a_file("same"))
        attach(sheet_of(cycle, Entity.objects.get(code="UNICEF")), cast.stranger, source=a_file("same"))
        assert Evidence.objects.count() == 2

    def test_stops_at_the_room_of_the_entity(
        self, sheet: Assessment, cast: Cast, settings: Settings, stored: Path, cycle: Cycle
    ) -> None:
        settings.EVIDENCE_QUOTA_MB = 1
        attach(sheet, cast.focal, source=a_file("one", size=600_000))
        with pytest.raises(InvalidInput, match="fill the 1 MB") as refusal:
            attach(sheet, cast.focal, "DAT-LED", source=a_file("two", size=400_001))
        assert refusal.value.errors[0].code == "quota"
        assert len(list(stored.iterdir())) == 1
        attach(sheet, cast.focal, "DAT-LED", source=a_file("two", size=400_000))
        attach(sheet, cast.focal, "DAT-COE", source="https://example.org/costs-nothing")
        unicef = sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        attach(unicef, cast.stranger, source=a_file("three", size=900_000))

    def test_stops_at_two_hundred_documents(self, sheet: Assessment, cast: Cast, stored: Path) -> None:
        crowd(sheet)
        for source in ("https://example.org/plan", a_file("x")):
            with pytest.raises(InvalidInput, match="has 200 documents already"):
                attach(sheet, cast.focal, source=source)
        assert not stored.exists()
        Evidence.objects.filter(url__endswith="/7").delete()
        attach(sheet, cast.focal)

    def test_is_for_those_who_answer_the_item(self, sheet: Assessment, cast: Cast, stored: Path) -> None:
        delegate(sheet, "DAT-LED", cast.contributor)
        for who in (cast.contributor, cast.approver, cast.viewer, cast.stranger, cast.task_force):
            with pytest.raises(NotAllowed):
                attach(sheet, who, source=a_file("x"))
        attach(sheet, cast.contributor, "DAT-LED")
        assert not stored.exists()

    @pytest.mark.parametrize("status", [Status.SIGNOFF, Status.SUBMITTED, Status.VALIDATED])
    def test_ends_with_the_draft(self, sheet: Assessment, cast: Cast, status: Status, stored: Path) -> None:
        found = attach(sheet, cast.focal)
        Assessment.objects.update(status=status)
        late = sheet_of(sheet.cycle, sheet.entity)
        for step in (
            lambda: attach(late, cast.focal, source=a_file("x")),
            lambda: use(late, cast.focal, "DAT-LED", found),
            lambda: detach(late, cast.focal, found),
            lambda: change(late, cast.focal, found, title="New"),
        ):
            with pytest.raises(WrongState):
                step()
        assert not stored.exists()
        assert changes() == [("attached", "DAT-STR", "3")]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "plan.pdf"])
    def test_takes_links_of_the_web_only(self, sheet: Assessment, cast: Cast, url: str) -> None:
        with pytest.raises(InvalidInput, match="https://"):
            attach(sheet, cast.focal, source=url)
        assert not Evidence.objects.exists()


class TestAStorageThatFails:
    def test_leaves_no_row(self, sheet: Assessment, cast: Cast, stored: Path) -> None:
        stored.write_text("a file where the folder should be")
        with pytest.raises(Unavailable, match="nothing was saved"):
            attach(sheet, cast.focal, source=a_file("x"))
        assert not Evidence.objects.exists()

    def test_after_the_file_came_in_the_transaction_takes_it_away(
        self, sheet: Assessment, cast: Cast, stored: Path, settings: Settings
    ) -> None:
        """The sheet is closed between the look at it and the lock: what was stored is removed."""
        known = sheet_of(sheet.cycle, sheet.entity)
        Cycle.objects.update(phase=Phase.CLOSED)
        with pytest.raises(WrongState):
            attach(known, cast.focal, source=a_file("x"))
        assert list(stored.iterdir()) == []

    def test_does_not_hide_why_the_document_was_refused(
        self, sheet: Assessment, cast: Cast, stored: Path, settings: Settings
    ) -> None:
        known = sheet_of(sheet.cycle, sheet.entity)
        Cycle.objects.update(phase=Phase.CLOSED)
        settings.STORAGES = {**settings.STORAGES, "evidence": kept_by(TakesNothingAway, stored)}
        with pytest.raises(WrongState):
            attach(known, cast.focal, source=a_file("x"))

    def test_keeps_a_file_whose_row_may_be_saved(
        self, sheet: Assessment, cast: Cast, stored: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection breaks after the database was told to commit: nobody knows whether it did."""
        add = evidence._add

        def break_off(*args: Any) -> None:
            add(*args)
            raise OperationalError("the server closed the connection")

        monkeypatch.setattr(evidence, "_add", break_off)
        with pytest.raises(OperationalError):
            attach(sheet, cast.focal, source=a_file("x"))
        assert [file.name for file in stored.iterdir()] == [Evidence.objects.get().file.name]


class TakesNothingAway(FileSystemStorage):
    """A bucket that went away between two requests."""

    def delete(self, name: str) -> None:
        raise OSError("no answer")


class KnowsOnlyOldFiles(FileSystemStorage):
    """A storage in which a file arrives just after it was listed."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return [], []


def kept_by(storage: type[FileSystemStorage], place: Path) -> dict[str, Any]:
    return {**folder(str(place)), "BACKEND": f"{__name__}.{storage.__name__}"}


def change(sheet: Assessment, by: User, document: Evidence, code: str = "DAT-STR", **said: Any) -> None:
    details = Details(**{**PLAN.__dict__, **said})
    evidence.change(
        assessment=sheet,
        item=item(code),
        document=document,
        details=details,
        by=by,
        at=later(1),
        channel="form",
    )


class TestUsingAgain:
    def test_is_possible_for_three_items_in_all(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        use(sheet, cast.focal, "DAT-LED", found, "7")
        use(sheet, cast.focal, "INN-STR", found)
        with pytest.raises(InvalidInput, match="at most three items"):
            use(sheet, cast.focal, "INN-LED", found)
        assert [one.item.code for one in found.uses.all()] == ["DAT-STR", "DAT-LED", "INN-STR"]
        assert changes()[-2:] == [("attached", "DAT-LED", "7"), ("attached", "INN-STR", "")]

    def test_counts_once_for_an_item(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        with pytest.raises(InvalidInput, match="supports the item already"):
            use(sheet, cast.focal, "DAT-STR", found)

    def test_is_possible_again_after_one_was_removed(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        for code in ("DAT-LED", "INN-STR"):
            use(sheet, cast.focal, code, found)
        detach(sheet, cast.focal, found)
        use(sheet, cast.focal, "INN-LED", found)
        assert found.uses.count() == 3


class TestChanging:
    def test_is_noted_for_each_item_that_it_concerns(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        use(sheet, cast.focal, "DAT-LED", found, "7")
        change(sheet, cast.focal, found, page="4")
        assert changes()[2:] == [("changed", "DAT-STR", "4")]
        change(sheet, cast.focal, found, page="4", title="Data plan 2026")
        assert changes()[3:] == [("changed", "DAT-STR", "4"), ("changed", "DAT-LED", "7")]
        change(sheet, cast.focal, found, page="4", title="Data plan 2026")
        assert len(changes()) == 5
        found.refresh_from_db()
        assert found.title == "Data plan 2026"

    def test_is_not_for_a_contributor_where_it_touches_items_of_others(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        delegate(sheet, "DAT-LED", cast.contributor)
        found = attach(sheet, cast.focal)
        use(sheet, cast.focal, "DAT-LED", found)
        change(sheet, cast.contributor, found, "DAT-LED", page="9")
        with pytest.raises(NotAllowed, match="ask the focal point"):
            change(sheet, cast.contributor, found, "DAT-LED", page="9", title="Mine")
        found.refresh_from_db()
        assert found.title == "Data plan"


class TestRemoving:
    def test_the_last_use_removes_the_document_and_the_sweep_its_file(
        self, sheet: Assessment, cast: Cast, stored: Path
    ) -> None:
        found = attach(sheet, cast.focal, source=a_file("x"))
        use(sheet, cast.focal, "DAT-LED", found)
        detach(sheet, cast.focal, found)
        assert Evidence.objects.exists()
        detach(sheet, cast.focal, found, "DAT-LED")
        assert not Evidence.objects.exists()
        assert len(list(stored.iterdir())) == 1, "the next sheet may be about to hold it"
        evidence.sweep(at=timezone.now() + timedelta(days=2))
        assert list(stored.iterdir()) == []
        assert [change[:2] for change in changes()][2:] == [("detached", "DAT-STR"), ("detached", "DAT-LED")]

    def test_twice_is_harmless(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        use(sheet, cast.focal, "DAT-LED", found)
        detach(sheet, cast.focal, found)
        detach(sheet, cast.focal, found)
        assert len(changes()) == 3

    def test_keeps_a_file_that_a_snapshot_names(
        self,
        sheet: Assessment,
        cast: Cast,
        undp: Entity,
        stored: Path,
    ) -> None:
        fill(sheet.cycle, {undp: FULL}, Status.DRAFT)
        found = attach(sheet, cast.focal, source=a_file("x"))
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        Assessment.objects.update(status=Status.RETURNED)
        detach(sheet_of(sheet.cycle, undp), cast.focal, found)
        evidence.sweep(at=timezone.now() + timedelta(days=2))
        assert not EvidenceUse.objects.exists()
        assert len(list(stored.iterdir())) == 1
        use(sheet_of(sheet.cycle, undp), cast.focal, "INN-STR", found)

    def test_keeps_a_file_that_another_sheet_holds(
        self,
        sheet: Assessment,
        cast: Cast,
        cycle: Cycle,
        stored: Path,
    ) -> None:
        found = attach(sheet, cast.focal, source=a_file("x"))
        taken_over = Evidence.objects.get(pk=found.pk)
        taken_over.pk, taken_over.assessment = None, sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        taken_over.save()
        detach(sheet, cast.focal, found)
        evidence.sweep(at=timezone.now() + timedelta(days=2))
        assert [file.name for file in stored.iterdir()] == [taken_over.file.name]
        assert evidence.room_taken(sheet.entity) == 0


class TestWhatIsFrozen:
    def test_names_the_documents_of_each_item_in_a_fixed_order(
        self, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        fill(sheet.cycle, {undp: FULL}, Status.DRAFT)
        attach(sheet, cast.focal, source="https://example.org/z", title="Z")
        attach(sheet, cast.focal, source=a_file("x"), title="A", page="", is_outside=True)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        payload = Snapshot.objects.get().payload
        answers = {answer["item"]: answer["evidence"] for answer in json.loads(payload)["answers"]}
        days = {"effective_on": "2026-03-01", "expires_on": None}
        assert answers["DAT-STR"] == [
            {
                "title": "A",
                "file_name": "x.pdf",
                "sha256": a_file("x").sha256,
                "page": "",
                **days,
                "is_outside": True,
            },
            {"title": "Z", "url": "https://example.org/z", "page": "3", **days, "is_outside": False},
        ]
        assert answers["DAT-LED"] == []
        assert payload == canonical_json(json.loads(payload))

    def test_is_what_the_rules_see(self, sheet: Assessment, cast: Cast) -> None:
        attach(sheet, cast.focal)
        seen = {one.code: list(one.documents) for one in sheet_state(sheet).items}
        assert seen["DAT-STR"] == [Support(**PLAN.__dict__)]
        assert seen["DAT-LED"] == []


class TestTheSweep:
    def test_removes_old_files_without_a_row_and_nothing_else(
        self, sheet: Assessment, cast: Cast, stored: Path
    ) -> None:
        kept = attach(sheet, cast.focal, source=a_file("x"))
        for name in ("0" * 32, "not-ours.txt"):
            evidence_storage().save(name, ContentFile(b"orphan"))
        now = timezone.now()
        assert evidence.sweep(at=now).removed == []
        assert evidence.sweep(at=now + timedelta(days=2)).removed == ["0" * 32]
        assert {file.name for file in stored.iterdir()} == {kept.file.name, "not-ours.txt"}

    def test_names_the_rows_whose_file_is_gone(
        self, sheet: Assessment, cast: Cast, stored: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        lost = attach(sheet, cast.focal, source=a_file("x"))
        attach(sheet, cast.focal, source="https://example.org/x")
        (stored / str(lost.file.name)).unlink()
        assert evidence.sweep(at=AT).lost == [lost.pk]
        assert f"evidence {lost.pk} is gone" in caplog.text

    def test_does_not_miss_a_file_that_came_after_the_list(
        self, sheet: Assessment, cast: Cast, stored: Path, settings: Settings
    ) -> None:
        attach(sheet, cast.focal, source=a_file("x"))
        settings.STORAGES = {**settings.STORAGES, "evidence": kept_by(KnowsOnlyOldFiles, stored)}
        assert evidence.sweep(at=AT).lost == []

    def test_finds_nothing_before_the_first_file(self) -> None:
        assert evidence.sweep(at=AT) == evidence.Swept([], [])


def outcome(act: Any) -> str:
    """What becomes of an act in a thread of its own."""
    try:
        act()
    except DomainError as refusal:
        return refusal.code
    finally:
        connection.close()
    return "done"


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_the_third_use_is_given_once(self, sheet: Assessment, cast: Cast) -> None:
        found = attach(sheet, cast.focal)
        use(sheet, cast.focal, "DAT-LED", found)
        outcomes = self.at_once(
            sheet,
            lambda: use(sheet, cast.focal, "INN-STR", found),
            lambda: use(sheet, cast.focal, "INN-LED", found),
        )
        assert outcomes == ["done", "invalid"]
        assert found.uses.count() == 3

    def test_one_file_is_attached_once(self, sheet: Assessment, cast: Cast, stored: Path) -> None:
        outcomes = self.at_once(
            sheet,
            lambda: attach(sheet, cast.focal, "DAT-STR", a_file("x")),
            lambda: attach(sheet, cast.focal, "DAT-LED", a_file("x")),
        )
        assert outcomes == ["done", "invalid"]
        assert len(list(stored.iterdir())) == Evidence.objects.count() == 1

    def test_nobody_removes_a_document_that_the_next_sheet_is_about_to_hold(
        self, sheet: Assessment, cast: Cast, cycle: Cycle
    ) -> None:
        found = attach(sheet, cast.focal, source=a_file("x"))
        other = sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        said: dict[str, Any] = {
            "item": item("DAT-STR"),
            "uses": found.uses.all(),
            "by": cast.stranger,
            "at": AT,
        }
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                evidence.carry(assessment=other, **said)
                removing = pool.submit(outcome, lambda: detach(sheet, cast.focal, found))
                until(lambda: len(waiting_sessions()) == 1, "it does not wait for the one who carries")
            assert removing.result(60) == "done"
        assert [one.file.name for one in Evidence.objects.all()] == [found.file.name]

    def test_two_sheets_of_an_entity_do_not_pass_its_room_together(
        self, sheet: Assessment, cast: Cast, settings: Settings, stored: Path
    ) -> None:
        settings.EVIDENCE_QUOTA_MB = 1
        later_cycle = make_open_cycle(sheet.cycle.framework, [sheet.entity], cast.task_force, "2027")
        outcomes = self.at_once(
            sheet.entity,
            lambda: attach(sheet, cast.focal, source=a_file("x", size=600_000)),
            lambda: attach(sheet_of(later_cycle, sheet.entity), cast.focal, source=a_file("y", size=600_000)),
        )
        assert outcomes == ["done", "invalid"]
        assert evidence.room_taken(sheet.entity) == 600_000
        assert len(list(stored.iterdir())) == 1

    def at_once(self, held_row: Model, *acts: Any) -> list[str]:
        with ThreadPoolExecutor(len(acts)) as pool:
            with held(held_row):
                futures = [pool.submit(outcome, act) for act in acts]
                until(lambda: len(waiting_sessions()) == len(acts), "they do not wait for the row")
            return sorted(future.result(60) for future in futures)


def test_freezing_costs_the_same_for_any_number_of_documents(
    sheet: Assessment, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        sheet_state(sheet)
    for number, code in enumerate(FULL):
        attach(sheet, cast.focal, code, f"https://example.org/{number}")
    with django_assert_num_queries(3):
        sheet_state(sheet)

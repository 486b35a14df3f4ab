"""Filled workbooks in services: kept, compared, written as a whole or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, Role, User
from quintet.domain.differences import MINE, THEIRS, Choice
from quintet.interchange.workbook_reading import read_workbook
from quintet.interchange.workbook_writing import write_workbook
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Delegation,
    Item,
    Phase,
    RevisionOutcome,
    Status,
    UploadStatus,
    WorkbookUpload,
)
from quintet.queries.workbooks import book_of, differences_of
from quintet.services import workbooks
from quintet.services.answering import record_answer
from tests.factories import AT, Cast, delegate, fill, later, make_user, sheet_of
from tests.quintet.workbook_files import filled
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState

pytestmark = pytest.mark.django_db
Upload = Callable[..., WorkbookUpload]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A draft in which some items are answered (version 1)."""
    fill(cycle, {undp: {"DAT-STR": 2, "DAT-LED": 0, "INN-PMS": "na"}}, Status.DRAFT)
    return sheet_of(cycle, undp)


@pytest.fixture
def good(sheet: Assessment, cast: Cast) -> bytes:
    return write_workbook(book_of(sheet, cast.focal))


@pytest.fixture
def upload(sheet: Assessment, good: bytes, cast: Cast) -> Upload:
    """Upload the workbook with other values in some cells."""

    def send(cells: dict[str, Any], by: User | None = None) -> WorkbookUpload:
        book = read_workbook(filled(good, cells))
        name, who = "filled.xlsx", by or cast.focal
        return workbooks.keep_upload(assessment=sheet, book=book, file_name=name, by=who, at=AT)

    return send


def apply(
    upload: WorkbookUpload, by: User, *, leave_out: bool = False, **choices: Choice
) -> workbooks.Applied:
    named = {name.replace("_", "-"): choice for name, choice in choices.items()}
    return workbooks.apply_upload(
        upload=upload, choices=named, leave_out_refused=leave_out, by=by, at=later(5)
    )


def write(sheet: Assessment, code: str, level: int, by: User) -> Answer:
    """Somebody answers on the portal."""
    item = Item.objects.select_related("framework").get(code=code)
    before = Answer.objects.filter(assessment=sheet, item=item).first()
    raw = {"state": "answered", "claimed": level, "comment": "on line"}
    version = before.version if before else 0
    return record_answer(
        assessment=sheet, item=item, raw=raw, version=version, by=by, at=later(1), channel="form"
    )


def level(sheet: Assessment, code: str) -> int | None:
    return Answer.objects.get(assessment=sheet, item__code=code).claimed


def kinds(upload: WorkbookUpload, by: User) -> dict[str, str]:
    return {one.item.code: one.kind for one in differences_of(upload, by)}


class TestAnUpload:
    def test_writes_nothing_before_it_is_confirmed(
        self, sheet: Assessment, upload: Upload, cast: Cast
    ) -> None:
        before = list(Answer.objects.order_by("pk").values_list())
        kept = upload({"DAT!H2": 4, "INN!H2": 1, "INN!J2": "first\nsecond"})
        assert list(Answer.objects.order_by("pk").values_list()) == before
        found = kinds(kept, cast.focal)
        assert (found["DAT-STR"], found["INN-STR"], found["DAT-LED"]) == ("changed", "changed", "same")

    def test_is_written_with_its_channel_and_its_file(
        self, sheet: Assessment, upload: Upload, cast: Cast
    ) -> None:
        applied = apply(upload({"DAT!H2": 4, "DAT!J2": "first\nsecond"}), cast.focal)
        assert applied.written == 1
        answer = Answer.objects.get(assessment=sheet, item__code="DAT-STR")
        assert (answer.claimed, answer.comment, answer.version) == (4, "first\nsecond", 2)
        revision = AnswerRevision.objects.filter(item=answer.item).first()
        assert revision
        assert (revision.channel, revision.origin, revision.by, revision.version) == (
            "workbook", "filled.xlsx", cast.focal, 2,
        )  # fmt: skip

    def test_is_applied_once(self, upload: Upload, cast: Cast) -> None:
        kept = upload({"DAT!H2": 4})
        apply(kept, cast.focal)
        for step in (lambda: apply(kept, cast.focal), lambda: workbooks.discard_upload(upload=kept)):
            with pytest.raises(WrongState):
                step()
        assert AnswerRevision.objects.filter(channel="workbook").count() == 1

    def test_is_refused_once_the_sheet_is_closed(
        self, sheet: Assessment, upload: Upload, good: bytes, cast: Cast
    ) -> None:
        kept = upload({"DAT!H2": 4})
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SIGNOFF)
        with pytest.raises(WrongState):
            apply(kept, cast.focal)
        sheet.refresh_from_db()
        with pytest.raises(WrongState):
            upload({"DAT!H2": 4})
        assert level(sheet, "DAT-STR") == 2

    def test_is_nothing_for_those_who_only_read(self, upload: Upload, cast: Cast) -> None:
        for person in (cast.approver, cast.viewer, cast.task_force, cast.stranger, cast.contributor):
            with pytest.raises(NotAllowed):
                upload({"DAT!H2": 4}, by=person)

    def test_keeps_no_rows_once_it_is_applied(self, upload: Upload, cast: Cast) -> None:
        kept = upload({"DAT!H2": 4})
        apply(kept, cast.focal)
        assert WorkbookUpload.objects.get(pk=kept.pk).rows == []

    def test_takes_the_place_of_the_one_that_waits(
        self, upload: Upload, cast: Cast, sheet: Assessment
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        theirs, first = upload({"DAT!H2": 1}, by=cast.contributor), upload({"DAT!H2": 3})
        second = upload({"DAT!H2": 4})
        waiting = WorkbookUpload.objects.filter(status=UploadStatus.WAITING)
        assert {one.pk for one in waiting} == {theirs.pk, second.pk}
        assert WorkbookUpload.objects.get(pk=first.pk).rows == []
        with pytest.raises(WrongState):
            apply(first, cast.focal)

    def test_is_forgotten_when_it_is_discarded_or_waits_too_long(self, upload: Upload, cast: Cast) -> None:
        discarded = upload({"DAT!H2": 4})
        workbooks.discard_upload(upload=discarded)
        waiting = upload({"DAT!H2": 4})
        assert WorkbookUpload.objects.get(pk=discarded.pk).rows == []
        assert workbooks.forget_waiting_uploads(at=AT + timedelta(days=2)) == 0
        assert workbooks.forget_waiting_uploads(at=AT + timedelta(days=4)) == 1
        assert not WorkbookUpload.objects.filter(pk=waiting.pk).exists()
        assert WorkbookUpload.objects.filter(status=UploadStatus.DISCARDED).exists()


class TestAllOrNothing:
    def test_one_refused_row_holds_all_others(self, sheet: Assessment, upload: Upload, cast: Cast) -> None:
        kept = upload({"DAT!H2": 4, "INN!H2": 9})
        with pytest.raises(InvalidInput) as refused:
            apply(kept, cast.focal)
        assert [error.field for error in refused.value.errors] == ["INN!H2"]
        assert level(sheet, "DAT-STR") == 2
        assert WorkbookUpload.objects.get(pk=kept.pk).status == UploadStatus.WAITING
        assert apply(kept, cast.focal, leave_out=True) == workbooks.Applied(1, 0, 1)
        assert level(sheet, "DAT-STR") == 4

    def test_a_failure_in_the_middle_leaves_nothing(
        self, sheet: Assessment, upload: Upload, cast: Cast
    ) -> None:
        kept = upload({"DAT!H2": 4, "DAT!H3": 4})
        before = AnswerRevision.objects.count()
        AnswerRevision.objects.create(  # the second write will find its version taken
            assessment=sheet,
            item=Item.objects.get(code="DAT-LED"),
            version=2,
            outcome=RevisionOutcome.SAVED,
            channel="form",
            at=AT,
        )
        with pytest.raises(IntegrityError):
            apply(kept, cast.focal)
        assert level(sheet, "DAT-STR") == 2
        assert AnswerRevision.objects.count() == before + 1


class TestAConflict:
    @pytest.fixture
    def kept(self, sheet: Assessment, upload: Upload, cast: Cast) -> WorkbookUpload:
        """DAT-STR was 2 when the workbook was made, is 4 in it, and has become 1 on the portal."""
        kept = upload({"DAT!H2": 4, "DAT!J2": "off line", "INN!H2": 3})
        write(sheet, "DAT-STR", 1, cast.focal)
        write(sheet, "DAT-COE", 1, cast.focal)
        return kept

    def test_is_named_and_writes_nothing_by_itself(
        self, sheet: Assessment, kept: WorkbookUpload, cast: Cast
    ) -> None:
        found = kinds(kept, cast.focal)
        assert (found["DAT-STR"], found["DAT-COE"], found["INN-STR"]) == ("conflict", "moved", "changed")
        with pytest.raises(InvalidInput, match="choose which text stays"):
            apply(kept, cast.focal)
        assert level(sheet, "DAT-STR") == 1
        assert level(sheet, "INN-STR") is None

    def test_mine_is_written_over_theirs(self, sheet: Assessment, kept: WorkbookUpload, cast: Cast) -> None:
        assert apply(kept, cast.focal, DAT_STR=Choice(MINE, 2)).written == 2
        assert level(sheet, "DAT-STR") == 4
        texts = AnswerRevision.objects.filter(item__code="DAT-STR").values_list(
            "version", "claimed", "outcome"
        )
        assert list(texts) == [(3, 4, "saved"), (2, 1, "saved"), (1, 2, "saved")]

    def test_mine_that_gives_way_is_kept_as_a_revision(
        self, sheet: Assessment, kept: WorkbookUpload, cast: Cast
    ) -> None:
        assert apply(kept, cast.focal, DAT_STR=Choice(THEIRS, 2)) == workbooks.Applied(1, 1, 0)
        assert level(sheet, "DAT-STR") == 1
        lost = AnswerRevision.objects.get(item__code="DAT-STR", outcome=RevisionOutcome.REFUSED)
        assert (lost.claimed, lost.comment, lost.version) == (4, "off line", 1)
        assert (lost.channel, lost.origin) == ("workbook", "filled.xlsx")

    def test_that_moves_again_is_asked_about_again(
        self, sheet: Assessment, kept: WorkbookUpload, cast: Cast
    ) -> None:
        write(sheet, "DAT-STR", 0, cast.focal)
        with pytest.raises(StaleVersion):
            apply(kept, cast.focal, DAT_STR=Choice(MINE, 2))
        assert level(sheet, "DAT-STR") == 0
        assert apply(kept, cast.focal, DAT_STR=Choice(MINE, 3)).written == 2

    def test_between_two_uploads_is_one_too(
        self, sheet: Assessment, upload: Upload, cast: Cast, undp: Entity
    ) -> None:
        colleague = make_user("colleague", Role.FOCAL_POINT, undp)
        first, second = upload({"INN!H2": 1}, by=colleague), upload({"INN!H2": 2, "INN!H3": 2})
        apply(first, colleague)
        with pytest.raises(InvalidInput):
            apply(second, cast.focal)
        assert level(sheet, "INN-LED") is None
        apply(second, cast.focal, INN_STR=Choice(THEIRS, 2))
        assert (level(sheet, "INN-STR"), level(sheet, "INN-LED")) == (1, 2)


class TestAContributor:
    @pytest.fixture(autouse=True)
    def handed(self, sheet: Assessment, cast: Cast) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)

    def test_gets_the_items_handed_over_and_no_others(self, sheet: Assessment, cast: Cast) -> None:
        book = book_of(sheet, cast.contributor)
        items = [item.code for dimension in book.dimensions for item in dimension.items]
        assert items == ["DAT-STR"]
        assert [place.item for place in book.passport.places] == ["DAT-STR"]

    def test_writes_these_alone_from_a_whole_workbook(
        self, sheet: Assessment, upload: Upload, cast: Cast
    ) -> None:
        kept = upload({"DAT!H2": 3, "DAT!H3": 4, "DAT!J3": "not mine"}, by=cast.contributor)
        assert "not mine" not in str(kept.rows)
        found = kinds(kept, cast.contributor)
        assert (found["DAT-STR"], found["DAT-LED"]) == ("changed", "ignored")
        assert apply(kept, cast.contributor).written == 1
        assert (level(sheet, "DAT-STR"), level(sheet, "DAT-LED")) == (3, 0)

    def test_writes_nothing_after_the_items_were_taken_back(
        self, sheet: Assessment, upload: Upload, cast: Cast
    ) -> None:
        delegate(sheet, "DAT-LED", cast.contributor)
        kept = upload({"DAT!H2": 3, "DAT!H3": 4}, by=cast.contributor)
        Delegation.objects.filter(item__code="DAT-LED").delete()
        with pytest.raises(NotAllowed, match="DAT-LED is no longer yours"):
            apply(kept, cast.contributor)
        assert level(sheet, "DAT-STR") == 2


class TestTheWorkbook:
    def test_is_open_where_a_person_may_write(self, sheet: Assessment, cast: Cast) -> None:
        assert book_of(sheet, cast.focal).may_edit
        assert not book_of(sheet, cast.approver).may_edit
        Cycle.objects.update(phase=Phase.CLOSED)
        assert not book_of(sheet_of(Cycle.objects.get(), sheet.entity), cast.focal).may_edit

    def test_takes_as_many_queries_for_many_items_as_for_few(self, sheet: Assessment, cast: Cast) -> None:
        book_of(sheet, cast.focal)  # roles are looked up once
        book_of(sheet, cast.focal)  # roles are looked up once
        with CaptureQueriesContext(connection) as few:
            book_of(sheet, cast.focal)
        item = Item.objects.filter(dimension__code="INN").last()
        assert item
        for number in range(20):
            Item.objects.create(
                framework=item.framework, dimension=item.dimension, code=f"INN-X{number}", order=50 + number,
                question="?", level_texts=["0", "1", "2", "3", "4"], source={"document": "T"},
            )  # fmt: skip
        with CaptureQueriesContext(connection) as many:
            book_of(sheet, cast.focal)
        assert len(many) == len(few)

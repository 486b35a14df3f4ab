"""Workbooks confirmed at the same moment: one after the other, none over the other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from entities.models import Entity, Role, User
from quintet.interchange.workbook_reading import read_workbook
from quintet.interchange.workbook_writing import write_workbook
from quintet.models import Answer, AnswerRevision, Assessment, Cycle, WorkbookUpload
from quintet.queries.workbooks import book_of
from quintet.services import workbooks
from tests.factories import AT, Cast, make_user, sheet_of
from tests.quintet.workbook_files import filled
from un20portal.lib.errors import DomainError

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


def keep(sheet: Assessment, by: User, level: int) -> WorkbookUpload:
    good = write_workbook(book_of(sheet, by))
    book = read_workbook(filled(good, {f"DAT!H{row}": level for row in range(2, 9)}))
    return workbooks.keep_upload(assessment=sheet, book=book, file_name=f"{level}.xlsx", by=by, at=AT)


def confirm_together(uploads: list[WorkbookUpload]) -> list[str]:
    """Confirm each upload in a session of its own, all at once; say what became of them."""
    start = Barrier(len(uploads))

    def confirm(upload: WorkbookUpload) -> str:
        try:
            start.wait()
            workbooks.apply_upload(upload=upload, choices={}, leave_out_refused=False, by=upload.by, at=AT)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(len(uploads)) as pool:
        return sorted(pool.map(confirm, uploads))


class TestConfirmingTogether:
    def test_one_upload_twice_writes_once(self, sheet: Assessment, cast: Cast) -> None:
        kept = keep(sheet, cast.focal, 3)
        copies = [WorkbookUpload.objects.select_related("assessment").get(pk=kept.pk) for _time in range(4)]
        assert confirm_together(copies) == ["written", "wrong_state", "wrong_state", "wrong_state"]
        assert Answer.objects.count() == AnswerRevision.objects.count() == 7

    def test_two_uploads_never_mix(self, sheet: Assessment, cast: Cast, undp: Entity) -> None:
        colleague = make_user("colleague", Role.FOCAL_POINT, undp)
        uploads = [keep(sheet, by, level) for by, level in ((cast.focal, 1), (colleague, 3))]
        assert confirm_together(uploads) == ["invalid", "written"]
        assert Answer.objects.values("claimed").distinct().count() == 1
        assert Answer.objects.count() == AnswerRevision.objects.count() == 7

"""Documents on the pages: attached from a form, shown beside the claim, downloaded as files only."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Assessment, Cycle, Evidence, EvidenceUse, Item, Status
from quintet.models.evidence import evidence_storage
from tests.factories import AT, Cast, delegate, fill, make_token, sheet_of
from tests.quintet.pages import flat, page, words
from tests.quintet.samples import GOOD, TYPES, docx, pdf
from un20portal.lib.storage import folder

pytestmark = pytest.mark.django_db
SAID = {"title": "Data plan", "page": "3", "effective_on": "2026-03-01"}
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def stored(settings: Settings, tmp_path: Path) -> Path:
    """An empty storage of this test's own."""
    settings.STORAGES = {**settings.STORAGES, "evidence": folder(str(tmp_path / "evidence"))}
    return tmp_path / "evidence"


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def send(client: Client, cast: Cast, sheet: Assessment) -> Send:
    """Send the form of a new document as the focal point: a file (name, contents) or an address."""
    client.force_login(cast.focal)

    def post(*, item: str = "DAT-STR", file: tuple[str, bytes] | None = None, **said: str) -> Any:
        data: dict[str, Any] = {**SAID, **said}
        if file:
            kind = TYPES.get(file[0].rpartition(".")[2], "application/octet-stream")
            data["file"] = SimpleUploadedFile(*file, content_type=kind)
        return client.post(f"/assessments/{sheet.pk}/evidence/{item}/add/", data)

    return post


class CountingStorage(FileSystemStorage):
    """A folder that counts how often somebody looks into it."""

    looks = 0

    def exists(self, name: str) -> bool:
        CountingStorage.looks += 1
        return super().exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        CountingStorage.looks += 1
        return super().listdir(path)


class TestAttaching:
    def test_the_place_for_documents_has_a_heading(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        heading = '<h3 id="evidence-DAT-STR" class="evidence-head"> Documents for DAT-STR </h3>'
        assert heading in html

    @pytest.mark.parametrize("extension", ["pdf", "docx", "xlsx", "png", "jpg"])
    def test_a_file_comes_back_as_it_was(
        self, client: Client, send: Send, sheet: Assessment, extension: str
    ) -> None:
        sent = send(file=(f"Plan.{extension}", GOOD[extension]))
        assert (sent.status_code, sent.url) == (302, f"/assessments/{sheet.pk}/DAT/#DAT-STR")
        found = Evidence.objects.get()
        answer: Any = client.get(f"/assessments/{sheet.pk}/evidence/{found.pk}/")
        assert b"".join(answer.streaming_content) == GOOD[extension]
        headers = {name.lower(): value for name, value in answer.items()}
        assert headers["content-type"] == TYPES[extension]
        assert headers["content-disposition"] == f'attachment; filename="Plan.{extension}"'
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["content-length"] == str(len(GOOD[extension]))

    @pytest.mark.parametrize(
        ("name", "header"),
        [
            ("خطة 2026.pdf", "attachment; filename*=utf-8''%D8%AE%D8%B7%D8%A9%202026.pdf"),
            ('a";x=y.pdf', 'attachment; filename="a\\";x=y.pdf"'),
            ("a\\b\r\nSet-Cookie: x.pdf", 'attachment; filename="bSet-Cookie: x.pdf"'),
        ],
    )
    def test_a_name_cannot_leave_its_header(
        self, client: Client, send: Send, sheet: Assessment, name: str, header: str
    ) -> None:
        send(file=("x.pdf", pdf()))
        from quintet.interchange.evidence_files import shown_name

        Evidence.objects.update(file_name=shown_name(name))
        answer = client.get(f"/assessments/{sheet.pk}/evidence/{Evidence.objects.get().pk}/")
        assert answer.headers["Content-Disposition"] == header
        answer.close()

    def test_a_link_is_shown_beside_the_item(
        self, client: Client, send: Send, cast: Cast, sheet: Assessment
    ) -> None:
        assert send(url="https://example.org/plan?a=1&b=2", is_outside="on").status_code == 302
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert (
            'href="https://example.org/plan?a=1&amp;b=2" rel="external nofollow noopener noreferrer"' in html
        )
        told = words(html.partition('id="DAT-STR"')[2].partition('id="DAT-LED"')[0])
        assert "Data plan from outside the unit" in told
        assert "page or section: 3 of 1 Mar 2026 link: example.org" in told
        assert "No document yet" not in told

    def test_what_people_write_is_escaped(
        self, client: Client, send: Send, cast: Cast, sheet: Assessment
    ) -> None:
        send(url="https://example.org/", title='"><script>alert(1)</script>', page="'><img src=x>")
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert "<script>alert" not in html
        assert "<img src=x" not in html

    BAD = [
        ({}, None, "one of them"),
        ({"url": "https://example.org"}, ("x.pdf", pdf()), "one of them"),
        ({"url": "javascript:alert(1)"}, None, "it begins with https://"),
        ({"url": "data:text/html,x"}, None, "it begins with https://"),
        ({"url": "https://e.org/" + "x" * 2001}, None, "2000 characters"),
        ({"url": "https://e.org", "title": " "}, None, "Give the title"),
        ({"url": "https://e.org", "title": "x" * 201}, None, "200 characters"),
        ({"url": "https://e.org", "title": "a\x07b"}, None, "cannot be stored"),
        ({"url": "https://e.org", "title": "a\x00b"}, None, "Null characters"),
        ({"url": "https://e.org", "page": "x" * 51}, None, "50 characters"),
        ({"url": "https://e.org", "effective_on": ""}, None, "Give the day on which"),
        ({"url": "https://e.org", "effective_on": "yesterday"}, None, "Give a day"),
        ({"url": "https://e.org", "effective_on": "0026-01-01"}, None, "Look at the year"),
        ({"url": "https://e.org", "expires_on": "2026-02-28"}, None, "comes before its own day"),
        ({}, ("x.pdf", b""), "The file is empty"),
        ({}, ("x.pdf", b"<html>"), "contents are not what the name says"),
        ({}, ("x.svg", b"<svg/>"), "Attach a PDF"),
        ({}, ("x.docx", docx({"word/vbaProject.bin": b"x"})), "macros"),
        ({}, ("x.pdf", b"%PDF-" + b"x" * 1_000_000), "larger than 1 MB"),
        ({}, ("x.pdf", b"%PDF-" + b"x" * 3_000_000), "too large"),
    ]

    @pytest.mark.parametrize(("said", "file", "why"), BAD)
    def test_refuses_and_says_what_to_do(
        self, send: Send, settings: Settings, stored: Path,
        said: dict[str, str], file: tuple[str, bytes] | None, why: str,
    ) -> None:  # fmt: skip
        settings.EVIDENCE_MAX_MB = 1
        answer = send(file=file, **said)
        assert answer.status_code == 400
        assert why in flat(answer)
        assert "The document was not saved." in flat(answer)
        assert not Evidence.objects.exists()
        assert not stored.exists()

    @pytest.mark.parametrize(
        ("said", "file", "wrong"),
        [
            (
                {"title": "", "effective_on": "", "page": "a\x07b", "expires_on": "soon"},
                None,
                {"url", "title", "effective_on", "page", "expires_on"},
            ),
            (
                {"url": "javascript:1", "title": "a\x07b", "expires_on": "2026-02-28"},
                None,
                {"url", "title", "expires_on"},
            ),
            ({"title": "", "effective_on": "x"}, ("x.pdf", b"<html>"), {"file", "title", "effective_on"}),
            ({"title": ""}, ("y.pdf", pdf()), {"file", "title"}),  # the sheet has it already
        ],
    )
    def test_says_all_that_is_wrong_at_once_and_beside_its_field(
        self, send: Send, said: dict[str, str], file: tuple[str, bytes] | None, wrong: set[str]
    ) -> None:
        assert send(file=("x.pdf", pdf())).status_code == 302
        html = flat(send(item="DAT-LED", file=file, **said))
        summary = html.partition("note-error")[2].partition("</ul>")[0]
        assert set(re.findall(r'href="#document-(\w+)"', summary)) == wrong
        assert set(re.findall(r'id="document-(\w+)-errors"', html)) == wrong

    def test_marks_what_is_required_in_words_and_for_programs(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        form = html.partition(f'action="/assessments/{sheet.pk}/evidence/DAT-STR/add/"')[2]
        fields = re.findall(r"<p class=\"field evidence-(\w+)\">(.*?)</p>", form.partition("</form>")[0])
        needed = {name for name, text in fields if "(required)" in text}
        assert (
            needed
            == {name for name, text in fields if re.search("<input[^>]* required", text)}
            == {"title", "effective_on"}
        )
        either = {name for name, text in fields if "(a web address or a file is required)" in text}
        assert either == {"url", "file"}

    def test_keeps_what_was_written_on_the_page_of_the_refusal(self, send: Send) -> None:
        html = flat(send(title="A long and careful title", url="plan"))
        for name, value in (("title", "A long and careful title"), ("url", "plan"), ("page", "3")):
            tag = re.search(rf'<input id="document-{name}"[^>]*>', html)
            assert tag
            assert f'value="{value}"' in tag[0]

    def test_a_second_time_says_where_to_choose_it(self, send: Send) -> None:
        send(file=("x.pdf", pdf()))
        answer = send(item="DAT-LED", file=("y.pdf", pdf()))
        assert answer.status_code == 400
        assert "in the list of this assessment already: choose it there" in flat(answer)

    def test_an_upload_that_breaks_off_leaves_nothing(
        self, client: Client, cast: Cast, sheet: Assessment, stored: Path
    ) -> None:
        client.force_login(cast.focal)
        fields = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in SAID.items()
        )
        head = (
            'Content-Disposition: form-data; name="file"; filename="x.pdf"\r\nContent-Type: application/pdf'
        )
        body = f"{fields}--b\r\n{head}\r\n\r\n".encode() + pdf()[:200]
        answer = client.post(
            f"/assessments/{sheet.pk}/evidence/DAT-STR/add/",
            body,
            content_type="multipart/form-data; boundary=b",
        )
        assert answer.status_code == 400
        assert not Evidence.objects.exists()
        assert not stored.exists()


class TestUsingChangingRemoving:
    @pytest.fixture
    def document(self, send: Send) -> Evidence:
        send(url="https://example.org/plan")
        return Evidence.objects.get()

    def act(self, client: Client, sheet: Assessment, path: str, **data: object) -> Any:
        return client.post(f"/assessments/{sheet.pk}/evidence/{path}/", data)

    def test_a_document_of_the_sheet_is_offered_to_the_other_items(
        self, client: Client, cast: Cast, sheet: Assessment, document: Evidence
    ) -> None:
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        day = date_format(document.effective_on, "SHORT_DATE_FORMAT")
        option = f'<option value="{document.pk}" dir="auto">Data plan · {day}'
        assert html.count(option) == 6
        for code in ("DAT-LED", "DAT-COE"):
            answer = self.act(client, sheet, f"{code}/use", document=document.pk, page="9")
            assert answer.url == f"/assessments/{sheet.pk}/DAT/#{code}"
        assert "supports 3 items" in words(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"))
        assert option not in page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        answer = self.act(client, sheet, "DAT-HRS/use", document=document.pk)
        assert answer.status_code == 400
        assert "at most three items" in flat(answer)

    @pytest.mark.parametrize("chosen", ["", "x", "0", "-1", "999999", "9" * 40])
    def test_only_documents_of_the_list_can_be_used(
        self, client: Client, sheet: Assessment, document: Evidence, chosen: str
    ) -> None:
        answer = self.act(client, sheet, "DAT-LED/use", document=chosen)
        assert answer.status_code == 400
        assert "Choose a document of the list" in flat(answer)

    def test_is_changed_on_a_page_that_says_what_is_stored(
        self, client: Client, sheet: Assessment, document: Evidence
    ) -> None:
        path = f"/assessments/{sheet.pk}/evidence/DAT-STR/{document.pk}/change/"
        html = flat(client.get(path))
        for value in ("Data plan", "2026-03-01", "3"):
            assert f'value="{value}"' in html
        assert 'name="url"' not in html
        changed = {
            "title": "Plan",
            "effective_on": "2026-04-01",
            "expires_on": "2027-01-01",
            "is_outside": "on",
        }
        assert client.post(path, changed).status_code == 302
        document.refresh_from_db()
        assert (document.title, document.effective_on, document.expires_on, document.is_outside) == (
            "Plan",
            date(2026, 4, 1),
            date(2027, 1, 1),
            True,
        )
        refused = client.post(path, {**changed, "expires_on": "2026-01-01"})
        assert refused.status_code == 400
        assert "comes before its own day" in flat(refused)

    def test_is_removed_from_the_item(self, client: Client, sheet: Assessment, document: Evidence) -> None:
        answer = self.act(client, sheet, f"DAT-STR/{document.pk}/remove")
        assert answer.url == f"/assessments/{sheet.pk}/DAT/#DAT-STR"
        assert not Evidence.objects.exists()
        assert self.act(client, sheet, f"DAT-STR/{document.pk}/remove").status_code == 404


class TestWhoSeesWhat:
    @pytest.fixture
    def document(self, send: Send) -> Evidence:
        send(item="DAT-LED", file=("secret-name.pdf", pdf()), title="Secret title")
        return Evidence.objects.get()

    def test_a_contributor_sees_documents_of_delegated_items_only(
        self, client: Client, cast: Cast, sheet: Assessment, document: Evidence
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        html = page(client, cast.contributor, "assessment-form", sheet.pk, "DAT")
        assert "Secret title" not in html
        assert "secret-name" not in html
        path = f"/assessments/{sheet.pk}/evidence/"
        assert client.get(f"{path}{document.pk}/").status_code == 404
        refused = client.post(f"{path}DAT-STR/use/", {"document": document.pk})
        assert (refused.status_code, EvidenceUse.objects.count()) == (400, 1)
        assert "Secret title" not in flat(refused)

    def test_a_validator_has_the_documents_beside_the_claim(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment, document: Evidence
    ) -> None:
        full: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
        fill(cycle, {undp: full}, Status.SUBMITTED)
        for reader in (cast.task_force, cast.viewer, cast.approver):
            html = page(client, reader, "assessment-form", sheet.pk, "DAT")
            claim = html.partition('id="DAT-LED"')[2].partition("</article>")[0]
            assert f'href="/assessments/{sheet.pk}/evidence/{document.pk}/" download' in claim
            assert "Remove" not in claim
            assert (
                "No document yet: by rule R2 a validator counts this as level 0."
                in html.partition('id="DAT-COE"')[2]
            )
            assert client.get(f"/assessments/{sheet.pk}/evidence/{document.pk}/").status_code == 200

    def test_a_lost_file_is_said_to_be_missing(
        self, client: Client, cast: Cast, sheet: Assessment, document: Evidence, stored: Path
    ) -> None:
        evidence_storage().delete(str(document.file.name))
        html = words(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"))
        assert "Secret title file missing" in html
        answer = client.get(f"/assessments/{sheet.pk}/evidence/{document.pk}/")
        assert answer.status_code == 404
        assert "missing from the storage" in flat(answer)

    def test_the_folder_is_looked_into_once_for_all_files_of_a_page(
        self, client: Client, cast: Cast, send: Send, sheet: Assessment, document: Evidence,
        settings: Settings, stored: Path,
    ) -> None:  # fmt: skip
        for number, code in enumerate(("STR", "COE", "HRS"), start=1):
            assert send(item=f"DAT-{code}", file=(f"{number}.pdf", pdf() + b"\n" * number)).status_code == 302
        options = {"location": str(stored)}
        counting = {"BACKEND": f"{__name__}.{CountingStorage.__qualname__}", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "evidence": counting}
        CountingStorage.looks = 0
        page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert CountingStorage.looks == 1
        page(client, cast.focal, "assessment-form", sheet.pk, "INN")
        assert CountingStorage.looks == 1, "a page without files looks nowhere"

    def test_stale_documents_are_pointed_out(
        self, client: Client, cast: Cast, sheet: Assessment, document: Evidence
    ) -> None:
        for change, told in (
            ({"effective_on": date(2020, 1, 1)}, "more than 24 months old"),
            (
                {"effective_on": date(1996, 1, 1), "expires_on": date(2090, 1, 1)},
                "more than five years old",
            ),
            ({"expires_on": date(2026, 12, 1)}, "expires before the cycle ends"),
            ({"effective_on": date(2026, 12, 31), "expires_on": None}, "not valid yet when the cycle ends"),
        ):
            Evidence.objects.update(**change)
            assert told in words(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"))
        fill_comment = words(page(client, cast.focal, "assessment-review", sheet.pk))
        assert "A document will not be valid on the last day of the cycle" in fill_comment


class TestTheApi:
    def test_shows_what_an_answer_rests_on(
        self, client: Client, cast: Cast, send: Send, sheet: Assessment
    ) -> None:
        send(file=("plan.pdf", pdf()))
        headers = {"Authorization": make_token(cast.focal)}
        url = f"/api/v1/assessments/{sheet.pk}/answers/"
        [shown] = client.get(f"{url}DAT-STR/", headers=headers).json()["evidence"]
        found = Evidence.objects.get()
        assert shown == {
            "kind": "file",
            "title": "Data plan",
            "url": "",
            "file_name": "plan.pdf",
            "size": len(pdf()),
            "sha256": found.sha256,
            "page": "3",
            "effective_on": "2026-03-01",
            "expires_on": None,
            "is_outside": False,
        }
        rows = client.get(url, headers=headers).json()["results"]
        assert [len(row["evidence"]) for row in rows[:2]] == [1, 0]


class TestGrowth:
    def grow(self, sheet: Assessment, number: int) -> None:
        for place in range(number):
            document = Evidence.objects.create(
                assessment=sheet, kind="link", title=f"Plan {place}", added_at=AT,
                url=f"https://example.org/{number}/{place}", effective_on=date(2026, 3, 1),
            )  # fmt: skip
            for item in Item.objects.filter(code__in=["DAT-STR", "DAT-LED"]):
                EvidenceUse.objects.create(evidence=document, item=item)

    @pytest.mark.parametrize(
        "path", ["/assessments/{}/DAT/", "/assessments/{}/review/", "/api/v1/assessments/{}/answers/"]
    )
    def test_more_documents_cost_no_more_queries(
        self, client: Client, cast: Cast, sheet: Assessment, path: str
    ) -> None:
        client.force_login(cast.focal)
        counts = []
        for number in (10, 20):
            self.grow(sheet, number)
            client.get(path.format(sheet.pk))
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path.format(sheet.pk)).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

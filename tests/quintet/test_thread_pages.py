"""Questions on items on the pages: asked and answered without JavaScript, shown to those who take part."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Item, Status, Thread, ThreadPost, ThreadStatus
from quintet.services import threads
from tests.factories import AT, Cast, delegate, sheet_of
from tests.quintet.pages import flat, page, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    found = sheet_of(cycle, undp)
    delegate(found, "DAT-STR", cast.contributor)
    return found


def ask(sheet: Assessment, by: User, text: str, item: str = "DAT-STR", *, shared: bool = False) -> Thread:
    return threads.open_thread(
        assessment=sheet,
        item=Item.objects.get(code=item),
        text=text,
        mentions=[],
        with_task_force=shared,
        by=by,
        at=AT,
    )


class TestOnTheForm:
    def test_a_question_is_asked_answered_and_settled(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.contributor)
        asked = client.post(
            f"/assessments/{sheet.pk}/items/DAT-STR/threads/",
            {"comment": "Which plan?", "mentions": ["focal_point", "approver"], "readers": "inside"},
        )
        thread = Thread.objects.get()
        assert asked.headers["Location"] == f"/assessments/{sheet.pk}/DAT/#thread-{thread.pk}"
        html = words(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"))
        assert "1 question to settle" in html
        assert "to Focal point, Approver Which plan?" in html
        client.post(f"/assessments/{sheet.pk}/threads/{thread.pk}/", {"comment": "The one of 2025."})
        client.post(f"/assessments/{sheet.pk}/threads/{thread.pk}/settle/", {"comment": ""})
        thread.refresh_from_db()
        assert (thread.status, thread.with_task_force) == (ThreadStatus.SETTLED, False)
        html = words(page(client, cast.contributor, "assessment-form", sheet.pk, "DAT"))
        assert "Questions, all settled" in html
        assert "The one of 2025." in html

    def test_what_is_refused_comes_back_to_be_copied(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        text = "Long words. " * 500
        answer = client.post(f"/assessments/{sheet.pk}/items/DAT-STR/threads/", {"comment": text})
        assert answer.status_code == 400
        assert "Write 1 to 5000 characters." in flat(answer)
        assert "Long words. Long words." in flat(answer)
        assert not Thread.objects.exists()

    def test_hostile_words_are_words(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        ask(sheet, cast.focal, "<script>alert(1)</script>")
        for name, *rest in (("assessment-form", sheet.pk, "DAT"), ("assessment-review", sheet.pk)):
            assert "<script>alert" not in page(client, cast.approver, str(name), *rest)

    def test_only_those_who_take_part_see_anything(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        ask(sheet, cast.focal, "between ourselves")
        ask(sheet, cast.focal, "with you", shared=True)
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        seen = {}
        for who in ("focal", "approver", "contributor", "task_force", "viewer"):
            html = page(client, getattr(cast, who), "assessment-form", sheet.pk, "DAT")
            seen[who] = ["between ourselves" in html, "with you" in html, "Your question" in html]
        assert seen == {
            "focal": [True, True, True],
            "approver": [True, True, True],
            "contributor": [True, True, False],
            "task_force": [False, True, True],
            "viewer": [False, False, False],
        }

    def test_a_thread_of_another_sheet_is_not_found_under_this_one(
        self, client: Client, cast: Cast, sheet: Assessment, cycle: Cycle
    ) -> None:
        other = sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        foreign = ask(other, cast.stranger, "ours")
        client.force_login(cast.focal)
        for step in ("", "settle/"):
            answer = client.post(f"/assessments/{sheet.pk}/threads/{foreign.pk}/{step}", {"comment": "x"})
            assert answer.status_code == 404
        assert ThreadPost.objects.count() == 1


class TestElsewhere:
    def test_open_questions_are_listed_in_review_and_marked_on_the_overview(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        thread = ask(sheet, cast.focal, "Which plan?")
        ask(sheet, cast.focal, "Who leads?", "INN-LED")
        review = page(client, cast.approver, "assessment-review", sheet.pk)
        assert "2 questions to settle" in review
        assert f'href="/assessments/{sheet.pk}/DAT/#thread-{thread.pk}"' in review
        assert "They hold nothing up" in review
        overview = page(client, cast.approver, "assessment-detail", sheet.pk)
        assert re.findall(r'<p class="dimension-requests"> <a[^>]*> ?(.*?) ?</a>', overview) == [
            "1 question to settle",
            "1 question to settle",
        ]
        threads.settle_thread(thread=thread, text="", by=cast.focal, at=AT)
        assert "1 question to settle" in page(client, cast.approver, "assessment-review", sheet.pk)
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        for outsider in (cast.viewer, cast.task_force):
            for name in ("assessment-review", "assessment-detail"):
                assert "1 question to settle" not in page(client, outsider, name, sheet.pk)

    def test_only_those_who_may_read_a_question_see_the_mark_of_its_item(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        ask(sheet, cast.focal, "Between ourselves?", "DAT-LED")
        ask(sheet, cast.focal, "Whom do we ask?", "DAT-STR")  # an item of the contributor
        ask(sheet, cast.focal, "With you?", "DAT-COE", shared=True)
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        seen = {}
        for who in ("focal", "approver", "contributor", "task_force", "viewer"):
            found = page(client, getattr(cast, who), "assessment-detail", sheet.pk)
            marks = [mark.split("</li>")[0] for mark in found.split("<li>")]
            codes = ("DAT-STR", "DAT-LED", "DAT-COE")
            seen[who] = [
                c for c in codes for mark in marks if f"#{c}" in mark and "1 question to settle" in mark
            ]
            assert not any("flag-disputed" in mark and "#" in mark for mark in marks)
        assert seen == {
            "focal": ["DAT-STR", "DAT-LED", "DAT-COE"],
            "approver": ["DAT-STR", "DAT-LED", "DAT-COE"],
            "contributor": ["DAT-STR"],
            "task_force": ["DAT-COE"],
            "viewer": [],
        }

    def test_the_overview_counts_what_it_marks_and_reads_the_questions_once(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        for item in ("DAT-STR", "DAT-STR", "DAT-LED", "INN-LED"):
            ask(sheet, cast.focal, f"Which plan for {item}, {Thread.objects.count()}?", item)
        with CaptureQueriesContext(connection) as queries:
            html = page(client, cast.focal, "assessment-detail", sheet.pk)
        assert sum('FROM "quintet_thread"' in query["sql"] for query in queries) == 1
        cards = html.split('<li class="dimension-card">')[1:]
        for part, counted, marked in zip(cards, (3, 1), ([2, 1], [1]), strict=True):
            told = re.findall(r"(\d+) questions? to settle", part)
            assert sorted(map(int, told)) == sorted([counted, *marked])
        assert 'flag-question"></span> question to settle' in html

    def test_what_waits_for_an_answer_stands_on_ones_own_page(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        thread = ask(sheet, cast.contributor, "Which plan?")
        html = page(client, cast.focal, "my")
        assert "Questions that wait for your answer" in html
        assert f'href="/assessments/{sheet.pk}/DAT/#thread-{thread.pk}"' in html
        assert "Contributor : Which plan?" in words(html)
        assert "Questions that wait" not in page(client, cast.approver, "my")


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_threads(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        places: list[tuple[str, list[object]]] = [
            ("quintet:assessment-form", [sheet.pk, "DAT"]),
            ("quintet:assessment-review", [sheet.pk]),
            ("my", []),
        ]
        urls = [reverse(name, args=arguments) for name, arguments in places]
        found = []
        for some in (range(10), range(10, 20)):
            for number in some:
                thread = ask(sheet, cast.contributor, f"Why {number}?")
                threads.add_post(thread=thread, text="So.", mentions=[], by=cast.approver, at=AT)
                threads.add_post(
                    thread=thread, text="Oh?", mentions=["focal_point"], by=cast.contributor, at=AT
                )
            asked = []
            for url in urls:
                client.get(url)
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(url).status_code == 200
                asked.append(len(captured))
            found.append(asked)
        assert found[0] == found[1]

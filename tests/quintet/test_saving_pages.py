"""Saving one answer: nothing to save, what differs in a conflict, the way on, and what a save costs."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import Entity, Role, User
from quintet.models import Answer, AnswerRevision, Assessment, Cycle, Item
from quintet.queries.sheets import items_of
from quintet.services.answering import record_answer
from tests.factories import Cast, delegate, later, make_token, make_user, sheet_of
from tests.quintet.pages import flat, page, words

pytestmark = pytest.mark.django_db
Save = Callable[..., Any]
OURS: dict[str, Any] = {"state": "answered", "claimed": 3, "comment": "our plan"}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def save(client: Client, cast: Cast, sheet: Assessment) -> Save:
    """Press Save on DAT-STR, as the focal point; a script asks for JSON."""
    client.force_login(cast.focal)

    def send(*, script: bool = False, **fields: str) -> Any:
        headers = {"Accept": "application/json" if script else "text/html"}
        return client.post(
            reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"]), fields, headers=headers
        )

    return send


def say(
    sheet: Assessment, by: User, *, item: str = "DAT-STR", version: int = 0, channel: str = "form", **raw: Any
) -> None:
    record_answer(
        assessment=sheet,
        item=Item.objects.get(code=item),
        raw=raw,
        version=version,
        by=by,
        at=later(version),
        channel=channel,
    )


class TestNothingToSave:
    def test_an_untouched_item_is_not_written_and_the_person_is_told(
        self, save: Save, client: Client
    ) -> None:
        answer = save(choice="open", version="0")
        told = "Nothing to save yet on DAT-STR: choose a level or write a comment."
        assert told in flat(client.get(answer["Location"]))
        assert not Answer.objects.exists()
        assert not AnswerRevision.objects.exists()

    def test_a_script_is_told_too(self, save: Save) -> None:
        said = save(script=True, choice="open", version="0").json()
        assert said == {"outcome": "nothing", "version": 0, "carried": False}
        assert not AnswerRevision.objects.exists()

    def test_what_is_stored_already_is_not_written_again(
        self, save: Save, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, **OURS)
        answer = save(choice="3", comment="our plan", version="1")
        assert "Nothing to save: DAT-STR says this already." in flat(client.get(answer["Location"]))
        said = save(script=True, choice="3", comment="our plan", version="1").json()
        assert (said["outcome"], said["version"]) == ("same", 1)
        assert AnswerRevision.objects.count() == 1

    def test_a_request_whose_reply_was_lost_counts_as_saved(self, save: Save) -> None:
        outcomes = [save(script=True, choice="3", version="0").json()["outcome"] for _time in range(2)]
        assert outcomes == ["saved", "saved"]
        assert AnswerRevision.objects.count() == 1

    def test_a_comment_without_a_level_is_something(self, save: Save) -> None:
        assert (
            save(script=True, choice="open", comment="figures come later", version="0").json()["version"] == 1
        )


class TestTheApi:
    @pytest.fixture
    def put(self, client: Client, cast: Cast, sheet: Assessment) -> Save:
        url = f"/api/v1/assessments/{sheet.pk}/answers/DAT-STR/"

        def send(body: dict[str, Any], version: int) -> Any:
            headers = {"Authorization": make_token(cast.focal), "If-Match": f'"{version}"'}
            return client.put(url, json.dumps(body), content_type="application/json", headers=headers)

        return send

    def test_the_same_value_again_gets_the_same_tag_and_no_revision(self, put: Save) -> None:
        tags = [put(OURS, version)["ETag"] for version in (0, 1, 0)]
        assert tags == ['"1"'] * 3
        assert AnswerRevision.objects.count() == 1

    def test_nothing_on_an_item_without_an_answer_stays_version_0(self, put: Save) -> None:
        answer = put({"state": "unanswered"}, 0)
        assert (answer.status_code, answer["ETag"], answer.json()["version"]) == (200, '"0"', 0)
        assert not Answer.objects.exists()

    def test_another_value_in_a_stale_version_is_refused(self, put: Save) -> None:
        put(OURS, 0)
        refused = put({**OURS, "claimed": 2}, 0)
        assert refused.status_code == 412
        assert "You have changed this answer yourself" in refused.json()["detail"]


class TestWhatIsNotThere:
    """Nobody learns from a refusal what they may not read, whatever is sent."""

    FORMS = ({"choice": "3", "version": "0"}, {"choice": "", "version": "0"}, {"choice": "7", "version": "0"})

    @pytest.mark.parametrize("form", FORMS)
    def test_is_an_item_that_was_not_handed_over(
        self, client: Client, cast: Cast, sheet: Assessment, form: dict[str, str]
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        client.force_login(cast.contributor)
        found = [
            client.post(reverse("quintet:answer-save", args=[sheet.pk, code]), form).status_code
            for code in ("DAT-LED", "NO-SUCH")
        ]
        assert found == [404, 404]
        assert not AnswerRevision.objects.exists()

    @pytest.mark.parametrize("form", FORMS)
    def test_is_the_sheet_of_another_entity(
        self, client: Client, cast: Cast, sheet: Assessment, form: dict[str, str]
    ) -> None:
        client.force_login(cast.stranger)
        url = reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"])
        assert client.post(url, form).status_code == 404
        assert not AnswerRevision.objects.exists()

    def test_is_there_for_who_reads_it_but_closed_to_them(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.approver)
        url = reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"])
        assert client.post(url, self.FORMS[0]).status_code == 403


class TestAConflict:
    def test_with_oneself_says_so_with_the_time(self, save: Save, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.focal, **OURS)
        html = words(flat(save(choice="2", comment="our plan", version="0")))
        assert "You have changed this answer yourself in the meantime." in html
        assert "you, in another window, at 09:30 UTC" in html
        assert "Somebody else" not in html

    def test_with_oneself_by_another_way_names_no_window(
        self, save: Save, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, channel="api", **OURS)
        assert "you, at 09:30 UTC" in words(flat(save(choice="2", comment="our plan", version="0")))

    def test_with_a_colleague_names_them(self, save: Save, sheet: Assessment, undp: Entity) -> None:
        say(sheet, make_user("colleague", Role.FOCAL_POINT, undp), **OURS)
        html = words(flat(save(choice="2", version="0")))
        assert "Somebody else has changed this answer" in html
        assert "Colleague, at 09:30 UTC" in html

    @pytest.mark.parametrize("script", [False, True])
    def test_of_levels_shows_no_comment_twice(
        self, save: Save, cast: Cast, sheet: Assessment, script: bool
    ) -> None:
        say(sheet, cast.focal, **OURS)
        answer = save(script=script, choice="2", comment="our plan", version="0")
        html = shown(answer.json()["html"] if script else flat(answer))
        assert "Only the level differs: the comment is the same in both." in html
        assert "level 3" in html
        assert "level 2" in html
        assert "our plan" not in html

    def test_of_comments_shows_no_level(self, save: Save, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.focal, **OURS)
        html = shown(flat(save(choice="3", comment="another plan", version="0")))
        assert "The level is the same in both." in html
        assert "our plan" in html
        assert "another plan" in html
        assert "level 3" not in html

    def test_of_a_version_that_never_was_can_still_be_stored(self, save: Save) -> None:
        html = flat(save(choice="3", comment="our plan", version="7"))
        assert 'name="version" value="0"' in html


def shown(html: str) -> str:
    """What a person reads of the two texts: no hidden fields."""
    return words(html.partition("refusal")[2].partition("Your text, to copy")[0])


class TestTheWayOn:
    @pytest.fixture
    def leads(self, client: Client, sheet: Assessment) -> Callable[[User], dict[str, str]]:
        """The links of the bar that are shown: text → address."""

        def of(user: User) -> dict[str, str]:
            html = page(client, user, "assessment-form", sheet.pk, "DAT")
            found = re.findall(r'<li class="next-open">(.*?)</li>', html)
            return {words(link).removesuffix(" ↓"): re.search(r'href="([^"]*)"', link)[1] for link in found}  # type: ignore[index]

        return of

    def test_is_the_first_open_item_of_the_page(
        self, leads: Callable[[User], dict[str, str]], cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, **OURS)
        assert leads(cast.focal) == {"Next unanswered": "#DAT-LED"}

    def test_is_another_dimension_where_this_one_is_full(
        self, leads: Callable[[User], dict[str, str]], cast: Cast, sheet: Assessment
    ) -> None:
        for item in items_of(sheet).filter(dimension__code="DAT"):
            say(sheet, cast.focal, item=item.code, **OURS)
        assert leads(cast.focal) == {"Next unanswered": f"/assessments/{sheet.pk}/INN/"}

    def test_is_the_review_where_all_is_answered(
        self, leads: Callable[[User], dict[str, str]], cast: Cast, sheet: Assessment
    ) -> None:
        for item in items_of(sheet):
            say(sheet, cast.focal, item=item.code, **OURS)
        assert leads(cast.focal) == {"All answered: review": f"/assessments/{sheet.pk}/review/"}

    def test_is_not_for_those_who_only_read(
        self, leads: Callable[[User], dict[str, str]], cast: Cast
    ) -> None:
        assert leads(cast.approver) == {}


class TestTheCostOfASave:
    """Every statement counts: of the form, session, person and roles come before the save."""

    @staticmethod
    def statements(ask: Callable[[], Any]) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            assert ask().status_code == 200
        return [
            query["sql"].split()[0] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]
        ]

    def test_is_seven_statements_of_which_two_write(
        self, save: Save, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        save(choice="1", version="0")
        assert self.statements(lambda: save(script=True, choice="3", version="1")) == [
            "SELECT",  # session
            "SELECT",  # person
            "SELECT",  # roles
            "SELECT",  # the lock, on a sheet that the person may read
            "SELECT",  # sheet, cycle, item and answer as they are under the lock
            "UPDATE",
            "INSERT",
        ]

    def test_is_one_more_for_a_first_answer(self, save: Save) -> None:
        save(choice="open", version="0")  # the session has noted the visit
        found = self.statements(lambda: save(script=True, choice="3", version="0"))
        assert found == ["SELECT"] * 6 + ["INSERT"] * 2  # no answer: sheet and item by themselves

    def test_is_two_more_for_a_contributor(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        client.force_login(cast.contributor)
        url = reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"])
        headers = {"Accept": "application/json"}
        for version in range(2):
            found = self.statements(
                lambda: client.post(url, {"choice": str(version), "version": version}, headers=headers)  # noqa: B023
            )
        assert found == ["SELECT"] * 7 + ["UPDATE", "INSERT"]

    def test_is_no_write_where_nothing_changes(self, save: Save) -> None:
        save(choice="3", version="0")
        assert self.statements(lambda: save(script=True, choice="3", version="1")) == ["SELECT"] * 5

    def test_in_the_api_reads_the_evidence_besides(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        url = f"/api/v1/assessments/{sheet.pk}/answers/DAT-STR/"
        headers = {"Authorization": make_token(cast.focal), "If-Match": '"0"'}
        found = self.statements(
            lambda: client.put(url, json.dumps(OURS), content_type="application/json", headers=headers)
        )
        assert found == ["SELECT"] * 5 + ["INSERT"] * 2 + ["SELECT"]

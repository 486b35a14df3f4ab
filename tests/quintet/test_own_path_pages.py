"""The pages of an entity's own path, and what of it stands on the forms."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Dimension, OwnAnswer, OwnItem, Phase, PriorityProfile, Status
from quintet.services import tailoring
from tests.factories import AT, Cast, Levels, delegate, fill, make_counted_cycle, sheet_of
from tests.quintet.pages import flat, page, rows, words

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
PATH, DATA = "/own-path/UNDP/", "/own-path/UNDP/DAT/"


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def own(sheet: Assessment, cast: Cast) -> OwnItem:
    return ask(sheet.entity, cast.focal)


def ask(entity: Entity, by: User, question: str = "Do we share code?") -> OwnItem:
    return tailoring.add_own_item(
        entity=entity,
        dimension=Dimension.objects.get(code="DAT"),
        question=question,
        level_texts=[f"own level {level}" for level in range(5)],
        by=by,
    )


class TestTargetsAndWeights:
    def test_are_set_for_a_dimension_at_once(
        self, client: Client, cast: Cast, sheet: Assessment, undp: Entity
    ) -> None:
        make_counted_cycle(sheet.cycle.framework, {undp: {**FULL, "DAT-STR": 1, "DAT-PMS": "na"}}, "2025")
        Cycle.objects.filter(code="2025").update(phase=Phase.CLOSED)
        fill(sheet.cycle, {undp: {**FULL, "DAT-STR": 2}}, Status.DRAFT)
        client.force_login(cast.focal)
        sent = {"target-DAT-STR": "3", "weight-DAT-STR": "4", "target-DAT-LED": "2", "weight-DAT-LED": "1"}
        answer = client.post(DATA, sent, follow=True)
        assert answer.redirect_chain == [(DATA, 302)]
        html = flat(answer)
        assert "Saved: 2 items changed." in html
        chosen = html.partition('name="target-DAT-STR"')[2].partition("</select>")[0]
        assert words(chosen.partition("selected>")[2]).startswith("3 ·")
        html = page(client, cast.approver, "own-path-dimension", "UNDP", "DAT")
        assert rows(html)[1] == "DAT-STR DAT STR? 1 2 3 4"
        assert "Not applicable" in rows(html)[7]
        assert "<select" not in html.partition('class="data-table own-targets"')[2].partition("</table>")[0]
        overview = rows(page(client, cast.approver, "own-path", "UNDP"))
        assert overview[1].endswith(" 2.0 1 of 2 0.8 –")

    def test_that_are_wrong_come_back_named_and_nothing_is_saved(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        answer = client.post(
            DATA, {"target-DAT-STR": "3", "weight-DAT-STR": "2", "target-DAT-LED": "9", "weight-DAT-LED": "x"}
        )
        html = flat(answer)
        assert answer.status_code == 400
        assert "DAT-LED: choose a target from 0 to 4, or none." in html
        assert "DAT-LED: choose a weight from 0 to 5." in html
        assert not PriorityProfile.objects.exists()
        kept = html.partition('name="target-DAT-STR"')[2].partition("</select>")[0]
        assert words(kept.partition("selected>")[2]).startswith("3 ·")

    def test_that_somebody_else_set_in_between_are_shown_and_the_rest_is_not_lost(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        html = flat(client.get(DATA))
        assert '<input type="hidden" name="was-DAT-STR" value="/1">' in html
        client.post(DATA, {"target-DAT-STR": "3", "weight-DAT-STR": "1", "was-DAT-STR": "/1"})
        stale = {
            f"{name}-DAT-{code}": value
            for code in ("STR", "LED")
            for name, value in {"target": "4", "weight": "2", "was": "/1"}.items()
        }
        answer = client.post(DATA, stale)
        html = flat(answer)
        assert answer.status_code == 412
        assert "Somebody else has changed DAT-STR in the meantime." in html
        assert '<input type="hidden" name="was-DAT-STR" value="3/1">' in html
        assert '<input type="hidden" name="was-DAT-LED" value="/1">' in html
        for code, level in (("STR", "3"), ("LED", "4")):
            chosen = html.partition(f'name="target-DAT-{code}"')[2].partition("</select>")[0]
            assert words(chosen.partition("selected>")[2]).startswith(f"{level} ·")
        assert PriorityProfile.objects.count() == 1
        assert client.post(DATA, {**stale, "target-DAT-LED": ""}).status_code == 412

    def test_stand_beside_the_levels_for_the_entity_alone(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        client.force_login(cast.focal)
        client.post(DATA, {"target-DAT-STR": "3", "weight-DAT-STR": "1"})
        Assessment.objects.update(status=Status.SUBMITTED)
        seen = {
            who: words(page(client, getattr(cast, who), "assessment-form", sheet.pk, "DAT")).count(
                "Our target: 3"
            )
            for who in ("focal", "approver", "viewer", "contributor", "task_force")
        }
        assert seen == {"focal": 1, "approver": 1, "viewer": 1, "contributor": 1, "task_force": 0}


class TestThePages:
    def test_say_that_the_systems_figures_know_nothing_of_it(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        for name, *rest in (("own-path", "UNDP"), ("own-path-dimension", "UNDP", "DAT")):
            assert "System figures use the common weights only" in page(client, cast.focal, name, *rest)
        assert f'href="{PATH}"' in page(client, cast.focal, "assessment-list")
        assert f'href="{PATH}"' in page(client, cast.focal, "assessment-detail", sheet.pk)

    @pytest.mark.parametrize(
        ("who", "status"),
        [("contributor", 403), ("stranger", 404), ("task_force", 404), ("committee", 404)],
    )
    def test_are_for_the_entity(
        self, client: Client, cast: Cast, sheet: Assessment, who: str, status: int
    ) -> None:
        client.force_login(getattr(cast, who))
        for url in (PATH, DATA):
            assert client.get(url).status_code == status
            assert PATH not in flat(client.get("/my/"))

    def test_know_codes_in_any_case_and_no_other_dimension(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        assert client.get("/own-path/undp/").status_code == 200
        assert client.get("/own-path/UNDP/XXX/").status_code == 404


class TestAnOwnQuestion:
    def test_is_added_answered_and_retired(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        texts = {f"level-{n}": f"own level {n}" for n in range(5)}
        client.post(f"{DATA}questions/", {"question": "Do we share <code>?", **texts})
        item = OwnItem.objects.get()
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert "our own question – counts for us only" in html
        assert "Do we share &lt;code&gt;?" in html
        assert html.index('id="DAT-PMS"') < html.index('id="DAT-OWN-1"')
        url = f"/assessments/{sheet.pk}/own-answers/{item.pk}/"
        answer = client.post(url, {"level": "3", "comment": "on our forge", "version": "0"})
        assert answer.headers["Location"] == f"/assessments/{sheet.pk}/DAT/#DAT-OWN-1"
        assert "level 3" in words(page(client, cast.approver, "own-path-dimension", "UNDP", "DAT"))
        client.force_login(cast.focal)
        client.post(f"{DATA}questions/{item.pk}/retire/")
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert "on our forge" in html, "what was answered stays to be read"
        assert "own-answers/" not in html

    def test_that_is_incomplete_comes_back_as_it_was_typed(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        answer = client.post(f"{DATA}questions/", {"question": "Do we?", "level-0": "no", "level-1": ""})
        html = flat(answer)
        assert answer.status_code == 400
        assert ">Do we?</textarea>" in html
        assert html.count('aria-invalid="true"') == 4
        assert "<details open>" in html
        assert not OwnItem.objects.exists()

    def test_answered_by_two_shows_both_texts(
        self, client: Client, cast: Cast, sheet: Assessment, own: OwnItem
    ) -> None:
        tailoring.answer_own_item(
            assessment=sheet,
            item=own,
            raw={"level": "1", "comment": "first words"},
            version=0,
            by=cast.focal,
            at=AT,
        )
        client.force_login(cast.focal)
        url = f"/assessments/{sheet.pk}/own-answers/{own.pk}/"
        answer = client.post(url, {"level": "4", "comment": "second words", "version": "0"})
        html = flat(answer)
        assert answer.status_code == 412
        assert "first words" in html
        assert ">second words</textarea>" in html
        assert 'name="version" value="1"' in html
        assert 'value="4" checked' in html
        for version in ("", "x", "-1"):
            again = client.post(url, {"level": "4", "comment": "second words", "version": version})
            assert again.status_code == 412
        assert OwnAnswer.objects.get().comment == "first words"

    def test_without_a_level_is_not_saved(
        self, client: Client, cast: Cast, sheet: Assessment, own: OwnItem
    ) -> None:
        client.force_login(cast.focal)
        url = f"/assessments/{sheet.pk}/own-answers/{own.pk}/"
        answer = client.post(url, {"comment": "words", "version": "0"})
        assert answer.status_code == 400
        assert "Choose a level of the scale." in flat(answer)
        assert ">words</textarea>" in flat(answer)

    def test_is_seen_by_nobody_else(
        self, client: Client, cast: Cast, sheet: Assessment, own: OwnItem
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        Assessment.objects.update(status=Status.SUBMITTED)
        for who, sees in (("viewer", True), ("task_force", False), ("contributor", False)):
            html = page(client, getattr(cast, who), "assessment-form", sheet.pk, "DAT")
            assert ("Do we share code?" in html) == sees
        client.force_login(cast.focal)
        api = client.get(f"/api/v1/assessments/{sheet.pk}/answers/").content.decode()
        assert "Do we share" not in api
        assert "OWN" not in api


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_targets_and_own_questions(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        found = []
        for some in (ENABLERS[:3], ENABLERS[3:]):
            client.post(DATA, {f"{name}-DAT-{one}": "2" for one in some for name in ("target", "weight")})
            for one in some:
                ask(sheet.entity, cast.focal, f"Own {one}?")
            asked = []
            for url in (PATH, DATA, f"/assessments/{sheet.pk}/DAT/"):
                client.get(url)
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(url).status_code == 200
                asked.append(len(captured))
            found.append(asked)
        assert found[0] == found[1]

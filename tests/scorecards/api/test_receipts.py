"""Receipts in the API: every number follows from others as it says, for those who may see the figure."""

import json
import random
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Status
from scorecards.models import Computation, EntityDocument, Scorecard
from scorecards.services import composing
from scorecards.services.computing import compute_cycle
from scorecards.services.consenting import set_consent
from tests.factories import (
    AT,
    Cast,
    delegate,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
    sheet_of,
)
from tests.kept import kept
from tests.scorecards.reckoned import calculated
from tests.scorecards.worked import UNIT, WORKED, publish
from tests.scorecards.years import make_outside_cast

pytestmark = pytest.mark.django_db
URL = "/api/v1/scorecards/2026/receipt/"


@kept
def make_world() -> tuple[Cast, Cycle]:
    """31 entities on DAT-STR."""
    cast = make_outside_cast()
    sheets = dict(zip(make_entities(31), [{"DAT-STR": level} for level in WORKED], strict=True))
    return cast, make_counted_cycle(make_framework(), sheets)


@kept
def publish_world() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    return cast, cycle


@kept
def publish_with_unit() -> tuple[Cast, Cycle]:
    """The same, and the sheet of UNDP on data."""
    cast, cycle = make_world()
    fill(cycle, {Entity.objects.get(code="UNDP"): UNIT})
    publish(cycle, cast)
    return cast, cycle


@pytest.fixture
def world(db: None, request: pytest.FixtureRequest) -> tuple[Cast, Cycle]:
    if "with_unit" in request.fixturenames:
        return publish_with_unit()
    return publish_world() if "published" in request.fixturenames else make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def published(cycle: Cycle) -> Cycle:
    return cycle


@pytest.fixture
def with_unit(cycle: Cycle) -> Cycle:
    return cycle


def get(client: Client, query: str, user: User | None = None) -> Any:
    return client.get(f"{URL}?{query}", headers={"Authorization": make_token(user)} if user else {})


def steps(receipt: dict[str, Any]) -> dict[str, tuple[str, str, str | None]]:
    return {step["name"]: (step["formula"], step["filled"], step["value"]) for step in receipt["steps"]}


class TestTheWorkedExamples:
    def test_31_entities_on_one_item(self, client: Client, published: Cycle) -> None:
        receipt = get(client, "group=entities&item=DAT-STR").json()
        assert steps(receipt) == {
            "n_group": ("n_na + n_missing + n_answered", "0 + 3 + 28", "31"),
            "n_answered": (
                "dist[0] + dist[1] + dist[2] + dist[3] + dist[4]",
                "2 + 5 + 9 + 8 + 4",
                "28",
            ),
            "has": ("dist[2] + dist[3] + dist[4]", "9 + 8 + 4", "21"),
            "operates": ("dist[3] + dist[4]", "8 + 4", "12"),
            "share_has": ("100 · has / n_answered", "100 · 21 / 28", "75.0"),
            "share_operates": ("100 · operates / n_answered", "100 · 12 / 28", "42.9"),
            "paper_gap": ("100 · (has - operates) / n_answered", "100 · (21 - 12) / 28", "32.1"),
            "bounds_has[0]": ("100 · has / (n_answered + n_missing)", "100 · 21 / (28 + 3)", "67.7"),
            "bounds_has[1]": (
                "100 · (has + n_missing) / (n_answered + n_missing)",
                "100 · (21 + 3) / (28 + 3)",
                "77.4",
            ),
        }
        assert receipt["steps"][4]["words"] == ("Share in place: 100 times 21, divided by the 28 answers.")
        [missing] = receipt["missing"]
        assert missing == (
            "No accepted answer: 3 of 31, whether none was given or none is accepted yet. "
            "Missing is never counted as zero."
        )
        assert (receipt["state"], receipt["threshold"]) == ("shown", 5)
        assert receipt["items"] == [{"item": "DAT-STR", "weight": 1, "state": None, "level": None}]

    def test_one_entity_in_data(self, client: Client, with_unit: Cycle, cast: Cast) -> None:
        receipt = get(client, "entity=undp&dimension=DAT", cast.focal).json()
        assert steps(receipt) == {
            "weight_applicable": ("Σ w", "1 + 1 + 1 + 1 + 1 + 1", "6"),
            "weight_answered": ("Σ w", "1 + 1 + 1 + 1 + 1", "5"),
            "points": ("Σ w · level", "1 · 3 + 1 · 2 + 1 · 1 + 1 · 2 + 1 · 2", "10"),
            "rated": ("3 · weight_answered ≥ 2 · weight_applicable > 0", "3 · 5 ≥ 2 · 6 > 0", "true"),
            "index": ("100 · points / (4 · weight_answered)", "100 · 10 / (4 · 5)", "50.0"),
            "has": ("n(level ≥ 2)", "STR, LED, HRS, FUN", "4"),
            "operates": ("n(level ≥ 3)", "STR", "1"),
            "paper_gap": ("has - operates", "4 - 1", "3"),
            "foundation": ("min(level)", "min(3, 2, 1, 2, –, 2)", "0"),
            "advanced": (
                "operates ≥ 4; STR, LED, TRN ≥ 2",
                "1 ≥ 4; STR 3 ≥ 2, LED 2 ≥ 2, TRN – ≥ 2",
                "false",
            ),
        }
        assert [line["state"] for line in receipt["items"][4:]] == ["unanswered", "answered", "na"]
        assert receipt["figure"]["index"] == "50.0"
        assert (receipt["entity"], receipt["group"], receipt["state"]) == ("UNDP", None, "own")


class TestNumbers:
    def test_are_those_of_the_figures_and_follow_from_each_other(
        self, client: Client, outside_cast: Cast
    ) -> None:
        chance = random.Random(7)
        choices: list[int | str | None] = [None, 0, 1, 2, 3, 4]
        framework = make_framework()
        codes = list(framework.items.values_list("code", flat=True))
        sheets = {unit: {code: chance.choice(choices) for code in codes} for unit in make_entities(30)}
        publish(make_counted_cycle(framework, sheets), outside_cast)
        url = "/api/v1/scorecards/2026/"
        for basis in ("accepted", "claimed"):
            rows = client.get(f"{url}items/?group=all&basis={basis}").json()
            for row in chance.sample(rows, 5):
                receipt = get(client, f"group=all&item={row['item']}&basis={basis}").json()
                assert receipt["figure"] == row
                found = steps(receipt)
                assert found["share_has"][2] == row["share_has"] == calculated(found["share_has"][1])
                assert [found[f"bounds_has[{end}]"][2] for end in (0, 1)] == row["bounds_has"]
                for name in ("share_operates", "paper_gap", "bounds_has[0]", "bounds_has[1]"):
                    assert found[name][2] == calculated(found[name][1])
            for row in client.get(f"{url}dimensions/?group=all&basis={basis}").json():
                receipt = get(client, f"group=all&dimension={row['dimension']}&basis={basis}").json()
                assert receipt["figure"] == row
                found = steps(receipt)
                assert found["mean"][2] == row["mean"] == calculated(found["mean"][1])
                for name in ("median", "q1", "q3"):
                    assert found[name][2] == row[name]

    def test_of_areas_follow_from_the_dimensions(self, client: Client, with_unit: Cycle, cast: Cast) -> None:
        fill(
            with_unit, {make_entity("FULL"): {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ("STR", "LED",
            "COE", "HRS", "TRN", "FUN", "PMS")} | {"INN-STR": 4, "INN-LED": 3}},
        )  # fmt: skip
        compute_cycle(cycle_id=with_unit.pk, at=AT)
        receipt = get(client, "entity=FULL&area=capability&version=provisional", cast.task_force).json()
        assert steps(receipt)["mean"] == ("Σ W · index / Σ W", "(1 · 50 + 1 · (425/7)) / 2", "55.4")
        assert steps(receipt)["weakest"][1:] == ("min(50, 425/7)", "50.0")
        filled, value = steps(receipt)["geometric"][1:]
        assert filled == "((1 + 0.99 · 50)^(1/2) · (1 + 0.99 · (425/7))^(1/2) - 1) / 0.99"
        assert value == "55.1"
        assert receipt["figure"] == {
            "area": "capability",
            "mean": "55.4",
            "geometric": "55.1",
            "weakest": "50.0",
        }
        assert receipt["dimensions"][0] == {"dimension": "DAT", "weight": 1, "index": "50.0"}

    def test_of_an_area_that_is_not_rated_are_null(
        self, client: Client, with_unit: Cycle, cast: Cast
    ) -> None:
        receipt = get(client, "entity=UNDP&area=capability", cast.viewer).json()
        assert receipt["figure"] == {"area": "capability", "mean": None, "geometric": None, "weakest": None}
        assert steps(receipt) == {"rated": ("3 · W_rated ≥ 2 · W", "3 · 1 ≥ 2 · 2", "false")}
        assert receipt["missing"][0] == "Dimensions that are not rated: INN."

    def test_of_one_level(self, client: Client, with_unit: Cycle, cast: Cast) -> None:
        receipt = get(client, "entity=UNDP&item=DAT-STR", cast.focal).json()
        assert receipt["items"] == [{"item": "DAT-STR", "weight": 1, "state": "answered", "level": 3}]
        assert receipt["figure"] is None
        assert steps(receipt)["operates"] == ("level ≥ 3", "3 ≥ 3", "true")
        assert get(client, "entity=UNDP&item=DAT-PMS", cast.focal).json()["steps"] == []


class TestTheMethod:
    """A figure keeps the method it was made with, whatever the portal's is by now."""

    def test_is_that_of_the_published_bytes(
        self, client: Client, cycle: Cycle, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as earlier:
            earlier.setattr(composing, "METHOD", "un20-0")
            publish(cycle, cast)
        assert get(client, "group=entities&item=DAT-STR").json()["method"] == "un20-0"

    def test_is_that_of_the_computation_before(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        Computation.objects.update(method="un20-0")
        asked = "group=entities&item=DAT-STR&version=provisional"
        assert get(client, asked, cast.task_force).json()["method"] == "un20-0"


class TestHashes:
    def test_are_those_of_the_published_bytes(self, client: Client, with_unit: Cycle, cast: Cast) -> None:
        scorecard = Scorecard.objects.get()
        document = json.loads(scorecard.payload)
        receipt = get(client, "group=entities&item=DAT-STR").json()
        assert receipt["hashes"] == {
            "scorecard": scorecard.sha256,
            "inputs": document["inputs_sha256"],
            "previous": None,
            "carried_from": None,
            "snapshot": None,
            "document": None,
            "simulation": None,
            "before": None,
            "snapshot_before": None,
            "document_before": None,
        }
        assert {unit["entity"]: (unit["snapshot"], unit["document"]) for unit in receipt["units"]} == {
            code: (unit["snapshot"], unit["document"]) for code, unit in document["units"].items()
        }
        own_type = "group=type:other_entity&item=DAT-STR"
        compute_cycle(cycle_id=with_unit.pk, at=AT)
        provisional = get(client, f"{own_type}&version=provisional", cast.task_force).json()
        assert [unit["entity"] for unit in provisional["units"]] == ["UNDP"]
        own = get(client, "entity=UNDP&item=DAT-STR", cast.focal).json()["hashes"]
        assert own["document"] == EntityDocument.objects.get(entity__code="UNDP").sha256
        assert own["snapshot"] == document["units"]["UNDP"]["snapshot"]

    def test_name_the_scorecard_before(self, client: Client, published: Cycle, cast: Cast) -> None:
        first = Scorecard.objects.get()
        fill(published, {make_entity(f"LATE-{number}"): {"DAT-STR": 4} for number in range(9)})
        publish(published, cast)
        assert get(client, "group=entities&item=DAT-STR").json()["hashes"]["previous"] == first.sha256

    def test_make_the_etag(self, client: Client, published: Cycle) -> None:
        answer = get(client, "group=entities&item=DAT-STR")
        again = client.get(
            URL, {"group": "entities", "item": "DAT-STR"}, headers={"If-None-Match": answer["ETag"]}
        )
        assert again.status_code == 304


class TestSheetsThatAreNotValidatedYet:
    WAITING = ("WAIT-001", "WAIT-002", "WAIT-003", "WAIT-004", "WAIT-005")

    @pytest.mark.parametrize("version", ["provisional", "1"])
    def test_are_behind_the_claimed_figure_alone(
        self, client: Client, cycle: Cycle, cast: Cast, version: str
    ) -> None:
        waiting = {make_entity(code): {"DAT-STR": 2} for code in self.WAITING}
        fill(cycle, waiting, status=Status.SUBMITTED)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        publish(cycle, cast)
        query = f"group=entities&item=DAT-STR&version={version}"
        accepted, claimed = (
            get(client, f"{query}&basis={basis}", cast.task_force).json() for basis in ("accepted", "claimed")
        )
        behind = [{unit["entity"] for unit in receipt["units"]} for receipt in (accepted, claimed)]
        assert (len(behind[0]), behind[1] - behind[0]) == (31, set(self.WAITING))
        assert accepted["missing"][0].startswith("No accepted answer: 8 of 36")
        assert accepted["steps"][0]["words"].endswith("No accepted answer: 8. Accepted answers: 28.")
        assert accepted["steps"][-1]["words"].endswith("without an accepted answer were a yes.")
        assert claimed["missing"] == ["No answer: 3 of 36. Missing is never counted as zero."]
        assert claimed["steps"][0]["words"].endswith("No answer: 3. Answered: 33.")


class TestHiddenFigures:
    def test_say_that_they_are_suppressed_and_nothing_else(self, client: Client, published: Cycle) -> None:
        receipt = get(client, "group=entities&item=DAT-LED").json()
        assert (receipt["state"], receipt["steps"], receipt["missing"]) == ("suppressed", [], [])
        assert receipt["figure"]["n_answered"] is None
        assert "fewer than 5 units answered" in receipt["disclosure"]
        dimension = get(client, "group=entities&dimension=INN").json()
        assert (dimension["state"], dimension["steps"]) == ("suppressed", [])
        assert dimension["figure"]["mean"] is None

    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    @pytest.mark.parametrize("what", ["item=DAT-STR", "dimension=DAT"])
    def test_name_the_units_that_count_and_no_answer(
        self, client: Client, published: Cycle, cast: Cast, basis: str, what: str
    ) -> None:
        """Who counts on which basis is public, so a suppressed cell names its units like any other.

        The published bytes name every unit with its groups, and the receipt of the same item in a larger
        group lists whose sheets count: leaving the list out here would hide nothing. What is hidden is judged
        as if everybody knew exactly whose sheets count in each cell (`tests/scorecards/domain/attack.py`).
        Answers are in no list: the hashes hold a nonce and are the same for every item of a basis.
        """
        own_type = f"group=type:other_entity&{what}&basis={basis}"
        before = get(client, own_type)
        assert before.status_code == 404  # nobody of this type had been asked
        fill(published, {Entity.objects.get(code="UNDP"): UNIT})
        publish(published, cast)
        receipt = get(client, own_type).json()
        assert (receipt["state"], receipt["steps"]) == ("suppressed", [])
        named = json.loads(Scorecard.objects.get(version=2).payload)["units"]["UNDP"]
        assert receipt["units"] == [
            {"entity": "UNDP", "snapshot": named["snapshot"], "document": named["document"]}
        ]
        assert "UNDP" in client.get(f"/scorecards/2026/receipt/?{own_type}").content.decode()
        everybody = get(client, f"group=all&item=INN-STR&basis={basis}").json()
        assert receipt["units"][0] in everybody["units"]

    def test_that_are_carried_are_those_of_the_version_they_name(
        self, client: Client, published: Cycle, cast: Cast
    ) -> None:
        before = get(client, "group=entities&item=DAT-STR").json()
        late = make_entity("LATE")
        fill(published, {late: {"DAT-STR": 4}})
        publish(published, cast)
        receipt = get(client, "group=entities&item=DAT-STR").json()
        assert (receipt["state"], receipt["carried_from"], receipt["version"]) == ("carried", 1, 2)
        assert "that of version 1" in receipt["disclosure"]
        assert receipt["steps"] == before["steps"]
        assert receipt["units"] == before["units"]
        assert receipt["hashes"]["carried_from"] == before["hashes"]["scorecard"]
        assert receipt["hashes"]["scorecard"] == Scorecard.objects.get(version=2).sha256

    def test_are_not_hidden_from_the_task_force_before_publishing(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        fill(cycle, {make_entity("ONE"): {"DAT-LED": 4}})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        query = "group=entities&item=DAT-LED&version=provisional"
        receipt = get(client, query, cast.task_force).json()
        assert (receipt["state"], receipt["figure"]["has"]) == ("provisional", 1)
        assert (receipt["version"], receipt["hashes"]["scorecard"]) == (None, None)
        assert len(receipt["units"]) == 32
        assert receipt["units"][0]["document"] is None
        for who in (None, cast.focal, cast.viewer, cast.committee, cast.administrator):
            assert get(client, query, who).status_code == 404


class TestReceiptsOfUnits:
    @pytest.mark.parametrize("query", ["item=DAT-STR", "dimension=DAT", "area=capability"])
    def test_are_for_members_and_the_task_force(
        self, client: Client, with_unit: Cycle, cast: Cast, query: str
    ) -> None:
        for who in (cast.viewer, cast.focal, cast.approver, cast.task_force):
            assert get(client, f"entity=UNDP&{query}", who).status_code == 200
        for stranger in (None, cast.stranger, cast.committee, cast.administrator):
            answer = get(client, f"entity=UNDP&{query}", stranger)
            assert answer.status_code == 404
            assert answer.json()["detail"] == get(client, f"entity=NOBODY&{query}", stranger).json()["detail"]

    def test_come_after_the_sheet_counts(self, client: Client, published: Cycle, cast: Cast) -> None:
        unit = Entity.objects.get(code="UNDP")
        assert get(client, "entity=UNDP&dimension=DAT", cast.viewer).status_code == 404
        fill(published, {unit: UNIT}, status=Status.SUBMITTED)
        publish(published, cast)
        assert get(client, "entity=UNDP&dimension=DAT&basis=claimed", cast.viewer).status_code == 200
        answer = get(client, "entity=UNDP&dimension=DAT", cast.viewer)
        assert answer.status_code == 404
        assert "does not count on this basis" in answer.json()["detail"]

    def test_hide_from_contributors_what_was_not_handed_to_them(
        self, client: Client, with_unit: Cycle, cast: Cast
    ) -> None:
        delegate(sheet_of(with_unit, Entity.objects.get(code="UNDP")), "DAT-LED", cast.contributor)
        receipt = get(client, "entity=UNDP&dimension=DAT", cast.contributor).json()
        assert [(line["state"], line["level"]) for line in receipt["items"][:3]] == [
            ("withheld", None),
            ("answered", 2),
            ("withheld", None),
        ]
        assert {name for name, (_formula, filled, _value) in steps(receipt).items() if filled} == {
            "rated",
            "index",
            "paper_gap",
        }
        assert get(client, "entity=UNDP&item=DAT-LED", cast.contributor).status_code == 200
        assert get(client, "entity=UNDP&item=DAT-STR", cast.contributor).status_code == 404

    @pytest.mark.parametrize(
        ("audience", "who"),
        [("committee", "committee"), ("public", "committee"), ("public", "stranger"), ("public", "nobody")],
    )
    def test_open_no_answers_to_those_whom_the_unit_lets_read_its_figures(
        self, client: Client, with_unit: Cycle, cast: Cast, audience: str, who: str
    ) -> None:
        unit, reader = Entity.objects.get(code="UNDP"), getattr(cast, who, None)
        assert get(client, "entity=UNDP&dimension=DAT", reader).status_code == 404
        set_consent(cycle=with_unit, entity=unit, audience=audience, by=cast.approver, at=AT)
        answer = get(client, "entity=UNDP&dimension=DAT", reader)
        assert answer["Cache-Control"] == "no-store"
        receipt = answer.json()
        assert receipt["figure"]["index"] is not None
        assert {(line["state"], line["level"]) for line in receipt["items"]} == {("withheld", None)}
        assert {name for name, (_formula, filled, _value) in steps(receipt).items() if filled} == {
            "rated",
            "index",
            "paper_gap",
        }
        assert get(client, "entity=UNDP&item=DAT-STR", reader).status_code == 404

    def test_show_the_published_sheet_when_a_later_one_is_provisional(
        self, client: Client, with_unit: Cycle, cast: Cast
    ) -> None:
        sheet = sheet_of(with_unit, Entity.objects.get(code="UNDP"))
        frozen = sheet.snapshots.get()
        later = type(frozen)(
            assessment=sheet,
            number=2,
            status=Status.VALIDATED,
            payload="{}",
            sha256="f" * 64,
            claimed=bytes([4] * 14),
            accepted=bytes([4] * 14),
            at=AT,
        )
        later.save()
        compute_cycle(cycle_id=with_unit.pk, at=AT)
        query = "entity=UNDP&item=DAT-STR"
        assert get(client, query, cast.task_force).json()["items"][0]["level"] == 3
        provisional = get(client, f"{query}&version=provisional", cast.task_force).json()
        assert provisional["items"][0]["level"] == 4
        assert Assessment.objects.get(pk=sheet.pk).status == Status.VALIDATED


class TestQuestions:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "group=entities",
            "entity=UNDP",
            "item=DAT-STR",
            "group=entities&entity=UNDP&item=DAT-STR",
            "group=entities&item=DAT-STR&dimension=DAT",
            "entity=UNDP&group=entities",
        ],
    )
    def test_that_name_no_one_figure_are_told_what_to_send(
        self, client: Client, published: Cycle, query: str
    ) -> None:
        answer = get(client, query)
        assert answer.status_code == 400
        assert "Send group or entity, and with it item, dimension or area" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "query",
        [
            "group=nobody&item=DAT-STR",
            "group=entities&item=DAT-XXX",
            "group=entities&item=%00",
            "group=entities&dimension=XXX",
            "entity=%00&item=DAT-STR",
            "entity=UNDP&area=nothing",
            "group=entities&item=DAT-STR&version=9",
        ],
    )
    def test_about_what_is_not_there_find_nothing(
        self, client: Client, with_unit: Cycle, cast: Cast, query: str
    ) -> None:
        assert get(client, query, cast.focal).status_code == 404

    def test_know_their_parameters(self, client: Client, published: Cycle) -> None:
        assert get(client, "group=entities&item=DAT-STR&what=x").status_code == 400
        assert get(client, "group=entities&item=DAT-STR&basis=x").status_code == 400

    def test_are_answered_in_the_reader_s_language(self, client: Client, published: Cycle) -> None:
        answer = client.get(
            URL, {"group": "entities", "item": "DAT-STR"}, headers={"Accept-Language": "fr"}
        ).json()
        assert answer["basis_in_words"].startswith("Niveaux acceptés")

    def test_cost_as_many_questions_for_more_units(
        self, client: Client, published: Cycle, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        asked = []
        for count in (0, 10):
            fill(published, {make_entity(f"MORE-{count}-{n}"): UNIT for n in range(count)})
            compute_cycle(cycle_id=published.pk, at=AT)
            if count:
                publish(published, cast)
            for query, user in (
                ("group=entities&item=DAT-STR", None),
                ("group=entities&item=DAT-STR&version=provisional", cast.task_force),
                ("entity=ENT-004&dimension=DAT", cast.task_force),
            ):
                get(client, query, user)  # a process reads published bytes once
                headers = {"Authorization": make_token(user)} if user else {}
                with django_assert_max_num_queries(14) as captured:
                    client.get(f"{URL}?{query}", headers=headers)
                asked.append(len(captured))
        assert asked[:3] == asked[3:]

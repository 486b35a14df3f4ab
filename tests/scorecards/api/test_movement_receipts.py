"""Receipts of movement in the API: they say what movement says, step by step, and no more than it."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, User
from quintet.models import Crosswalk, Cycle, Framework, Item
from scorecards.models import ComparedPair
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from scorecards.services.publishing import release
from tests.factories import (
    AT,
    Cast,
    Levels,
    fill,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from tests.scorecards.reckoned import calculated, reckoned
from tests.scorecards.worked import publish
from tests.scorecards.years import CODES, Compared, cycle_of, sheets
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
ITEM = "group=entities&item=DAT-STR&from=2025"
Link = tuple[str, str | None, str | None]  # relation, before, after
CONDITIONS = ("clear_entities", "clear_points", "verdict")


@pytest.fixture
def cast(outside_cast: Cast) -> Cast:
    return outside_cast


@pytest.fixture
def cycles(compared: Compared) -> list[Cycle]:
    return compared.cycles


def get(client: Client, query: str = ITEM, user: User | None = None, *, cycle: str = "2026") -> Any:
    headers = {"Authorization": make_token(user)} if user else {}
    return client.get(f"/api/v1/scorecards/{cycle}/receipt/?{query}", headers=headers)


def moved(client: Client, query: str = "from=2025", *, cycle: str = "2026") -> Any:
    return client.get(f"/api/v1/scorecards/{cycle}/movement/?{query}").json()


def steps(receipt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in receipt["steps"]}


def receipts(client: Client, asked: str, *, cycle: str = "2026") -> Iterator[tuple[dict[str, Any], Any]]:
    """Every row of a movement with its receipt."""
    found = moved(client, asked, cycle=cycle)
    for what in ("item", "dimension"):
        for row in found[f"{what}s"]:
            query = f"group={found['group']}&basis={found['basis']}&from={found['from_cycle']}"
            yield row, get(client, f"{query}&{what}={row[what]}", cycle=cycle).json()


class TestNumbers:
    @pytest.mark.parametrize(
        ("cycle", "asked"),
        [("2026", "from=2025"), ("2025", "from=2026"), ("2026", "from=2025&group=all&basis=claimed")],
    )
    def test_are_those_of_movement_and_follow_from_each_other(
        self, client: Client, cycles: list[Cycle], cycle: str, asked: str
    ) -> None:
        states = set()
        for row, receipt in receipts(client, asked, cycle=cycle):
            states.add(receipt["state"])
            assert receipt["figure"] == row
            assert (receipt["steps"] == []) == (receipt["state"] == "suppressed")
            found = steps(receipt)
            for name, step in found.items():
                if step["filled"] and name not in CONDITIONS:
                    assert step["value"] in (calculated(step["filled"]), str(reckoned(step["filled"])))
            if row["bridge"] and not row["bridge"]["why_not"]:
                self.bridges(row["bridge"], found)
            if row.get("panel"):
                self.counts(row, found)
        assert "shown" in states

    def bridges(self, bridge: dict[str, Any], found: dict[str, Any]) -> None:
        for name in ("membership", "na", "method", "real"):
            assert reckoned(found[name]["filled"]) == Fraction(*bridge["exact"][name])
            assert found[name]["value"] == bridge[name]
        assert reckoned(found["sum"]["filled"]) == Fraction(*bridge["exact"]["total"])
        assert found["sum"]["value"] == found["total"]["value"] == bridge["total"]

    def counts(self, row: dict[str, Any], found: dict[str, Any]) -> None:
        panel = row["panel"]
        assert found["n_panel"]["filled"] == f"{panel['rose']} + {panel['same']} + {panel['fell']}"
        for name, value in (("n_panel", panel["n"]), ("delta_has", panel["delta_has"]["entities"])):
            assert found[name]["value"] == str(value)
        assert found["delta_points"]["value"] == panel["delta_has"]["points"]
        assert found["verdict"]["value"] == panel["verdict"]
        for side in ("before", "after"):
            for name in ("n_answered", "has", "share_has"):
                assert found[f"{side}.{name}"]["value"] == str(row[side][name])

    def test_go_on_where_the_parts_alone_are_hidden(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        """Six units no longer answer: five that left and one that left the item open."""
        old: dict[Entity, Levels] = {unit: dict.fromkeys(CODES, 1) for unit in units[:13]}
        new: dict[Entity, Levels] = {unit: dict.fromkeys(CODES, 2) for unit in units[:8] + units[13:19]}
        new[units[7]] = {**new[units[7]], "DAT-STR": None}
        publish(cycle_of(framework, "2025", old), cast)
        publish(cycle_of(framework, "2026", new), cast)
        decide_comparisons(at=AT)
        receipt = get(client).json()
        assert receipt["state"] == "parts_suppressed"
        assert receipt["figure"]["bridge"] is None
        assert "The parts of the change are hidden" in receipt["disclosure"][0]
        found = steps(receipt)
        assert found["before.n_answered"]["filled"] == "7 + 6"
        assert "membership" not in found
        assert found["after.share_has"]["value"] == receipt["figure"]["after"]["share_has"] == "100.0"


class TestWhatStandsBehindIt:
    def test_is_named_by_hash(self, client: Client, cycles: list[Cycle]) -> None:
        receipt = get(client).json()
        etags = [client.get(f"/api/v1/scorecards/{year}/")["ETag"].strip('"') for year in (2025, 2026)]
        pair = ComparedPair.objects.get()
        assert receipt["hashes"] == {
            "before": etags[0],
            "after": etags[1],
            "comparison": pair.sha256,
            "crosswalk": None,
        }
        named = ("cycle", "version", "from_cycle", "from_version", "group", "item", "dimension", "method")
        assert [receipt[name] for name in named] == [
            "2026", 1, "2025", 1, "entities", "DAT-STR", None, "un20-1",
        ]  # fmt: skip
        assert receipt["framework"] == receipt["from_framework"]
        assert receipt["crosswalk"] is None
        assert (receipt["threshold"], receipt["breaks"]) == (5, [])

    def test_is_no_unit(self, client: Client, cycles: list[Cycle]) -> None:
        for query in (ITEM, "group=entities&dimension=DAT&from=2025"):
            answer = get(client, query)
            assert "ENT-" not in answer.content.decode()
            assert answer.json()["not_told"].startswith("Which units rose, stayed or fell is not shown")

    def test_is_read_by_no_cache_and_has_an_etag(self, client: Client, cycles: list[Cycle]) -> None:
        answer = get(client)
        assert "no-store" in answer["Cache-Control"]
        assert answer["ETag"]


class TestHiddenComparisons:
    def test_say_why_and_nothing_else(self, client: Client, framework: Framework, cast: Cast) -> None:
        """One unit of ten left, the others went a level up."""
        units = make_entities(10)
        for code, count, said in (("2025", 10, 2), ("2026", 9, 3)):
            found = {unit: dict.fromkeys(CODES, said) for unit in units[:count]}
            publish(cycle_of(framework, code, found), cast)
        decide_comparisons(at=AT)
        for query in (ITEM, "group=entities&dimension=DAT&from=2025"):
            receipt = get(client, query).json()
            assert (receipt["state"], receipt["steps"], receipt["figure"]["bridge"]) == (
                "suppressed",
                [],
                None,
            )
            [why] = receipt["disclosure"]
            assert "it would tell what fewer than 5 units answered" in why

    def test_name_a_sample_that_is_hidden_itself(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        old = {unit: {"DAT-STR": 2 if place < 3 else None, "DAT-LED": 2} for place, unit in enumerate(units)}
        publish(cycle_of(framework, "2025", old), cast)
        publish(cycle_of(framework, "2026", {unit: dict.fromkeys(CODES, 3) for unit in units}), cast)
        decide_comparisons(at=AT)
        for query in (ITEM, "group=entities&dimension=DAT&from=2025"):
            receipt = get(client, query).json()
            assert (receipt["state"], receipt["steps"]) == ("suppressed", [])
            assert receipt["disclosure"][0].endswith("is hidden itself, and nothing is compared beside it.")

    def test_name_a_sample_that_is_carried(
        self, client: Client, cycles: list[Cycle], units: list[Entity], cast: Cast
    ) -> None:
        fill(cycles[1], sheets(units, range(5, 6), 2))
        publish(cycles[1], cast)
        decide_comparisons(at=AT)
        receipt = get(client).json()
        assert (receipt["state"], receipt["version"]) == ("suppressed", 2)
        assert receipt["figure"]["after"]["carried_from"] == 1
        [why] = receipt["disclosure"]
        assert "is shown as in its version 1" in why


class TestBrokenSeries:
    @pytest.fixture
    def links(self, framework: Framework, units: list[Entity], cast: Cast) -> list[Link]:
        """The framework of 2026 asks for everything but leadership of data, and for learning instead."""
        after = make_framework("next")
        Item.objects.filter(framework=after, code="DAT-LED").update(code="DAT-LEA")
        publish(cycle_of(framework, "2025", {unit: dict.fromkeys(CODES, 1) for unit in units}), cast)
        codes = [code.replace("DAT-LED", "DAT-LEA") for code in CODES]
        publish(cycle_of(after, "2026", {unit: dict.fromkeys(codes, 2) for unit in units}), cast)
        links: list[Link] = [
            *(("equal", code, code) for code in CODES if code != "DAT-LED"),
            ("dropped", "DAT-LED", None),
            ("new", None, "DAT-LEA"),
        ]
        rows = [dict(zip(("relation", "before", "after"), link, strict=True)) for link in links]
        Crosswalk.objects.create(slug="small-next", before=framework, after=after, links=rows)
        decide_comparisons(at=AT)
        return links

    @pytest.mark.parametrize(
        ("item", "words"), [("DAT-LEA", "a new question"), ("DAT-LED", "no longer asked")]
    )
    def test_say_what_became_of_the_question(
        self, client: Client, links: list[Link], item: str, words: str
    ) -> None:
        receipt = get(client, f"group=entities&item={item}&from=2025").json()
        assert (receipt["state"], receipt["steps"]) == ("broken", [])
        assert receipt["relation"] == f"The series breaks: {words}."
        assert receipt["disclosure"][0].startswith("Nothing is hidden")

    def test_are_named_by_their_dimension_with_the_crosswalk(self, client: Client, links: list[Link]) -> None:
        receipt = get(client, "group=entities&dimension=DAT&from=2025").json()
        assert receipt["breaks"] == [
            {"item": "DAT-LEA", "relation": "new", "others": []},
            {"item": "DAT-LED", "relation": "dropped", "others": []},
        ]
        assert receipt["crosswalk"] == "small-next"
        assert receipt["framework"] != receipt["from_framework"]
        assert receipt["hashes"]["crosswalk"] == sha256(canonical_json(links))
        assert receipt["relation"] is None
        assert get(client).json()["relation"].startswith("Both cycles ask the same question")


class TestWhoReadsThem:
    def test_provisional_ones_are_for_the_task_force(
        self, client: Client, cycles: list[Cycle], cast: Cast, units: list[Entity]
    ) -> None:
        fill(cycles[1], sheets(units, range(1), 2))
        compute_cycle(cycle_id=cycles[1].pk, at=AT)
        query = f"{ITEM}&version=provisional"
        for who in (None, cast.focal, cast.committee, cast.administrator):
            assert get(client, query, who).status_code == 404
        receipt = get(client, query, cast.task_force).json()
        assert (receipt["state"], receipt["version"], receipt["hashes"]["after"]) == (
            "provisional", None, None,
        )  # fmt: skip
        assert receipt["hashes"]["before"]
        assert receipt["hashes"]["comparison"] is None
        published = get(client).json()["figure"]["after"]["n_answered"]
        assert receipt["figure"]["after"]["n_answered"] == published + 1
        assert steps(receipt)["after.n_answered"]["value"] == str(published + 1)
        assert "membership" in steps(receipt)

    def test_one_of_a_version_for_the_committees_does_not_exist_for_others(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        publish(cycle_of(framework, "2025", sheets(units, range(18), 1)), cast)
        later = cycle_of(framework, "2026", sheets(units, range(6, 24), 2))
        hidden = publish(later, cast, audience="committee")
        decide_comparisons(at=AT)
        backwards = ITEM.replace("2025", "2026")
        for person in (None, cast.focal, cast.administrator):
            assert get(client, user=person).status_code == 404
            assert get(client, backwards, person, cycle="2025").status_code == 404
        for person in (cast.committee, cast.task_force):
            assert get(client, user=person).status_code == 200
        release(scorecard=hidden, by=cast.task_force, at=AT)
        assert get(client).status_code == 200


class TestAnAddressThatKeeps:
    KEPT = f"{ITEM}&version=1&from_version=1"

    def test_shows_the_same_after_a_correction(
        self, client: Client, cycles: list[Cycle], units: list[Entity], cast: Cast
    ) -> None:
        first = get(client).json()
        assert get(client, self.KEPT).json() == first
        shown = client.get(f"/scorecards/2026/receipt/?{ITEM}").content.decode().replace("&amp;", "&")
        [link] = re.findall(r'href="(/[^"]*from_version=1[^"]*)"', shown)
        fill(cycles[1], sheets(units, range(6), 3))
        publish(cycles[1], cast)
        decide_comparisons(at=AT)
        assert get(client).json()["version"] == 2
        for query in (self.KEPT, f"{ITEM}&version=1"):
            assert get(client, query).json() == first
        assert get(client, f"{ITEM}&from_version=1").json() == get(client).json()
        kept = client.get(link)
        assert kept.status_code == 200
        assert first["hashes"]["comparison"] in kept.content.decode()
        movement = client.get("/scorecards/2026/movement/?from=2025&version=1&from_version=1")
        assert movement.status_code == 200
        assert "version=1&amp;from_version=1&amp;item=DAT-STR" in movement.content.decode()
        assert moved(client, "from=2025&version=1&from_version=1")["version"] == 1
        turned = ITEM.replace("2025", "2026") + "&version=1&from_version=1"
        assert get(client, turned, cycle="2025").json()["from_version"] == 1

    def test_does_not_exist_where_the_two_were_never_compared(
        self, client: Client, cycles: list[Cycle], units: list[Entity], cast: Cast
    ) -> None:
        for cycle, joined in zip(cycles, (range(18, 24), range(6)), strict=True):
            fill(cycle, sheets(units, joined, 3))
            publish(cycle, cast)
        query = f"{ITEM}&version=2&from_version=1"
        answer = get(client, query)
        assert (answer.status_code, "never compared" in answer.json()["detail"]) == (404, True)
        assert client.get(f"/scorecards/2026/receipt/?{query}").status_code == 404
        assert get(client, f"{ITEM}&version=2&from_version=2").status_code == 503  # not decided yet

    def test_is_for_those_who_may_read_both_versions(
        self, client: Client, cycles: list[Cycle], units: list[Entity], cast: Cast
    ) -> None:
        fill(cycles[1], sheets(units, range(6), 3))
        publish(cycles[1], cast, audience="committee")
        decide_comparisons(at=AT)
        query = f"{ITEM}&version=2&from_version=1"
        for person, status in ((None, 404), (cast.focal, 404), (cast.committee, 200)):
            assert get(client, query, person).status_code == status
        assert get(client, self.KEPT).status_code == 200

    @pytest.mark.parametrize("text", ["version=x", "version=9", "from_version=x", "from_version=9"])
    def test_of_no_version_is_no_page(self, client: Client, cycles: list[Cycle], text: str) -> None:
        assert client.get(f"/scorecards/2026/receipt/?{ITEM}&{text}").status_code == 404
        assert client.get(f"/scorecards/2026/movement/?from=2025&{text}").status_code == 404


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "status", "says"),
        [
            ("group=entities&item=DAT-STR&from=", 400, "Name the cycle to compare with."),
            ("group=entities&item=DAT-STR&from=2026", 400, "Choose another cycle to compare with."),
            ("group=entities&item=DAT-STR&from=1999", 404, "has no published scorecard"),
            ("group=entities&item=DAT-STR&from=2024", 404, "has no published scorecard"),
            ("group=entities&item=DAT-XXX&from=2025", 404, "There is no such figure."),
            ("group=entities&dimension=XXX&from=2025", 404, "There is no such figure."),
            ("group=nobody&item=DAT-STR&from=2025", 404, "There is no such figure."),
            ("entity=UNDP&item=DAT-STR&from=2025", 404, "There is no such figure."),
            ("entity=UNDP&area=culture&from=2025", 400, "A receipt of a change needs from."),
            ("group=entities&from=2025", 400, "A receipt is of one figure."),
            ("group=entities&item=DAT-STR&from=2025&basis=guessed", 400, "Choose one of: accepted"),
            ("group=entities&item=DAT-STR&from=2025&version=x", 400, "Give a whole number"),
            ("group=entities&item=DAT-STR&from=2025&version=9", 404, "No such scorecard"),
            ("group=entities&item=DAT-STR&from=2025&from_version=9", 404, "has no published scorecard"),
            ("group=entities&item=DAT-STR&from=2025&from=2024", 400, "Give this parameter once."),
        ],
    )
    def test_are_those_of_movement(
        self, client: Client, cycles: list[Cycle], framework: Framework, query: str, status: int, says: str
    ) -> None:
        make_cycle(framework, "2024")
        answer = get(client, query)
        assert answer.status_code == status
        assert says in answer.content.decode()

    def test_say_when_to_ask_again(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        for code, numbers in (("2025", range(18)), ("2026", range(6, 24))):
            publish(cycle_of(framework, code, sheets(units, numbers, int(code) % 2 + 1)), cast)
        answer = get(client)
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert (answer.json()["code"], answer["Cache-Control"]) == ("not_yet", "no-store")
        decide_comparisons(at=AT)
        assert get(client).status_code == 200


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_units(
        self, client: Client, cycles: list[Cycle], cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        asked = []
        for count in (0, 10):
            more = [make_entity(f"MORE-{number}") for number in range(count)]
            for cycle in cycles if count else []:
                fill(cycle, {unit: dict.fromkeys(CODES, 2) for unit in more})
                publish(cycle, cast)
            decide_comparisons(at=AT)
            for query in (ITEM, ITEM.replace("item=DAT-STR", "dimension=DAT")):
                assert get(client, query).status_code == 200  # a process reads published bytes once
                with django_assert_max_num_queries(16) as captured:
                    get(client, query)
                asked.append(len(captured))
        assert asked[:2] == asked[2:]

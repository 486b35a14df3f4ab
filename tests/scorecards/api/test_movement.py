"""Movement between two cycles in the API and on its page: what it says, refuses, hides and asks."""

import re
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, User
from quintet.models import Crosswalk, Cycle, Framework, Item
from scorecards.domain.bridge import Parts, bridge_index, bridge_share
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.movement import CycleSheets, compare, item_movements
from scorecards.queries.frameworks import framework_shape
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from scorecards.services.publishing import release
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cycle,
    make_entities,
    make_framework,
    make_token,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import CODES, Compared, cycle_of, level, sheets
from un20portal.lib.holding import ANSWERS
from un20portal.lib.ratios import one_decimal, whole_per_cent

pytestmark = pytest.mark.django_db
URL = "/api/v1/scorecards/2026/movement/"


@pytest.fixture
def cast(outside_cast: Cast) -> Cast:
    return outside_cast


@pytest.fixture
def cycles(compared: Compared) -> list[Cycle]:
    return compared.cycles


def get(client: Client, query: str = "?from=2025", user: User | None = None) -> Any:
    return client.get(f"{URL}{query}", headers={"Authorization": make_token(user)} if user else {})


def packed(numbers: range, year: int) -> dict[str, bytes | None]:
    return {
        f"ENT-{number + 1:03}": bytes(
            255 if (found := level(number, place, year)) is None else found for place in range(len(CODES))
        )
        for number in numbers
    }


def exact(parts: Parts | None, change: Fraction | None) -> dict[str, list[int] | None]:
    values = [change, *(parts or [None] * 4)]
    names = ["total", *Parts._fields]
    return {
        name: None if value is None else list(value.as_integer_ratio())
        for name, value in zip(names, values, strict=True)
    }


class TestMovement:
    def test_says_what_the_method_says_of_the_same_sheets(
        self, client: Client, cycles: list[Cycle], framework: Framework
    ) -> None:
        shape: FrameworkShape = framework_shape(framework)
        comparison = compare(
            CycleSheets(shape, packed(range(18), 1)), CycleSheets(shape, packed(range(6, 24), 2))
        )
        shown = get(client).json()
        assert [row["item"] for row in shown["items"]] == CODES
        for row, (code, found) in zip(shown["items"], item_movements(comparison).items(), strict=True):
            assert row["relation"] == "equal"
            assert row["after"]["share_has"] == one_decimal(found.after.share_has)
            assert row["before"]["n_answered"] == found.before.n_answered
            if row["panel"]:
                assert [row["panel"][name] for name in ("n", "rose", "same", "fell")] == [
                    found.n_panel,
                    found.rose,
                    found.same,
                    found.fell,
                ]
                assert row["panel"]["delta_has"] == {
                    "entities": found.delta_has,
                    "points": one_decimal(found.delta_points),
                }
            if row["bridge"]:
                bridge = bridge_share(comparison, code)
                assert row["bridge"]["exact"] == exact(bridge.parts, bridge.change)
        assert any(row["panel"] for row in shown["items"])
        for row in shown["dimensions"]:
            bridge = bridge_index(comparison, row["dimension"])
            if row["bridge"]:
                assert row["bridge"]["exact"] == exact(bridge.parts, bridge.change)

    def test_names_what_it_compares(self, client: Client, cycles: list[Cycle]) -> None:
        answer = get(client)
        assert {name: answer.json()[name] for name in ("cycle", "version", "from_cycle", "from_version")} == {
            "cycle": "2026",
            "version": 1,
            "from_cycle": "2025",
            "from_version": 1,
        }
        again = client.get(f"{URL}?from=2025", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304

    def test_has_a_shape(self, client: Client, framework: Framework, cast: Cast) -> None:
        """Ten units, all in both years: nobody left, joined or left an item open."""
        units = make_entities(10)
        for code, levels in (("2025", [1] * 6 + [2] * 4), ("2026", [2] * 4 + [1] * 2 + [2] * 3 + [0])):
            found = {unit: dict.fromkeys(CODES, level) for unit, level in zip(units, levels, strict=True)}
            publish(cycle_of(framework, code, found), cast)
        decide_comparisons(at=AT)
        shown = get(client).json()
        assert shown["items"][0] == {
            "item": "DAT-STR",
            "dimension": "DAT",
            "capability": "DAT",
            "enabler": "STR",
            "relation": "equal",
            "others": [],
            "suppressed": False,
            "panel": {
                "n": 10,
                "rose": 4,
                "same": 5,
                "fell": 1,
                "has_before": 4,
                "has_after": 7,
                "newly_answered": 0,
                "no_longer_answered": 0,
                "delta_has": {"entities": 3, "points": "30.0"},
                "verdict": "clear",
            },
            "before": {
                "suppressed": False,
                "carried_from": None,
                "n_answered": 10,
                "has": 4,
                "share_has": "40.0",
            },
            "after": {
                "suppressed": False,
                "carried_from": None,
                "n_answered": 10,
                "has": 7,
                "share_has": "70.0",
            },
            "bridge": {
                "total": "30.0",
                "membership": "0.0",
                "na": "0.0",
                "method": "0.0",
                "real": "30.0",
                "exact": {
                    "total": [30, 1],
                    "membership": [0, 1],
                    "na": [0, 1],
                    "method": [0, 1],
                    "real": [30, 1],
                },
                "why_not": None,
            },
        }
        assert shown["dimensions"][0]["bridge"]["exact"]["total"] == [5, 1]

    def test_the_other_way_round_says_the_same_with_the_signs_turned(
        self, client: Client, cycles: list[Cycle]
    ) -> None:
        there = get(client).json()
        back = client.get("/api/v1/scorecards/2025/movement/?from=2026").json()
        for row, turned in zip(there["items"], back["items"], strict=True):
            assert (row["before"], row["after"]) == (turned["after"], turned["before"])
            if row["panel"]:
                assert (row["panel"]["rose"], row["panel"]["fell"]) == (
                    turned["panel"]["fell"],
                    turned["panel"]["rose"],
                )
        assert any(row["panel"] for row in there["items"])

    def test_asks_as_often_for_more_units(
        self, client: Client, cycles: list[Cycle], django_assert_max_num_queries: Any
    ) -> None:
        get(client)
        ANSWERS.forget()
        with django_assert_max_num_queries(13) as known:
            get(client)
        ANSWERS.forget()
        with django_assert_max_num_queries(len(known)):
            get(client, "?from=2025&group=all&basis=claimed")

    def test_is_suppressed_where_one_unit_left(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        units = make_entities(10)
        for code, count, said in (("2025", 10, 2), ("2026", 9, 3)):
            found = {unit: dict.fromkeys(CODES, said) for unit in units[:count]}
            publish(cycle_of(framework, code, found), cast)
        decide_comparisons(at=AT)
        row = get(client).json()["items"][0]
        assert (row["suppressed"], row["panel"], row["bridge"]) == (True, None, None)
        assert (row["before"]["n_answered"], row["after"]["n_answered"]) == (10, 9)


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "status", "says"),
        [
            ("", 400, "Name the cycle to compare with."),
            ("?from=", 400, "Name the cycle to compare with."),
            ("?from=2026", 400, "Choose another cycle to compare with."),
            ("?from=1999", 404, "has no published scorecard"),
            ("?from=2024", 404, "has no published scorecard"),
            ("?from=2025&group=nobody", 400, "Choose one of: entities"),
            ("?from=2025&basis=guessed", 400, "Choose one of: accepted"),
            ("?from=2025&version=x", 400, "Give a whole number"),
            ("?from=2025&version=9", 404, "No such scorecard"),
            ("?from=2025&from_version=0", 400, "Give a whole number"),
            ("?from=2025&from_version=9", 404, "has no published scorecard"),
            ("?from=2025&to=2026", 400, "There is no such parameter"),
        ],
    )
    def test_are_plain(
        self, client: Client, cycles: list[Cycle], framework: Framework, query: str, status: int, says: str
    ) -> None:
        make_cycle(framework, "2024")
        answer = get(client, query)
        assert answer.status_code == status
        assert says in answer.content.decode()

    def test_of_a_cycle_that_has_published_nothing(self, client: Client, framework: Framework) -> None:
        make_cycle(framework, "2026")
        assert get(client).status_code == 404


class TestProvisional:
    def test_is_for_the_task_force_and_unhidden(
        self, client: Client, cycles: list[Cycle], cast: Cast, units: list[Entity]
    ) -> None:
        fill(cycles[1], sheets(units, range(1), 2))
        compute_cycle(cycle_id=cycles[1].pk, at=AT)
        query = "?from=2025&version=provisional"
        for who in (None, cast.focal, cast.committee, cast.administrator):
            assert get(client, query, who).status_code == 404
        shown = get(client, query, cast.task_force).json()
        assert shown["version"] is None
        assert all(row["panel"] and row["bridge"] for row in shown["items"])
        assert max(row["after"]["n_answered"] for row in shown["items"]) == 19


class TestAnotherFramework:
    @pytest.fixture
    def next_cycle(self, framework: Framework, units: list[Entity], cast: Cast) -> Framework:
        """The framework of 2026 asks for everything but leadership of data, and for learning instead."""
        after = make_framework("next")
        Item.objects.filter(framework=after, code="DAT-LED").update(code="DAT-LEA")
        publish(cycle_of(framework, "2025", {unit: dict.fromkeys(CODES, 1) for unit in units}), cast)
        codes = [code.replace("DAT-LED", "DAT-LEA") for code in CODES]
        publish(cycle_of(after, "2026", {unit: dict.fromkeys(codes, 2) for unit in units}), cast)
        return after

    def test_needs_a_crosswalk(self, client: Client, next_cycle: Framework) -> None:
        answer = get(client)
        assert answer.status_code == 404
        assert "belong together" in answer.json()["detail"]

    def test_shows_where_series_break(
        self, client: Client, framework: Framework, next_cycle: Framework
    ) -> None:
        same = [code for code in CODES if code != "DAT-LED"]
        links = [
            *({"before": code, "after": code, "relation": "equal"} for code in same),
            {"before": "DAT-LED", "after": None, "relation": "dropped"},
            {"before": None, "after": "DAT-LEA", "relation": "new"},
        ]
        Crosswalk.objects.create(slug="small-next", before=framework, after=next_cycle, links=links)
        assert get(client).status_code == 503
        decide_comparisons(at=AT)
        rows = {row["item"]: row for row in get(client).json()["items"]}
        assert (rows["DAT-STR"]["relation"], rows["DAT-STR"]["panel"]["rose"]) == ("equal", 24)
        new, dropped = rows["DAT-LEA"], rows["DAT-LED"]
        assert (new["relation"], new["panel"], new["before"], new["suppressed"]) == ("new", None, None, False)
        assert (dropped["relation"], dropped["after"]) == ("dropped", None)
        page = client.get("/scorecards/2026/movement/").content.decode()
        assert "a new question" in page
        assert "no longer asked" in page


class TestBeforeItIsDecided:
    @pytest.fixture(autouse=True)
    def _published(self, framework: Framework, units: list[Entity], cast: Cast) -> None:
        for code, numbers in (("2025", range(18)), ("2026", range(6, 24))):
            publish(cycle_of(framework, code, sheets(units, numbers, int(code) % 2 + 1)), cast)

    def test_the_api_says_when_to_ask_again(self, client: Client) -> None:
        for path in (f"{URL}?from=2025", "/api/v1/scorecards/2025/movement/?from=2026"):
            answer = client.get(path)
            assert (answer.status_code, answer["Retry-After"]) == (503, "30")
            assert answer["Content-Type"] == "application/problem+json"
            assert (answer.json()["code"], answer["Cache-Control"]) == ("not_yet", "no-store")

    def test_the_page_says_it_under_its_heading(self, client: Client) -> None:
        answer = client.get("/scorecards/2026/movement/?group=all")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Movement between two cycles" in page
        assert "This comparison is being prepared." in page
        assert 'href="/scorecards/2026/movement/?group=all"' in page
        assert "DAT-STR" not in page
        decide_comparisons(at=AT)
        page = client.get("/scorecards/2026/movement/?group=all").content.decode()
        assert "DAT-STR" in page
        assert "being prepared" not in page

    def test_the_sheets_of_now_wait_for_nothing(self, client: Client, cast: Cast) -> None:
        compute_cycle(cycle_id=Cycle.objects.get(code="2026").pk, at=AT)
        assert get(client, "?from=2025&version=provisional", cast.task_force).status_code == 200


class TestForTheCommittees:
    def test_a_comparison_is_readable_where_both_versions_are(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        publish(cycle_of(framework, "2025", sheets(units, range(18), 1)), cast)
        hidden = publish(
            cycle_of(framework, "2026", sheets(units, range(6, 24), 2)), cast, audience="committee"
        )
        for status in (503, 200):
            for person in (None, cast.focal, cast.administrator):
                assert get(client, user=person).status_code == 404
                backwards = client.get(
                    "/api/v1/scorecards/2025/movement/?from=2026",
                    headers={"Authorization": make_token(person)} if person else {},
                )
                assert backwards.status_code == 404
            assert get(client, user=cast.committee).status_code == status
            decide_comparisons(at=AT)
        release(scorecard=hidden, by=cast.task_force, at=AT)
        assert get(client).status_code == 200

    @pytest.mark.parametrize("joined_first", [True, False])
    def test_a_later_version_changes_nothing_for_everybody_else(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast, joined_first: bool
    ) -> None:
        before = cycle_of(framework, "2025", sheets(units, range(12), 1))
        after = cycle_of(framework, "2026", sheets(units, range(6, 24), 2))
        publish(before, cast)
        joined = sheets(units, range(12, 18), 1)
        if joined_first:
            fill(before, joined)
            publish(before, cast, audience="committee")
            publish(after, cast)
        else:
            publish(after, cast)
            fill(before, joined)
            publish(before, cast, audience="committee")
        decide_comparisons(at=AT)
        for person, from_version in ((None, 1), (cast.committee, 2)):
            told = get(client, user=person).json()
            assert (told["from_version"], told["version"]) == (from_version, 1)
        assert "DAT-STR" in client.get("/scorecards/2026/movement/").content.decode()


class TestThePage:
    def test_compares_with_the_cycle_before_unless_told(self, client: Client, cycles: list[Cycle]) -> None:
        page = " ".join(client.get("/scorecards/2026/movement/").content.decode().split())
        assert '<option value="2025" selected>' in page
        assert "DAT-STR" in page
        assert client.get("/scorecards/2026/movement/?from=2025&group=all&basis=claimed").status_code == 200

    def test_folds_the_items_of_each_dimension(self, client: Client, cycles: list[Cycle]) -> None:
        def unfolded(query: str) -> list[str]:
            page = client.get(f"/scorecards/2026/movement/{query}").content.decode()
            folds = page.split('<details class="fold"')[1:]
            assert [f'id="{code}"' in fold for code, fold in zip(("DAT", "INN"), folds, strict=True)] == [
                True,
                True,
            ]
            return [code for code, fold in zip(("DAT", "INN"), folds, strict=True) if fold[:5] == " open"]

        assert unfolded("") == ["DAT"]
        assert unfolded("?dimension=INN") == ["INN"]
        assert unfolded("?dimension=all") == ["DAT", "INN"]

    def test_names_at_the_table_whom_its_columns_are_of(self, client: Client, cycles: list[Cycle]) -> None:
        page = " ".join(client.get("/scorecards/2026/movement/").content.decode().split())
        before, _table, columns = page.partition('id="items-DAT"')
        assert "The panel are the units that answer an item in both cycles" in before
        for whom in ("Full sample: in place", "Panel: units that answer in both cycles", "Full sample: why"):
            assert whom in columns.partition("</thead>")[0]

    @pytest.mark.parametrize("path", ["2026/movement/?dimension=all", "2026/"])
    def test_sets_the_shares_of_the_panel_beside_its_change(
        self, client: Client, cycles: list[Cycle], path: str
    ) -> None:
        """Beside the change of the panel nobody is to subtract the shares of the full samples."""
        told = client.get("/api/v1/scorecards/2026/movement/?from=2025").json()["items"]
        page = re.sub(
            r"<svg.*?</svg>", " ", client.get(f"/scorecards/{path}").content.decode(), flags=re.DOTALL
        )
        rows = re.findall(
            r'<tr role="row">(?:(?!</tr>).)*from=2025(?:(?!</tr>).)*</tr>', page, flags=re.DOTALL
        )
        shown = {code[1]: row for row in rows if (code := re.search("item=([A-Z-]+)", row))}
        panels = {row["item"]: row["panel"] for row in told if row["panel"] and row["panel"]["n"] >= 10}
        assert panels
        for item, panel in panels.items():
            shares = [
                whole_per_cent(Fraction(100 * panel[name], panel["n"]))
                for name in ("has_before", "has_after")
            ]
            words = " ".join(re.sub(r"<[^>]+>", " ", shown[item]).split())
            assert f"{shares[0]}% → {shares[1]}%" in words, item

    def test_names_an_item_of_the_culture_by_its_question(self, client: Client, cycles: list[Cycle]) -> None:
        Item.objects.filter(code="INN-STR").update(enabler="")
        page = client.get("/scorecards/2026/movement/").content.decode()
        assert '<span lang="en" dir="ltr">INN STR?</span>' in page
        assert "DAT STR?" not in page

    def test_says_why_nothing_is_shown(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        """One unit says the same in both years, all others in one of them."""
        for code, numbers in (("2025", range(12)), ("2026", range(11, 24))):
            publish(cycle_of(framework, code, sheets(units, numbers, 1)), cast)
        decide_comparisons(at=AT)
        for path in ("2026/movement/", "2025/movement/?from=2026"):
            assert "Every change is suppressed" in client.get(f"/scorecards/{path}").content.decode()

    def test_turns_its_arrow_with_the_direction_of_writing(self, client: Client, cycles: list[Cycle]) -> None:
        """Without the class that turns it, it would point at the earlier cycle in Arabic."""
        page = client.get("/ar/scorecards/2026/movement/?dimension=all").content.decode()
        assert page.count("→") == page.count('<span class="arrow-on">→</span>') > 0
        assert "Every change is suppressed" not in page

    def test_is_linked_from_the_later_scorecard_only(self, client: Client, cycles: list[Cycle]) -> None:
        address = "/scorecards/2026/movement/?from=2025"
        assert address in client.get("/scorecards/2026/").content.decode()
        assert "/movement/" not in client.get("/scorecards/2025/").content.decode()

    def test_does_not_exist_without_another_cycle(
        self, client: Client, framework: Framework, units: list[Entity], cast: Cast
    ) -> None:
        publish(cycle_of(framework, "2026", sheets(units, range(12), 1)), cast)
        assert client.get("/scorecards/2026/movement/").status_code == 404

    def test_never_runs_backwards_unless_it_is_asked_to(self, client: Client, cycles: list[Cycle]) -> None:
        """Compared with a later cycle, what rose would be said to have fallen."""
        answer = client.get("/scorecards/2025/movement/")
        assert answer.status_code == 404
        said = answer.content.decode()
        assert "Nothing earlier is published." in said
        assert client.get("/scorecards/2025/figures/movement.csv").status_code == 404
        forward = "/scorecards/2026/movement/?from=2025"
        assert f'href="{forward}"' in said
        for address in (forward, "/scorecards/2025/movement/?from=2026"):
            assert client.get(address).status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            "?from=1999",
            "?group=nobody",
            "?basis=guessed",
            "?dimension=XXX",
            "?version=9",
            "?version=provisional",
        ],
    )
    def test_does_not_answer_to_what_is_not_there(
        self, client: Client, cycles: list[Cycle], query: str
    ) -> None:
        assert client.get(f"/scorecards/2026/movement/{query}").status_code == 404

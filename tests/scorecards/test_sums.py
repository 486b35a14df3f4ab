"""Sums on the page of a scorecard lead to receipts with their addends, each of which leads to its own."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client

from entities.models import Entity
from quintet.domain.crosswalk import Relation
from quintet.models import Area, Cycle, Dimension, Framework, Item, Observation
from scorecards.domain.movement import Panel
from scorecards.domain.sum_derivations import ALL_CHANGES_HIDDEN, NOBODY_IN_BOTH
from scorecards.queries.movement import ItemRow, Section
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared, cycle_of

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/"
COLUMNS = ("Rose", "Same", "Fell")


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(" ".join(answer.content.decode().split()))


def part(page: str, name: str) -> str:
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def cells(row: str, label: str) -> list[int]:
    """The numbers of one column in a row of a table."""
    return [int(found) for found in re.findall(rf'data-label="{label}"[^>]*>\s*(\d+)', row)]


def rows(page: str) -> list[str]:
    return re.findall(r'<tr role="row".*?</tr>', page.partition("<tbody")[2])


def ask(client: Client, address: str) -> Any:
    """The same receipt as JSON."""
    answer = client.get(f"/api/v1{address}")
    assert answer.status_code == 200, address
    return answer.json()


def values(receipt: Any) -> dict[str, str]:
    return {step["name"]: step["value"] for step in receipt["steps"]}


def heading(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0].strip()


def addends(page: str, address: str) -> list[tuple[str, str]]:
    """The rows of what is added up, each with the address of its own receipt."""
    listed = rows(page.partition('id="addends"')[2].partition("</table>")[0])
    return [(row, urljoin(address, re.findall(r'href="([^"]+)"', row)[0])) for row in listed]


class TestAnswersThatMoved:
    def test_of_a_capability_have_a_receipt_with_what_is_added_up(
        self, client: Client, compared: Compared
    ) -> None:
        shown = part(read(client, f"{PAGE}?group=entities&basis=claimed"), "movement")
        folds = shown.split("<details")[1:]
        assert len(folds) == 2
        for fold, code, name in zip(folds, ("DAT", "INN"), ("Data", "Innovation"), strict=True):
            bar = re.search(r"((\d+) rose, (\d+) stayed the same, (\d+) fell\.)</title>", fold)
            assert bar
            [address] = re.findall(rf'href="([^"]+)">{re.escape(bar[1])}</a>', fold)
            assert (
                address == f"{PAGE}receipt/?group=entities&basis=claimed&of=moved&from=2025&dimension={code}"
            )
            page, receipt = read(client, address), ask(client, address)
            assert heading(page) == f"{name} · answers that moved, UN entities: {bar[1]}"
            sums = [receipt["figure"][name] for name in ("rose", "same", "fell")]
            assert sums == [int(number) for number in bar.groups()[1:]]
            assert [values(receipt)[name] for name in ("rose", "same", "fell")] == list(map(str, sums))
            assert_clear_changes(fold, receipt)
            listed = addends(page, address)
            assert len(listed) == len(ENABLERS)
            added = [sum(sum(cells(row, column)) for row, _link in listed) for column in COLUMNS]
            assert added == sums
            for row, link in listed:
                panel = ask(client, link)["figure"]["panel"]
                assert [cells(row, column) for column in COLUMNS] == [
                    [panel[name]] if panel else [] for name in ("rose", "same", "fell")
                ]

    def test_of_all_capabilities_have_one(self, client: Client, compared: Compared) -> None:
        page = read(client, f"{PAGE}?group=entities&basis=claimed")
        [address] = set(re.findall(r'href="([^"]+of=moved&from=2025)"', part(page, "in-one-minute")))
        figure = ask(client, address)["figure"]
        said = f"of the {figure['n_compared']} capability items that can be compared"
        assert said in page or "no clear change in any" in page
        halves = [ask(client, f"{address}&dimension={code}")["figure"] for code in ("DAT", "INN")]
        for name in ("rose", "same", "fell", "n_compared", "n_rose_clearly", "n_fell_clearly"):
            assert figure[name] == sum(half[name] for half in halves)

    def test_are_refused_for_what_is_none(self, client: Client, compared: Compared) -> None:
        asked = f"{PAGE}receipt/?group=entities&of=moved&from=2025"
        for wrong, status in (("&dimension=XXX", 404), ("&item=DAT-STR", 400), ("&area=capability", 400)):
            assert client.get(asked + wrong).status_code == status
        assert client.get(f"{PAGE}receipt/?group=entities&of=moved").status_code == 400
        assert client.get(f"{PAGE}receipt/?group=entities&of=response&from=2025").status_code == 400

    def test_that_nobody_gives_in_both_cycles_are_not_called_hidden(self, client: Client, cast: Cast) -> None:
        """Twelve units answered before, twelve others answer now: of sheets of now the panel is empty."""
        units = make_entities(24)
        publish_two_years(make_framework(), cast, {"2025": units[:12], "2026": units[12:]}, "INN-STR")
        compute_cycle(cycle_id=Cycle.objects.get(code="2026").pk, at=AT)
        client.force_login(cast.task_force)
        address = f"{PAGE}receipt/?group=entities&of=moved&from=2025&dimension=INN&version=provisional"
        page, receipt = read(client, address), ask(client, address)
        assert (receipt["state"], receipt["steps"]) == ("provisional", [])
        assert receipt["disclosure"][1:] == [NOBODY_IN_BOTH]
        assert heading(page) == "Innovation · answers that moved, UN entities: nothing to add up"
        assert NOBODY_IN_BOTH in page
        assert "are hidden" not in page

    def test_that_are_all_hidden_say_so(self, client: Client, cast: Cast) -> None:
        units = make_entities(12)
        publish_two_years(make_framework(), cast, {"2025": units, "2026": units}, "DAT-STR")
        address = f"{PAGE}receipt/?group=entities&of=moved&from=2025&dimension=INN"
        receipt = ask(client, address)
        assert (receipt["state"], receipt["disclosure"]) == ("suppressed", [ALL_CHANGES_HIDDEN])
        assert heading(read(client, address)).endswith("UN entities: suppressed")

    def test_are_not_there_without_items(self, client: Client, cast: Cast) -> None:
        framework = make_framework()
        Item.objects.filter(framework=framework).update(enabler="")
        units = make_entities(12)
        publish_two_years(framework, cast, {"2025": units, "2026": units}, "DAT-STR")
        asked = f"{PAGE}receipt/?group=entities&of=moved&from=2025"
        assert client.get(asked).status_code == 404
        assert client.get(f"{asked}&dimension=DAT").status_code == 200

    def test_are_hidden_where_all_that_can_be_compared_is(self) -> None:
        """A series that breaks is not hidden, and takes nothing from what is."""
        rows = {
            "broken": moved_item(Relation.NEW),
            "hidden": moved_item(Relation.EQUAL),
            "empty": moved_item(Relation.EQUAL, Panel(0, 0, 0, 0, 0, 12, 12)),
        }
        for names, hides_all in (
            ("hidden", True),
            ("broken hidden", True),
            ("broken", False),
            ("empty", False),
            ("hidden empty", False),
            ("", False),
        ):
            assert Section("DAT", [rows[name] for name in names.split()]).hides_all is hides_all, names


def moved_item(relation: Relation, panel: Panel | None = None) -> ItemRow:
    return ItemRow("DAT-STR", "DAT", "STR", "", "?", relation, (), None, None, panel, None)


def publish_two_years(
    framework: Framework, cast: Cast, years: Mapping[str, Sequence[Entity]], item: str
) -> None:
    """Who answers one item in which year."""
    for code, units in years.items():
        publish(cycle_of(framework, code, {unit: {item: 2} for unit in units}), cast)
    decide_comparisons(at=AT)


def assert_clear_changes(fold: str, receipt: Any) -> None:
    """The head of a fold says how many changes are clear."""
    n_clear = receipt["figure"]["n_rose_clearly"] + receipt["figure"]["n_fell_clearly"]
    said = re.findall(r"(\d+) clear changes?", fold.partition("</summary>")[0])
    assert said == ([str(n_clear)] if n_clear else [])
    told = values(receipt)
    assert int(told["n_rose_clearly"]) + int(told["n_fell_clearly"]) == n_clear


class TestMissingAnswers:
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_a_dimension_have_a_receipt_with_what_is_added_up(
        self, client: Client, cast: Cast, basis: str
    ) -> None:
        """One item is answered by all, one by seven, one by too few to be shown."""
        units = [Entity.objects.get(code="UNDP"), *make_entities(11)]
        sheets = {
            unit: {
                "DAT-STR": 2,
                "DAT-LED": place % 4 if place < 7 else None,
                "DAT-COE": 1 if place < 2 else None,
                "DAT-PMS": "na",
                "INN-STR": 1,
            }
            for place, unit in enumerate(units)
        }
        publish(make_counted_cycle(make_framework(), sheets), cast)
        shown = part(read(client, f"{PAGE}?group=entities&basis={basis}&version=1"), "quality")
        links = re.findall(r'href="([^"]+)">((\d+) \(\d+%\)).*?How this sum comes about: (\w+)<', shown)
        assert [name for _address, _said, _count, name in links] == ["Data", "Innovation"]
        for address, said, count, name in links:
            assert f"group=entities&basis={basis}&version=1&of=missing&dimension=" in address
            page, receipt = read(client, address), ask(client, address)
            assert heading(page).endswith(f", UN entities: {said}")
            assert heading(page).startswith(f"{name} · without an")
            figure, told = receipt["figure"], values(receipt)
            assert told["n_missing"] == str(figure["n_missing"]) == count
            assert said == f"{count} ({round(Fraction(100 * int(count), figure['n_asked']))}%)"
            listed = addends(page, address)
            assert len(listed) == len(figure["items"]) == len(ENABLERS)
            hidden = [row for row, _link in listed if "suppressed" in row]
            assert 0 < len(hidden) == figure["n_hidden"] < len(listed)
            assert f"{len(hidden)} of {len(listed)} items" in page, "it says what it leaves out"
            assert sum(sum(cells(row, "Missing")) for row, _link in listed) == int(count)
            assert sum(sum(cells(row, "Asked")) for row, _link in listed) == figure["n_asked"]
            for (row, link), item in zip(listed, figure["items"], strict=True):
                own = ask(client, link)
                assert own["item"] == item["item"]
                assert own["figure"]["n_missing"] == item["n_missing"]
                assert (item["n_missing"] is None) is ("suppressed" in row) is (own["state"] == "suppressed")

    def test_that_are_hidden_say_no_number(self, client: Client, cast: Cast) -> None:
        publish(make_counted_cycle(make_framework(), {make_entity("ENT-X"): {"DAT-STR": 1}}), cast)
        shown = part(read(client, PAGE), "quality").partition("t-missing")[2]
        address, name = re.findall(
            r'href="([^"]+)">suppressed<span class="visually-hidden"> – (\w+)<', shown
        )[0]
        assert name == "Data"
        page, receipt = read(client, address), ask(client, address)
        assert heading(page) == "Data · without an accepted answer, UN entities: suppressed"
        assert (receipt["state"], receipt["figure"], receipt["steps"]) == ("suppressed", None, [])
        assert "the figures of all these items are hidden" in page
        listed = addends(page, address)
        assert len(listed) == len(ENABLERS)
        assert "What is hidden, and why" in read(client, listed[0][1])

    def test_of_few_are_counts_alone(self, client: Client, cast: Cast) -> None:
        """Of one item that is shown, seven answers are asked for: no share is written."""
        units = [make_entity(f"ENT-{place}") for place in range(7)]
        publish(make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units}), cast)
        address = f"{PAGE}receipt/?group=entities&of=missing&dimension=DAT"
        page = read(client, address)
        assert heading(page) == "Data · without an accepted answer, UN entities: 0"
        assert "share_missing" not in page

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("group=entities&of=missing&dimension=XXX", 404),
            ("group=nobody&of=missing&dimension=DAT", 404),
            ("group=entities&of=missing&dimension=%00", 404),
            ("group=entities&of=missing", 400),
            ("group=entities&of=missing&item=DAT-STR", 400),
            ("entity=UNDP&of=missing&dimension=DAT", 400),
            ("group=entities&of=answers&dimension=DAT", 404),
        ],
    )
    def test_are_refused_for_what_is_none(self, client: Client, cast: Cast, query: str, status: int) -> None:
        publish(make_counted_cycle(make_framework(), {make_entity("ENT-X"): {"DAT-STR": 1}}), cast)
        for address in (PAGE, f"/api/v1{PAGE}"):
            assert client.get(f"{address}receipt/?{query}").status_code == status


class TestAllAnswersToALever:
    @pytest.fixture
    def cycle(self, cast: Cast) -> Cycle:
        """Twelve units, two levers: of the second one indicator is answered by nine alone."""
        framework, units = make_framework(), make_entities(12)
        for order, code in enumerate(("CUR", "AGI"), start=9):
            lever = Dimension.objects.create(
                framework=framework, code=code, area=Area.CULTURE, label=code, order=order
            )
            for number in (1, 2):
                Item.objects.create(
                    framework=framework,
                    dimension=lever,
                    code=f"{code}-{number}",
                    order=number,
                    question="?",
                    level_texts=[f"level {level}" for level in range(5)],
                )
        sheets = {
            unit: {
                "CUR-1": place % 5,
                "CUR-2": 3,
                "AGI-1": 2,
                "AGI-2": 1 if place < 9 else None,
            }
            for place, unit in enumerate(units)
        }
        cycle = make_counted_cycle(framework, sheets)
        publish(cycle, cast)
        return cycle

    def test_have_a_receipt_with_what_is_added_up(self, client: Client, cycle: Cycle) -> None:
        shown = part(read(client, PAGE), "culture")
        [(address, said)] = re.findall(r'href="([^"]+of=answers[^"]+)">\s*(Of[^<]+?)\s*<', shown)
        assert said == "Of 24 answers, 18 in place and 16 operating."
        assert "75% in place, 67% operating" in shown
        page, receipt = read(client, address), ask(client, address)
        assert heading(page) == "CUR · all answers, UN entities: 75% in place, 67% operating"
        told = values(receipt)
        assert (told["n_answered"], told["has"], told["operates"]) == ("24", "18", "16")
        assert (told["share_has"], receipt["figure"]["share_operates"]) == ("75.0", "66.7")
        for row, link in addends(page, address):
            own = ask(client, link)["figure"]
            for column, name in (("In place", "has"), ("Operating", "operates"), ("Answers", "n_answered")):
                assert cells(row, column) == [own[name]]

    def test_have_none_while_an_indicator_has_few(self, client: Client, cycle: Cycle) -> None:
        answer = client.get(f"/api/v1{PAGE}receipt/?group=entities&of=answers&dimension=AGI")
        assert answer.status_code == 404
        assert "fewer than ten answers" in answer.json()["detail"]


class TestBesidePrinted:
    def test_says_of_each_figure_what_was_printed_and_what_that_comes_to(
        self, client: Client, cast: Cast
    ) -> None:
        """All twelve have a strategy, printed were 45 per cent; none has leaders, printed were 2."""
        framework, units = make_framework(), make_entities(12)
        for code, value in (("DAT-STR", 45), ("DAT-LED", 2)):
            printed = Observation.objects.create(
                indicator=code, period="2023", value=value, operator="eq", unit="percent_of_entities"
            )
            asked = Item.objects.filter(code=code)
            asked.update(baseline=printed, baseline_comparability="same_concept")
        publish(make_counted_cycle(framework, {unit: {"DAT-STR": 3, "DAT-LED": 1} for unit in units}), cast)
        address = f"{PAGE}receipt/?group=entities&of=printed"
        page, figure = read(client, address), ask(client, address)["figure"]
        assert figure["items"] == [
            {
                "item": "DAT-STR",
                "share_has": "100.0",
                "printed": "45.0",
                "points": "55.0",
                "verdict": "clear",
            },
            {
                "item": "DAT-LED",
                "share_has": "0.0",
                "printed": "2.0",
                "points": "-2.0",
                "verdict": "no clear change",
            },
        ]
        assert (figure["n"], figure["n_higher"], figure["n_lower"]) == (2, 1, 0)
        first, second = rows(page.partition('id="compared"')[2].partition("</table>")[0])
        assert "+55.0 points: clear" in first
        assert "2.0 points: no clear change" in second
        assert "added up" not in page

"""Receipts of the quality of the data: the same numbers as page, workbook, CSV, lists and published bytes."""

import csv
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from entities.models import User
from quintet.models import Answer, Area, Assessment, Cycle, Dimension, Item, Status
from quintet.services.freezing import freeze
from scorecards.domain.visibility import Audience
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.computing import compute_cycle
from scorecards.services.publishing import propose
from scorecards.services.verifying import first_broken_publication
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from tests.guards import unguarded
from tests.kept import kept
from tests.scorecards.files import FILES, SVG, drawing, rows, texts
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
ROOT, API = "/scorecards/2026/", "/api/v1/scorecards/2026/"
CHECKS, CULTURE = "group=all&of=checks&enabler=STR", "group=all&of=checks&area=culture"
HIDDEN = "group=all&of=checks&enabler=LED"
IN_PLACE, RESPONSE = "group=all&of=in_place", "group=all&of=response"
ALL = (CHECKS, CULTURE, HIDDEN, IN_PLACE, RESPONSE)
COUNTS = ("n_checked", "n_confirmed", "n_lowered", "n_raised", "n_needing", "n_without")
COLUMNS = ("Levels checked", "Confirmed", "Lowered", "Raised", "Need evidence", "Without evidence")


@kept
def make_world() -> tuple[Cast, Cycle]:
    """Twelve units: DAT-STR lowered, a question of culture raised; of three INN-LED was decided on.

    Eight more are handed in and not validated.
    """
    cast, framework = make_cast(make_entity("UNDP"), make_entity("UNICEF")), make_framework()
    culture = Dimension.objects.create(
        framework=framework, code="CUR", area=Area.CULTURE, label="Curiosity", order=9
    )
    levels = [f"level {level}" for level in range(5)]
    Item.objects.create(
        framework=framework, dimension=culture, code="CUR-1", order=0, question="C?", level_texts=levels
    )
    units = make_entities(12)
    said = {"DAT-STR": 3, "INN-STR": 1, "INN-LED": 1, "CUR-1": 2}
    cycle = make_counted_cycle(framework, dict.fromkeys(units, said))
    Answer.objects.filter(item__code="DAT-STR").update(accepted=1)
    Answer.objects.filter(item__code="CUR-1").update(accepted=3)
    Answer.objects.filter(item__code="INN-LED", assessment__entity__in=units[:3]).update(accepted=0)
    for sheet in Assessment.objects.filter(cycle=cycle):
        freeze(assessment=sheet, at=later(1))
    late = {"DAT-STR": 4, "CUR-1": 0}
    fill(cycle, {make_entity(f"LATE-{n}"): late for n in range(8)}, Status.SUBMITTED)
    return cast, cycle


@kept
def publish_world() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    return cast, cycle


@pytest.fixture
def world(db: None, request: pytest.FixtureRequest) -> tuple[Cast, Cycle]:
    return publish_world() if "first" in request.fixturenames else make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def first(cycle: Cycle) -> Scorecard:
    return Scorecard.objects.get(cycle=cycle)


def get(client: Client, query: str, user: User | None = None, status: int = 200) -> Any:
    headers = {"Authorization": make_token(user)} if user else {}
    answer = client.get(f"{API}receipt/?{query}", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def page(client: Client, query: str, status: int = 200) -> str:
    answer = client.get(f"{ROOT}receipt/?{query}")
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def heading(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", strip_tags(html)).replace("&#x27;", "'")


def quality_of(client: Client, query: str = "") -> str:
    """The part of the page of the scorecard."""
    html = client.get(f"{ROOT}?{query}").content.decode()
    return html.partition('aria-labelledby="quality"')[2].partition("</section>")[0]


def without_asides(html: str) -> str:
    """What is seen of it, in words."""
    return words(re.sub(r'<span class="visually-hidden">.*?</span>', "", html, flags=re.DOTALL))


def links_to(html: str, of: str) -> list[str]:
    found = re.findall(r'href="(/[^"]*receipt/[^"]*)"', html.replace("&amp;", "&"))
    return [link for link in found if f"of={of}" in link]


def values(receipt: Any) -> dict[str, str | None]:
    return {step["name"]: step["value"] for step in receipt["steps"]}


def change_one(cycle: Cycle) -> None:
    """Decide otherwise on one sheet, and freeze it again."""
    sheet = Assessment.objects.get(cycle=cycle, entity__code="ENT-001")
    Answer.objects.filter(assessment=sheet, item__code="DAT-STR").update(accepted=0)
    freeze(assessment=sheet, at=later(2))


def forget_quality(scorecard: Scorecard) -> None:
    """Make it a version from before checks were counted."""
    document = json.loads(scorecard.payload)
    del document["quality"]
    payload = canonical_json(document)
    with unguarded():
        Scorecard.objects.filter(pk=scorecard.pk).update(payload=payload, sha256=sha256(payload))


class TestChecks:
    def test_have_the_numbers_of_the_bytes_the_page_and_the_workbook(
        self, client: Client, first: Scorecard
    ) -> None:
        said = json.loads(first.payload)["quality"]["items"]
        receipt = get(client, CHECKS)
        assert receipt["figure"] == {
            "row": "STR", "evidence_from": 1, "n_items": 2, "n_items_checks": 2, "n_items_evidence": 2,
            "n_items_again": 0, "n_checked": 12, "n_confirmed": 0, "n_lowered": 12, "n_raised": 0,
            "n_needing": 24, "n_without": 24,
            "items": [{"item": code, **said[code]} for code in ("DAT-STR", "INN-STR")],
        }  # fmt: skip
        numbers = [str(receipt["figure"][name]) for name in COUNTS]
        assert f"Strategy or action plan 2 of 2 {' '.join(numbers)}" in without_asides(quality_of(client))
        book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(first))))
        heads, *rows = book["Checks"].iter_rows(values_only=True)
        table = dict(zip(heads, rows[0], strict=True))
        assert [str(table[name]) for name in COLUMNS] == numbers
        told = values(receipt)
        assert (told["n_checked"], told["n_needing"], told["n_without"]) == ("12", "24", "24")
        for name, part in (("n_lowered", "checks"), ("n_without", "evidence")):
            added = sum(each[part][name] for each in receipt["figure"]["items"])
            assert added == receipt["figure"][name]

    def test_are_said_in_words(self, client: Client, first: Scorecard) -> None:
        shown = page(client, CHECKS)
        assert heading(shown) == "Strategy or action plan · levels checked: 12, without evidence: 24"
        said = words(shown)
        assert "accepted as claimed 0, accepted lower 12, accepted higher 0." in said
        assert "n_checked = n_confirmed + n_lowered + n_raised = 0 + 12 + 0 = 12" in said
        assert "n_without = n_needing - n_with = 24 - 0 = 24" in said
        assert "those of level 1 and above" in said
        assert "Counts are whole numbers" in said
        assert f"version 1 · SHA-256 {first.sha256[:12]}" in said
        assert "Weights" not in said

    def test_lead_to_the_items_that_are_added_up(self, client: Client, first: Scorecard) -> None:
        rows = page(client, CHECKS).partition('id="addends"')[2].partition("</table>")[0]
        assert "Data · Strategy or action plan 12 0 12 0 12 12" in words(rows)
        assert "Innovation · Strategy or action plan 0 0 0 0 12 12" in words(rows)
        links = re.findall(r'href="(\?[^"]*)"', rows.replace("&amp;", "&"))
        found = [get(client, link.removeprefix("?")) for link in links]
        assert [receipt["item"] for receipt in found] == ["DAT-STR", "INN-STR"]

    def test_name_the_frozen_sheets_that_are_counted(self, client: Client, first: Scorecard) -> None:
        """Validated ones alone, whoever was checked."""
        units = json.loads(first.payload)["units"]
        named = {unit["entity"]: unit["snapshot"] for unit in get(client, CHECKS)["units"]}
        assert named == {code: unit["snapshot"] for code, unit in units.items() if "ENT" in code}
        assert get(client, HIDDEN)["units"] == get(client, CHECKS)["units"]
        assert "the units with a validated sheet (12)" in page(client, CHECKS)
        assert get(client, CHECKS)["hashes"]["scorecard"] == first.sha256

    def test_say_nothing_of_few_units(self, client: Client, first: Scorecard) -> None:
        receipt = get(client, HIDDEN)
        assert (receipt["state"], receipt["figure"], receipt["steps"]) == ("suppressed", None, [])
        assert receipt["disclosure"].startswith("The counts are hidden: of each of these items fewer than 5")
        shown = page(client, HIDDEN)
        assert heading(shown) == "Leadership roles · levels checked: suppressed"
        rows = shown.partition('id="addends"')[2].partition("</table>")[0]
        assert "Innovation · Leadership roles suppressed 12 12" in words(rows), "its evidence is of twelve"

    def test_of_the_culture_ask_for_no_evidence(self, client: Client, first: Scorecard) -> None:
        receipt = get(client, CULTURE)
        assert (receipt["area"], receipt["enabler"]) == ("culture", None)
        assert (receipt["figure"]["n_raised"], receipt["figure"]["evidence_from"]) == (12, None)
        assert values(receipt) == {"n_items_checks": "1", "n_checked": "12"}
        assert "The questions of this row ask for no evidence." in receipt["missing"]
        assert heading(page(client, CULTURE)) == "Forward-thinking culture · levels checked: 12"
        assert "Forward-thinking culture 1 of 1 12 0 0 12 not asked for" in without_asides(quality_of(client))

    def test_of_items_that_are_as_before_say_so(
        self, client: Client, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        before = get(client, CHECKS)
        change_one(cycle)
        second = publish(cycle, cast)
        receipt = get(client, CHECKS)
        assert (receipt["version"], receipt["hashes"]["scorecard"]) == (2, second.sha256)
        assert receipt["figure"]["items"] == [
            {**each, "carried_from": 1} for each in before["figure"]["items"]
        ]
        assert {name: receipt["figure"][name] for name in COUNTS} == {
            name: before["figure"][name] for name in COUNTS
        }
        assert "Items whose counts are those of an earlier version: 2." in receipt["missing"][-1]
        assert "as in an earlier version" in words(page(client, CHECKS))
        assert get(client, f"{CHECKS}&version=1") == before
        assert first_broken_publication() == (2, "")

    def test_of_versions_of_before_are_not_there(self, client: Client, first: Scorecard) -> None:
        forget_quality(first)
        said = "is not recorded in this version."
        assert get(client, CHECKS, status=404)["detail"].endswith(said)
        assert said in words(page(client, CHECKS, status=404))
        assert links_to(quality_of(client), "checks") == []

    def test_of_figures_that_are_not_published_are_not_there(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        detail = get(client, f"{CHECKS}&version=provisional", cast.task_force, 404)["detail"]
        assert "is not recorded in this version." in detail

    def test_of_what_is_proposed_are_for_the_task_force(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        propose(cycle=cycle, by=cast.task_force, at=AT, audience=Audience.PUBLIC)
        receipt = get(client, f"{CHECKS}&version=proposed", cast.task_force)
        assert (receipt["state"], receipt["figure"]["n_lowered"], len(receipt["units"])) == ("shown", 12, 12)
        get(client, f"{CHECKS}&version=proposed", status=404)

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("group=all&of=checks&enabler=XXX", 404),
            ("group=all&of=checks&enabler=culture", 404),
            ("group=all&of=checks&area=STR", 404),
            ("group=all&of=checks&area=capability", 404),
            ("group=all&of=checks&enabler=%00", 404),
            ("group=all&of=checks", 400),
            ("group=all&of=checks&enabler=STR&area=culture", 400),
            ("group=entities&of=checks&enabler=STR", 400),
            ("entity=UNDP&of=checks&enabler=STR", 400),
            ("group=all&enabler=STR", 400),
            ("group=all&enabler=STR&item=DAT-STR", 400),
            ("group=all&of=kappa&enabler=STR", 400),
        ],
    )
    def test_are_refused_for_what_is_none(
        self, client: Client, first: Scorecard, query: str, status: int
    ) -> None:
        get(client, query, status=status)
        page(client, query, status=status)


class TestChecksAsFiles:
    def test_have_the_same_numbers(self, client: Client, first: Scorecard) -> None:
        said = json.loads(first.payload)["quality"]["items"]
        found = {row["item"]: row for row in rows(client, "checks.csv?group=all")}
        assert found.keys() == said.keys()
        for code, entry in said.items():
            for part in ("checks", "evidence"):
                is_hidden = bool(entry.get("suppressed")) or bool((entry[part] or {}).get("suppressed"))
                assert found[code][f"{part}_suppressed"] == str(is_hidden).lower()
                for name, value in {} if is_hidden else (entry[part] or {}).items():
                    assert found[code][name] == str(value)
        assert (found["DAT-STR"]["row"], found["DAT-STR"]["n_lowered"]) == ("STR", "12")
        assert (found["INN-LED"]["n_checked"], found["CUR-1"]["n_without"]) == ("", "")

    def test_are_drawn_by_enabler(self, client: Client, first: Scorecard) -> None:
        root = drawing(client, "checks.svg")
        drawn = texts(root)
        place = drawn.index("Strategy or action plan")
        assert drawn[place + 1 : place + 5] == ["Without evidence: 24 of 24", "0", "12", "0"]
        assert "Suppressed: confidential" in drawn[drawn.index("Leadership roles") :]
        assert "Group: Entities and country teams (20). Basis: Accepted." in " ".join(drawn)
        assert "url(#missing)" in {element.get("fill") for element in root.iter(f"{SVG}rect")}
        assert root.get("lang") == "en"
        assert drawing(client, "checks.svg", "/ar").get("direction") == "rtl"

    def test_stand_on_the_page_where_checks_do(self, client: Client, first: Scorecard) -> None:
        for kind in ("svg", "csv"):
            [link] = re.findall(rf'href="(/[^"]*figures/checks.{kind}[^"]*)"', quality_of(client))
            assert client.get(link.replace("&amp;", "&")).status_code == 200
        forget_quality(first)
        assert "figures/checks" not in quality_of(client, "group=all"), "another address: the first is held"
        assert client.get(f"{FILES}checks.svg").status_code == 404
        assert client.get(f"{FILES}checks.csv?group=nobody").status_code == 400


class TestAllAnswers:
    def test_add_up_the_items_that_the_page_compares(self, client: Client, first: Scorecard) -> None:
        """DAT-STR of 20 claimed, of 12 accepted; CUR-1; INN-STR and INN-LED of 12 each."""
        figure = get(client, IN_PLACE)["figure"]
        assert [each["item"] for each in figure["items"]] == ["DAT-STR", "INN-STR", "INN-LED", "CUR-1"]
        assert figure["items"][0] == {
            "item": "DAT-STR",
            "claimed": {"has": 20, "n_answered": 20},
            "accepted": {"has": 0, "n_answered": 12},
        }
        sums = {
            basis: [sum(each[basis][name] for each in figure["items"]) for name in ("has", "n_answered")]
            for basis in ("claimed", "accepted")
        }
        assert sums == {"claimed": [32, 64], "accepted": [12, 48]}
        assert figure["share_has"] == {"claimed": "50.0", "accepted": "25.0"}
        assert (figure["distance"], figure["n_compared"], figure["n_items"]) == ("25.0", 4, 15)
        assert "50% claimed, 25% accepted: +25.0 points" in words(quality_of(client, "group=all"))

    def test_agree_with_the_lists_of_items(self, client: Client, first: Scorecard) -> None:
        added = get(client, IN_PLACE)["figure"]["items"]
        for basis in ("claimed", "accepted"):
            listed = client.get(f"{API}items/?group=all&basis={basis}").json()
            file = client.get(f"{ROOT}figures/items.csv?group=all&basis={basis}").content.decode("utf-8-sig")
            for found in (listed, list(csv.DictReader(io.StringIO(file)))):
                counts = {row["item"]: (int(row["has"] or 0), int(row["n_answered"] or 0)) for row in found}
                for each in added:
                    assert (each[basis]["has"], each[basis]["n_answered"]) == counts[each["item"]]

    def test_are_said_in_words_and_lead_to_each_receipt(self, client: Client, first: Scorecard) -> None:
        shown = page(client, IN_PLACE)
        whose = "Entities and country teams"
        assert heading(shown) == f"In place, of all answers, {whose}: 50% claimed, 25% accepted: +25.0 points"
        said = words(shown)
        assert "share_has[claimed] = 100 · Σ has / Σ n_answered = 100 · 32 / 64 = 50.0" in said
        assert "Left out, without ten answers on both bases: 11 of 15 items." in said
        rows = shown.partition('id="addends"')[2].partition("</table>")[0].replace("&amp;", "&")
        links = re.findall(r'href="(\?[^"]*)">([^<]*)<', rows)
        assert len(links) == 2 * 4
        for link, counts in links:
            steps = values(get(client, link.removeprefix("?")))
            assert counts == f"{steps['has']} of {steps['n_answered']}"
            assert client.get(f"{ROOT}receipt/{link}").status_code == 200

    def test_of_few_are_not_added_up(self, client: Client, outside_cast: Cast) -> None:
        cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 3} for unit in make_entities(9)})
        publish(cycle, outside_cast)
        detail = get(client, IN_PLACE, status=404)["detail"]
        assert detail == "No figure has ten answers on both bases, so nothing is compared."
        assert links_to(quality_of(client), "in_place") == []

    def test_of_an_item_that_is_not_compared_says_so_of_this_item(
        self, client: Client, first: Scorecard
    ) -> None:
        """Others of the group are compared: of DAT-LED nobody says anything."""
        assert get(client, IN_PLACE)["figure"]
        detail = get(client, f"{IN_PLACE}&item=DAT-LED", status=404)["detail"]
        assert detail.startswith("This figure is hidden, or has fewer than ten answers")

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("group=nobody&of=in_place", 404),
            ("of=in_place", 400),
            (f"{IN_PLACE}&item=DAT-XXX", 404),
            (f"{IN_PLACE}&dimension=DAT", 400),
        ],
    )
    def test_are_refused_for_what_is_none(
        self, client: Client, first: Scorecard, query: str, status: int
    ) -> None:
        get(client, query, status=status)
        page(client, query, status=status)


class TestResponse:
    @pytest.mark.parametrize(("basis", "n_counted"), [("accepted", 12), ("claimed", 20)])
    def test_counts_and_names_the_sheets(
        self, client: Client, first: Scorecard, basis: str, n_counted: int
    ) -> None:
        receipt = get(client, f"{RESPONSE}&basis={basis}")
        n_group = json.loads(first.payload)["groups"]["all"][basis]["n_group"]
        assert receipt["figure"] == {"n_group": n_group, "n_counted": n_counted}
        assert len(receipt["units"]) == n_counted
        assert values(receipt)["n_counted"] == str(n_counted)
        title = heading(page(client, f"{RESPONSE}&basis={basis}"))
        assert title.endswith(f"Entities and country teams: {n_counted} of {n_group}")
        assert str(n_counted) in words(quality_of(client, "group=all"))

    def test_of_unknown_groups_is_not_there(self, client: Client, first: Scorecard) -> None:
        get(client, "group=nobody&of=response", status=404)


class TestReaders:
    @pytest.mark.parametrize("query", ALL)
    def test_are_those_of_the_version(self, client: Client, cycle: Cycle, cast: Cast, query: str) -> None:
        publish(cycle, cast, audience=Audience.COMMITTEE)
        page(client, query, status=404)
        for who in (None, cast.focal, cast.administrator):
            get(client, query, who, status=404)
        for who in (cast.committee, cast.task_force):
            get(client, query, who)
        client.force_login(cast.committee)
        page(client, query)

    def test_find_no_hash_of_a_version_that_is_not_theirs(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        """Counts that are shown again are public with the version that shows them; those sheets are not."""
        held = publish(cycle, cast, audience=Audience.COMMITTEE)
        change_one(cycle)
        publish(cycle, cast)
        receipt = get(client, CHECKS)
        assert (receipt["figure"]["n_items_again"], receipt["figure"]["n_checked"]) == (2, 12)
        assert receipt["hashes"]["carried_from"] is None
        sheets = {unit["snapshot"] for unit in json.loads(held.payload)["units"].values()}
        assert {unit["snapshot"] for unit in receipt["units"]} - sheets, (
            "they are of the version that is read"
        )


class TestAllAnswersToAnItem:
    def test_are_those_that_the_page_compares(self, client: Client, first: Scorecard) -> None:
        receipt = get(client, f"{IN_PLACE}&item=DAT-STR")
        assert [each["item"] for each in receipt["figure"]["items"]] == ["DAT-STR"]
        assert values(receipt) == {
            "n_compared": "1",
            "share_has[claimed]": "100.0",
            "share_has[accepted]": "0.0",
            "distance": "100.0",
        }
        said = heading(page(client, f"{IN_PLACE}&item=DAT-STR"))
        assert said.startswith("Data · Strategy or action plan, ")
        assert said.endswith("100% claimed, 0% accepted: +100.0 points")


class TestLinks:
    def test_lead_from_the_page_to_receipts(self, client: Client, first: Scorecard) -> None:
        for query in ("", "group=all&basis=claimed&version=1"):
            shown = quality_of(client, query)
            assert len(set(links_to(shown, "checks"))) == 8
            of_one = [link for link in links_to(shown, "in_place") if "item=DAT-STR" in link]
            assert (len(of_one), len(links_to(shown, "in_place"))) == (1, 2)
            assert len(links_to(shown, "response")) == 3
            for kind in ("checks", "in_place", "response"):
                for link in links_to(shown, kind):
                    assert ("version=1" in link) is ("version=1" in query)
                    assert client.get(link).status_code == 200


@pytest.mark.parametrize("query", ALL)
@pytest.mark.parametrize("root", [ROOT, API])
def test_queries_do_not_grow_with_units(
    client: Client, cycle: Cycle, first: Scorecard, cast: Cast, query: str, root: str
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{root}receipt/?{query}").status_code == 200
        return len(queries)

    count()  # what a process keeps
    before = count()
    fill(cycle, {make_entity(f"NEW-{n}"): {"DAT-STR": 4} for n in range(10)})
    publish(cycle, cast)
    count()
    assert count() == before

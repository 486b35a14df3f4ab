"""Figures of the parts of a scorecard's page and of a unit's sheet: page, SVG, CSV and API say the same."""

import csv
import io
import re
from html import unescape
from itertools import product
from statistics import median
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.domain.answers import ANSWERED, AnswerValue
from quintet.domain.sheets import ImportedAnswer
from quintet.models import Area, Cycle, Dimension, Framework, Item, PriorityProfile, Status
from quintet.services.importing import SheetToWrite, write_sheets
from scorecards.models import Scorecard
from scorecards.services.consenting import set_consent
from tests.factories import (
    AT,
    Cast,
    Levels,
    delegate,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_region,
    sheet_of,
)
from tests.scorecards.files import DC, FILES, SVG, drawing, rows, texts
from tests.scorecards.worked import publish
from un20portal.lib.csv_rows import BOM

pytestmark = pytest.mark.django_db
PAGE, API = "/scorecards/2026/", "/api/v1/scorecards/2026/"
FIGURES = ("regions", "missing-answers", "levers")
LEVERS = {"CUL-CUR": "Curiosity and learning", "CUL-AGI": "Agility", "CUL-INC": "Inclusion"}
QUERY = "?group=entities&basis="


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


@pytest.fixture
def framework() -> Framework:
    """Two capabilities and three levers of two questions each."""
    framework = make_framework()
    for order, code in enumerate(LEVERS, 8):
        lever = Dimension.objects.create(
            framework=framework, code=code, area=Area.CULTURE, label=code.title(), order=order
        )
        for number in (1, 2):
            Item.objects.create(
                framework=framework,
                dimension=lever,
                code=f"{code}-{number}",
                order=number,
                question=f"{code} {number}?",
                level_texts=[f"level {level}" for level in range(5)],
            )
    return framework


def of_entity(unit: int) -> Levels:
    """Of twelve: one lever of all, one with a question that six answer, one with one that two answer."""
    found: dict[str, int | str | None] = {
        item: (unit + place) % 5 for place, item in enumerate(("DAT-STR", "DAT-LED", "DAT-FUN"))
    }
    found |= {"DAT-PMS": "na" if unit % 2 else 1, "INN-STR": 2 if unit < 2 else None, "INN-LED": 3}
    found |= {"CUL-CUR-1": unit % 4, "CUL-CUR-2": 3, "CUL-AGI-1": 2, "CUL-INC-1": 2}
    found |= {"CUL-AGI-2": 1 if unit < 6 else None, "CUL-INC-2": 1 if unit < 2 else None}
    return found


def of_team(team: int) -> Levels:
    """Half of the enablers of data, none of innovation."""
    found: Levels = {f"DAT-{code}": 2 for code in ("STR", "LED", "COE", "HRS")}
    return {**found, "DAT-TRN": 3 if team % 2 else 0}


@pytest.fixture
def cycle(framework: Framework, cast: Cast) -> Cycle:
    sheets = {unit: of_entity(place) for place, unit in enumerate(make_entities(12))}
    teams = [
        make_entity(f"UNCT-{region}-{number}", type="country_team", region=make_region(region))
        for region, count in (("africa", 8), ("asia", 9), ("europe", 3))
        for number in range(count)
    ]
    sheets |= {unit: of_team(place) for place, unit in enumerate(teams)}
    cycle = make_counted_cycle(framework, sheets)
    publish(cycle, cast)
    return cycle


def after(found: list[str], first: str, count: int) -> list[str]:
    """So many texts of a drawing from this one on."""
    place = found.index(first)
    return found[place : place + count]


def words(html: str) -> str:
    """What is to be seen of a piece of a page."""
    html = re.sub(r'<span class="visually-hidden">.*?</span>', " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL)).split())


def part(client: Client, name: str, query: str) -> str:
    page = client.get(PAGE + query).content.decode()
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def table_rows(html: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr.*?</tr>", html.partition("<tbody")[2], flags=re.DOTALL)]


class TestTheSameNumbers:
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_regions(self, client: Client, cycle: Cycle, basis: str) -> None:
        found, drawn = (
            rows(client, f"regions.csv{QUERY}{basis}"),
            texts(drawing(client, f"regions.svg{QUERY}{basis}")),
        )
        shown = table_rows(part(client, "countries", f"{QUERY}{basis}"))
        by_region: dict[str, list[dict[str, str]]] = {}
        for row in found:
            by_region.setdefault(row["group"], []).append(row)
        assert set(by_region) == {"region:africa", "region:asia", "region:europe"}
        for (group, cells), on_page in zip(by_region.items(), shown, strict=True):
            said = [group.partition(":")[2].title(), f"{cells[0]['n_group']} teams"]
            for cell in cells:
                said += self.as_said(cell)
                self.check_api(client, group, basis, cell)
            assert after(drawn, said[0], len(said)) == said
            assert on_page == " ".join(said)
        assert {row["suppressed"] for row in found} == {"true", "false"}

    def as_said(self, cell: dict[str, str]) -> list[str]:
        if cell["suppressed"] == "true":
            assert (cell["n_counted"], cell["median"], cell["n_items"]) == ("", "", "")
            return ["suppressed"]
        return [f"{float(cell['median']):g} of {cell['n_items']}", f"n = {cell['n_counted']}"]

    def check_api(self, client: Client, group: str, basis: str, cell: dict[str, str]) -> None:
        answer = client.get(f"{API}dimensions/?group={quote(group)}&basis={basis}").json()
        told = next(row for row in answer if row["dimension"] == cell["dimension"])
        assert str(told["suppressed"]).lower() == cell["suppressed"]
        if not told["suppressed"]:
            teams = [number for number, n in enumerate(told["breadth"]) for _team in range(n)]
            assert (float(cell["median"]), int(cell["n_counted"])) == (median(teams), told["n_counted"])

    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_missing_answers(self, client: Client, cycle: Cycle, basis: str) -> None:
        found = rows(client, f"missing-answers.csv{QUERY}{basis}")
        drawn = texts(drawing(client, f"missing-answers.svg{QUERY}{basis}"))
        shown = part(client, "quality", f"{QUERY}{basis}").partition("t-missing")[2]
        api = client.get(f"{API}items/{QUERY}{basis}").json()
        names = ["Data", "Innovation", *LEVERS.values()]
        for name, row, on_page in zip(names, found, table_rows(shown.partition("</table>")[0]), strict=True):
            items = [item for item in api if item["item"].rpartition("-")[0] == row["dimension"]]
            told = [item for item in items if not item["suppressed"]]
            n_missing, n_asked = (sum(item[key] for item in told) for key in ("n_missing", "n_group"))
            hidden = len(items) - len(told)
            assert (row["n_missing"], row["n_asked"]) == (str(n_missing), str(n_asked))
            assert (row["n_suppressed_items"], row["suppressed"]) == (str(hidden), "false")
            part_of = f"{round(100 * n_missing / n_asked)}%"
            without = [f"without {hidden} suppressed item{'s' * (hidden > 1)}"] if hidden else []
            said = [name, *without, str(n_missing), part_of, str(n_asked)]
            assert after(drawn, name, len(said)) == said
            assert on_page == " ".join([name, f"{n_missing} ({part_of})", str(n_asked), *without])
        assert {row["n_suppressed_items"] for row in found} > {"0"}

    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_levers(self, client: Client, cycle: Cycle, basis: str) -> None:
        found = rows(client, f"levers.csv{QUERY}{basis}")
        drawn = texts(drawing(client, f"levers.svg{QUERY}{basis}"))
        shown = part(client, "culture", f"{QUERY}{basis}").split("<summary>")[1:]
        api = client.get(f"{API}items/{QUERY}{basis}").json()
        kinds = []
        for name, row, on_page in zip(LEVERS.values(), found, shown, strict=True):
            items = [item for item in api if item["item"].rpartition("-")[0] == row["dimension"]]
            summary = on_page.partition("</summary>")[0]
            kinds.append(kind := self.kind(items))
            assert row["suppressed"] == str(kind == "suppressed").lower()
            if kind != "shown":
                told = {
                    "few": "Fewer than 10 answers to an indicator",
                    "suppressed": "Suppressed: confidential",
                }
                assert after(drawn, name, 2) == [name, told[kind]]
                assert words(summary) == f"{name} 2 indicators"
                assert {row[key] for key in ("n_answered", "has", "operates", "share_has")} == {""}
                continue
            n, has, operates = (sum(item[key] for item in items) for key in ("n_answered", "has", "operates"))
            assert (row["n_answered"], row["has"], row["operates"]) == (str(n), str(has), str(operates))
            shares = [f"{round(100 * count / n)}%" for count in (has, operates)]
            assert after(drawn, name, 4) == [name, *shares, str(n)]
            assert words(summary) == f"{name} {shares[0]} in place, {shares[1]} operating"
            assert f"Of {n} answers, {has} in place and {operates} operating." in summary
        assert kinds == ["shown", "few", "suppressed"]

    def kind(self, items: list[dict[str, Any]]) -> str:
        if any(item["suppressed"] for item in items):
            return "suppressed"
        return "shown" if all(item["n_answered"] >= 10 for item in items) else "few"


class TestEveryFile:
    @pytest.mark.parametrize("figure", FIGURES)
    def test_says_where_it_comes_from(self, client: Client, cycle: Cycle, figure: str) -> None:
        scorecard = Scorecard.objects.get()
        root = drawing(client, f"{figure}.svg")
        facts = {element.tag.removeprefix(DC): element.text for element in root.iter() if DC in element.tag}
        assert facts["identifier"] == f"sha256:{scorecard.sha256}"
        assert facts["date"] == scorecard.published_at.date().isoformat()
        said = " ".join(texts(root))
        for told in (scorecard.sha256, "version 1", "Cycle 2026", "Basis: Accepted."):
            assert told in said
        assert ("UN entities (12)" in said) == (figure != "regions")
        assert root.findtext(f"{SVG}title") == facts["title"]
        assert "suppressed" in str(root.findtext(f"{SVG}desc")).lower()
        for row in rows(client, f"{figure}.csv"):
            assert (row["sha256"], row["figure"]) == (scorecard.sha256, facts["title"])
            assert (row["version"], row["cycle"]) == ("1", "2026")
            assert int(row["n_group"]) > 0

    def test_is_drawn_in_every_language_with_patterns(self, client: Client, cycle: Cycle) -> None:
        for prefix, figure in product(("", "/ar", "/zh-hans", "/fr", "/ru", "/es"), FIGURES):
            root = drawing(client, f"{figure}.svg", prefix)
            assert root.get("lang") == (prefix.removeprefix("/") or "en")
            assert (root.get("direction") == "rtl") == (prefix == "/ar")
            fills = {element.get("fill") for element in root.iter(f"{SVG}rect")}
            pattern = {"missing-answers": "url(#missing)", "levers": "url(#operates)"}.get(figure)
            assert pattern is None or pattern in fills
            dashes = {element.get("stroke-dasharray") for element in root.iter(f"{SVG}rect")}
            assert "4 4" in dashes, "what is suppressed is drawn with dashes"

    def test_stands_on_its_page(self, client: Client, cycle: Cycle) -> None:
        for basis in ("accepted", "claimed"):
            page = unescape(client.get(f"{PAGE}{QUERY}{basis}&version=1").content.decode())
            links = re.findall(r'href="(/scorecards/2026/figures/[^"]+)"', page)
            for figure, kind in product(FIGURES, ("svg", "csv")):
                [link] = [link for link in links if f"/{figure}.{kind}" in link]
                assert link.endswith(f"{QUERY}{basis}&version=1")
                assert client.get(link).status_code == 200

    def test_that_is_not_there_or_not_understood_is_refused(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        for figure in FIGURES:
            assert client.get(f"{FILES}{figure}.svg?group=nobody").status_code == 400
            assert client.get(f"{FILES}{figure}.csv?dimension=DAT").status_code == 400
        publish(make_counted_cycle(make_framework("other"), {make_entity("ENT-X"): {}}, "2027"), cast)
        for figure in ("regions", "levers"):
            assert client.get(f"/scorecards/2027/figures/{figure}.svg").status_code == 404
        page = client.get("/scorecards/2027/").content.decode()
        assert "figures/regions" not in page
        assert "figures/levers" not in page
        hidden = list(
            csv.DictReader(
                io.StringIO(
                    client.get("/scorecards/2027/figures/missing-answers.csv")
                    .content.decode()
                    .removeprefix(BOM)
                )
            )
        )
        assert {(row["suppressed"], row["n_asked"], row["n_missing"]) for row in hidden} == {("true", "", "")}

    def test_asks_the_database_as_often_for_more_units(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        counted = []
        for code, count in (("2025", 8), ("2026", 20)):
            units = [make_entity(f"X-{code}-{number}") for number in range(count)]
            teams = [make_entity(f"T-{code}-{number}", type="country_team") for number in range(count)]
            sheets = {unit: of_entity(1) for unit in units} | {team: of_team(1) for team in teams}
            publish(make_counted_cycle(framework, sheets, code), cast)
            for figure in FIGURES:
                client.get(f"/scorecards/{code}/figures/{figure}.svg")
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(f"/scorecards/{code}/figures/{figure}.svg").status_code == 200
                counted.append(len(captured))
        assert counted[:3] == counted[3:]


SHEET = "levels.csv?entity=UNDP"


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def sheet(framework: Framework, cast: Cast) -> Cycle:
    """A unit whose claims were accepted but for one; it leaves one open, and one does not apply."""
    undp = Entity.objects.get(code="UNDP")
    cycle = make_counted_cycle(framework, {unit: of_entity(1) for unit in make_entities(6)})
    said = {
        item.code: ImportedAnswer(AnswerValue(ANSWERED, place % 5), None)
        for place, item in enumerate(Item.objects.filter(framework=framework).in_order())
    }
    said["DAT-LED"] = ImportedAnswer(AnswerValue(ANSWERED, 3), 1)
    said["DAT-PMS"] = ImportedAnswer(AnswerValue("na", na_reason="no programmes"), None)
    said["DAT-FUN"] = ImportedAnswer(AnswerValue("unanswered", comment="left open"), None)
    write_sheets(cycle=cycle, sheets=[SheetToWrite(undp, Status.VALIDATED, said)], at=AT, channel="import")
    PriorityProfile.objects.create(
        entity=undp, item=Item.objects.get(framework=framework, code="DAT-STR"), target=4, updated_at=AT
    )
    publish(cycle, cast)
    return cycle


class TestTheLevelsOfAUnit:
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_are_those_of_its_page(self, sheet: Cycle, cast: Cast, basis: str) -> None:
        client = client_of(cast.focal)
        page = unescape(client.get(f"{PAGE}entities/UNDP/?basis={basis}").content.decode())
        cells = re.findall(r'class="level level-(\w+)"\s+data-label="\w+">(.*?)</td>', page, flags=re.DOTALL)
        found = rows(client, f"{SHEET}&basis={basis}")
        drawn = self.tiles(drawing(client, f"levels.svg?entity=UNDP&basis={basis}"))
        assert len(found) == len(drawn) == len(cells) == 20
        for row, tile, (shade, html) in zip(found, drawn, cells, strict=True):
            said = self.as_said(row, basis)
            assert tile == said
            on_page = re.sub(
                r'<span class="level-tip">.*?</span>\s*(?=<small|</a>)', "", html, flags=re.DOTALL
            )
            assert words(on_page) == " ".join(said)
            marks = {"unanswered": "missing", "na": "na"}
            assert shade == marks.get(row["state"], row["level"])
        by_item = {row["item"]: row for row in found}
        assert by_item["DAT-STR"]["target"] == "4"
        assert by_item["DAT-LED"]["level"] == {"accepted": "1", "claimed": "3"}[basis]
        assert by_item["DAT-LED"]["other_basis_level"] == {"accepted": "3", "claimed": "1"}[basis]
        assert [by_item[code]["state"] for code in ("DAT-FUN", "DAT-PMS")] == ["unanswered", "na"]

    def as_said(self, row: dict[str, str], basis: str) -> list[str]:
        marks = {"unanswered": "?", "na": "–"}
        said = [marks.get(row["state"], row["level"])]
        if row["other_basis_state"]:
            other = marks.get(row["other_basis_state"], row["other_basis_level"])
            said.append(f"{'claimed' if basis == 'accepted' else 'accepted'} {other}")
        return said + ([f"◎ {row['target']}"] if row["target"] else [])

    def tiles(self, root: ET.Element) -> list[list[str]]:
        """The lines of each tile: what stands in its middle, a bold one first."""
        found: list[list[str]] = []
        for element in root.iter(f"{SVG}text"):
            if element.get("text-anchor") == "middle" and element.get("font-weight") == "bold":
                found.append([element.text or ""])
            elif element.get("text-anchor") == "middle" and found and element.get("fill") == "#10293a":
                found[-1].append(element.text or "")
        return found

    def test_say_whose_they_are_and_where_from(self, sheet: Cycle, cast: Cast) -> None:
        client, scorecard = client_of(cast.focal), Scorecard.objects.get()
        answer = client.get(f"{FILES}levels.svg?entity=undp")
        assert answer["Content-Disposition"] == 'inline; filename="2026-v1-levels-UNDP-accepted-en.svg"'
        assert answer["Cache-Control"] == "no-store"
        root = ET.fromstring(answer.content)  # noqa: S314  # our own file
        assert root.findtext(f"{SVG}title") == "Levels of UNDP: Cycle 2026"
        said = texts(root)
        for told in ("Basis: Accepted.", "Answered: 18 of 19", f"SHA-256 {scorecard.sha256}"):
            assert told in said
        assert "Levels are not published: this file is for those who read the sheet." in said
        desc = str(root.findtext(f"{SVG}desc"))
        assert "DAT-LED: level 1; claimed: level 3" in desc
        assert "DAT-STR: level 0; own target: level 4" in desc
        assert {row["sha256"] for row in rows(client, SHEET)} == {scorecard.sha256}
        fills = {element.get("fill") for element in root.iter(f"{SVG}rect")}
        assert fills >= {"url(#operates)", "url(#light)"}, "level and “not applicable” have patterns, too"

    def test_are_for_those_alone_who_read_the_sheet(self, sheet: Cycle, cast: Cast) -> None:
        """Consent opens figures, never answers; of a program's token pages know nothing."""
        undp = Entity.objects.get(code="UNDP")
        set_consent(cycle=sheet, entity=undp, audience="public", by=cast.approver, at=AT)
        readers = {
            "focal": 200, "approver": 200, "viewer": 200, "task_force": 200,
            "contributor": 404, "committee": 404, "stranger": 404, "administrator": 404,
        }  # fmt: skip
        for kind in ("svg", "csv"):
            address = f"{FILES}levels.{kind}?entity=UNDP"
            assert client_of(None).get(address).status_code == 404
            assert {
                name: client_of(getattr(cast, name)).get(address).status_code for name in readers
            } == readers
        for query in ("", "?entity=", "?entity=NOBODY", "?entity=%00", "?entity=UNDP%00"):
            assert client_of(cast.focal).get(f"{FILES}levels.svg{query}").status_code == 404
        assert "figures/levels" not in client_of(cast.committee).get(f"{PAGE}entities/UNDP/").content.decode()

    def test_of_a_contributor_are_those_handed_over(self, sheet: Cycle, cast: Cast) -> None:
        delegate(sheet_of(sheet, Entity.objects.get(code="UNDP")), "DAT-STR", cast.contributor)
        client = client_of(cast.contributor)
        found = {row["item"]: row for row in rows(client, SHEET)}
        told = [row for row in found.values() if row["open"] == "true"]
        assert [(row["item"], row["level"], row["target"]) for row in told] == [("DAT-STR", "0", "")]
        assert {
            row["level"] + row["state"] + row["other_basis_level"]
            for row in found.values()
            if row["open"] == "false"
        } == {""}
        root = drawing(client, "levels.svg?entity=UNDP")
        assert self.tiles(root) == [["0"]]
        assert "DAT-LED: not open to you" in str(root.findtext(f"{SVG}desc"))
        assert "Answered: 1 of 1" in texts(root)

    def test_are_drawn_in_every_language(self, sheet: Cycle, cast: Cast) -> None:
        client = client_of(cast.focal)
        for prefix in ("", "/ar", "/zh-hans", "/fr", "/ru", "/es"):
            root = drawing(client, "levels.svg?entity=UNDP", prefix)
            assert root.get("lang") == (prefix.removeprefix("/") or "en")
            assert len(self.tiles(root)) == 20

    def test_are_linked_from_the_sheet(self, sheet: Cycle, cast: Cast) -> None:
        client = client_of(cast.focal)
        page = unescape(client.get(f"{PAGE}entities/UNDP/?basis=claimed&version=1").content.decode())
        for kind in ("svg", "csv"):
            [link] = re.findall(rf'href="(/scorecards/2026/figures/levels\.{kind}[^"]+)"', page)
            assert link.endswith("?entity=UNDP&basis=claimed&version=1")
            assert client.get(link).status_code == 200

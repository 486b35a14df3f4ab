"""Figures to take away: valid files with the same numbers as the page, its table and the API."""

import re
from fractions import Fraction
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle, Framework
from quintet.queries.frameworks import item_codes
from scorecards.models import Scorecard
from scorecards.services.consenting import set_consent
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    Cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.files import DC, FILES, SVG, drawing, rows, texts
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared
from un20portal.lib.ratios import one_decimal, whole_per_cent

pytestmark = pytest.mark.django_db
ITEMS = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ("STR", "LED", "COE", "HRS")]


def levels(unit: int) -> dict[str, int | str | None]:
    """Of sixteen units: items of all, one of eight, one of two."""
    found: dict[str, int | str | None] = {
        item: (unit * 5 + place) % 5 for place, item in enumerate(ITEMS) if item not in ("INN-LED", "INN-COE")
    }
    found["INN-LED"] = unit % 5 if unit < 8 else None
    found["INN-COE"] = 3 if unit < 2 else None
    return found


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    units = [Entity.objects.get(code="UNDP"), *make_entities(15)]
    cycle = make_counted_cycle(make_framework(), {unit: levels(place) for place, unit in enumerate(units)})
    publish(cycle, cast)
    return cycle


class TestTheSameNumbers:
    """Published, below ten and suppressed: page, table, SVG, CSV and API say one thing of every item."""

    def test_stand_everywhere(self, client: Client, cycle: Cycle) -> None:
        for basis in ("accepted", "claimed"):
            self.check(client, basis)

    def check(self, client: Client, basis: str) -> None:
        query = f"?group=entities&basis={basis}"
        api = {row["item"]: row for row in client.get(f"/api/v1/scorecards/2026/items/{query}").json()}
        file = {row["item"]: row for row in rows(client, f"items.csv{query}")}
        drawn = self.drawn(client, f"items.svg{query}&sort=item", list(api))
        explored = self.cells(client, f"/scorecards/2026/explore/{query}", 'class="code">', "</tr>")
        panels = self.cells(client, f"/scorecards/2026/{query}", "item=", "</tr>")
        assert api.keys() == file.keys() == drawn.keys() == explored.keys()
        kinds = set()
        for item, row in api.items():
            kinds.add(kind := self.kind(row))
            said = self.as_said(row, kind)
            assert drawn[item][: len(said)] == said, item
            for text in said:
                assert text in explored[item], (item, text)
                assert text in panels[item], (item, text)
            assert file[item]["suppressed"] == str(row["suppressed"]).lower()
            for name in ("n_answered", "has", "operates", "share_has", "share_operates", "paper_gap"):
                assert file[item][name] == ("" if row[name] is None else str(row[name])), (item, name)
        assert kinds == {"shares", "counts", "suppressed"}

    def kind(self, row: dict[str, Any]) -> str:
        if row["suppressed"]:
            return "suppressed"
        return "shares" if row["n_answered"] >= 10 else "counts"

    def as_said(self, row: dict[str, Any], kind: str) -> list[str]:
        """What a page writes of a row of the API, worked out from its counts."""
        n = row["n_answered"]
        if kind == "suppressed":
            return ["Suppressed: confidential"]
        if kind == "counts":
            return [f"{row['has']}/{n}", f"{row['operates']}/{n}"]
        shares = [Fraction(100 * row[name], n) for name in ("has", "operates")]
        assert [row["share_has"], row["share_operates"]] == [one_decimal(share) for share in shares]
        return [f"{whole_per_cent(share)}%" for share in shares]

    def cells(self, client: Client, address: str, before: str, after: str) -> dict[str, str]:
        """The text of each item's row of a page, tags and words in charts left out."""
        html = unescape(client.get(address).content.decode())
        found: dict[str, str] = {}
        for part in re.findall(r"<tr role=\"row\".*?</tr>", html, flags=re.DOTALL):
            code = re.search(rf"{before}([A-Z]+-[A-Z]+)", part)
            if code:
                plain = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", part, flags=re.DOTALL)
                found[code[1]] = " ".join(plain.split())
        return found

    def drawn(self, client: Client, address: str, items: list[str]) -> dict[str, list[str]]:
        """What an SVG writes at the end of each item's row, from the column “in place” on."""
        ends = [
            (element.get("y"), element.text or "")
            for element in drawing(client, address).iter(f"{SVG}text")
            if element.get("text-anchor") == "end" and element.get("font-size") != "12"
        ]
        by_row: dict[str | None, list[str]] = {}
        for y, text in ends:
            by_row.setdefault(y, []).append(text)
        return dict(zip(items, by_row.values(), strict=True))


class TestEveryFile:
    FIGURES = ("state-of-play", "items", "comparison", "compared-items")

    def test_says_where_it_comes_from(self, client: Client, cycle: Cycle) -> None:
        for figure in self.FIGURES:
            self.check_source(client, figure)

    def check_source(self, client: Client, figure: str) -> None:
        scorecard = Scorecard.objects.get()
        root = drawing(client, f"{figure}.svg")
        facts = {element.tag.removeprefix(DC): element.text for element in root.iter() if DC in element.tag}
        assert facts["identifier"] == f"sha256:{scorecard.sha256}"
        assert facts["date"] == scorecard.published_at.date().isoformat()
        said = " ".join(texts(root))
        for part in (scorecard.sha256, "version 1", "Cycle 2026", "UN entities (16)"):
            assert part in said
        assert root.findtext(f"{SVG}title") == facts["title"]
        assert "UN entities" in str(root.findtext(f"{SVG}desc"))
        for row in rows(client, f"{figure}.csv"):
            assert row["sha256"] == scorecard.sha256
            assert (row["figure"], row["version"], row["cycle"]) == (facts["title"], "1", "2026")
            assert row["published_at"] == scorecard.published_at.isoformat()
            assert int(row["n_group"]) > 0

    def test_is_drawn_in_every_language(self, client: Client, cycle: Cycle) -> None:
        for prefix, figure in product(("", "/ar", "/zh-hans", "/fr", "/ru", "/es"), self.FIGURES):
            root = drawing(
                client, f"{figure}.svg?dimension=DAT" if figure == "items" else f"{figure}.svg", prefix
            )
            assert root.get("lang") == (prefix.removeprefix("/") or "en")
            assert (root.get("direction") == "rtl") == (prefix == "/ar")
            names = {name for element in root.iter() for name in element.attrib}
            assert not names & {"style", "class", "href", "onload"}, "no style sheet and no script"

    def test_has_a_name_and_is_not_sent_twice(self, client: Client, cycle: Cycle) -> None:
        first = client.get(f"{FILES}items.csv")
        assert first["Content-Disposition"] == 'attachment; filename="2026-v1-items-entities-accepted-en.csv"'
        assert client.get(f"{FILES}items.csv", headers={"If-None-Match": first["ETag"]}).status_code == 304
        picture = client.get(f"{FILES}items.svg")
        assert picture["Content-Disposition"] == 'inline; filename="2026-v1-items-entities-accepted-en.svg"'
        assert picture.content == client.get(f"{FILES}items.svg").content

    @pytest.mark.parametrize(
        ("address", "name"),
        [
            ("/items.csv?group=all&basis=claimed", "2026-v1-items-all-claimed-en.csv"),
            (
                "/state-of-play.svg?dimension=DAT&group=type:fund_or_programme",
                "2026-v1-state-of-play-DAT-type-fund_or_programme-accepted-en.svg",
            ),
            ("/comparison.csv?group=all&group=entities", "2026-v1-comparison-all-entities-accepted-en.csv"),
            (
                "/items.csv?search=%22%0D%0Ax%3A1&dimension=DAT",
                "2026-v1-items-DAT-entities-search-x-1-fc1b3d2b-accepted-en.csv",
            ),
            (
                "/items.svg?enabler=STR&gap=12.5&only=few&sort=-share_has",
                "2026-v1-items-entities-enabler-STR-gap-12-5-only-few-sort-share_has-down-accepted-en.svg",
            ),
        ],
    )
    def test_is_called_after_what_it_shows(
        self, client: Client, cycle: Cycle, address: str, name: str
    ) -> None:
        answer = client.get(f"{FILES.rstrip('/')}{address}")
        assert answer.status_code == 200
        assert answer["Content-Disposition"].endswith(f'; filename="{name}"')

    def test_with_a_long_selection_keeps_what_tells_it_from_others(
        self, client: Client, cycle: Cycle
    ) -> None:
        words = f"search={'data+' * 18}"
        names = []
        for query in (f"{words}a", f"{words}b", f"{words}a&basis=claimed", "search=%D8%A8", "search=%D8%AA"):
            answer = client.get(f"{FILES}items.csv?group=type:fund_or_programme&enabler=STR&{query}")
            assert answer.status_code == 200
            names.append(answer["Content-Disposition"].split('"')[1].removesuffix(".csv"))
        assert len(set(names)) == len(names)
        assert all(re.fullmatch("[A-Za-z0-9_-]{1,152}", name) for name in names)
        ends = [name.rsplit("-", 2)[1:] for name in names]
        assert ends == [["accepted", "en"]] * 2 + [["claimed", "en"]] + [["accepted", "en"]] * 2

    def test_is_called_otherwise_in_another_language(self, client: Client, cycle: Cycle) -> None:
        for prefix, language in (("/zh-hans", "zh"), ("/ar", "ar")):
            answer = client.get(f"{prefix}{FILES}items.csv")
            assert f'"2026-v1-items-entities-accepted-{language}.csv"' in answer["Content-Disposition"]

    def test_that_is_not_there_or_not_understood_is_refused(self, client: Client, cycle: Cycle) -> None:
        refused = {
            "nothing.svg": 404,
            "items.pdf": 404,
            "items.svg?colour=blue": 400,
            "state-of-play.svg?dimension=XXX": 400,
            "state-of-play.csv?group=nobody": 400,
            "compared-items.svg?dimension=XXX": 400,
            "comparison.svg?entity=UNDP": 404,
            "comparison.svg?entity=": 404,
            "movement.svg": 404,
            "uncertainty.svg": 503,  # it is owed
        }
        assert {address: client.get(FILES + address).status_code for address in refused} == refused

    def test_follows_the_filters_of_its_page(self, client: Client, cycle: Cycle) -> None:
        found = rows(client, "items.csv?only=few")
        assert [row["item"] for row in found] == ["INN-LED"]
        found = rows(client, "items.csv?dimension=DAT&sort=-share_has")
        shares = [Fraction(row["share_has"]) for row in found if row["share_has"]]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) == 4

    def test_asks_the_database_as_often_for_more_units(self, client: Client, cast: Cast) -> None:
        framework, counted = make_framework(), []
        for code, units in (("2025", make_entities(10)), ("2026", None)):
            sheets = {unit: levels(1) for unit in units or [make_entity(f"X-{n}") for n in range(20)]}
            publish(make_counted_cycle(framework, sheets, code), cast)
            for figure in self.FIGURES:
                client.get(f"/scorecards/{code}/figures/{figure}.svg")
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(f"/scorecards/{code}/figures/{figure}.svg").status_code == 200
                counted.append(len(captured))
        assert counted[:4] == counted[4:]


class TestLinksToFiles:
    PAGES = ("", "figure/", "explore/", "compare/", "movement/", "uncertainty/")

    @pytest.mark.parametrize("path", PAGES)
    def test_say_of_which_figure_they_are_and_are_there(
        self, client: Client, compared: Compared, path: str
    ) -> None:
        simulate_cycle(cycle_id=compared.cycles[1].pk, at=AT)
        said = client.get(f"/scorecards/2026/{path}").content.decode()
        links = re.findall(r'<a href="([^"]*/figures/[^"]*)"[^>]*>(.*?)</a>', said)
        assert len(links) in (2, 4, 6, 8)
        names = [re.sub("<[^>]+>", "", name) for _address, name in links]
        assert len(set(names)) == len(names), names
        for address, _name in links:
            assert client.get(unescape(address)).status_code == 200, address


class TestMovementAndUncertainty:
    def test_panels_of_two_cycles(self, client: Client, compared: Compared) -> None:
        query = "?from=2025&group=entities&basis=accepted"
        api = {
            row["item"]: row
            for row in client.get(f"/api/v1/scorecards/2026/movement/{query}").json()["items"]
        }
        found = {row["item"]: row for row in rows(client, f"movement.csv{query}")}
        assert found.keys() == api.keys()
        for item, row in api.items():
            panel = row["panel"] or {}
            for name in ("rose", "same", "fell", "has_before", "has_after", "verdict"):
                assert found[item][name] == str(panel.get(name, "")), (item, name)
            assert found[item]["delta_points"] == (panel["delta_has"]["points"] if panel else "")
        said = texts(drawing(client, f"movement.svg{query}&dimension=DAT"))
        assert "Movement: Cycle 2025 to Cycle 2026" in said
        assert sum("clear" in text for text in said) >= 1

    def test_intervals_of_groups_never_of_units(self, client: Client, cast: Cast) -> None:
        full = {f"DAT-{enabler}": 2 for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN")}
        cycle = make_counted_cycle(make_framework("one", ("DAT",)), dict.fromkeys(make_entities(12), full))
        publish(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        found = {(row["area"], row["group"]): row for row in rows(client, "uncertainty.csv?area=capability")}
        api = client.get("/api/v1/scorecards/2026/uncertainty/").json()
        for area in api["areas"]:
            for row in area["groups"]:
                interval = row["interval"] or {}
                told = found[area["area"], row["group"]]
                assert told["p50"] == str(interval.get("p50", ""))
                counted = row["n_counted"] or {"accepted": "", "claimed": ""}
                for basis, n_counted in counted.items():
                    assert told[f"n_counted_{basis}"] == str(n_counted)
        drawing(client, "uncertainty.svg")


class TestUnits:
    def test_are_in_a_file_for_those_alone_who_may_read_them(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        address = f"{FILES}comparison.csv?entity=undp"
        assert client.get(address).status_code == 404
        undp = Entity.objects.get(code="UNDP")
        set_consent(cycle=cycle, entity=undp, audience="public", by=cast.approver, at=AT)
        answer = client.get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        api = client.get("/api/v1/scorecards/2026/entities/UNDP/").json()
        found = {row["dimension"]: row for row in rows(client, address.removeprefix(FILES))}
        for row in api["dimensions"]:
            told = found[row["dimension"]]
            assert (told["has"], told["index"]) == (str(row["has"]), row["index"] or "")


def test_printed_values_keep_their_year_and_their_limits(client: Client, cast: Cast) -> None:
    call_command("load_reference", verbosity=0)
    framework = Framework.objects.get(slug="quintet-2026")
    answers = dict.fromkeys(item_codes(framework), 3)
    publish(make_counted_cycle(framework, dict.fromkeys(make_entities(12), answers)), cast)
    names = ("baseline_2023", "baseline_operator", "baseline_year")
    told = {row["item"]: row for row in rows(client, "items.csv")}
    assert [told["DIG-PMS"][name] for name in names] == ["40", "approx", "2022"]
    said = {item: row["baseline_comparability"] for item, row in told.items() if row["baseline_2023"]}
    assert said["DAT-STR"] == "same_concept"
    assert [item for item, how in said.items() if how.startswith("near_concept_")] == [
        "INN-PMS", "DIG-PMS", "BES-STR"
    ]  # fmt: skip
    drawn = " ".join(texts(drawing(client, "items.svg")))
    for value in ("≈ 40% (2022, near)", "66.7% (2022)", "20% (near)", "≈ 67%"):
        assert value in drawn

"""The page of a receipt of movement, for committee members: one change, step by step, in plain sentences."""

import re

import pytest
from django.test import Client

from entities.models import Entity
from quintet.models import Cycle, Framework
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from tests.factories import AT, Cast, make_cast, make_entities, make_entity
from tests.scorecards.worked import publish
from tests.scorecards.years import CODES, compared_years, cycle_of

pytestmark = pytest.mark.django_db
URL = "/scorecards/2026/receipt/"
ITEM = "group=entities&item=DAT-STR&from=2025"
DIMENSION = "group=entities&dimension=DAT&from=2025"


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


def publish_years(framework: Framework, cast: Cast, before: list[int], after: list[int]) -> list[Cycle]:
    """Units that each say one level on everything; published, and not compared yet."""
    units = make_entities(max(len(before), len(after)))
    cycles = []
    for code, levels in (("2025", before), ("2026", after)):
        found = {unit: dict.fromkeys(CODES, level) for unit, level in zip(units, levels, strict=False)}
        cycles.append(cycle_of(framework, code, found))
        publish(cycles[-1], cast)
    return cycles


@pytest.fixture
def ten(framework: Framework, cast: Cast) -> list[Cycle]:
    """Ten units, all in both years: 4 rose, 5 stayed, 1 fell; 4 of 10 in place become 7."""
    cycles = publish_years(framework, cast, [1] * 6 + [2] * 4, [2] * 4 + [1] * 2 + [2] * 3 + [0])
    decide_comparisons(at=AT)
    return cycles


def page(client: Client, query: str = ITEM, status: int = 200, *, url: str = URL) -> str:
    answer = client.get(f"{url}?{query}")
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def heading(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0].strip()


class TestAnItem:
    def test_is_followed_step_by_step(self, client: Client, ten: list[Cycle]) -> None:
        shown = page(client)
        assert heading(shown) == "Data · Strategy or action plan, change in the panel, UN entities: +30.0"
        for words in (
            "units that answer in both cycles: 10. Higher than before: 4. The same: 5. Lower: 1.",
            "n_panel = rose + same + fell = 4 + 5 + 1 = <b>10</b>",
            "clear_entities = |delta_has| ≥ 3 = 3 ≥ 3 = <b>yes</b>",
            "verdict = clear_entities and clear_points = yes and yes = <b>clear</b>",
            "membership = <b>0.0</b>",
            "Both conditions are met: the change is called clear.",
            "after.share_has = 100 · after.has / after.n_answered = 100 · 7 / 10 = <b>70.0</b>",
            "sum = membership + na + method + real = 0 + 0 + 0 + 30 = <b>30.0</b>",
            "Both cycles ask the same question, so the series goes on.",
            "Nothing is hidden here",
        ):
            assert words in shown

    def test_says_that_who_rose_is_confidential_and_names_nobody(
        self, client: Client, ten: list[Cycle]
    ) -> None:
        shown = page(client)
        assert "Which units rose, stayed or fell is not shown: only how many." in shown
        assert "moved alike" not in shown
        assert "ENT-" not in shown

    @pytest.mark.parametrize("after", [1, 0, 2])
    def test_says_that_a_panel_which_moves_as_one_tells_of_each_unit(
        self, client: Client, framework: Framework, cast: Cast, after: int
    ) -> None:
        publish_years(framework, cast, [1] * 6, [after] * 6)
        decide_comparisons(at=AT)
        shown = page(client)
        assert "All units of this panel moved alike: who knows which units answer" in shown
        assert "is not shown" not in shown
        assert "adds up to no figure of fewer than 5 units" in shown
        assert "say the same: who knows which units answer" in page(client, ITEM.removesuffix("&from=2025"))

    def test_of_few_units_shows_counts_and_no_shares(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        publish_years(framework, cast, [1] * 9, [2] * 9)
        decide_comparisons(at=AT)
        shown = page(client)
        assert heading(shown).endswith("UN entities: from 0 to 9 of 9")
        assert "delta_points" not in shown
        assert "share_has" not in shown
        assert "Below 10 answers, counts are shown and no shares." in shown
        assert "Below 10 answers, no points are shown." in shown
        assert "membership" not in shown
        assert "clear_points = 100 · |delta_has| ≥ 5 · n_panel = 100 · 9 ≥ 5 · 9 = <b>yes</b>" in shown

    def test_says_why_it_is_hidden(self, client: Client, framework: Framework, cast: Cast) -> None:
        publish_years(framework, cast, [2] * 10, [3] * 9)
        decide_comparisons(at=AT)
        for query in (ITEM, DIMENSION):
            shown = page(client, query)
            assert heading(shown).endswith("UN entities: suppressed")
            assert "it would tell what fewer than 5 units answered" in shown
            assert "receipt-steps" not in shown

    def test_the_other_way_round_turns_its_signs(self, client: Client, ten: list[Cycle]) -> None:
        query = ITEM.replace("2025", "2026")
        shown = page(client, query, url="/scorecards/2025/receipt/")
        assert heading(shown).endswith("\u221230.0")
        assert "so every sign is turned" in shown
        assert "every sign is turned" not in page(client)


class TestADimension:
    def test_names_both_means_and_the_parts(self, client: Client, ten: list[Cycle]) -> None:
        shown = page(client, DIMENSION)
        assert heading(shown) == "Data · change of the mean index, UN entities: +5.0"
        for words in (
            "before.mean = Σ index / before.n_rated = 350 / 10 = <b>35.0</b>",
            "total = after.mean - before.mean = 40 - 35 = <b>5.0</b>",
            "sum = membership + na + method + real = 0 + 0 + 0 + 5 = <b>5.0</b>",
        ):
            assert words in shown

    def test_of_few_rated_units_shows_no_points(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        publish_years(framework, cast, [1] * 9, [2] * 9)
        decide_comparisons(at=AT)
        shown = page(client, DIMENSION)
        assert heading(shown).endswith("UN entities: fewer than 10 rated sheets")
        assert "Below 10 answers, no points are shown." in shown
        for hidden in ("25.0", "membership", "before.mean"):
            assert hidden not in shown
        movement = page(client, "group=entities", url="/scorecards/2026/movement/")
        assert movement.count("Below 10 answers, no points are shown.") == len(CODES)
        assert movement.count("fewer than 10 rated sheets") == 2
        assert "+25.0" not in movement
        assert "+100.0" not in movement
        receipt = client.get(f"/api{URL.replace('/scorecards', '/v1/scorecards')}?{ITEM}").json()
        assert receipt["figure"]["bridge"]["exact"]["real"] == [100, 1]


class TestBeforeItIsDecided:
    def test_says_so_and_when_to_look_again(self, client: Client, framework: Framework, cast: Cast) -> None:
        publish_years(framework, cast, [1] * 10, [2] * 10)
        answer = client.get(f"{URL}?{ITEM}")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "no-store" in answer["Cache-Control"]
        assert "This comparison is being prepared." in answer.content.decode()
        decide_comparisons(at=AT)
        page(client)


class TestWhoReadsIt:
    def test_provisional_ones_are_for_the_task_force(
        self, client: Client, ten: list[Cycle], cast: Cast
    ) -> None:
        compute_cycle(cycle_id=ten[1].pk, at=AT)
        page(client, f"{ITEM}&version=provisional", 404)
        client.force_login(cast.committee)
        page(client, f"{ITEM}&version=provisional", 404)
        client.force_login(cast.task_force)
        shown = page(client, f"{ITEM}&version=provisional")
        assert "Provisional figures have no hash yet" in shown
        assert "do not pass them on" in shown

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            (f"{ITEM}&basis=x", 404),
            (f"{ITEM}&version=9", 404),
            (f"{ITEM}&version=provisional", 404),
            ("group=entities&item=DAT-XXX&from=2025", 404),
            ("group=nobody&item=DAT-STR&from=2025", 404),
            ("group=entities&item=DAT-STR&from=1999", 404),
            ("group=entities&item=DAT-STR&from=2026", 400),
            ("group=entities&item=DAT-STR&from=", 400),
            ("entity=UNDP&item=DAT-STR&from=2025", 404),
            ("entity=UNDP&area=culture&from=2025", 400),
            ("group=entities&of=moved&from=1999", 404),
        ],
    )
    def test_is_refused_for_what_is_no_change(
        self, client: Client, ten: list[Cycle], query: str, status: int
    ) -> None:
        page(client, query, status)


class TestLinks:
    def test_lead_from_every_row_of_the_movement_and_back(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        units: list[Entity] = make_entities(24)
        compared_years(framework, units, cast)
        movement = client.get("/scorecards/2026/movement/?group=all&basis=claimed").content.decode()
        links = re.findall(rf'href="{re.escape(URL)}\?([^"]+)"', movement.replace("&amp;", "&"))
        rows = [f"item={code}" for code in CODES]
        sums = [f"of=moved&dimension={code}" for code in ("DAT", "INN")]
        rows = [*rows[:7], sums[0], *rows[7:], sums[1], "dimension=DAT", "dimension=INN"]
        assert links == [f"from=2025&group=all&basis=claimed&{row}" for row in rows]
        for link in (links[0], links[-1]):
            shown = client.get(f"{URL}?{link}").content.decode()
            back = re.findall(r'href="(/scorecards/2026/movement/[^"]+)"', shown)
            assert len(back) == 1
            assert client.get(back[0].replace("&amp;", "&")).status_code == 200

    def test_lead_to_the_receipts_of_both_samples_and_to_the_same_as_json(
        self, client: Client, ten: list[Cycle]
    ) -> None:
        for query in (ITEM, DIMENSION):
            shown = page(client, query).replace("&amp;", "&")
            actions = shown.partition('<p class="actions">')[2]
            links = re.findall(r'href="([^"]+)"', actions.partition("</p>")[0])
            assert [link.partition("?")[0] for link in links] == [
                "/api/v1/scorecards/2026/receipt/",
                "/scorecards/2025/receipt/",
                URL,
            ]
            assert all("from=" not in link for link in links[1:])
            assert [client.get(link).status_code for link in links] == [200, 200, 200]

"""Groups and units beside each other: differences with caution, and only what the reader may see."""

import gzip
import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle
from scorecards.services.consenting import set_consent
from tests.factories import AT, Cast, make_cast, make_counted_cycle, make_entity, make_framework
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/compare/"
FUNDS, OTHERS = "type:fund_or_programme", "type:secretariat"
FULL = {f"DAT-{enabler}": 2 for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")}


def units(prefix: str, kind: str, count: int) -> list[Entity]:
    return [make_entity(f"{prefix}-{number}", type=kind) for number in range(count)]


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", type="specialised_agency"), make_entity("UNICEF", type="un"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Of 20 funds all have a data strategy and one in ten leadership; of 12 others a half, and none."""
    funds, others = units("F", "fund_or_programme", 20), units("S", "secretariat", 12)
    sheets = {unit: FULL | {"DAT-LED": 2 if n < 2 else 1} for n, unit in enumerate(funds)}
    sheets |= {unit: FULL | {"DAT-STR": n % 2 * 2, "DAT-LED": 1} for n, unit in enumerate(others)}
    few = units("R", "regional_commission", 5) + units("O", "related_organisation", 7)
    sheets |= dict.fromkeys(few, FULL) | {Entity.objects.get(code="UNDP"): FULL}
    cycle = make_counted_cycle(make_framework("one", ("DAT",)), sheets)
    publish(cycle, cast)
    return cycle


def page(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == status
    return unescape(" ".join(answer.content.decode().split()))


def row_of(said: str, item: str) -> str:
    [found] = [part for part in re.findall(r"<tr .*?</tr>", said) if f">{item}</span>" in part]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


class TestGroups:
    def test_differ_clearly_from_three_units_and_five_points_on(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"?group={FUNDS}&group={OTHERS}")
        assert "\u221250.0 · clear difference" in row_of(said, "DAT-STR")
        led = row_of(said, "DAT-LED")
        assert "\u221210.0 · no clear difference" in led, "ten points of twelve units are 1.2 of them"

    def test_stand_in_the_order_in_which_they_are_asked_for(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"?group={OTHERS}&group={FUNDS}")
        assert "+50.0 · clear difference" in row_of(said, "DAT-STR")
        assert "no ranking follows" in said

    def test_of_few_answers_show_counts_and_no_difference(self, client: Client, cycle: Cycle) -> None:
        row = row_of(page(client, f"?group={FUNDS}&group=type:related_organisation"), "DAT-STR")
        assert "7/7" in row
        assert "difference" not in row

    def test_of_few_rated_sheets_show_no_index_and_no_difference(self, client: Client, cycle: Cycle) -> None:
        """As receipts, the committee paper and the pages of movement do."""
        asked = f"?group={FUNDS}&group=type:related_organisation&group={OTHERS}"
        panel = page(client, asked).partition('aria-labelledby="c-DAT"')[2].partition("</section>")[0]
        _heads, many, few, others = re.findall(r"<tr .*?</tr>", panel)
        assert re.search(r"\d\.\d", many)
        assert "fewer than 10 rated sheets" in few
        assert not re.search(r"\d\.\d", few), few
        assert "clear difference" in others
        drawn = client.get(f"/scorecards/2026/figures/comparison.svg{asked}").content.decode()
        assert drawn.count("fewer than 10 rated sheets") > 1  # in its row, and in its description

    def test_of_one_unit_are_suppressed(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"?group={FUNDS}&group=type:specialised_agency")
        assert "suppressed" in row_of(said, "DAT-STR")
        assert "Suppressed: confidential" in said

    def test_that_count_the_same_units_say_so(self, client: Client, cycle: Cycle) -> None:
        contains = "UN entities: this group contains all units of Funds and programmes."
        for query in (f"?group=entities&group={FUNDS}", f"?group={FUNDS}&group=entities"):
            assert contains in page(client, query)
        assert "contains all units" not in page(client, f"?group={FUNDS}&group={OTHERS}")

    def test_are_four_at_the_most_each_once_and_known(self, client: Client, cycle: Cycle) -> None:
        many = "&".join(f"group={code}" for code in ("all", "entities", "ceb31", FUNDS, OTHERS))
        for query, words in (
            (f"?{many}", "Compare four at the most."),
            ("?group=all&group=all", "Choose each of them once."),
            ("?entity=UNDP&entity=undp", "Choose each of them once."),
            ("?group=all&entity=UNDP", "Compare groups or units, not both."),
            ("?group=nobody", "Choose one of"),
            ("?groups=all", "There is no such parameter."),
        ):
            assert words in page(client, query, status=400)

    def test_are_chosen_by_a_form_that_sends_empty_fields(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"?group={FUNDS}&group=&group=&group=&basis=claimed")
        assert said.count(" selected>") == 1
        assert f'<option value="{FUNDS}" selected>' in said

    def test_lead_to_receipts_and_keep_to_the_weight(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"?group={FUNDS}&group={OTHERS}")
        leads = set(re.findall(r'href="(/scorecards/2026/receipt/[^"]+)"', said))
        assert len(leads) == 16  # two groups, seven items and one dimension
        assert {client.get(address).status_code for address in leads} == {200}
        assert len(gzip.compress(client.get(PAGE).content, 6)) <= 30 * 1024


class TestUnits:
    def test_are_those_alone_whose_figures_the_reader_may_see(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        assert "No unit lets you read its own figures." in page(client, "?entity=")
        page(client, "?entity=UNDP", status=404)
        set_consent(
            cycle=cycle, entity=Entity.objects.get(code="UNDP"), audience="public", by=cast.approver, at=AT
        )
        said = page(client, "?entity=UNDP")
        assert "50.0" in said
        assert "F-0" not in said
        page(client, "?entity=UNDP&entity=F-0", status=404)
        client.force_login(cast.task_force)
        both = page(client, "?entity=undp&entity=S-0")
        assert "clear difference" not in both
        assert '<small class="difference">' in both

    def test_are_kept_by_no_cache(self, client: Client, cycle: Cycle) -> None:
        assert client.get(f"{PAGE}?entity=")["Cache-Control"] == "no-store"
        assert "Cache-Control" not in client.get(PAGE).headers


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_units(self, client: Client, cast: Cast) -> None:
        framework, found = make_framework("one", ("DAT",)), []
        for code, count in (("2025", 10), ("2026", 20)):
            sheets = dict.fromkeys(units(f"U{code}", "fund_or_programme", count), FULL)
            publish(make_counted_cycle(framework, sheets, code), cast)
            client.force_login(cast.task_force)
            for query in ("", f"?entity=U{code}-0&entity=U{code}-1"):
                address = f"/scorecards/{code}/compare/{query}"
                client.get(address)
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(address).status_code == 200
                found.append(len(captured))
        assert found[:2] == found[2:]

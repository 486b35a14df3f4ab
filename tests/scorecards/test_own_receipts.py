"""Receipts of one unit beside others: what moved since another cycle, and its quarter without names."""

import json
import re
from fractions import Fraction
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest

from entities.models import Entity, User
from quintet.models import Answer, Cycle, Framework
from quintet.services.freezing import freeze
from scorecards.models import Scorecard
from tests.factories import Cast, delegate, later, make_entities, sheet_of
from tests.scorecards.test_entity_sheets import NOW, client_of, others, page_of, share, years
from tests.scorecards.worked import publish
from tests.scorecards.years import cycle_of

pytestmark = pytest.mark.django_db
__all__ = ["years"]
CHANGE = "entity=UNDP&dimension=DAT&from=2025"
MOVE = "entity=UNDP&item=DAT-LED&from=2025"
POSITION = "entity=UNDP&of=position&dimension=DAT"


def get(user: User | None, query: str, status: int = 200) -> Any:
    answer = client_of(user).get(f"/api/v1/scorecards/2026/receipt/?{query}")
    assert answer.status_code == status, answer.content
    return answer.json()


def page(user: User | None, query: str, status: int = 200) -> str:
    answer = client_of(user).get(f"/scorecards/2026/receipt/?{query}")
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def heading(said: str) -> str:
    return said.partition("<h1>")[2].partition("</h1>")[0].strip()


def values(receipt: Any) -> dict[str, str | None]:
    return {step["name"]: step["value"] for step in receipt["steps"]}


class TestAChange:
    def test_of_a_dimension_follows_from_both_ends_and_its_parts(self, years: Cycle, cast: Cast) -> None:
        receipt, figure = get(cast.focal, CHANGE), get(cast.focal, CHANGE)["figure"]
        ends = [
            client_of(cast.focal).get(f"/api/v1/scorecards/{cycle}/receipt/?entity=UNDP&dimension=DAT").json()
            for cycle in ("2025", "2026")
        ]
        assert [figure["before"][2], figure["after"][2]] == [end["figure"]["index"] for end in ends]
        change = Fraction(*figure["after"][:2]) - Fraction(*figure["before"][:2])
        assert Fraction(*figure["change"][:2]) == change
        assert sum(Fraction(*part[:2]) for part in figure["parts"].values()) == change
        assert values(receipt)["change"] == values(receipt)["sum"] == figure["change"][2]
        assert (receipt["from_cycle"], receipt["from_version"], receipt["version"]) == ("2025", 1, 1)
        both = [receipt["hashes"][name] for name in ("before", "scorecard")]
        assert both == [Scorecard.objects.get(cycle__code=code).sha256 for code in ("2025", "2026")]
        sheets = [receipt["hashes"][name] for name in ("snapshot_before", "snapshot")]
        assert sheets == [end["hashes"]["snapshot"] for end in ends]
        assert f"+{figure['change'][2]}</a>" in page_of(cast.focal)
        assert heading(page(cast.focal, CHANGE)).endswith(f", UNDP: +{figure['change'][2]}")

    def test_is_since_the_version_that_is_asked_for(self, years: Cycle, cast: Cast) -> None:
        """Without one it is since the newest; its permanent address names both."""
        sheet = sheet_of(Cycle.objects.get(code="2025"), Entity.objects.get(code="UNDP"))
        Answer.objects.filter(assessment=sheet, item__code="DAT-LED").update(claimed=4, accepted=4)
        freeze(assessment=sheet, at=later(1))
        publish(sheet.cycle, cast)
        for query, version, level in ((MOVE, 2, 4), (f"{MOVE}&from_version=1", 1, 2)):
            receipt, said = get(cast.focal, query), page(cast.focal, query)
            assert (receipt["from_version"], receipt["figure"]["before"]) == (version, level)
            published = Scorecard.objects.get(cycle__code="2025", version=version)
            assert receipt["hashes"]["before"] == published.sha256
            assert heading(said).endswith(f"level {level} to 1")
            [kept] = re.findall(r'href="\?([^"]+)">versions', unescape(said))
            assert parse_qs(kept).items() >= {"version": ["1"], "from_version": [str(version)]}.items()
            assert get(cast.focal, kept)["figure"] == receipt["figure"]
        whole = [get(cast.focal, f"{CHANGE}&from_version={n}")["figure"]["before"] for n in (1, 2)]
        assert whole[0] != whole[1]
        for wrong, statuses in (("3", (404, 404)), ("x", (400, 404))):
            get(cast.focal, f"{MOVE}&from_version={wrong}", statuses[0])
            page(cast.focal, f"{MOVE}&from_version={wrong}", statuses[1])

    def test_of_an_item_is_for_those_who_see_its_level(self, years: Cycle, cast: Cast) -> None:
        assert get(cast.viewer, MOVE)["figure"] == {"before": 2, "after": 1, "change": -1}
        assert heading(page(cast.viewer, MOVE)) == "Data · Leadership roles, UNDP: level 2 to 1"
        delegate(sheet_of(years, Entity.objects.get(code="UNDP")), "DAT-STR", cast.contributor)
        for who in (cast.contributor, cast.stranger, cast.committee, None):
            get(who, MOVE, 404)
            page(who, MOVE, 404)

    def test_of_figures_alone_has_no_parts(self, years: Cycle, cast: Cast) -> None:
        """Consent is given cycle by cycle, and opens figures, never levels."""
        share(years, "public", cast.approver)
        get(None, CHANGE, 404)
        share(Cycle.objects.get(code="2025"), "public", cast.approver)
        receipt = get(None, CHANGE)
        assert receipt["figure"]["parts"] is None
        assert receipt["figure"]["change"] == get(cast.focal, CHANGE)["figure"]["change"]
        assert not {"real", "sum"} & values(receipt).keys()
        get(None, MOVE, 404)

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("entity=UNDP&dimension=XXX&from=2025", 404),
            ("entity=UNDP&dimension=DAT&from=1999", 404),
            ("entity=UNDP&dimension=DAT&from=2026", 400),
            ("entity=UNDP&item=DAT-TRN&from=2025", 404),
            ("entity=ENT-001&dimension=DAT&from=2025", 404),
            ("entity=UNDP&area=capability&from=2025", 400),
        ],
    )
    def test_is_refused_for_what_is_none(self, years: Cycle, cast: Cast, query: str, status: int) -> None:
        """DAT-TRN is not answered in both cycles."""
        get(cast.focal, query, status)
        page(cast.focal, query, status)


class TestAPosition:
    def test_says_its_quarter_its_interval_and_how_many_are_rated(self, years: Cycle, cast: Cast) -> None:
        """Of 0 25 25 50 50 60 75 75 100 the quartiles are 25, 50 and 75; UNDP has 60."""
        receipt = get(cast.focal, POSITION)
        figure = receipt["figure"]
        assert (figure["quarter"], figure["n_rated"]) == ("upper", 9)
        assert [figure[name][2] for name in ("from", "index", "below")] == ["50.0", "60.0", "75.0"]
        told = values(receipt)
        assert list(told) == ["n_rated", "median", "q3", "index", "quarter"]
        assert (told["n_rated"], told["median"], told["q3"], told["index"]) == ("9", "50.0", "75.0", "60.0")
        said = page(cast.focal, POSITION)
        assert heading(said) == "Data · quarter of the group, UNDP: third quarter"
        assert "third quarter of 9 units" in page_of(cast.focal)
        assert "<b>third quarter</b>" in said

    def test_tells_nothing_of_others(self, years: Cycle, cast: Cast) -> None:
        """What it says of the group is published with the scorecard; no unit and no sheet is named."""
        receipt = get(cast.focal, POSITION)
        cells = json.loads(Scorecard.objects.get(cycle=years).payload)["groups"]
        cell = cells["type:fund_or_programme"]["accepted"]["dimensions"]["DAT"]
        assert [receipt["figure"]["from"], receipt["figure"]["below"]] == [cell["median"], cell["q3"]]
        assert (receipt["units"], receipt["items"], receipt["dimensions"]) == ([], [], [])
        for said in (json.dumps(receipt), page(cast.focal, POSITION)):
            assert "ENT-" not in said
        assert "25.0" not in json.dumps(receipt), "the other quartile"

    def test_of_fewer_than_ten_has_no_quartile_on_its_page(self, years: Cycle, cast: Cast) -> None:
        said = page(cast.focal, POSITION)
        for quartile in ("50.0", "75.0"):
            assert quartile not in said
        assert "counts are shown and no shares" in said

    def test_says_why_it_is_not_told(self, framework: Framework, cast: Cast) -> None:
        make_entities(3)
        publish(cycle_of(framework, "2026", {Entity.objects.get(code="UNDP"): NOW, **others(3)}), cast)
        receipt = get(cast.focal, POSITION)
        assert (receipt["figure"]["quarter"], receipt["figure"]["from"], receipt["steps"]) == (None, None, [])
        assert receipt["missing"][0].startswith("The quarter is not told: fewer than five")
        assert heading(page(cast.focal, POSITION)).endswith("UNDP: not told")

    def test_is_for_those_who_read_the_figures(self, years: Cycle, cast: Cast) -> None:
        for who in (None, cast.stranger, cast.committee):
            get(who, POSITION, 404)
        share(years, "committee", cast.approver)
        assert get(cast.committee, POSITION)["figure"]["quarter"] == "upper"
        get(None, POSITION, 404)

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("entity=UNDP&of=position&dimension=XXX", 404),
            ("entity=UNDP&of=position&dimension=%00", 404),
            ("entity=UNDP&of=position", 400),
            ("group=all&of=position&dimension=DAT", 400),
            ("entity=UNDP&of=position&dimension=DAT&from=2025", 400),
        ],
    )
    def test_is_refused_for_what_is_none(self, years: Cycle, cast: Cast, query: str, status: int) -> None:
        get(cast.focal, query, status)
        page(cast.focal, query, status)

"""The page of a scorecard in its parts: what each says, and what it says where there is nothing to show."""

import gzip
import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Answer, Area, Assessment, Cycle, Dimension, Framework, Item, Status
from quintet.services.freezing import freeze
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.papers import paper_of
from scorecards.queries.quality import Gaps
from scorecards.queries.reading import published_figures, state_of_play
from scorecards.services import publishing
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from scorecards.services.deciding import add_point
from scorecards.services.simulating import simulate_cycle
from scorecards.templatetags.overview import missing_part
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_entity,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared, cycle_of
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
PARTS = [
    "in-one-minute", "state-of-play", "movement", "culture", "countries", "roadmap", "quality", "decisions",
    "since",
]  # fmt: skip


@pytest.fixture
def years(compared: Compared) -> list[Cycle]:
    return compared.cycles


def add_culture(framework: Framework) -> None:
    lever = Dimension.objects.create(
        framework=framework, code="CUL-CUR", area=Area.CULTURE, label="Curiosity", order=9
    )
    for number in (1, 2):
        Item.objects.create(
            framework=framework,
            dimension=lever,
            code=f"CUL-CUR-{number}",
            order=number,
            question=f"Curious {number}?",
            level_texts=[f"level {level}" for level in range(5)],
        )


def text(client: Client, query: str = "", code: str = "2026") -> str:
    answer = client.get(f"/scorecards/{code}/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def part(page: str, name: str) -> str:
    """The section with this heading."""
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def words(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def without_asides(html: str) -> str:
    """What is seen of it, in words."""
    return words(re.sub('<span class="visually-hidden">.*?</span>', "", html))


@pytest.mark.once  # markup
class TestThePage:
    def test_has_its_parts_in_order_each_named_in_the_contents(
        self, client: Client, years: list[Cycle]
    ) -> None:
        page = text(client)
        places = [page.index(f'id="{name}"') for name in PARTS]
        assert places == sorted(places)
        contents = part(page, "parts-of-page").partition("</nav>")[0]
        assert re.findall('href="#([a-z-]+)"', contents) == PARTS[1:]

    def test_leads_to_receipts_that_are_there(self, client: Client, years: list[Cycle]) -> None:
        page = text(client)
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*receipt/\?[^"]*)"', page)}
        movement = [link for link in links if "from=" in link]
        assert len(movement) == 14 + 2 + 1, "of items, of capabilities, and of all of them"
        for link in sorted(links):
            assert client.get(link).status_code == 200, link

    def test_shows_no_drawing_without_words(self, client: Client, years: list[Cycle]) -> None:
        page = text(client).partition("<main")[2]
        drawings = re.findall("<svg[^>]*>.*?</svg>", page)
        assert len(drawings) > 30
        assert not [
            svg
            for svg in drawings
            if "aria-hidden" not in svg and "<title" not in svg and "x=" not in svg[:9]
        ]

    def test_of_one_group_gives_each_identifier_once(self, client: Client, years: list[Cycle]) -> None:
        found = re.findall(r'\sid="([^"]+)"', text(client))
        assert len(found) == len(set(found))

    def test_has_as_many_cells_in_a_row_as_columns(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        """Also where a cell says of a whole row that it is hidden."""
        add_culture(framework)
        units = make_entities(12)
        sheets = {unit: {"DAT-STR": 2, "CUL-CUR-1": 3} for unit in units}
        publish(cycle := make_counted_cycle(framework, sheets), cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        for address in ("", "explore/", "compare/?group=entities&group=ceb31", "uncertainty/"):
            tables = re.findall("<table.*?</table>", text(client, address))
            assert tables, address
            for table in tables:
                widths = [
                    sum(int(width or 1) for width in re.findall(r'<t[hd]\b(?:[^>]*colspan="(\d+)")?', row))
                    for row in re.findall("<tr.*?</tr>", table)
                ]
                assert len(set(widths)) == 1, (address, widths, table[:200])

    def test_of_the_whole_framework_weighs_less_than_thirty_kilobytes(
        self, client: Client, cast: Cast
    ) -> None:
        call_command("load_reference", verbosity=0)
        framework = Framework.objects.get(slug="quintet-2026")
        items = list(Item.objects.filter(framework=framework).values_list("code", flat=True))
        teams = list(Entity.objects.filter(type="country_team")[:40])
        sheets = {
            unit: {code: (place + number) % 5 for place, code in enumerate(items)}
            for number, unit in enumerate([*make_entities(20), *teams])
        }
        cycle = make_counted_cycle(framework, sheets)
        for number in range(5):
            said = {"verb": "requests", "body": "hlcm", "text": f"{number} " + "long words " * 50}
            add_point(cycle=cycle, by=cast.task_force, at=AT, **said, action="", figure="")
        publish(cycle, cast)
        for prefix in ("", "/ar"):
            page = client.get(f"{prefix}/scorecards/2026/")
            assert len(gzip.compress(page.content, 6)) < 30_000
        assert "75% " in words(part(text(client), "culture"))
        assert "62% in 2019" in words(part(text(client), "culture"))


@pytest.mark.once  # wording of figures that are frozen
class TestInOneMinute:
    def test_says_who_answered_the_extremes_and_what_changed(
        self, client: Client, years: list[Cycle]
    ) -> None:
        said = words(part(text(client), "in-one-minute"))
        assert "18 of 18 units that were asked have an accepted sheet." in said
        for begun in (
            "Most widely in place:",
            "Least widely in place:",
            "Widest paper gap:",
            "Since Cycle 2025:",
        ):
            assert begun in said

    def test_says_counts_where_few_answer(self, client: Client, cast: Cast, framework: Framework) -> None:
        sheets = {unit: {"DAT-STR": 3, "DAT-LED": 1} for unit in make_entities(6)}
        publish(make_counted_cycle(framework, sheets), cast)
        said = words(part(text(client), "in-one-minute"))
        assert "Most widely in place: Data · Strategy or action plan (6 of 6)." in said
        assert "%" not in said

    def test_compares_with_the_printed_values_that_measured_the_same_as_the_paper_does(
        self, client: Client, cast: Cast
    ) -> None:
        """Of seven values three are of a near concept: they are shown, and not subtracted."""
        call_command("load_reference", verbosity=0)
        framework = Framework.objects.get(slug="quintet-2026")
        capabilities = Item.objects.filter(framework=framework, dimension__area=Area.CAPABILITY)
        answers = dict.fromkeys(capabilities.values_list("code", flat=True), 3)
        scorecard = publish(make_counted_cycle(framework, dict.fromkeys(make_entities(12), answers)), cast)
        rows = state_of_play(published_figures(scorecard), group="entities", basis="accepted")
        assert sum(row.baseline is not None for row in rows) == 7
        told = words(part(text(client), "in-one-minute"))
        assert "of 4 figures 4 stand higher by 3 entities and 5 points or more" in told
        said = [each.message for _panel, them in paper_of(scorecard).capability_statements for each in them]
        assert sum("beside the %(printed)s" in message for message in said) == 4

    def test_of_the_claimed_basis_speaks_of_sheets_that_were_handed_in(
        self, client: Client, years: list[Cycle]
    ) -> None:
        assert "have handed in their sheets." in words(part(text(client, "?basis=claimed"), "in-one-minute"))


class TestMovement:
    def test_draws_the_panel_of_every_enabler_with_its_verdict(
        self, client: Client, years: list[Cycle]
    ) -> None:
        shown = part(text(client), "movement")
        assert shown.count('<circle class="after"') == shown.count('<circle class="before"') > 0
        assert "no clear change" in shown
        assert "/scorecards/2026/movement/?from=2025&amp;group=entities&amp;basis=accepted" in shown

    def test_of_a_first_cycle_says_that_there_is_none_before(
        self, client: Client, years: list[Cycle]
    ) -> None:
        assert "No earlier cycle is published" in part(text(client, code="2025"), "movement")

    def test_waits_for_its_comparison(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        client.force_login(cast.viewer)  # pages of those who are not signed in are kept for a minute
        with unguarded():
            ComparedPair.objects.all().delete()
        assert "is being prepared" in part(text(client), "movement")

    def test_is_not_of_what_is_not_published(self, client: Client, cast: Cast, years: list[Cycle]) -> None:
        compute_cycle(cycle_id=years[1].pk, at=AT)
        client.force_login(cast.task_force)
        shown = part(text(client, "?version=provisional"), "movement")
        assert "Only the latest published versions are compared" in shown


class TestCulture:
    def test_folds_indicators_under_their_lever(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        add_culture(framework)
        units = make_entities(12)
        sheets = {
            unit: {"DAT-STR": 2, "CUL-CUR-1": 3 if place < 6 else 0, "CUL-CUR-2": 2}
            for place, unit in enumerate(units)
        }
        publish(make_counted_cycle(framework, sheets), cast)
        shown = part(text(client), "culture")
        assert "75% in place, 25% operating" in words(shown)
        assert "Of 24 answers, 18 in place and 6 operating." in shown
        assert "item=CUL-CUR-1" in shown

    def test_of_few_answers_adds_nothing_up(self, client: Client, cast: Cast, framework: Framework) -> None:
        add_culture(framework)
        sheets = {unit: {"CUL-CUR-1": 3, "CUL-CUR-2": 2} for unit in make_entities(6)}
        publish(make_counted_cycle(framework, sheets), cast)
        shown = part(text(client), "culture")
        assert "2 indicators" in words(shown)
        assert "%" not in words(shown).partition("The bar of a lever")[0]

    def test_that_is_not_asked_says_so(self, client: Client, years: list[Cycle]) -> None:
        assert "ask nothing about culture" in part(text(client), "culture")


class TestCountryLevel:
    def test_shows_regions_by_capability_and_hides_what_is_hidden(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        teams = [make_entity(f"UNCT-{number}", type="country_team") for number in range(7)]
        levels = {f"DAT-{enabler}": 2 for enabler in ("STR", "LED", "COE", "HRS", "TRN")}
        full = {team: levels | {"DAT-FUN": 1 if place < 4 else 3} for place, team in enumerate(teams)}
        publish(make_counted_cycle(framework, full), cast)
        shown = part(text(client), "countries")
        assert "5 of 7" in words(shown)
        assert "n = 7" in words(shown)
        assert "group=region%3Aafrica&amp;basis=accepted&amp;dimension=DAT" in shown
        few = make_counted_cycle(framework, dict(list(full.items())[:3]), "2027")
        publish(few, cast)
        hidden = part(text(client, code="2027"), "countries")
        assert words(hidden).count("suppressed") == 2
        assert "of 7" not in words(hidden)

    def test_without_country_teams_says_so(self, client: Client, years: list[Cycle]) -> None:
        assert "No country team was asked" in part(text(client), "countries")


class TestQuality:
    def test_sets_claims_beside_what_was_accepted_and_counts_what_is_missing(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        units = make_entities(12)
        cycle = make_counted_cycle(
            framework,
            {unit: {"DAT-STR": 2 if place < 9 else 1, "DAT-PMS": "na"} for place, unit in enumerate(units)},
        )
        fill(cycle, {make_entity(f"NEW-{n}"): {"DAT-STR": 3} for n in range(8)}, status=Status.SUBMITTED)
        publish(cycle, cast)
        said = words(part(text(client), "quality"))
        assert "Units that were asked 20 Sheets handed in 20 Sheets accepted 12" in said
        assert "85% claimed, 75% accepted: +10.0 points" in said

    def test_says_what_checks_found_of_the_whole_system(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in make_entities(12)})
        Answer.objects.filter(item__code="DAT-STR").update(accepted=1)
        for sheet in Assessment.objects.filter(cycle=cycle):
            freeze(assessment=sheet, at=later(1))
        publish(cycle, cast)
        said = without_asides(part(text(client), "quality"))
        assert "12 levels were checked: 0 confirmed, 12 lowered, 0 raised." in said
        assert "Strategy or action plan 1 of 2 12 0 12 0 12 12" in said
        assert "Leadership roles suppressed" in said
        assert "as in the version before" not in said.partition("Items counted")[0].partition("12 levels")[2]
        fill(cycle, {make_entity("NEW"): {"DAT-STR": 3}})
        publish(cycle, cast)
        said = without_asides(part(text(client), "quality"))
        assert "Strategy or action plan 1 of 2 12 0 12 0 12 12" in said
        assert "1 item is as in the version before: too few units say something else since." in said

    def test_says_that_versions_of_before_do_not_record_checks(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        scorecard = publish(
            make_counted_cycle(framework, {u: {"DAT-STR": 2} for u in make_entities(6)}), cast
        )
        document = json.loads(scorecard.payload)
        del document["quality"]
        payload = canonical_json(document)
        with unguarded():
            Scorecard.objects.filter(pk=scorecard.pk).update(payload=payload, sha256=sha256(payload))
        assert "not recorded in this version" in words(part(text(client), "quality"))


class TestForDecision:
    def point(self, cycle: Cycle, cast: Cast, **changes: str) -> None:
        said = {"verb": "takes_note", "body": "ceb", "text": "The paper gap.", "action": "Fund it."}
        figure = "?group=entities&item=DAT-STR"
        add_point(cycle=cycle, by=cast.task_force, at=AT, **(said | {"figure": figure} | changes))

    def test_shows_the_points_of_the_version_with_their_figure(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        self.point(years[1], cast)
        assert "proposes no points" in part(text(client), "decisions")
        publish(years[1], cast)
        self.point(years[1], cast, text="A draft.")
        shown = part(text(client), "decisions")
        assert "CEB takes note" in shown
        assert "receipt/?group=entities&amp;item=DAT-STR" in shown
        assert "A draft." not in shown
        assert "proposes no points" in part(text(client, "?version=1"), "decisions")

    def test_keeps_their_words_apart_and_names_their_language(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        self.point(years[1], cast, language="en")
        publish(years[1], cast)
        shown = re.sub(r"\s+", " ", part(client.get("/fr/scorecards/2026/").content.decode(), "decisions"))
        assert '<small lang="en" dir="auto">[English]</small>' in shown
        for said in ("The paper gap.", "Fund it."):
            assert f'<p class="decided" lang="en" dir="auto">{said}</p>' in shown

    def test_is_named_in_one_minute_where_there_are_points(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        self.point(years[1], cast)
        self.point(years[1], cast, text="A second one.")
        assert "#decisions" not in part(text(client), "in-one-minute")
        publish(years[1], cast)
        assert '<a href="#decisions">2 points for decision</a>' in part(text(client), "in-one-minute")

    def test_shows_drafts_and_what_is_proposed_to_the_task_force_alone(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        self.point(years[1], cast)
        compute_cycle(cycle_id=years[1].pk, at=AT)
        publishing.propose(cycle=years[1], by=cast.task_force, at=AT)
        client.force_login(cast.second)
        for version in ("provisional", "proposed"):
            assert "The paper gap." in part(text(client, f"?version={version}"), "decisions")
        client.force_login(cast.committee)
        assert "The paper gap." not in text(client)


class TestFigureBehindAPoint:
    def test_is_there_for_the_task_force_before_anything_is_published(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        """Points are published with the next version, so their figures are those of now."""
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in make_entities(6)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        TestForDecision().point(cycle, cast)
        client.force_login(cast.task_force)
        assert self.answers(client, "/scorecards/2026/decisions/") == [200]

    def test_of_a_change_is_there_whatever_is_not_published(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        TestForDecision().point(years[1], cast, figure="?group=entities&item=DAT-STR&from=2025")
        compute_cycle(cycle_id=years[1].pk, at=AT)
        publishing.propose(cycle=years[1], by=cast.task_force, at=AT)
        client.force_login(cast.second)
        for page in ("decisions/", "?version=provisional", "?version=proposed"):
            assert self.answers(client, f"/scorecards/2026/{page}") == [200], page

    def answers(self, client: Client, page: str) -> list[int]:
        """How the receipts answer to which the points of a page lead."""
        shown = client.get(page).content.decode().replace("&amp;", "&")
        links = re.findall(r'href="([^"]+)">The figure behind it', shown)
        return [client.get(link).status_code for link in links]


@pytest.mark.parametrize(("n_asked", "said"), [(5, ""), (9, ""), (10, "20%")])
def test_missing_answers_have_per_cents_from_ten_asked_on(n_asked: int, said: str) -> None:
    gaps = Gaps("DAT", n_asked=n_asked, n_missing=2, n_na=0, n_hidden=0)
    assert (missing_part(gaps), gaps.shows_percentages) == (said, bool(said))


class TestSinceTheLastSession:
    def test_of_a_first_version_names_clear_changes(self, client: Client, years: list[Cycle]) -> None:
        assert "Since Cycle 2025, version 1" in words(part(text(client), "since"))
        assert "no earlier version or cycle" in part(text(client, code="2025"), "since")

    def test_says_of_what_clear_changes_are_counted(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        units = make_entities(24)
        for code, level in (("2025", 1), ("2026", 3)):
            sheets = {unit: {"DAT-STR": level, "DAT-LED": 3} for unit in units}
            publish(cycle_of(framework, code, sheets), cast)
        decide_comparisons(at=AT)
        page = text(client)
        shown, minute = words(part(page, "since")), words(part(page, "in-one-minute"))
        assert "1 clear change among the 2 capability items that can be compared" in shown
        assert "judged on the units that answer in both cycles" in shown
        assert "of the 2 capability items that can be compared, 1 rose clearly, 0 fell clearly" in minute

    def test_of_a_correction_names_the_figures_that_differ(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        units = make_entities(24)
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 1} for unit in units[:12]})
        publish(cycle, cast)
        fill(cycle, {unit: {"DAT-STR": 3} for unit in units[12:]})
        publish(cycle, cast, note="Twelve more.")
        shown = words(part(text(client), "since"))
        assert "Since version 1 of this cycle" in shown
        assert "Twelve more." in shown
        assert "1 figure differs" in shown
        assert re.search("Strategy or action plan : 0% → 50%", shown)

    def test_does_not_call_a_cycle_that_is_not_compared_missing(
        self, client: Client, cast: Cast, years: list[Cycle]
    ) -> None:
        client.force_login(cast.viewer)
        with unguarded():
            ComparedPair.objects.all().delete()
        assert "is being prepared" in part(text(client), "since")
        fill(years[1], {unit: {"DAT-STR": 3} for unit in [make_entity(f"NEW-{n}") for n in range(6)]})
        publish(years[1], cast)
        assert "Only the latest published versions are compared" in part(text(client, "?version=1"), "since")

    def test_of_a_correction_says_counts_of_few(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        """Five answered and then ten: it is told, in counts where they were few."""
        units = make_entities(10)
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 1} for unit in units[:5]})
        publish(cycle, cast)
        fill(cycle, {unit: {"DAT-STR": 3} for unit in units[5:]})
        publish(cycle, cast)
        shown = words(part(text(client), "since"))
        assert "1 figure differs" in shown
        assert re.search("Strategy or action plan : 0 of 5 → 50%", shown)


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_units_versions_or_points(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        found = []
        for code, number in (("2025", 15), ("2026", 25)):
            units = [make_entity(f"T-{code}-{n}", type="country_team") for n in range(number)]
            cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units}, code)
            Cycle.objects.filter(pk=cycle.pk).update(closes_on=f"{code}-12-18", opens_on=f"{code}-01-01")
            cycle.refresh_from_db()
            for place in range(number // 5):
                said = {"verb": "requests", "body": "hlcm", "text": str(place), "action": "", "figure": ""}
                add_point(cycle=cycle, by=cast.task_force, at=AT, **said)
                publish(cycle, cast)
            client.get(f"/scorecards/{code}/?version=2")  # whose document is parsed from here on
            with CaptureQueriesContext(connection) as asked:
                assert client.get(f"/scorecards/{code}/?version=2&basis=claimed").status_code == 200
            found.append(len(asked))
            client.force_login(cast.task_force)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(f"/scorecards/{code}/decisions/").status_code == 200
            found.append(len(asked))
            client.logout()
        assert found[:2] == found[2:]

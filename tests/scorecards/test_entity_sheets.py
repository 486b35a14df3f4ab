"""The sheet of a unit: who reads levels and who figures alone, what holds it, where it stands, what moved."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.domain.answers import ANSWERED, AnswerValue
from quintet.domain.sheets import ImportedAnswer
from quintet.models import Cycle, Framework, Item, PriorityProfile, Status
from quintet.services.importing import SheetToWrite, write_sheets
from scorecards.models import Scorecard
from scorecards.queries.entity_sheet import standing_of
from scorecards.queries.own_movement import own_movement
from scorecards.queries.reading import published_figures
from scorecards.queries.seen_sheets import seen_sheet
from scorecards.queries.units import unit_entries
from scorecards.services.consenting import set_consent
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    Levels,
    delegate,
    make_entities,
    make_entity,
    make_framework,
    sheet_of,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import cycle_of

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/entities/UNDP/"
BEFORE: Levels = dict(zip((f"DAT-{code}" for code in ENABLERS), [1, 2, 2, 2, 2, 2, 2], strict=True))
NOW: Levels = dict(zip((f"DAT-{code}" for code in ENABLERS), [2, 1, 3, 4, None, 2, "na"], strict=True))


def others(count: int, year: int = 2026) -> dict[Entity, Levels]:
    """Units of the same type whose index in data goes in steps of 25, another one each year."""
    units = Entity.objects.filter(code__startswith="ENT-").order_by("code")[:count]
    return {
        unit: {f"DAT-{code}": (place + year) % 5 for code in ENABLERS} for place, unit in enumerate(units)
    }


@pytest.fixture
def years(framework: Framework, cast: Cast) -> Cycle:
    """UNDP in two published cycles, beside eight other funds."""
    make_entities(8)
    undp = Entity.objects.get(code="UNDP")
    for code, levels in (("2025", BEFORE), ("2026", NOW)):
        cycle = cycle_of(framework, code, {undp: levels, **others(8, int(code))})
        publish(cycle, cast)
    return cycle


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def page_of(user: User | None, query: str = "") -> str:
    answer = client_of(user).get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return unescape(" ".join(answer.content.decode().split()))


def share(cycle: Cycle, audience: str, by: User) -> None:
    set_consent(cycle=cycle, entity=Entity.objects.get(code="UNDP"), audience=audience, by=by, at=AT)


class TestWhoReadsLevels:
    def test_members_who_read_the_sheet_and_the_task_force(self, years: Cycle, cast: Cast) -> None:
        for who in (cast.focal, cast.approver, cast.viewer, cast.task_force):
            page = page_of(who)
            assert "Every answer at a glance" in page
            assert page.count("level-closed") == 0
            assert "What holds each dimension where it is" in page
            assert f"{PAGE}next/" in page

    def test_others_read_figures_alone(self, years: Cycle, cast: Cast) -> None:
        share(years, "public", cast.approver)
        for who in (None, cast.committee, cast.stranger, cast.administrator):
            page = page_of(who, "?dimension=DAT")
            for hidden in ("at a glance", "level-map", "What holds each", "next/", "Answers that", "level 1"):
                assert hidden not in page, hidden
            assert "Figures per dimension" in page
            assert "What moved since" not in page  # the cycle before is not opened to them

    def test_another_units_focal_point_finds_nothing(self, years: Cycle, cast: Cast) -> None:
        assert client_of(cast.stranger).get(PAGE).status_code == 404
        assert client_of(cast.stranger).get(f"{PAGE}next/").status_code == 404

    def test_a_contributor_reads_what_was_handed_over(self, years: Cycle, cast: Cast) -> None:
        assert "level-map" not in page_of(cast.contributor)
        delegate(sheet_of(years, Entity.objects.get(code="UNDP")), "DAT-STR", cast.contributor)
        page = page_of(cast.contributor, "?dimension=DAT")
        assert page.count('class="level level-closed"') == 14  # thirteen cells and the legend
        assert page.count('id="DAT-') == 1
        assert "What holds each" not in page
        assert client_of(cast.contributor).get(f"{PAGE}next/").status_code == 404


class TestTheMap:
    def test_tells_levels_in_numerals_and_words(self, years: Cycle, cast: Cast) -> None:
        page = page_of(cast.focal, "?dimension=DAT")
        cells = re.findall(r'class="level level-(\w+)" data-label="(\w+)"', page)
        assert [shade for shade, _label in cells[:7]] == ["2", "1", "3", "4", "missing", "2", "na"]
        assert [label for _shade, label in cells[:7]] == list(ENABLERS)
        words = page[page.index('id="DAT-COE"') :]
        assert words.index("level 3") < words.index("level 3</span>") < words.index('id="DAT-HRS"')
        assert 'href="?dimension=DAT#DAT-STR"' in page
        assert "#INN-STR" in page
        assert 'id="INN-STR"' not in page
        assert 'id="INN-STR"' in page_of(cast.focal, "?dimension=all")

    def test_shows_the_claim_where_another_level_was_accepted(self, framework: Framework, cast: Cast) -> None:
        cycle = cycle_of(framework, "2026", {make_entity("ENT-001"): NOW})
        items = Item.objects.filter(framework=framework)
        said = {item.code: ImportedAnswer(AnswerValue(ANSWERED, 3), None) for item in items}
        said["DAT-STR"] = ImportedAnswer(AnswerValue(ANSWERED, 3), 1)
        sheet = SheetToWrite(Entity.objects.get(code="UNDP"), Status.VALIDATED, said)
        write_sheets(cycle=cycle, sheets=[sheet], at=AT, channel="import")
        publish(cycle, cast)
        accepted = page_of(cast.focal)
        assert accepted.count("claimed: level 3") == 1
        assert "level 1; claimed: level 3" in accepted
        assert "level 3; accepted: level 1" in page_of(cast.focal, "?basis=claimed")

    def test_marks_own_targets_for_those_who_read_the_own_path(self, years: Cycle, cast: Cast) -> None:
        item, undp = Item.objects.get(code="DAT-STR"), Entity.objects.get(code="UNDP")
        PriorityProfile.objects.create(entity=undp, item=item, target=4, updated_at=AT)
        assert page_of(cast.viewer).count("own target: level 4") == 1
        assert "own target" not in page_of(cast.task_force)

    def test_does_not_know_every_dimension(self, years: Cycle, cast: Cast) -> None:
        assert client_of(cast.focal).get(f"{PAGE}?dimension=XXX").status_code == 404

    def test_leads_to_receipts_and_questions(self, years: Cycle, cast: Cast) -> None:
        client, page = client_of(cast.focal), page_of(cast.focal, "?dimension=DAT")
        links = set(re.findall(r'href="(/[^"]+DAT[^"]*)"', page))
        assert len([link for link in links if "receipt" in link]) >= 7
        assert {client.get(link).status_code for link in links} == {200}


class TestFoundations:
    def test_name_what_holds_them(self, years: Cycle, cast: Cast) -> None:
        page = page_of(cast.focal)
        held = page[page.index("What holds each dimension") : page.index("Figures per dimension")]
        assert "No level yet." in held
        assert "Level 0." not in held, "what is missing is no zero"
        assert "1 question is not answered:" in held
        assert "#DAT-TRN" in held
        assert "#DAT-LED" not in held

    def test_name_the_lowest_answers(self, framework: Framework, cast: Cast) -> None:
        answered = {**NOW, "DAT-TRN": 1}
        publish(cycle_of(framework, "2026", {Entity.objects.get(code="UNDP"): answered}), cast)
        held = page_of(cast.focal)
        held = held[held.index("What holds each dimension") : held.index("Figures per dimension")]
        assert "Level 1." in held
        assert held.index("Level 1.") < held.index("No level yet."), "of data, and of what nobody answered"
        assert "2 answers at level 1 hold it:" in held
        assert "#DAT-LED" in held
        assert "#DAT-TRN" in held

    def test_are_none_while_an_answer_is_missing(self, framework: Framework, cast: Cast) -> None:
        told = []
        for code, answer in (("2025", None), ("2026", 1)):
            sheets = {Entity.objects.get(code="UNDP"): {**NOW, "DAT-TRN": answer}}
            publish(cycle_of(framework, code, sheets), cast)
            page = client_of(cast.focal).get(PAGE.replace("2026", code)).content.decode()
            cells = page.split('id="figures-caption"')[1].split("</table>")[0]
            told += re.findall(r'data-label="Level that all items reach">\s*(.*?)\s*</td>', cells)[:1]
        assert told == ["none yet", "1"]


class TestStanding:
    def test_is_a_quarter_of_the_published_quartiles(self, years: Cycle, cast: Cast) -> None:
        figures = published_figures(Scorecard.objects.get(cycle=years))
        [entry] = unit_entries(figures, [Entity.objects.get(code="UNDP")], basis="accepted")
        standing = standing_of(figures, entry, basis="accepted")
        assert standing is not None
        assert standing.group == "type:fund_or_programme"
        data = standing.positions[0]
        # 0 25 25 50 50 60 75 75 100: quartiles 25, 50, 75; UNDP has 60
        assert (data.n_rated, data.quarter) == (9, "upper")
        assert "third quarter of 9 units" in page_of(cast.focal)

    def test_is_never_told_of_few(self, framework: Framework, cast: Cast) -> None:
        make_entities(3)
        cycle = cycle_of(framework, "2026", {Entity.objects.get(code="UNDP"): NOW, **others(3)})
        publish(cycle, cast)
        page = page_of(cast.task_force)
        assert "not told: the group is small" in page
        assert "quarter of" not in page


class TestIntervals:
    def test_stand_beside_the_area_figures_once_they_are_estimated(self, years: Cycle, cast: Cast) -> None:
        assert "9 in 10 draws" not in page_of(cast.focal)
        simulate_cycle(cycle_id=years.pk, at=AT)
        assert "9 in 10 draws" in page_of(cast.focal)
        assert page_of(cast.focal).count("is a draw.") == 1, "what a draw is"
        share(years, "committee", cast.approver)
        assert "9 in 10 draws" in page_of(cast.committee)


class TestMovement:
    def test_has_parts_that_add_up_and_items_that_moved(self, years: Cycle, cast: Cast) -> None:
        figures, undp = published_figures(Scorecard.objects.get(cycle=years)), Entity.objects.get(code="UNDP")
        [entry] = unit_entries(figures, [undp], basis="accepted")
        sheet = seen_sheet(cast.focal, figures, undp)
        moved = own_movement(cast.focal, figures, entry, sheet, basis="accepted")
        assert moved is not None
        data = moved.dimensions[0]
        assert data.bridge is not None
        assert data.bridge.parts is not None
        assert sum(data.bridge.parts) == data.change == data.bridge.change
        assert data.bridge.parts.membership == 0
        assert [move.item.code for move in moved.rose] == ["DAT-STR", "DAT-COE", "DAT-HRS"]
        assert [(move.item.code, move.before, move.after) for move in moved.fell] == [("DAT-LED", 2, 1)]
        page = page_of(cast.focal)
        assert "What moved since Cycle 2025" in page
        assert "level 2 to 1" in page

    def test_shows_figures_alone_where_both_cycles_are_opened(self, years: Cycle, cast: Cast) -> None:
        share(years, "public", cast.approver)
        share(Cycle.objects.get(code="2025"), "public", cast.approver)
        page = page_of(None)
        assert "What moved since Cycle 2025" in page
        for hidden in ("Answers that rose", "Where the change comes from", "level 2 to 1"):
            assert hidden not in page

    def test_names_its_columns_alike_on_a_desk_and_on_a_phone(self, years: Cycle, cast: Cast) -> None:
        """“Change” is a difference here; the same word on a button is another one in most languages."""
        page = unescape(client_of(cast.focal).get(f"/fr{PAGE}").content.decode())
        table = page.partition('id="moved-caption"')[2].partition("</table>")[0]
        heads = re.findall(r'role="columnheader"[^>]*>\s*([^<]+?)\s*</th>', table)
        labels = re.findall('data-label="([^"]+)"', table)
        assert labels[: len(heads) - 1] == heads[1:]

    def test_needs_somebody_to_say_how_the_questions_belong_together(self, years: Cycle, cast: Cast) -> None:
        undp = Entity.objects.get(code="UNDP")
        publish(cycle_of(make_framework("other"), "2027", {undp: NOW, **others(8, 2027)}), cast)
        answer = client_of(cast.focal).get("/scorecards/2027/entities/UNDP/")
        assert answer.status_code == 200
        assert "What moved since" not in answer.content.decode()

    def test_needs_an_earlier_cycle(self, years: Cycle, cast: Cast) -> None:
        answer = client_of(cast.focal).get("/scorecards/2025/entities/UNDP/")
        assert "What moved since" not in answer.content.decode()


class TestReceipts:
    """Dimensions lead to how their figures came about, in this cycle, in the one before, and in the group."""

    @pytest.mark.parametrize("query", ["", "?basis=claimed&version=1&dimension=DAT"])
    def test_are_there_behind_each_part(self, years: Cycle, cast: Cast, query: str) -> None:
        client = client_of(cast.focal)
        page = unescape(client.get(f"{PAGE}{query}").content.decode())
        for part, whose in (
            ("foundations", ["/scorecards/2026/receipt/?", "entity=UNDP"]),
            ("standing", ["/scorecards/2026/receipt/?", "entity=UNDP", "of=position"]),
            ("moved", ["/scorecards/2025/receipt/?", "entity=UNDP"]),
            ("moved", ["/scorecards/2026/receipt/?", "entity=UNDP", "from=2025"]),
            ("levels", ["/scorecards/2026/receipt/?", "entity=UNDP"]),
        ):
            section = page.partition(f'aria-labelledby="{part}"')[2].partition("</section>")[0]
            links = {unquote(link) for link in re.findall(r'href="(/[^"]*receipt/[^"]*)"', section)}
            found = [link for link in links if all(each in link for each in whose)]
            assert any("dimension=DAT" in link for link in found), (part, links)
            for link in links:
                assert client.get(link).status_code == 200, link
                assert "basis=claimed" in link if query else "basis=accepted" in link
                assert ("version=1" in link) is (bool(query) and "/2026/" in link)


class TestQueries:
    def test_do_not_grow_with_items_or_units(self, cast: Cast) -> None:
        """Two dimensions beside four units, then five dimensions beside twelve."""
        make_entities(12)
        counts = []
        for number, dimensions in ((4, ("DAT", "INN")), (12, ("DAT", "INN", "FOR", "DIG", "BES"))):
            framework, undp = make_framework(f"f{number}", dimensions), Entity.objects.get(code="UNDP")
            for year in (2000 + number, 2001 + number):
                publish(cycle_of(framework, str(year), {undp: NOW, **others(number, year)}), cast)
            pages = [f"/scorecards/{2001 + number}/entities/UNDP/{tail}" for tail in ("", "next/")]
            client, asked = client_of(cast.focal), []
            for page in pages:
                client.get(f"{page}?dimension=all")  # a process keeps the bytes of a version
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(f"{page}?dimension=all").status_code == 200
                asked.append(len(queries))
            counts.append(asked)
        assert counts[0] == counts[1]

"""Publishing by two persons: what is frozen into the bytes, what is hidden, and the same bytes everywhere."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, Item, Observation, Phase, Status
from quintet.services import reviewing
from scorecards.interchange.tables import scorecard_csv
from scorecards.models import EntityDocument, Proposal, Scorecard
from scorecards.queries import reading
from scorecards.queries.publications import published_neighbours
from scorecards.services import publishing
from scorecards.services.composing import compose
from scorecards.services.computing import compute_cycle
from tests import migrated, processes
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_cast,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
    sheet_of,
)
from tests.scorecards.stored import figures_of
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.errors import DomainError, NotAllowed, WrongState

pytestmark = pytest.mark.django_db
LEVELS = [0, 1, 2, 2, 3, 3, 4, None]


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Eight organisations with validated sheets, one level each on DAT-STR."""
    sheets = dict(zip(make_entities(8), [{"DAT-STR": level} for level in LEVELS], strict=True))
    return make_counted_cycle(make_framework(), sheets)


def document_of(scorecard: Scorecard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scorecard.payload)
    return found


def cells_of(scorecard: Scorecard) -> list[dict[str, Any]]:
    return [
        cell
        for bases in document_of(scorecard)["groups"].values()
        for figures in bases.values()
        for kind in ("items", "dimensions")
        for cell in figures[kind].values()
    ]


class TestTwoPersons:
    def test_propose_and_confirm(self, cycle: Cycle, cast: Cast) -> None:
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        scorecard = publishing.confirm(cycle=cycle, by=cast.second, at=later(1))
        assert (scorecard.proposed_by, scorecard.confirmed_by) == (cast.task_force, cast.second)
        assert (scorecard.version, scorecard.published_at) == (1, later(1))
        assert scorecard.sha256 == proposal.sha256 == sha256(scorecard.payload)
        assert not Proposal.objects.exists()

    def test_are_never_the_same_person(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        with pytest.raises(NotAllowed):
            publishing.confirm(cycle=cycle, by=cast.task_force, at=AT)
        with pytest.raises(NotAllowed):
            publishing.publish(cycle=cycle, by=cast.task_force, at=AT)
        assert not Scorecard.objects.exists()
        with pytest.raises(DatabaseError, match="two_persons_publish"), transaction.atomic():
            Scorecard.objects.create(
                cycle=cycle,
                version=1,
                payload="{}",
                sha256="0" * 64,
                is_final=False,
                n_changed=0,
                n_regrouped=0,
                proposed_by=cast.second,
                confirmed_by=cast.second,
                published_at=AT,
            )

    @pytest.mark.parametrize(
        "who", ["viewer", "contributor", "focal", "approver", "committee", "administrator"]
    )
    def test_are_both_of_the_task_force(self, cycle: Cycle, cast: Cast, who: str) -> None:
        person = getattr(cast, who)
        for step in (publishing.propose, publishing.confirm, publishing.publish):
            with pytest.raises(NotAllowed):
                step(cycle=cycle, by=person, at=AT)
        assert not Proposal.objects.exists()

    def test_confirm_only_what_was_proposed(self, cycle: Cycle, cast: Cast) -> None:
        with pytest.raises(WrongState, match="no proposal"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        sheet = sheet_of(cycle, Entity.objects.get(code="ENT-007"))
        reviewing.reopen(assessment=sheet, by=cast.task_force, at=AT, comment="New facts.")
        with pytest.raises(WrongState, match="have changed since the proposal"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        assert not Scorecard.objects.exists()
        assert Proposal.objects.exists()

    def test_replace_a_proposal_by_a_newer_one(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        publishing.propose(cycle=cycle, by=cast.second, at=later(5))
        proposal = Proposal.objects.get()
        assert (proposal.by, proposal.at) == (cast.second, later(5))
        assert publishing.confirm(cycle=cycle, by=cast.task_force, at=AT).version == 1

    def test_publish_no_cycle_that_has_not_begun(self, cast: Cast) -> None:
        planned = make_cycle(make_framework())
        with pytest.raises(WrongState):
            publishing.propose(cycle=planned, by=cast.task_force, at=AT)

    def test_publish_nothing_twice(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        with pytest.raises(WrongState, match="version 1"):
            publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        with pytest.raises(WrongState, match="published already"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)


class TestTheBytes:
    def test_are_canonical_and_free_of_keys_and_clocks(self, cycle: Cycle, cast: Cast) -> None:
        payload = compose(cycle=cycle).payload
        assert payload == canonical_json(json.loads(payload))
        publishing.propose(cycle=cycle, by=cast.task_force, at=later(900))
        assert publishing.confirm(cycle=cycle, by=cast.second, at=later(999)).payload == payload
        assert str(AT.date()) not in payload

    def test_list_every_unit_with_its_snapshot_and_document(self, cycle: Cycle, cast: Cast) -> None:
        scorecard = publish(cycle, cast)
        documents = EntityDocument.objects.filter(scorecard=scorecard).select_related("entity")
        assert {row.entity.code: row.sha256 for row in documents} == {
            code: unit["document"] for code, unit in document_of(scorecard)["units"].items()
        }
        assert all(row.sha256 == sha256(row.payload) for row in documents)
        assert len(documents) == 8

    def test_leave_out_units_that_do_not_count(self, cycle: Cycle, cast: Cast) -> None:
        Entity.objects.filter(code="ENT-001").update(valid_to=date(2026, 1, 1))
        Assessment.objects.filter(entity__code="ENT-002").update(status=Status.DRAFT)
        scorecard = publish(cycle, cast)
        assert set(document_of(scorecard)["units"]) == {f"ENT-00{number}" for number in range(3, 9)}
        assert EntityDocument.objects.count() == 6

    def test_hold_the_baselines_as_printed(self, cycle: Cycle, cast: Cast) -> None:
        for code, unit in (("DAT-STR", "percent_of_entities"), ("DAT-LED", "usd")):
            observation = Observation.objects.create(
                indicator=code, period="2023", value="67", operator="eq", unit=unit, kind="x", chapter="x"
            )
            Item.objects.filter(code=code).update(baseline=observation, baseline_comparability="direct")
        baselines = document_of(publish(cycle, cast))["baselines"]
        assert set(baselines) == {"DAT-STR"}
        assert (baselines["DAT-STR"]["value"], baselines["DAT-STR"]["year"]) == ("67", 2023)


class TestTheChain:
    def test_leads_from_each_scorecard_to_the_one_before(self, cycle: Cycle, cast: Cast) -> None:
        first = publish(cycle, cast)
        other = publish(make_counted_cycle(cycle.framework, {}, "2025"), cast)
        fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        third = publish(cycle, cast)
        assert [first.previous_sha256, other.previous_sha256, third.previous_sha256] == [
            "",
            first.sha256,
            other.sha256,
        ]
        document = document_of(third)
        assert (document["version"], document["supersedes"]) == (2, first.sha256)
        assert document["changed_units"] == ["UNDP"]

    def test_takes_no_second_scorecard_at_the_same_place(self, cycle: Cycle, cast: Cast) -> None:
        other = make_counted_cycle(cycle.framework, {}, "2025")
        for one in (cycle, other):
            publishing.propose(cycle=one, by=cast.task_force, at=AT)
        publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        with pytest.raises(WrongState):
            publishing.confirm(cycle=other, by=cast.second, at=AT)
        assert Scorecard.objects.count() == 1
        assert publish(other, cast).previous_sha256 == Scorecard.objects.order_by("pk")[0].sha256


class TestWhatIsHidden:
    @pytest.fixture
    def few(self, cast: Cast) -> Cycle:
        """Nine organisations: five of CEB answer DAT-STR and three others; four answer DAT-LED."""
        units = make_entities(9)
        Entity.objects.filter(code__gt="ENT-005").update(ceb_member=False)
        sheets = {
            unit: {"DAT-STR": 3 if place < 8 else None, "DAT-LED": 2 if place < 4 else None}
            for place, unit in enumerate(units)
        }
        return make_counted_cycle(make_framework(), sheets)

    def test_is_a_cell_with_fewer_than_five_answers(self, few: Cycle, cast: Cast) -> None:
        document = document_of(publish(few, cast))
        for group in ("entities", "all", "ceb31"):
            cell = document["groups"][group]["accepted"]["items"]["DAT-LED"]
            assert cell == {"n_group": 5 if group == "ceb31" else 9, "suppressed": True}

    def test_is_also_what_would_give_a_small_group_away(self, few: Cycle, cast: Cast) -> None:
        groups = document_of(publish(few, cast))["groups"]
        cells = {
            group: groups[group]["accepted"]["items"]["DAT-STR"] for group in ("entities", "all", "ceb31")
        }
        # eight answers less five of CEB would be the three others
        assert cells["ceb31"] == {"n_group": 5, "suppressed": True}
        assert cells["entities"]["n_answered"] == cells["all"]["n_answered"] == 8

    def test_follows_the_threshold_of_the_cycle(self, few: Cycle, cast: Cast) -> None:
        Cycle.objects.filter(pk=few.pk).update(threshold=3)
        few.refresh_from_db()
        document = document_of(publish(few, cast))
        assert document["threshold"] == 3
        assert document["groups"]["entities"]["accepted"]["items"]["DAT-LED"]["n_answered"] == 4

    def test_is_hidden_on_page_in_api_and_in_the_table_alike(
        self, few: Cycle, cast: Cast, client: Client
    ) -> None:
        scorecard = publish(few, cast)
        page = reading.state_of_play(reading.published_figures(scorecard), group="entities", basis="accepted")
        api = client.get("/api/v1/scorecards/2026/state-of-play/").json()
        table = csv.DictReader(io.StringIO(scorecard_csv(scorecard.payload)))
        listed = [row for row in table if (row["group"], row["basis"]) == ("entities", "accepted")]
        hidden = [row.item for row in page if row.is_suppressed]
        assert hidden == [row["item"] for row in api if row["suppressed"]]
        assert set(hidden) == {row["item"] for row in listed if row["suppressed"] == "true"}
        assert len(hidden) == 13
        for row in api[1:]:
            assert {row[name] for name in ("n_answered", "has", "operates", "share_has", "n_missing")} == {
                None
            }

    def test_is_visible_to_the_task_force_before_publication(
        self, few: Cycle, cast: Cast, client: Client
    ) -> None:
        compute_cycle(cycle_id=few.pk, at=AT)
        row = client.get(
            "/api/v1/scorecards/2026/state-of-play/?version=provisional",
            headers={"Authorization": make_token(cast.task_force)},
        ).json()[1]
        assert (row["item"], row["n_answered"], row["suppressed"]) == ("DAT-LED", 4, False)


class TestVersions:
    """What the difference of two versions, or of the two bases, must not tell."""

    def cell(self, scorecard: Scorecard, basis: str = "accepted", kind: str = "items") -> dict[str, Any]:
        code = "DAT-STR" if kind == "items" else "DAT"
        found: dict[str, Any] = document_of(scorecard)["groups"]["all"][basis][kind][code]
        return found

    @pytest.mark.parametrize("kind", ["items", "dimensions"])
    def test_keep_the_figure_of_the_one_before_when_few_units_changed(self, cast: Cast, kind: str) -> None:
        units = make_entities(12)
        full = {"DAT-STR": 2, "DAT-LED": 2, "DAT-COE": 2, "DAT-HRS": 2, "DAT-TRN": 2, "DAT-FUN": 2}
        cycle = make_counted_cycle(make_framework(), dict.fromkeys(units[:8], full))
        first = publish(cycle, cast)
        fill(cycle, {units[8]: full | {"DAT-STR": 4}})
        second = publish(cycle, cast)
        assert document_of(second)["changed_units"] == ["ENT-009"]
        assert self.cell(second, kind=kind) == {"carried_from": 1, **self.cell(first, kind=kind)}
        fill(cycle, {unit: full | {"DAT-STR": 4} for unit in units[9:]})
        third = publish(cycle, cast)  # four joined since the first version, one of them with the second
        assert self.cell(third, kind=kind) == {"carried_from": 1, **self.cell(first, kind=kind)}
        fill(cycle, {make_entity("NEW"): full})
        fourth = publish(cycle, cast)
        assert "carried_from" not in self.cell(fourth, kind=kind)
        assert self.cell(fourth)["n_answered"] == 13

    def test_keep_the_figure_when_one_unit_leaves(self, cycle: Cycle, cast: Cast) -> None:
        first = publish(cycle, cast)
        sheet = sheet_of(cycle, Entity.objects.get(code="ENT-001"))
        reviewing.reopen(assessment=sheet, by=cast.task_force, at=AT, comment="New facts.")
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=later(2))
        assert proposal.changed_units == ["ENT-001"]
        second = publishing.confirm(cycle=cycle, by=cast.second, at=later(3))
        assert self.cell(second) == {"carried_from": 1, **self.cell(first)}
        carried = [cell for cell in cells_of(second) if "carried_from" in cell]
        assert len(carried) == proposal.n_carried > 0

    def test_say_on_every_face_which_version_a_figure_is_of(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        fill(cycle, {make_entity("NEW"): {"DAT-STR": 4}})
        second = publish(cycle, cast)
        row = client.get("/api/v1/scorecards/2026/state-of-play/").json()[0]
        assert (row["carried_from"], row["n_answered"]) == (1, 7)
        table = csv.DictReader(io.StringIO(scorecard_csv(second.payload)))
        listed = next(row for row in table if (row["group"], row["item"]) == ("entities", "DAT-STR"))
        assert (listed["carried_from"], listed["n_answered"]) == ("1", "7")
        page = client.get("/scorecards/2026/").content.decode()
        assert page.count("as in version 1") == 2  # in the panel and in the table of numbers
        assert "As in version 1: too few units have changed their answers since." in page

    def test_hide_the_claims_of_the_few_that_are_not_validated(self, cycle: Cycle, cast: Cast) -> None:
        fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}}, Status.SUBMITTED)
        scorecard = publish(cycle, cast)
        assert self.cell(scorecard)["n_answered"] == 7
        assert self.cell(scorecard, basis="claimed")["suppressed"] is True


class TestTwoCycles:
    """What the difference of two cycles must not tell, where units hand in the same sheets again."""

    def answered(self, scorecard: Scorecard) -> int | None:
        cell = document_of(scorecard)["groups"]["all"]["accepted"]["items"]["DAT-STR"]
        return None if cell.get("suppressed") else int(cell["n_answered"])

    @pytest.fixture
    def next_cycle(self, cycle: Cycle) -> Cycle:
        """The eight of 2026, who repeat what they said, and a new one."""
        sheets = dict(zip(Entity.objects.filter(code__startswith="ENT"), LEVELS, strict=True))
        days = {"opens_on": date(2027, 9, 15), "closes_on": date(2027, 12, 18)}
        found = make_cycle(cycle.framework, "2027", phase=Phase.VALIDATION, **days)
        fill(found, {unit: {"DAT-STR": level} for unit, level in sheets.items()})
        fill(found, {make_entity("NEW"): {"DAT-STR": 4}})
        return found

    def test_hide_the_figure_that_would_tell_who_joined(
        self, cycle: Cycle, next_cycle: Cycle, cast: Cast
    ) -> None:
        assert self.answered(publish(cycle, cast)) == 7
        assert self.answered(publish(next_cycle, cast)) is None

    def test_are_looked_at_from_both_sides(self, cycle: Cycle, next_cycle: Cycle, cast: Cast) -> None:
        assert self.answered(publish(next_cycle, cast)) == 8
        first = publish(cycle, cast)
        assert self.answered(first) is None
        assert compose(cycle=next_cycle).repeats(Scorecard.objects.get(cycle=next_cycle))

    def test_of_different_frameworks_are_not_compared(
        self, cycle: Cycle, next_cycle: Cycle, cast: Cast
    ) -> None:
        Cycle.objects.filter(pk=cycle.pk).update(framework=make_framework("other"))
        assert published_neighbours(next_cycle) == []

    def test_are_neighbours_in_time(self, cycle: Cycle, next_cycle: Cycle, cast: Cast) -> None:
        for year in (2024, 2025):
            days = {"opens_on": date(year, 1, 1), "closes_on": date(year, 12, 1)}
            earlier = make_cycle(cycle.framework, str(year), phase=Phase.VALIDATION, **days)
            fill(earlier, {Entity.objects.get(code="ENT-001"): {"DAT-STR": 1}})
            publish(earlier, cast)
        assert [found.code for found in published_neighbours(next_cycle)] == ["2025"]
        publish(next_cycle, cast)
        assert [found.code for found in published_neighbours(cycle)] == ["2025", "2027"]


class TestParityAfterPublication:
    @pytest.mark.parametrize("group", ["entities", "all"])
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_page_api_table_and_what_was_computed(
        self, cycle: Cycle, cast: Cast, client: Client, group: str, basis: str
    ) -> None:
        claimed_only = [make_entity(f"NEW-{number}") for number in range(5)]
        fill(cycle, {unit: {"DAT-STR": 2} for unit in claimed_only}, Status.SUBMITTED)
        scorecard = publish(cycle, cast)
        names = ("n_group", "n_na", "n_missing", "n_answered", "has", "operates")
        compute_cycle(cycle_id=cycle.pk, at=AT)
        computed = figures_of(cycle)[group][basis]["items"]["DAT-STR"]
        expected = {name: computed[name] for name in names} | {"share_has": computed["share_has"][2]}
        page = reading.state_of_play(reading.published_figures(scorecard), group=group, basis=basis)[0]
        api = client.get(f"/api/v1/scorecards/2026/state-of-play/?group={group}&basis={basis}").json()[0]
        table = next(
            row
            for row in csv.DictReader(io.StringIO(scorecard_csv(scorecard.payload)))
            if (row["group"], row["basis"], row["item"]) == (group, basis, "DAT-STR")
        )
        assert {name: getattr(page, name) for name in names} == {name: api[name] for name in names}
        assert {name: api[name] for name in expected} == expected
        assert {name: table[name] for name in expected} == {
            name: str(value) for name, value in expected.items()
        }

    def test_keeps_showing_what_was_published_when_sheets_change(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        before = client.get("/api/v1/scorecards/2026/state-of-play/").content
        Answer.objects.filter(item__code="DAT-STR").update(comment="changed")
        Assessment.objects.filter(entity__code="ENT-001").update(status=Status.RETURNED)
        Cycle.objects.update(phase=Phase.CLOSED)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        assert client.get("/api/v1/scorecards/2026/state-of-play/").content == before


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_ten_confirmations_give_one_version(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)

        def confirm(_number: int) -> str:
            try:
                publishing.confirm(cycle=cycle, by=cast.second, at=AT)
            except DomainError as refusal:
                return refusal.code
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(10) as pool:
            found = sorted(pool.map(confirm, range(10)))
        assert found == ["done"] + ["wrong_state"] * 9
        assert Scorecard.objects.count() == 1
        assert EntityDocument.objects.count() == 8


class TestBothDatabases:
    """The same inputs give the same bytes, whichever database keeps them."""

    def scorecards(self, environment: Mapping[str, str], answers: Path, folder: Path) -> list[bytes]:
        """Import, publish and export in a database of its own; the demo gives the people."""
        people = [f"{name}@demo.un20.example" for name in ("taskforce", "taskforce.second")]
        database = environment["DATABASE_URL"].partition(":")[0]
        steps: list[list[str]] = [
            ["load_reference"],
            ["demo_data", "--seed", "7", "--entities", "12", "--cycles", "2022,2023,2024"],
            ["import_answers", str(answers), "--cycle", "2021"],
            ["compute_scorecard", "--cycle", "2021"],
            ["publish_scorecard", "--cycle", "2021", "--by", people[0], "--second", people[1]],
            ["verify_publications"],
        ]
        targets = [folder / f"{database}-{cycle}.json" for cycle in (2021, 2022, 2023)]
        for target in targets:
            cycle = target.stem.rpartition("-")[2]
            steps.append(["export_scorecard", "--cycle", cycle, "--format", "json", "--output", str(target)])
        self.manage(environment, steps)
        return [target.read_bytes() for target in targets]

    def manage(self, environment: Mapping[str, str], steps: Sequence[Sequence[str]]) -> None:
        """Run the commands in a process of their own, which knows one database only."""
        run = "import django, sys, json; django.setup(); from django.core.management import call_command"
        done = subprocess.run(
            [
                *[sys.executable, "-c", f"{run}\nfor step in json.loads(sys.argv[1]): call_command(*step)"],
                json.dumps(steps),
            ],
            env=dict(environment),
            cwd=processes.ROOT,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr

    def test_hold_the_same_bytes(self, migrated_database: str, tmp_path: Path) -> None:
        answers = tmp_path / "answers.csv"
        lines = ["entity,item,state,claimed,accepted,comment"]
        for place, code in enumerate(["UNDP", "UNICEF", "UNFPA", "WFP", "FAO", "UNCT-KEN"]):
            lines += [f"{code},DAT-STR,answered,{place % 5},,é {place}", f"{code},DAT-PMS,na,,,–"]
        answers.write_text("\n".join(lines), encoding="utf-8")
        plain = processes.environment(DEMO_PASSWORD="correct horse battery", REDIS_URL="")
        with ThreadPoolExecutor(2) as pool:
            migrated.copy_file_to(file := tmp_path / "scratch.sqlite3")
            urls = (migrated_database, f"sqlite:///{file}")
            first, second = pool.map(
                lambda url: self.scorecards({**plain, "DATABASE_URL": url}, answers, tmp_path), urls
            )
        assert first == second
        assert all(json.loads(text)["groups"] for text in first)

"""The commands of the method's way: import, compute, publish, export, verify; demo data, tokens, outbox."""

import csv
import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.test import Client
from django.utils import timezone

from entities.models import ApiToken, Entity, User
from quintet.models import (
    AnswerRevision,
    Assessment,
    Cycle,
    Evidence,
    EvidenceChange,
    Item,
    Snapshot,
    Transition,
)
from quintet.services.demo import create_cycles
from quintet.services.freezing import CHANGED
from roadmap.models import Case, CaseEvent
from scorecards.domain.checked import sums_of
from scorecards.models import (
    ComparedPair,
    EntityDocument,
    GroupScore,
    Proposal,
    Scorecard,
    Uncertainty,
    UnitScore,
)
from scorecards.queries.uncertainty import SIMULATE
from scorecards.services import verifying
from scorecards.services.composing import compose
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.guards import unguarded
from tests.kept import kept
from tests.scorecards.stored import figures_of, rows_of
from tests.scorecards.worked import WORKED
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
LEVELS = bytes([4] * 14)
ONE_ENTITY = {"STR": "3", "LED": "2", "COE": "1", "HRS": "2", "FUN": "2"}


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


def run(name: str, *arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


def publish(cycle: str = "2024", by: str = "taskforce", second: str = "second") -> str:
    options = {"by": f"{by}@example.org", "second": f"{second}@example.org"}
    return run("publish_scorecard", cycle=cycle, **options)


@pytest.fixture
def worked(cast: Cast, tmp_path: Path) -> Path:
    """The worked example as a file: 31 entities on DAT-STR, three of them missing."""
    make_framework()
    path = tmp_path / "answers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["entity", "item", "state", "claimed", "accepted", "comment"])
        for entity, level in zip(make_entities(31), WORKED, strict=True):
            state = "unanswered" if level is None else "answered"
            writer.writerow([entity.code, "DAT-STR", state, "" if level is None else level, "", ""])
    return path


@pytest.fixture
def published(worked: Path) -> Scorecard:
    run("import_answers", str(worked), cycle="2024")
    run("compute_scorecard", cycle="2024")
    publish()
    return Scorecard.objects.get()


class TestFromAFileToAScorecard:
    def test_gives_the_worked_example_of_31_entities(self, published: Scorecard, tmp_path: Path) -> None:
        target = tmp_path / "scorecard.json"
        run("export_scorecard", cycle="2024", format="json", output=target)
        cell = json.loads(target.read_text())["groups"]["entities"]["accepted"]["items"]["DAT-STR"]
        assert (cell["n_group"], cell["n_missing"], cell["n_answered"]) == (31, 3, 28)
        assert (cell["has"], cell["operates"], cell["dist"]) == (21, 12, [2, 5, 9, 8, 4])
        assert cell["share_has"] == [75, 1, "75.0"]
        assert cell["share_operates"] == [300, 7, "42.9"]
        assert cell["paper_gap"] == [225, 7, "32.1"]
        assert [bound[2] for bound in cell["bounds_has"]] == ["67.7", "77.4"]

    def test_gives_the_worked_example_of_one_entity(self, worked: Path, tmp_path: Path) -> None:
        rows = [f"UNDP,DAT-{enabler},answered,{level},," for enabler, level in ONE_ENTITY.items()]
        rows += ["UNDP,DAT-TRN,unanswered,,,", "UNDP,DAT-PMS,na,,,no programmes"]
        worked.write_text(worked.read_text() + "\n".join(rows) + "\n")
        run("import_answers", str(worked), cycle="2024")
        publish()
        document = EntityDocument.objects.get(entity__code="UNDP")
        assert document.sha256 == hashlib.sha256(document.payload.encode()).hexdigest()
        assert json.loads(document.payload)["figures"]["accepted"]["DAT"] == {
            "applicable": 6,
            "answered": 5,
            "weight_applicable": 6,
            "weight_answered": 5,
            "points": 10,
            "rated": True,
            "index": [50, 1, "50.0"],
            "has": 4,
            "operates": 1,
            "paper_gap": 3,
            "foundation": 0,
            "advanced": False,
        }

    def test_counts_accepted_levels_from_the_file_apart_from_claimed_ones(self, worked: Path) -> None:
        text = worked.read_text().replace("ENT-031,DAT-STR,answered,4,", "ENT-031,DAT-STR,answered,4,1")
        worked.write_text(text)
        run("import_answers", str(worked), cycle="2024")
        publish()
        entities = json.loads(Scorecard.objects.get().payload)["groups"]["entities"]
        assert entities["claimed"]["items"]["DAT-STR"]["has"] == 21
        assert entities["accepted"]["items"]["DAT-STR"]["has"] == 20

    def test_exports_the_published_bytes(self, published: Scorecard, tmp_path: Path) -> None:
        target = tmp_path / "scorecard.json"
        told = run("export_scorecard", cycle="2024", format="json", output=target)
        assert target.read_bytes() == published.payload.encode()
        assert hashlib.sha256(target.read_bytes()).hexdigest() == published.sha256
        assert told == f"{target}: version 1, sha256 {published.sha256}\n"

    def test_exports_a_table_that_says_the_same(self, published: Scorecard, tmp_path: Path) -> None:
        target = tmp_path / "scorecard.csv"
        run("export_scorecard", cycle="2024", format="csv", output=target)
        with target.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        groups = json.loads(published.payload)["groups"]
        assert len(rows) == len(groups) * 2 * 14
        [row] = [
            row
            for row in rows
            if (row["group"], row["basis"], row["item"]) == ("entities", "accepted", "DAT-STR")
        ]
        assert (row["suppressed"], row["n_answered"], row["share_has"]) == ("false", "28", "75.0")
        hidden = [row for row in rows if row["suppressed"] == "true"]
        assert hidden
        assert all(row[name] == "" for row in hidden for name in ("n_answered", "has", "share_has"))

    def test_exports_a_certain_version(self, published: Scorecard, tmp_path: Path) -> None:
        fill(published.cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        publish()
        target = tmp_path / "scorecard.json"
        call_command("export_scorecard", "--version", "1", cycle="2024", format="json", output=target)
        assert json.loads(target.read_text())["version"] == 1
        run("export_scorecard", cycle="2024", format="json", output=target)
        second = json.loads(target.read_text())
        assert (second["version"], second["supersedes"]) == (2, published.sha256)
        assert second["changed_units"] == ["UNDP"]
        with pytest.raises(CommandError, match="No such scorecard"):
            call_command("export_scorecard", "--version", "3", cycle="2024", format="json", output=target)

    def test_says_where_a_file_cannot_be_written(self, published: Scorecard, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be written"):
            run("export_scorecard", cycle="2024", format="json", output=tmp_path / "none" / "x.json")

    def test_verifies(self, published: Scorecard) -> None:
        assert run("verify_publications") == "Published scorecards that are as they were published: 1.\n"


class TestPublishing:
    def test_needs_two_persons(self, worked: Path) -> None:
        run("import_answers", str(worked), cycle="2024")
        with pytest.raises(CommandError, match="second person"):
            publish(second="taskforce")
        assert not Scorecard.objects.exists()
        assert not Proposal.objects.exists()

    @pytest.mark.parametrize("who", ["focal", "committee", "administrator"])
    def test_needs_two_of_the_task_force(self, worked: Path, who: str) -> None:
        run("import_answers", str(worked), cycle="2024")
        for people in ({"by": who}, {"second": who}):
            with pytest.raises(CommandError, match="Only the task force"):
                publish(**people)
        assert not Proposal.objects.exists()

    def test_of_nothing_new_is_refused(self, published: Scorecard) -> None:
        with pytest.raises(CommandError, match="Nothing has changed since version 1"):
            publish()
        assert Scorecard.objects.count() == 1

    def test_names_people_and_cycles_it_does_not_know(self, worked: Path) -> None:
        run("import_answers", str(worked), cycle="2024")
        with pytest.raises(CommandError, match=r"Nobody active signs in with ghost@example\.org"):
            publish(second="ghost")
        User.objects.filter(email="second@example.org").update(is_active=False)
        with pytest.raises(CommandError, match="Nobody active"):
            publish()
        for command in ("publish_scorecard", "compute_scorecard"):
            more = {"by": "a", "second": "b"} if command == "publish_scorecard" else {}
            with pytest.raises(CommandError, match="There is no cycle 1999"):
                run(command, cycle="1999", **more)

    def test_of_a_planned_cycle_is_refused(self, cast: Cast) -> None:
        make_counted_cycle(make_framework(), {}, "2024")
        Cycle.objects.update(phase="planned")
        with pytest.raises(CommandError, match="not begun"):
            publish()


def tamper(**changes: Any) -> None:
    """Change published rows behind the portal's back, as the owner of the database could."""
    with unguarded():
        Scorecard.objects.filter(version=1).update(**changes)


class TestVerifying:
    @pytest.fixture
    def two(self, published: Scorecard) -> list[Scorecard]:
        fill(published.cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        publish()
        return list(Scorecard.objects.all())

    def found(self) -> str:
        with pytest.raises(CommandError) as caught:
            run("verify_publications")
        return str(caught.value)

    def test_names_a_payload_that_was_edited(self, two: list[Scorecard]) -> None:
        tamper(payload=two[0].payload.replace("75.0", "76.0"))
        assert self.found() == "2024 version 1: the published bytes do not match their hash."

    @pytest.mark.parametrize("payload", ["", "{", "[]", "null", "{}"])
    def test_names_a_payload_that_is_no_scorecard_any_more(self, two: list[Scorecard], payload: str) -> None:
        tamper(payload=payload)
        assert self.found().startswith("2024 version 1:")

    def test_names_an_edit_with_a_new_hash(self, two: list[Scorecard]) -> None:
        payload = two[0].payload.replace("75.0", "76.0")
        tamper(payload=payload, sha256=hashlib.sha256(payload.encode()).hexdigest())
        assert self.found() == (
            "2024 version 1: all, accepted, items, DAT-STR, share_has: "
            "this is not what its frozen sheets come to."
        )

    def test_names_a_version_whose_words_were_edited_with_its_hash(self, two: list[Scorecard]) -> None:
        payload = two[0].payload.replace('"title":"', '"title":"Not ')
        tamper(payload=payload, sha256=hashlib.sha256(payload.encode()).hexdigest())
        assert self.found() == "2024 version 2: the chain is broken before this scorecard."

    def test_names_a_version_that_lost_the_one_before(self, two: list[Scorecard]) -> None:
        with unguarded():
            two[0].documents.all().delete()
            two[0].delete()
        assert self.found() == "2024 version 2: the chain is broken before this scorecard."

    def test_names_a_row_whose_version_or_cycle_is_not_that_of_its_bytes(self, two: list[Scorecard]) -> None:
        tamper(version=7)
        assert self.found().startswith("2024 version 7: the row")

    def test_names_a_document_of_a_unit_that_was_edited(self, two: list[Scorecard]) -> None:
        document = two[0].documents.get(entity__code="ENT-031")
        with unguarded():
            EntityDocument.objects.filter(pk=document.pk).update(payload=document.payload.replace("4", "3"))
        assert self.found() == "2024 version 1: the document of ENT-031 does not match its hash."

    def test_names_a_document_that_was_removed(self, two: list[Scorecard]) -> None:
        with unguarded():
            two[1].documents.get(entity__code="UNDP").delete()
        assert self.found().startswith("2024 version 2: the documents of units differ")

    @pytest.mark.parametrize(
        ("changes", "finding"),
        [
            ({"payload": "{}"}, "the frozen sheet of ENT-031 does not match its hash."),
            ({"sha256": "0" * 64}, "the frozen sheet of ENT-031 that it names is not there."),
            ({"claimed": LEVELS}, "the status or the levels of ENT-031 are not those of its frozen sheet."),
            ({"accepted": LEVELS}, "the status or the levels of ENT-031 are not those of its frozen sheet."),
            (
                {"status": "submitted"},
                "the status or the levels of ENT-031 are not those of its frozen sheet.",
            ),
        ],
    )
    def test_names_a_frozen_sheet_that_was_edited(
        self, two: list[Scorecard], changes: dict[str, Any], finding: str
    ) -> None:
        with unguarded():
            Snapshot.objects.filter(assessment__entity__code="ENT-031").update(**changes)
        assert self.found() == f"2024 version 1: {finding}"

    def test_names_a_document_that_another_framework_would_give(self, two: list[Scorecard]) -> None:
        Item.objects.filter(code="DAT-STR").update(weight=2)
        assert (
            self.found() == "2024 version 1: the document of ENT-001 is not what its frozen sheet comes to."
        )

    @pytest.mark.parametrize(
        ("changes", "finding"),
        [
            ({"payload": "{}"}, "the stored bytes do not match their hash."),
            ({"inputs_sha256": "0" * 64}, "the row says another cycle or other inputs than its bytes."),
        ],
    )
    def test_names_a_simulation_that_was_edited(
        self, published: Scorecard, changes: dict[str, str], finding: str
    ) -> None:
        simulate_cycle(cycle_id=published.cycle_id, at=AT)
        assert run("verify_publications").endswith(": 1.\n")
        with unguarded():
            Uncertainty.objects.update(**changes)
        name = f"The uncertainty of 2024, inputs {Uncertainty.objects.get().inputs_sha256[:8]}"
        assert self.found() == f"{name}: {finding}"

    def test_looks_at_units_part_by_part(self, two: list[Scorecard], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verifying, "CHUNK", 4)
        assert run("verify_publications").endswith(": 2.\n")
        with unguarded():
            Snapshot.objects.filter(assessment__entity__code="UNDP").update(claimed=LEVELS)
        assert self.found().startswith("2024 version 2: the status or the levels of UNDP")

    def test_of_nothing_is_fine(self, cast: Cast) -> None:
        assert run("verify_publications").endswith(": 0.\n")


class TestRecomputing:
    def test_rebuilds_figures_that_were_spoilt(self, published: Scorecard) -> None:
        good, figures = rows_of(published.cycle), figures_of(published.cycle)
        UnitScore.objects.update(accepted=b"", kind=0)
        GroupScore.objects.update(tally="{}")
        assert run("recompute", cycle="2024") == "2024: rebuilt\n"
        assert [row[1:] for row in rows_of(published.cycle)] == [row[1:] for row in good]
        assert figures_of(published.cycle) == figures

    def test_finds_the_cycles_of_a_unit(self, published: Scorecard) -> None:
        make_counted_cycle(published.cycle.framework, {}, "2023")
        assert run("recompute", entity="ent-001") == "2024: rebuilt\n"
        assert len(run("recompute").splitlines()) == 2

    def test_says_when_nothing_fits(self, published: Scorecard) -> None:
        for options in ({"cycle": "1999"}, {"entity": "NASA"}):
            with pytest.raises(CommandError, match="No cycle fits"):
                run("recompute", **options)


class TestTokens:
    def test_are_printed_once_and_kept_as_a_hash(self, cast: Cast, client: Client) -> None:
        secret = run("create_token", "FOCAL@example.org", scope="read", days=30).strip()
        token = ApiToken.objects.get()
        assert (token.user, token.scope) == (cast.focal, "read")
        assert token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in str(ApiToken.objects.values_list())
        assert (token.expires_at - timezone.now()).days in (29, 30)
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/assessments/", headers=headers).status_code == 200

    def test_are_refused_for_nobody_and_for_ever(self, cast: Cast) -> None:
        with pytest.raises(CommandError, match="Nobody active"):
            run("create_token", "ghost@example.org")
        for days in (0, 367, -1):
            with pytest.raises(CommandError, match="1 to 366 days"):
                run("create_token", "focal@example.org", days=days)
        assert not ApiToken.objects.exists()


class TestDrainingTheOutbox:
    def test_computes_what_is_owed(self, worked: Path) -> None:
        run("import_answers", str(worked), cycle="2024")
        assert run("drain_outbox") == "1 handled, 0 pending, 0 given up\n"
        assert UnitScore.objects.exclude(accepted=None).count() == 31
        assert run("drain_outbox") == "0 handled, 0 pending, 0 given up\n"

    def test_fails_while_something_is_left(self, cast: Cast) -> None:
        outbox.put(CHANGED, {"cycle_id": 999_999}, at=timezone.now())
        with pytest.raises(CommandError, match="not handled"):
            run("drain_outbox")
        assert Message.objects.get().attempts == 1
        with pytest.raises(CommandError, match="not handled"):
            run("drain_outbox")
        assert Message.objects.get().attempts == 2, "what waits for its next try is tried now"
        Message.objects.update(dead_at=timezone.now())
        with pytest.raises(CommandError, match="not handled"):
            run("drain_outbox")

    def test_says_what_a_worker_holds_and_until_when(self, cast: Cast) -> None:
        owed = outbox.put(SIMULATE, {}, at=timezone.now())
        Message.objects.update(leased_until=timezone.now() + outbox.LEASE)
        with pytest.raises(CommandError) as told:
            run("drain_outbox")
        owed.refresh_from_db()
        assert owed.leased_until is not None
        ends = f"{owed.leased_until:%H:%M:%S}"
        assert str(told.value).startswith("1 under way at a worker: ")
        assert f"again after {ends} UTC" in str(told.value), "nothing was tried, so no last_error is named"
        assert owed.attempts == 0


@kept
def load_reference() -> Any:
    return run("load_reference")


def fill_demo(seed: int = 7, cycles: str = "2023,2024,2025", entities: int = 12) -> str:
    """Small demo cycles; what the command told."""
    return run("demo_data", seed=seed, entities=entities, cycles=cycles)


@kept
def make_demo() -> str:
    load_reference()
    return fill_demo()


@pytest.fixture
def demo_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "correct horse battery")


@pytest.mark.usefixtures("demo_password")
class TestTheDemo:
    """What a demonstration holds, on the real reference data."""

    def test_marks_every_row_and_publishes_what_is_closed(self) -> None:
        told = make_demo()
        assert "focal.undp@demo.un20.example" in told
        assert "correct horse battery" in told
        assert set(Cycle.objects.values_list("is_demo", flat=True)) == {True}
        assert set(Assessment.objects.values_list("is_demo", flat=True)) == {True}
        assert set(User.objects.values_list("is_demo", flat=True)) == {True}
        assert set(Case.objects.values_list("is_demo", flat=True)) == {True}
        assert 0 < Case.objects.shown().count() < Case.objects.count()
        assert [card.cycle.code for card in Scorecard.objects.select_related("cycle")] == ["2023", "2024"]
        assert all(json.loads(card.payload)["cycle"]["synthetic"] for card in Scorecard.objects.all())
        assert Cycle.objects.get(code="2025").phase == "open"
        assert run("verify_publications").endswith(": 2.\n")

    def test_proposes_points_with_the_last_closed_cycle(self, client: Client) -> None:
        make_demo()
        before, last = (
            json.loads(card.payload)["decisions"] for card in Scorecard.objects.order_by("cycle__code")
        )
        assert (before, len(last)) == ([], 3)
        assert all("(invented)" in point["text"] for point in last)
        for point in last:
            assert client.get(f"/scorecards/2024/receipt/?{point['figure']}").status_code == 200

    def test_leaves_nothing_to_wait_for(self, client: Client) -> None:
        make_demo()
        for path in ("/api/v1/scorecards/2024/movement/?from=2023", "/api/v1/scorecards/2024/uncertainty/"):
            assert client.get(path).status_code == 200


@pytest.mark.usefixtures("demo_password")
class TestDemoData:
    """How it is made."""

    @pytest.fixture(autouse=True)
    def _reference(self) -> None:
        load_reference()

    def test_goes_only_into_an_empty_database(self) -> None:
        User.objects.create_user("somebody@example.org")
        with pytest.raises(CommandError, match="not empty"):
            fill_demo()
        told = run("demo_data", if_empty=True)
        assert told.startswith("There is data already: nothing was changed.")
        assert not Cycle.objects.exists()

    def test_is_the_same_for_the_same_seed(self) -> None:
        fill_demo()
        first = list(Scorecard.objects.values_list("sha256", flat=True))
        self.empty()
        fill_demo()
        assert list(Scorecard.objects.values_list("sha256", flat=True)) == first
        self.empty()
        fill_demo(seed=8)
        assert not set(Scorecard.objects.values_list("sha256", flat=True)) & set(first)

    def test_is_the_same_in_another_year(self) -> None:
        units, built = list(Entity.objects.order_by("code")[:6]), []
        for at in (AT, AT.replace(year=2029, month=3)):
            cycles = create_cycles(codes=["2023", "2024"], entities=units, seed=7, at=at)
            built.append(compose(cycle=cycles[0]).payload)
            self.empty()
        assert built[0] == built[1]

    def test_freezes_what_checks_found(self) -> None:
        units = list(Entity.objects.order_by("code")[:24])
        cycles = create_cycles(codes=["2023", "2024"], entities=units, seed=7, at=AT)
        items = json.loads(compose(cycle=cycles[0]).payload)["quality"]["items"]
        sums = sums_of(list(items.values()))
        assert min(sums.n_items_checks, sums.n_confirmed, sums.n_lowered, sums.n_without) > 0

    def test_takes_codes_with_spaces_between(self) -> None:
        fill_demo(cycles=" 2024, 2025 ")
        assert set(Cycle.objects.values_list("code", flat=True)) == {"2024", "2025"}

    @pytest.mark.parametrize("cycles", ["", "2024,", "2024,2024", "20/24", "new", "x" * 51])
    def test_refuses_codes_that_are_no_addresses(self, cycles: str) -> None:
        with pytest.raises(CommandError, match="--cycles"):
            fill_demo(cycles=cycles)
        assert not Cycle.objects.exists()
        assert not User.objects.exists()

    def test_needs_the_reference_data(self) -> None:
        self.empty()
        Entity.objects.update(valid_to="2000-01-01")
        with pytest.raises(CommandError, match="load_reference"):
            fill_demo()
        assert not User.objects.exists()

    def empty(self) -> None:
        published = (ComparedPair, Uncertainty, EntityDocument, Scorecard)
        derived = (*published, Proposal, GroupScore, UnitScore)
        with unguarded():
            sheets = (Snapshot, Transition, AnswerRevision, EvidenceChange, Evidence, Assessment, Cycle)
            for model in (*derived, *sheets, Message, CaseEvent, Case, User):
                model.objects.all().delete()


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_command_that_finds_something_ends_with_an_exit_code(
    published: Scorecard, capsys: pytest.CaptureFixture[str]
) -> None:
    def code(name: str) -> int:
        """What a process that runs nothing else ends with."""
        try:
            execute_from_command_line(["manage.py", name])
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    assert code("verify_publications") == 0
    assert capsys.readouterr().err == ""
    tamper(payload=published.payload.replace("75.0", "76.0"))
    assert code("verify_publications") == 1
    assert "2024 version 1" in capsys.readouterr().err
    outbox.put(CHANGED, {"cycle_id": 999_999}, at=timezone.now())
    assert code("drain_outbox") == 1

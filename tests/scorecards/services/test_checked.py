"""What checks found in a published version: from frozen sheets, the same when it is counted again."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.domain.answers import ANSWERED, AnswerValue
from quintet.domain.evidence import Details
from quintet.domain.sheets import ImportedAnswer
from quintet.models import Answer, Cycle, Framework, Item, Phase, Status
from quintet.services.freezing import freeze
from quintet.services.importing import SheetToWrite, import_sheets, write_sheets
from scorecards.models import Scorecard
from scorecards.queries.checked import checked_of
from scorecards.services.composing import compose
from scorecards.services.verifying import first_broken_publication
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_cycle,
    make_entities,
    make_entity,
    sheet_of,
    write_link,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.errors import WrongState

pytestmark = pytest.mark.django_db
Checks = Mapping[str, tuple[int, int | None]]  # by item what is claimed, and what was decided
OURS = "this is not what its frozen sheets come to."


def check(cycle: Cycle, sheets: Mapping[Entity, Checks], status: Status = Status.VALIDATED) -> None:
    """Write sheets on whose levels the task force decided."""
    write_sheets(
        cycle=cycle,
        sheets=[
            SheetToWrite(
                unit,
                status,
                {
                    item: ImportedAnswer(AnswerValue(ANSWERED, claimed), accepted)
                    for item, (claimed, accepted) in said.items()
                },
            )
            for unit, said in sheets.items()
        ],
        at=AT,
        channel="import",
    )


@pytest.fixture
def cycle(framework: Framework, cast: Cast) -> Cycle:
    """Seven units; of all, DAT-STR was lowered and INN-STR confirmed, of three DAT-LED was raised."""
    cycle = make_cycle(framework, phase=Phase.VALIDATION)
    units = make_entities(7)
    sheets: dict[Entity, Checks] = {unit: {"DAT-STR": (3, 2), "INN-STR": (2, 2)} for unit in units}
    for unit in units[:3]:
        sheets[unit] = {**sheets[unit], "DAT-LED": (1, 2)}
    check(cycle, sheets)
    return cycle


@pytest.fixture
def first(cycle: Cycle, cast: Cast) -> Scorecard:
    return publish(cycle, cast)


def said_in(scorecard: Scorecard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scorecard.payload)["quality"]
    return found


def item_of(scorecard: Scorecard, item: str) -> dict[str, Any]:
    found: dict[str, Any] = said_in(scorecard)["items"][item]
    return found


def lower(cycle: Cycle, code: str) -> None:
    """Accept another level of one unit, and freeze its sheet again."""
    sheet = sheet_of(cycle, Entity.objects.get(code=code))
    Answer.objects.filter(assessment=sheet, item__code="INN-STR").update(accepted=0)
    freeze(assessment=sheet, at=later(1))


def falsify(scorecard: Scorecard, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the newest version with its hash, as the owner of the database could."""
    document = json.loads(scorecard.payload)
    change(document)
    payload = canonical_json(document)
    assert payload != scorecard.payload
    with unguarded():
        Scorecard.objects.filter(pk=scorecard.pk).update(payload=payload, sha256=sha256(payload))


class TestABlock:
    def test_has_each_item(self, first: Scorecard, framework: Framework) -> None:
        items = Item.objects.filter(framework=framework).values_list("code", flat=True)
        assert said_in(first)["items"].keys() == set(items)
        assert item_of(first, "DAT-STR") == {
            "checks": {"n_checked": 7, "n_confirmed": 0, "n_lowered": 7, "n_raised": 0},
            "evidence": {"n_needing": 7, "n_without": 7},
        }

    def test_says_nothing_of_three_units(self, first: Scorecard) -> None:
        assert item_of(first, "DAT-LED") == {"suppressed": True}

    def test_adds_up_rows_of_what_is_shown(self, first: Scorecard) -> None:
        checked = checked_of(json.loads(first.payload), first.cycle.framework)
        assert checked
        rows = {row.row: row.sums for row in checked.rows}
        assert list(rows) == ["STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS"]
        sums = rows["STR"]
        assert (sums.n_checked, sums.n_confirmed, sums.n_lowered, sums.n_without) == (14, 7, 7, 14)
        assert (rows["LED"].n_items_checks, rows["LED"].n_raised) == (0, 0)

    def test_leaves_out_an_item_whose_figure_is_suppressed(self, cycle: Cycle, cast: Cast) -> None:
        """Three units say of an item what nobody may read: no sum over items tells it."""
        first = publish(cycle, cast)
        assert json.loads(first.payload)["groups"]["all"]["accepted"]["items"]["DAT-LED"]["suppressed"]
        told = [item for item, said in said_in(first)["items"].items() if not said.get("suppressed")]
        assert told == ["DAT-STR", "INN-STR"]

    def test_counts_validated_sheets_alone(self, cycle: Cycle, cast: Cast) -> None:
        late = {make_entity(f"LATE-{n}"): {"DAT-STR": (4, None)} for n in range(5)}
        check(cycle, late, status=Status.SUBMITTED)
        assert item_of(publish(cycle, cast), "DAT-STR")["evidence"]["n_needing"] == 7

    def test_says_nothing_of_sheets_that_record_no_checks(self, framework: Framework, cast: Cast) -> None:
        """Imported levels were accepted elsewhere, on evidence that is not here."""
        answers = {"DAT-STR": ImportedAnswer(AnswerValue(ANSWERED, 2), 2)}
        import_sheets(sheets={unit.code: answers for unit in make_entities(7)}, cycle_code="2024", at=AT)
        imported = Cycle.objects.get(code="2024")
        scorecard = publish(imported, cast)
        assert said_in(scorecard) is None
        assert checked_of(json.loads(scorecard.payload), imported.framework) is None
        assert first_broken_publication() == (1, "")
        falsify(scorecard, lambda document: document.update(quality={"evidence_from": {}, "items": {}}))
        assert "whether all sheets record what was checked" in first_broken_publication()[1]

    def test_finds_evidence_as_it_was_frozen(self, cycle: Cycle, cast: Cast) -> None:
        sheet = sheet_of(cycle, Entity.objects.get(code="ENT-001"))
        item = Item.objects.get(framework=cycle.framework, code="DAT-STR")
        details = Details("T", AT.date())
        address = "https://example.org/a"
        write_link(assessment=sheet, item=item, url=address, details=details)

        def n_without() -> int:
            said = json.loads(compose(cycle=cycle).payload)["quality"]["items"]["DAT-STR"]
            number: int = said["evidence"]["n_without"]
            return number

        assert n_without() == 7
        freeze(assessment=sheet, at=later(1))
        assert n_without() == 6

    def test_is_composed_in_as_many_queries_whatever_the_number_of_units(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        numbers = []
        for prefix in "AB":
            with CaptureQueriesContext(connection) as captured:
                compose(cycle=cycle)
            numbers.append(len(captured))
            check(cycle, {make_entity(f"{prefix}-{n}"): {"DAT-STR": (3, 3)} for n in range(10)})
        assert numbers[0] == numbers[1]


class TestALaterVersion:
    def test_shows_an_item_again_while_few_units_say_something_else(
        self, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        lower(cycle, "ENT-001")
        second = publish(cycle, cast)
        assert item_of(second, "INN-STR") == item_of(first, "INN-STR") | {"carried_from": 1}
        for number in range(1, cycle.threshold + 1):
            lower(cycle, f"ENT-{number + 1:03}")
        third = publish(cycle, cast)
        assert item_of(third, "INN-STR")["checks"]["n_lowered"] == cycle.threshold + 1
        assert first_broken_publication() == (3, "")

    def test_is_not_taken_in_by_sheets_that_were_only_frozen_again(
        self, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        lower(cycle, "ENT-001")
        for number in range(2, 7):
            freeze(assessment=sheet_of(cycle, Entity.objects.get(code=f"ENT-{number:03}")), at=later(1))
        second = publish(cycle, cast)
        assert len(json.loads(second.payload)["changed_units"]) == 6
        assert item_of(second, "INN-STR") == item_of(first, "INN-STR") | {"carried_from": 1}

    def test_is_not_taken_in_by_units_that_answer_other_items(
        self, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        lower(cycle, "ENT-001")
        check(cycle, {make_entity(f"NEW-{n}"): {"DAT-STR": (3, 3)} for n in range(5)})
        second = publish(cycle, cast)
        assert item_of(second, "DAT-STR")["checks"]["n_checked"] == 12
        assert item_of(second, "INN-STR") == item_of(first, "INN-STR") | {"carried_from": 1}

    def test_is_not_asked_for_by_what_it_shows_again(
        self, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        with pytest.raises(WrongState, match="Nothing has changed"):
            publish(cycle, cast)
        lower(cycle, "ENT-001")
        publish(cycle, cast)
        with pytest.raises(WrongState, match="Nothing has changed"):
            publish(cycle, cast)

    def test_after_one_of_before_says_it_for_the_first_time(
        self, cycle: Cycle, first: Scorecard, cast: Cast
    ) -> None:
        falsify(first, lambda document: document.pop("quality"))
        assert first_broken_publication() == (1, "")
        lower(cycle, "ENT-001")
        second = publish(cycle, cast)
        assert item_of(second, "INN-STR") == {"suppressed": True}, "its figure is that of the version before"
        for number in range(1, cycle.threshold + 1):
            lower(cycle, f"ENT-{number + 1:03}")
        assert item_of(publish(cycle, cast), "INN-STR")["checks"]["n_lowered"] == cycle.threshold + 1
        assert first_broken_publication() == (3, "")


class TestCountingAgain:
    @pytest.mark.parametrize(
        ("part", "field"), [("checks", "n_checked"), ("checks", "n_confirmed"), ("evidence", "n_without")]
    )
    def test_names_counts_that_were_falsified(self, first: Scorecard, part: str, field: str) -> None:
        def change(document: dict[str, Any]) -> None:
            document["quality"]["items"]["DAT-STR"][part][field] += 1

        falsify(first, change)
        assert first_broken_publication()[1].startswith("2026 version 1: quality, items, DAT-STR")

    def test_names_an_item_that_should_be_hidden(self, first: Scorecard) -> None:
        def change(document: dict[str, Any]) -> None:
            items = document["quality"]["items"]
            items["DAT-LED"] = items["DAT-STR"]

        falsify(first, change)
        assert first_broken_publication()[1].startswith("2026 version 1: quality, items, DAT-LED")

    def test_names_what_was_not_said_before(self, cycle: Cycle, first: Scorecard, cast: Cast) -> None:
        lower(cycle, "ENT-001")
        second = publish(cycle, cast)

        def change(document: dict[str, Any]) -> None:
            document["quality"]["items"]["INN-STR"]["checks"]["n_raised"] += 1

        falsify(second, change)
        assert first_broken_publication()[1].startswith("2026 version 2: quality, items, INN-STR")

    def test_names_a_first_version_that_shows_something_again(self, first: Scorecard) -> None:
        falsify(first, lambda document: document["quality"]["items"]["DAT-STR"].update(carried_from=1))
        assert OURS in first_broken_publication()[1]

    def test_names_an_item_that_is_gone(self, first: Scorecard) -> None:
        falsify(first, lambda document: document["quality"]["items"].pop("DAT-STR"))
        assert first_broken_publication()[1] == f"2026 version 1: quality, items, DAT-STR: {OURS}"

    def test_names_a_block_that_is_gone(self, cycle: Cycle, first: Scorecard, cast: Cast) -> None:
        fill(cycle, {make_entity("NEW"): {"DAT-STR": 1}})
        falsify(publish(cycle, cast), lambda document: document.pop("quality"))
        assert "the version before says what checks found, this one does not" in first_broken_publication()[1]

    def test_goes_by_what_the_version_says_of_evidence(self, first: Scorecard, framework: Framework) -> None:
        """What a framework asks for later changes no version."""
        Framework.objects.filter(pk=framework.pk).update(evidence_from={})
        assert first_broken_publication() == (1, "")

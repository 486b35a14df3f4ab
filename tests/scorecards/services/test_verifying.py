"""Verifying counts the frozen sheets again: a published figure that was falsified with its hash is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from entities.models import Entity
from quintet.models import Cycle
from scorecards.domain.figures import item_entry
from scorecards.domain.groups import ItemCounts
from scorecards.models import Draft, Proposal, Scorecard
from scorecards.queries.publications import seal_of
from scorecards.services import publishing
from scorecards.services.verifying import first_broken_publication
from tests.factories import (
    AT,
    Cast,
    Levels,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_framework,
)
from tests.guards import unguarded
from tests.kept import kept
from tests.scorecards.worked import publish
from tests.scorecards.years import make_outside_cast
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
Groups = dict[str, Any]
Edit = Callable[[Groups], object]
OUR_FIGURES = "this is not what its frozen sheets come to."


@kept
def make_world() -> tuple[Cast, Cycle]:
    """Six units: all answer DAT-STR and INN, three DAT-LED, which is hidden."""
    cast = make_outside_cast()
    sheets: dict[Entity, Levels] = {
        unit: {
            "DAT-STR": 1 + number % 3,
            "INN-STR": 2,
            "INN-LED": 3,
            "INN-COE": 2,
            "INN-HRS": 2,
            "INN-TRN": 2,
        }
        for number, unit in enumerate(make_entities(6))
    }
    for unit in list(sheets)[:3]:
        sheets[unit] = {**sheets[unit], "DAT-LED": 1}
    return cast, make_counted_cycle(make_framework(), sheets)


@kept
def publish_first() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    return cast, cycle


@kept
def publish_second() -> tuple[Cast, Cycle]:
    """One unit has come: what would tell of it stays as it was."""
    cast, cycle = publish_first()
    fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
    publish(cycle, cast)
    return cast, cycle


@pytest.fixture
def world(db: None, request: pytest.FixtureRequest) -> tuple[Cast, Cycle]:
    if "second" in request.fixturenames:
        return publish_second()
    return publish_first() if "first" in request.fixturenames else make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def first(cycle: Cycle) -> Scorecard:
    return Scorecard.objects.select_related("cycle").get(cycle=cycle, version=1)


@pytest.fixture
def second(cycle: Cycle) -> Scorecard:
    return Scorecard.objects.select_related("cycle").get(cycle=cycle, version=2)


def falsify(scorecard: Scorecard, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the newest version with its hash, as the owner of the database could."""
    document = json.loads(scorecard.payload)
    change(document)
    payload = canonical_json(document)
    assert payload != scorecard.payload
    with unguarded():
        Scorecard.objects.filter(pk=scorecard.pk).update(payload=payload, sha256=sha256(payload))


def finding() -> str:
    return first_broken_publication()[1]


def cell_of(groups: Groups, group: str = "entities", basis: str = "claimed", item: str = "DAT-STR") -> Any:
    return groups[group][basis]["items"][item]


def dimension_of(groups: Groups) -> Any:
    return groups["all"]["accepted"]["dimensions"]["INN"]


ITEM_FIELDS = [
    *("n_na", "n_missing", "n_answered", "dist", "has", "operates"),
    *("share_has", "share_operates", "paper_gap", "bounds_has"),
]
DIMENSION_FIELDS = [
    *("n_counted", "n_rated", "mean", "median", "q1", "q3"),
    *("foundation", "n_advanced", "breadth"),
]


def altered(value: Any) -> Any:
    """Another value of the same shape, a little off."""
    if isinstance(value, list):
        return [altered(value[0]), *value[1:]]
    return value + 1 if isinstance(value, int) else 7


class TestAFigure:
    def test_is_good_as_it_was_published(self, first: Scorecard, second: Scorecard) -> None:
        assert first_broken_publication() == (2, "")

    @pytest.mark.parametrize("field", ITEM_FIELDS)
    def test_of_an_item_is_counted_again(self, first: Scorecard, field: str) -> None:
        def change(document: dict[str, Any]) -> None:
            cell = cell_of(document["groups"])
            cell[field] = altered(cell[field])

        falsify(first, change)
        assert finding() == f"2026 version 1: entities, claimed, items, DAT-STR, {field}: {OUR_FIGURES}"

    @pytest.mark.parametrize("field", DIMENSION_FIELDS)
    def test_of_a_dimension_is_counted_again(self, first: Scorecard, field: str) -> None:
        def change(document: dict[str, Any]) -> None:
            entry = dimension_of(document["groups"])
            assert entry["n_rated"] == 6
            entry[field] = altered(entry[field])

        falsify(first, change)
        assert finding() == f"2026 version 1: all, accepted, dimensions, INN, {field}: {OUR_FIGURES}"

    def test_is_an_integer_where_it_was_one(self, first: Scorecard) -> None:
        def change(document: dict[str, Any]) -> None:
            cell_of(document["groups"])["share_has"][0] = str(cell_of(document["groups"])["share_has"][0])

        falsify(first, change)
        assert finding().startswith("2026 version 1: entities, claimed, items, DAT-STR, share_has:")


PLACES: dict[str, tuple[Edit, str]] = {
    "a hidden figure that is shown": (
        lambda groups: cell_of(groups, item="DAT-LED").update(suppressed=False),
        f"entities, claimed, items, DAT-LED, suppressed: {OUR_FIGURES}",
    ),
    "a hidden figure as it is": (
        lambda groups: groups["entities"]["claimed"]["items"].update(
            {"DAT-LED": item_entry(ItemCounts(n_group=6, n_na=0, n_missing=3, dist=(0, 3, 0, 0, 0)))}
        ),
        f"entities, claimed, items, DAT-LED, bounds_has: {OUR_FIGURES}",
    ),
    "more than that a figure is hidden": (
        lambda groups: cell_of(groups, item="DAT-LED").update(has=0),
        f"entities, claimed, items, DAT-LED, has: {OUR_FIGURES}",
    ),
    "the size in a hidden figure": (
        lambda groups: cell_of(groups, item="DAT-LED").update(n_group=9),
        f"entities, claimed, items, DAT-LED, n_group: {OUR_FIGURES}",
    ),
    "a figure that nothing is carried from": (
        lambda groups: cell_of(groups).update(carried_from=1),
        f"entities, claimed, items, DAT-STR: {OUR_FIGURES}",
    ),
    "how many count": (
        lambda groups: groups["entities"]["claimed"].update(n_counted=5),
        f"entities, claimed, n_counted: {OUR_FIGURES}",
    ),
    "a size on one basis": (
        lambda groups: groups["entities"]["claimed"].update(n_group=7),
        f"entities, claimed, n_group: {OUR_FIGURES}",
    ),
    "a size on both": (
        lambda groups: [groups["entities"][basis].update(n_group=7) for basis in ("claimed", "accepted")],
        "the parts of the group all do not add up to it.",
    ),
    "fewer units than sheets": (
        lambda groups: groups["all"]["accepted"].update(n_group=5),
        "the group all has fewer units than sheets.",
    ),
    "a figure that is gone": (
        lambda groups: groups["entities"]["claimed"]["items"].pop("DAT-STR"),
        f"entities, claimed, items, DAT-STR: {OUR_FIGURES}",
    ),
    "a figure of no item": (
        lambda groups: groups["entities"]["claimed"]["items"].update(NEW=0),
        f"entities, claimed, items, NEW: {OUR_FIGURES}",
    ),
    "a group that is gone": (
        lambda groups: groups.pop("entities"),
        "the group entities is missing.",
    ),
}


class TestTheGroups:
    @pytest.mark.parametrize("what", PLACES)
    def test_hold_no_more_and_no_less_than_follows(self, first: Scorecard, what: str) -> None:
        edit, told = PLACES[what]
        falsify(first, lambda document: edit(document["groups"]))
        assert finding() == f"2026 version 1: {told}"

    @pytest.mark.parametrize("bytes_of_others", ["{}", "[]", "null", '{"cycle":7}', "{"])
    def test_are_missed_where_there_are_none(self, first: Scorecard, bytes_of_others: str) -> None:
        with unguarded():
            Scorecard.objects.update(payload=bytes_of_others, sha256=sha256(bytes_of_others))
        assert finding().startswith("2026 version 1: the published bytes are not those of a scorecard: ")


class TestALaterVersion:
    @pytest.mark.parametrize("field", ["has", "n_group", "carried_from"])
    def test_carries_what_the_version_before_shows(self, second: Scorecard, field: str) -> None:
        def change(document: dict[str, Any]) -> None:
            cell = cell_of(document["groups"])
            assert cell["carried_from"] == 1
            cell[field] += 1

        falsify(second, change)
        assert finding() == f"2026 version 2: entities, claimed, items, DAT-STR, {field}: {OUR_FIGURES}"

    def test_says_of_which_version_it_is(self, second: Scorecard) -> None:
        falsify(second, lambda document: document.update(supersedes="0" * 64))
        assert finding() == "2026 version 2: it supersedes another scorecard than the version before."

    def test_says_who_changed(self, second: Scorecard) -> None:
        falsify(second, lambda document: document.update(changed_units=["ENT-001"]))
        told = "2026 version 2: other units have changed since the version before than it says."
        assert finding() == told

    def test_says_who_is_in_other_groups(self, second: Scorecard) -> None:
        def change(document: dict[str, Any]) -> None:
            document["regrouped_units"] = ["ENT-001"]

        falsify(second, change)
        with unguarded():
            Scorecard.objects.filter(pk=second.pk).update(n_regrouped=1)
        told = "2026 version 2: other units are in other groups than in the version before than it says."
        assert finding() == told


def test_a_draft_that_was_falsified_with_its_seal_is_found_once_it_is_published(
    cycle: Cycle, cast: Cast
) -> None:
    """Who holds the portal's key can seal what they like; the frozen sheets still say otherwise."""
    proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
    document = json.loads(Draft.objects.get().payload)
    cell_of(document["groups"])["has"] += 1
    payload = canonical_json(document)
    digest = sha256(payload)
    Draft.objects.update(payload=payload, seal=seal_of(digest, basis_sha256=proposal.basis_sha256))
    Proposal.objects.update(sha256=digest)
    publishing.confirm(cycle=cycle, by=cast.second, at=later(1), sha256=digest)
    assert finding() == f"2026 version 1: entities, claimed, items, DAT-STR, has: {OUR_FIGURES}"

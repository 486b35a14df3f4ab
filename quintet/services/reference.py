"""Loading what is asked: frameworks, how they follow each other, and the figures of the brief."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from quintet.domain import crosswalk
from quintet.domain.shape import flaws
from quintet.models import Crosswalk, Cycle, Framework, Observation, Phase, Snapshot
from quintet.queries.frameworks import item_codes
from un20portal.lib.reference import Changes, Fixture, Problem, Row, refuse, sync

FILES = ("observations-brief", "framework-quintet-2026")
CROSSWALKS = "crosswalk"  # one file for each two frameworks that follow each other
FROZEN_PHASES = (Phase.OPEN, Phase.VALIDATION)
# What a row says about itself may be corrected at any time; what people answer to may not.
NOT_TEXT = {"source", "doubts", "baseline", "baseline_comparability"}
# What frozen sheets are read by: levels are packed in this order, figures are sums by these fields.
SHAPE = {"order", "dimension", "area", "enabler", "weight", "na_allowed", "levels"}
BRIEF = "PB11"


@transaction.atomic
def load_questions(*, fixtures: Mapping[str, Fixture]) -> list[Changes]:
    """Load figures, then frameworks; raise InvalidReference and load nothing on any error.

    A change of framework text is such an error while a cycle with that framework is open or in validation;
    a change of its shape (items, order, weights, levels) is one as soon as a sheet has been frozen with it.
    """
    observations, framework = (fixtures[name] for name in FILES)
    return [_load_observations(observations), _load_framework(framework)]


@transaction.atomic
def load_crosswalks(*, fixtures: Iterable[Fixture]) -> list[Changes]:
    """Load how frameworks follow each other; raise InvalidReference and load nothing on any error.

    Both must be there already, and every item of both accounted for exactly once (`domain.crosswalk`).
    """
    return [_load_crosswalk(fixture) for fixture in fixtures]


def _load_crosswalk(fixture: Fixture) -> Changes:
    head = fixture.titled(fixture.content["crosswalk"])
    known = Framework.objects.in_bulk([head["before"], head["after"]], field_name="slug")
    sides = ("before", "after")
    missing = [side for side in sides if head[side] not in known]
    refuse(fixture.problem(head, f"{side}: no framework {head[side]}") for side in missing)
    before, after = (known[head[side]] for side in sides)
    links = fixture.content["links"]
    try:
        found = crosswalk.read(item_codes(before), item_codes(after), links)
    except ValueError as error:
        refuse([fixture.problem(head, f"links: {error}")])
    if found.joined and before.highest_level != after.highest_level:
        refuse([fixture.problem(head, "links: equal items need one scale in both frameworks.")])
    return sync(
        file=fixture.file,
        listing=Crosswalk.objects.filter(slug=head["slug"]),
        key=["slug"],
        rows=[{**head, "before": before, "after": after, "links": links}],
    )


def _load_observations(fixture: Fixture) -> Changes:
    return sync(
        file=fixture.file,
        listing=Observation.objects.filter(source__document=BRIEF),
        key=["indicator", "scope", "period"],
        rows=[{**row, "value": _as_printed(row["value"])} for row in fixture.rows()],
    )


def _as_printed(value: float | None) -> Decimal | None:
    """66.7 stays 66.7: a binary fraction would be 66.7000000000000028…"""
    return None if value is None else Decimal(str(value))


def _load_framework(fixture: Fixture) -> Changes:
    head = fixture.titled(fixture.content["framework"])
    known = Framework.objects.filter(slug=head["slug"])
    changes = sync(file=fixture.file, listing=known, key=["slug"], rows=[head])
    framework = known.select_for_update().get()  # no cycle opens with it while its text changes
    changes += _load_items(fixture, framework)
    if Snapshot.objects.filter(assessment__cycle__framework=framework).exists():
        refuse(_reshapes(changes))
    refuse(_uncountable(fixture, framework))
    changes += _load_bridge_questions(fixture, framework)
    if Cycle.objects.filter(framework=framework, phase__in=FROZEN_PHASES).exists():
        refuse(_thaws(changes))
    return changes


def _load_items(fixture: Fixture, framework: Framework) -> Changes:
    """Load dimensions and the items that are scored."""
    dimensions = sync(
        file=fixture.file,
        listing=framework.dimensions.all(),
        key=["code"],
        rows=[{**_without_source(row), "framework": framework} for row in fixture.rows("dimensions")],
    )
    return dimensions + sync(
        file=fixture.file, listing=framework.items.all(), key=["code"], rows=_item_rows(fixture, framework)
    )


def _load_bridge_questions(fixture: Fixture, framework: Framework) -> Changes:
    refuse(_unknown_figures(fixture, "bridge_questions", "compares_with"))
    return sync(
        file=fixture.file,
        listing=framework.bridge_questions.all(),
        key=["code"],
        rows=[{**_without_source(row), "framework": framework} for row in fixture.rows("bridge_questions")],
    )


def _item_rows(fixture: Fixture, framework: Framework) -> list[dict[str, Any]]:
    dimensions = {dimension.code: dimension for dimension in framework.dimensions.all()}
    figures = _figures()
    rows = fixture.rows("items")
    refuse(
        fixture.problem(row, f"code: no dimension {_dimension_code(row)}")
        for row in rows
        if _dimension_code(row) not in dimensions
    )
    refuse(_unknown_figures(fixture, "items", "baseline"))
    return [
        {
            **row,
            "framework": framework,
            "dimension": dimensions[_dimension_code(row)],
            "baseline": figures.get(row["baseline"]),
        }
        for row in rows
    ]


def _uncountable(fixture: Fixture, framework: Framework) -> Iterator[Problem]:
    for row in fixture.rows("dimensions"):
        items = framework.items.filter(dimension__code=row["code"]).values_list("weight", "enabler")
        for flaw in flaws(items, highest_level=framework.highest_level):
            yield fixture.problem(row, f"items: {flaw}")


def _dimension_code(item: Row) -> str:
    """`DAT-STR` → `DAT`, `CUL-CUR-1` → `CUL-CUR`."""
    return str(item["code"]).rpartition("-")[0]


def _figures() -> dict[str, Observation]:
    return {figure.indicator: figure for figure in Observation.objects.filter(source__document=BRIEF)}


def _unknown_figures(fixture: Fixture, section: str, name: str) -> Iterator[Problem]:
    known = _figures()
    for row in fixture.rows(section):
        named = row[name] if isinstance(row[name], list) else [row[name]]
        for indicator in named:
            if indicator is not None and indicator not in known:
                yield fixture.problem(row, f"{name}: no observation {indicator}")


def _without_source(row: Row) -> dict[str, Any]:
    """Dimensions and bridge questions keep their source in the file only."""
    return {name: value for name, value in row.items() if name not in {"source", "doubts"}}


def _thaws(changes: Changes) -> Iterator[Problem]:
    rule = "framework text is frozen while a cycle that uses it is open"
    for row in changes.added:
        yield Problem(changes.file, row, f"{rule}: added")
    for change in changes.changed:
        if change.field not in NOT_TEXT:
            yield Problem(changes.file, change.row, f"{rule}: {change.field}: {change.old} → {change.new}")


def _reshapes(changes: Changes) -> Iterator[Problem]:
    rule = "sheets have been frozen with this framework: give the changed one a new slug"
    for row in changes.added:
        yield Problem(changes.file, row, f"{rule}: added")
    for change in changes.changed:
        if change.field in SHAPE:
            yield Problem(changes.file, change.row, f"{rule}: {change.field}: {change.old} → {change.new}")

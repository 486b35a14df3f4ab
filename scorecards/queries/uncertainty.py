"""How certain the figures of a cycle are: what is simulated of them, as far as its reader may see it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entities.models import Entity
from quintet.models import Area, Cycle, Dimension, Item
from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.domain.showing import fully_shown_groups, is_steady, shown_diagnostics
from scorecards.models import Basis, Uncertainty
from scorecards.queries import work
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.inputs import inputs_sha256
from scorecards.queries.reading import Figures, group_names
from scorecards.queries.work import Progress
from un20portal.lib.errors import NotFound, NotYet
from un20portal.lib.errors import marked as _

SIMULATE = "scorecards.simulate"  # the errand by which a cycle is simulated
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Interval:
    """Percentiles of an area figure over the draws in which it exists, texts with one decimal."""

    p5: str
    p50: str
    p95: str
    n_rated_draws: int


@dataclass(frozen=True)
class GroupInterval:
    """A group's mean of an area: simulated, and as it is on each basis; None where hidden or unknown.

    The means are of those that are rated of the `n_counted` units whose sheets count, by basis.
    """

    group: str
    name: str
    n_group: int
    is_suppressed: bool
    n_counted: Mapping[str, int] | None = None
    n_always_rated: Mapping[str, int] | None = None
    interval: Interval | None = None
    accepted: str | None = None
    claimed: str | None = None

    @property
    def shows_mean(self) -> bool:
        """Below ten rated units in every draw a page shows no mean, as it shows no other of them."""
        return bool(self.n_always_rated) and min((self.n_always_rated or {}).values()) >= PERCENTAGES_FROM


@dataclass(frozen=True)
class UnitInterval:
    """One unit's figure of an area; without an interval while it is never rated."""

    entity: str
    interval: Interval | None


@dataclass(frozen=True)
class AreaIntervals:
    """One area: its groups, the units that the reader may see; bands of units for the task force alone."""

    area: str
    groups: Sequence[GroupInterval]
    units: Sequence[UnitInterval]
    bands: Sequence[Sequence[str]]

    @property
    def name(self) -> str:
        return str(Area(self.area).label)


@dataclass(frozen=True)
class DimensionDiagnostics:
    """What to know of one dimension before believing its index; `told` is None where it is hidden.

    `items` are the codes of its items by enabler: none in the culture.
    """

    dimension: str
    label: str
    told: Document | None
    items: Mapping[str, str]


@dataclass(frozen=True)
class Estimate:
    """A simulation beside the figures that it is about: a published or proposed version, or provisional ones.

    `document` is all that was simulated; of it, only what is the same for every reader may be shown.
    """

    cycle: Cycle
    version: int | None
    threshold: int
    simulated: Uncertainty
    document: Document
    areas: Sequence[AreaIntervals]
    diagnostics: Sequence[DimensionDiagnostics]
    agreement: Document | None
    is_outdated: bool = False  # provisional, and sheets or units have changed since

    @property
    def is_provisional(self) -> bool:
        return self.version is None


def published_estimate(figures: Figures, *, entities: set[int] | None) -> Estimate:
    """The simulation of the very inputs of a version, published or proposed, as everybody may see it then.

    Raises NotYet while it is owed, NotFound when it never was or was given up.
    `entities` are the ids of those whose own figures the reader may see; None: all, and the bands too.
    """
    cycle, published = figures.cycle, figures.document
    simulated = _simulation(cycle, published["inputs_sha256"])
    if simulated is None and work.owed(SIMULATE, cycle_id=cycle.pk).pending().exists():
        raise NotYet(_("The uncertainty of this scorecard is being estimated. Ask again in a minute."))
    if simulated is None and figures.is_proposed:
        raise NotFound(_("What is proposed has not been estimated yet: that comes with publishing."))
    if simulated is None:
        raise NotFound(_("The uncertainty of this scorecard has not been estimated."))
    document = json.loads(simulated.payload)
    threshold, groups = published["threshold"], fully_shown_groups(published)

    def is_shown(group: str, entry: Document) -> bool:
        return group in groups and is_steady(entry, threshold)

    told = shown_diagnostics(published, document["diagnostics"])
    return Estimate(
        cycle,
        figures.version,
        threshold,
        simulated,
        document,
        _areas(document, is_shown, entities),
        _diagnostics(cycle, told),
        document["agreement"] if all(told.values()) else None,
    )


def provisional_estimate(cycle: Cycle) -> Estimate | None:
    """What was simulated last of a cycle, for the task force alone; None before the first time.

    Groups with fewer counted units than the threshold are left out here, too.
    """
    simulated = Uncertainty.objects.filter(cycle=cycle).order_by("-pk").first()
    if simulated is None:
        return None
    document = json.loads(simulated.payload)

    def is_shown(group: str, _entry: Document) -> bool:
        n_counted: int = document["groups"][group]["n_counted"][Basis.CLAIMED.value]
        return n_counted >= cycle.threshold

    return Estimate(
        cycle,
        None,
        cycle.threshold,
        simulated,
        document,
        _areas(document, is_shown, None),
        _diagnostics(cycle, document["diagnostics"]),
        document["agreement"],
        is_outdated=simulated.inputs_sha256 != inputs_sha256(cycle, framework_shape(cycle.framework)),
    )


def intervals_of_unit(figures: Figures, code: str) -> dict[str, Interval | None]:
    """How certain a unit's area figures are, by area, for who may see its figures; empty while unknown.

    Of the very inputs of these figures: there is none of provisional ones, whose inputs may be others now.
    """
    if figures.is_provisional:
        return {}
    simulated = _simulation(figures.cycle, figures.document["inputs_sha256"])
    if simulated is None:
        return {}
    areas = json.loads(simulated.payload)["units"]
    return {area: _interval(units["intervals"].get(code)) for area, units in areas.items()}


def is_estimated(figures: Figures) -> bool:
    """Whether there is something to read of how certain these figures are; provisionally there always is."""
    if figures.is_provisional:
        return True
    inputs_sha256 = figures.document["inputs_sha256"]
    return Uncertainty.objects.filter(cycle=figures.cycle, inputs_sha256=inputs_sha256).exists()


def progress_of(cycle: Cycle, *, at: datetime) -> Progress | None:
    """The simulation that is still owed, if any."""
    return work.progress_of(SIMULATE, at=at, cycle_id=cycle.pk)


def _simulation(cycle: Cycle, inputs_sha256: str) -> Uncertainty | None:
    return Uncertainty.objects.filter(cycle=cycle, inputs_sha256=inputs_sha256).first()


def _areas(
    document: Document, is_shown: Callable[[str, Document], bool], entities: set[int] | None
) -> list[AreaIntervals]:
    """All areas; hidden groups keep their name and size, as in a scorecard."""
    names, sizes, codes = group_names(), document["groups"], _codes(entities)
    found = []
    for area in Area.values:
        if area in document["areas"]:
            entries, units = document["areas"][area], document["units"][area]
            groups = [
                _group(
                    code,
                    name,
                    sizes[code],
                    entries[code] if is_shown(code, entries[code]) else None,
                )
                for code, name in names.items()
                if code in entries
            ]
            shown = sorted(code for code in units["intervals"] if codes is None or code in codes)
            found.append(
                AreaIntervals(
                    area,
                    groups,
                    [UnitInterval(code, _interval(units["intervals"][code])) for code in shown],
                    units["bands"] if codes is None else [],
                )
            )
    return found


def _codes(entities: set[int] | None) -> set[str] | None:
    if entities is None:
        return None
    return set(Entity.objects.filter(pk__in=entities).values_list("code", flat=True))


def _group(code: str, name: str, size: Document, entry: Document | None) -> GroupInterval:
    if entry is None:
        return GroupInterval(code, name, size["n_group"], is_suppressed=True)
    return GroupInterval(
        code,
        name,
        **size,
        is_suppressed=False,
        n_always_rated=entry["n_always_rated"],
        interval=_interval(entry["interval"]),
        **entry["mean"],
    )


def _interval(entry: Document | None) -> Interval | None:
    return None if entry is None else Interval(**entry)


def _diagnostics(cycle: Cycle, told: Mapping[str, Document | None]) -> list[DimensionDiagnostics]:
    dimensions = Dimension.objects.filter(framework=cycle.framework_id, code__in=told)
    enablers = Item.objects.filter(framework=cycle.framework_id).exclude(enabler="")
    items: dict[str, dict[str, str]] = {}
    for dimension, enabler, code in enablers.values_list("dimension__code", "enabler", "code"):
        items.setdefault(dimension, {})[enabler] = code
    return [
        DimensionDiagnostics(one.code, one.label, told[one.code], items.get(one.code, {}))
        for one in dimensions
    ]

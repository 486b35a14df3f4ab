"""Reading figures: published bytes, provisional figures, and the rows that pages and API show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext

from entities.models import Entity, EntityType, Region
from quintet.models import Area, Cycle, Dimension, Framework, Item, Phase
from quintet.queries.frameworks import published_baseline
from scorecards.domain.figures import unit_entry
from scorecards.domain.groups import (
    ALL,
    CEB31,
    COUNTRY_TEAMS,
    ENTITIES,
    GROUPS_WITH_BASELINE,
    ItemCounts,
)
from scorecards.domain.scoring import UnitFigures
from scorecards.models import Basis, Computation, EntityDocument, Proposal, Scorecard, UnitScore
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

PERCENTAGES_FROM = 10
KEPT = 4  # published versions that a process holds, a few megabytes each
BASELINE_UNIT = "percent_of_entities"


@dataclass(frozen=True)
class Baseline:
    """The value of the brief for one cell, as printed; how many entities answered is not stated."""

    value: str
    operator: str
    unit: str
    year: int
    comparability: str
    source: str


@dataclass(frozen=True)
class ItemFigure:
    """One cell: how a group answers one item. Figures are None when the cell is suppressed."""

    item: str
    dimension: str
    enabler: str
    label: str
    question: str
    n_group: int
    counts: ItemCounts | None
    baseline: Baseline | None
    carried_from: int | None = None  # the version whose figure is shown again, because too few changed

    @property
    def capability(self) -> str:
        return self.dimension

    @property
    def is_suppressed(self) -> bool:
        return self.counts is None

    @property
    def shows_percentages(self) -> bool:
        """Below ten answers a page shows counts, no percentages."""
        return self.counts is not None and self.counts.n_answered >= PERCENTAGES_FROM

    def __getattr__(self, name: str) -> Any:
        """Counts and shares of `ItemCounts` (n_na, n_missing, n_answered, dist, has, share_has …)."""
        if name in COUNT_NAMES:
            return None if self.counts is None else getattr(self.counts, name)
        raise AttributeError(name)


COUNT_NAMES = (
    "n_na",
    "n_missing",
    "n_answered",
    "dist",
    "has",
    "operates",
    "share_has",
    "share_operates",
    "paper_gap",
    "bounds_has",
)


@dataclass(frozen=True)
class Panel:
    """One capability or lever with its cells."""

    code: str
    label: str
    tagline: str
    rows: Sequence[ItemFigure]


@dataclass(frozen=True)
class GroupChoice:
    """A group that one can ask for: its code, its name in the reader's language, how many units it has."""

    code: str
    name: str
    n_group: int

    def __str__(self) -> str:
        return f"{self.name} ({self.n_group})"


@dataclass(frozen=True)
class Figures:
    """The group figures of one cycle: published (with version and hash) or provisional (neither).

    Phase and threshold are those of the moment when the figures were made, not the cycle's of today.
    """

    cycle: Cycle
    groups: Mapping[str, Any]
    baselines: Mapping[str, Any]
    phase: str
    threshold: int
    version: int | None = None
    sha256: str = ""

    @property
    def is_provisional(self) -> bool:
        return self.version is None

    @property
    def is_interim(self) -> bool:
        return self.phase != Phase.CLOSED


def published_scorecards() -> QuerySet[Scorecard]:
    """All published versions, the newest first; their bytes are not read."""
    return Scorecard.objects.select_related("cycle__framework").defer("payload").order_by("-pk")


def leading_scorecard() -> Scorecard | None:
    """The one to begin with: of the cycle that ends last, its latest version; final before interim ones."""
    scorecards = list(published_scorecards().order_by("-cycle__closes_on", "-version"))
    final = (scorecard for scorecard in scorecards if is_final(scorecard.sha256))
    return next(final, next(iter(scorecards), None))


def latest_scorecard(cycle: Cycle) -> Scorecard | None:
    """The latest published version of a cycle; its bytes are not read."""
    return published_scorecards().filter(cycle=cycle).order_by("-version").first()


def scorecard_version(cycle: Cycle, version: int) -> Scorecard | None:
    """A certain published version of a cycle; its bytes are not read."""
    return published_scorecards().filter(cycle=cycle, version=version).first()


def replacing_version(figures: Figures) -> int | None:
    """The number of the cycle's latest version, when these figures are of an earlier one."""
    if figures.version is None:
        return None
    latest = Scorecard.objects.filter(cycle=figures.cycle).aggregate(version=Max("version"))["version"]
    return latest if latest > figures.version else None


def published_sha256(code: str, version: int | None = None) -> str | None:
    """The hash of a cycle's latest published version, or of a certain one."""
    scorecards = Scorecard.objects.filter(cycle__code=code)
    if version is not None:
        scorecards = scorecards.filter(version=version)
    return scorecards.order_by("-version").values_list("sha256", flat=True).first()


@lru_cache(maxsize=KEPT)
def published_bytes(sha256: str) -> bytes:
    """The published bytes that have this hash: they never change, so a process keeps the last few."""
    return Scorecard.objects.values_list("payload", flat=True).get(sha256=sha256).encode()


@lru_cache(maxsize=KEPT)
def _document(sha256: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(published_bytes(sha256))
    return document


@lru_cache(maxsize=1000)
def is_final(sha256: str) -> bool:
    """Whether the scorecard with this hash was published after its cycle had closed."""
    return bool(_document(sha256)["cycle"]["phase"] == Phase.CLOSED)


def published_figures(scorecard: Scorecard) -> Figures:
    """The figures inside the published bytes."""
    document = _document(scorecard.sha256)
    return Figures(
        scorecard.cycle,
        document["groups"],
        document["baselines"],
        document["cycle"]["phase"],
        document["threshold"],
        scorecard.version,
        scorecard.sha256,
    )


def provisional_figures(cycle: Cycle) -> Figures:
    """The figures as computed last, before suppression: for the task force alone; else NotFound."""
    computation = Computation.objects.filter(cycle=cycle).first()
    if computation is None:
        raise NotFound(_("Nothing has been computed for this cycle yet: no sheet has been submitted."))
    groups = json.loads(computation.figures)
    return Figures(cycle, groups, baselines(cycle.framework), cycle.phase, cycle.threshold)


def item_figures(figures: Figures, *, group: str, basis: str, area: str | None = None) -> list[ItemFigure]:
    """The cells of one group on one basis in framework order; KeyError for an unknown group."""
    cells = figures.groups[group][basis]["items"]
    items = Item.objects.filter(framework=figures.cycle.framework_id).in_order().select_related("dimension")
    if area:
        items = items.filter(dimension__area=area)
    return [
        ItemFigure(
            item=item.code,
            dimension=item.dimension.code,
            enabler=item.enabler,
            label=item.label,
            question=item.question,
            n_group=cells[item.code]["n_group"],
            counts=_counts(cells[item.code]),
            baseline=_baseline(figures.baselines.get(item.code), group),
            carried_from=cells[item.code].get("carried_from"),
        )
        for item in items
    ]


def panels(figures: Figures, rows: Sequence[ItemFigure]) -> list[Panel]:
    """The cells by dimension, in order."""
    dimensions = Dimension.objects.filter(framework=figures.cycle.framework_id)
    grouped = [
        Panel(
            dimension.code,
            dimension.label,
            dimension.tagline,
            [row for row in rows if row.dimension == dimension.code],
        )
        for dimension in dimensions
    ]
    return [panel for panel in grouped if panel.rows]


def state_of_play(figures: Figures, *, group: str, basis: str) -> list[ItemFigure]:
    """The 5 × 7 cells of the quintet."""
    return item_figures(figures, group=group, basis=basis, area=Area.CAPABILITY)


def default_group(figures: Figures) -> str:
    """The group that is shown when none is asked for: the entities, without any the country teams."""
    for group in (ENTITIES, COUNTRY_TEAMS):  # every unit is in one of them
        if group in figures.groups:
            return group
    raise NotFound(_("These figures are of no unit: nobody was asked in this cycle."))


def group_choices(figures: Figures) -> list[GroupChoice]:
    """The groups of the figures, the general ones first."""
    names = {
        ENTITIES: gettext("UN entities"),
        CEB31: gettext("CEB members"),
        ALL: gettext("Entities and country teams"),
        COUNTRY_TEAMS: gettext("Country teams"),
        **{f"type:{code}": str(label) for code, label in EntityType.choices},
        **{f"region:{region.code}": str(region.name) for region in Region.objects.all()},
    }
    return [
        GroupChoice(code, name, figures.groups[code][Basis.ACCEPTED]["n_group"])
        for code, name in names.items()
        if code in figures.groups
    ]


def units_of(cycle: Cycle) -> QuerySet[Entity]:
    """The units that were given a sheet in the cycle and exist on its last day, by code."""
    asked = Entity.objects.filter(pk__in=cycle.assessments.values("entity")).active_on(cycle.closes_on)
    return asked.order_by("pk")


def unit_scores(cycle: Cycle, *, basis: str, entity: Entity | None = None) -> QuerySet[UnitScore]:
    """Stored figures per unit and dimension, in order."""
    scores = UnitScore.objects.filter(cycle=cycle, basis=basis).select_related("entity", "dimension")
    if entity is not None:
        scores = scores.filter(entity=entity)
    return scores.order_by("entity__code", "dimension__order")


def baselines(framework: Framework) -> dict[str, Any]:
    """The 2023 values by item code, only those that count entities (method §4)."""
    items = Item.objects.filter(framework=framework, baseline__unit=BASELINE_UNIT).select_related("baseline")
    return {item.code: published_baseline(item) for item in items}


def is_known_basis(basis: str) -> bool:
    return basis in Basis.values


def _counts(cell: Mapping[str, Any]) -> ItemCounts | None:
    if cell.get("suppressed"):
        return None
    return ItemCounts(cell["n_group"], cell["n_na"], cell["n_missing"], tuple(cell["dist"]))


def _baseline(raw: Mapping[str, Any] | None, group: str) -> Baseline | None:
    if raw is None or group not in GROUPS_WITH_BASELINE:
        return None
    return Baseline(**raw)


def proposal_of(cycle: Cycle) -> Proposal | None:
    """What waits for a second person, if anything."""
    return Proposal.objects.filter(cycle=cycle).select_related("by").first()


def computation_of(cycle: Cycle) -> Computation | None:
    """When and from which inputs the provisional figures were computed."""
    return Computation.objects.filter(cycle=cycle).first()


def dimension_entries(figures: Figures, *, group: str, basis: str) -> list[dict[str, Any]]:
    """The summaries of one group on one basis, as in the document, in framework order."""
    entries = figures.groups[group][basis]["dimensions"]
    return [{"dimension": code, **entries[code]} for code in _dimension_codes(figures)]


def units_with_figures(figures: Figures, entities: set[int] | None) -> QuerySet[Entity]:
    """The units that the figures hold, of the given ids (None: all), by code."""
    held = (
        Q(pk__in=UnitScore.objects.filter(cycle=figures.cycle).values("entity"))
        if figures.is_provisional
        else Q(pk__in=EntityDocument.objects.filter(scorecard__sha256=figures.sha256).values("entity"))
    )
    units = Entity.objects.filter(held).order_by("code")
    return units if entities is None else units.filter(pk__in=entities)


@dataclass(frozen=True)
class UnitEntry:
    """One unit with its figures per dimension (method §2) as plain values; none while not counted."""

    entity: Entity
    dimensions: Sequence[Mapping[str, Any]]


def unit_entries(figures: Figures, units: Sequence[Entity], *, basis: str) -> list[UnitEntry]:
    """The figures of each of `units` on one basis, dimensions in framework order."""
    read = _provisional_units if figures.is_provisional else _published_units
    entries = read(figures, units, basis)
    codes = list(_dimension_codes(figures))
    return [
        UnitEntry(unit, [{"dimension": code, **held[code]} for code in codes if code in held])
        for unit in units
        for held in [entries.get(unit.pk, {})]
    ]


def _published_units(figures: Figures, units: Sequence[Entity], basis: str) -> dict[int, Any]:
    documents = EntityDocument.objects.filter(scorecard__sha256=figures.sha256, entity__in=units)
    return {document.entity_id: json.loads(document.payload)["figures"][basis] for document in documents}


def _provisional_units(figures: Figures, units: Sequence[Entity], basis: str) -> dict[int, Any]:
    scores = unit_scores(figures.cycle, basis=basis).filter(entity__in=units)
    entries: dict[int, dict[str, Any]] = {}
    for score in scores:
        values = UnitFigures(**{field.name: getattr(score, field.name) for field in fields(UnitFigures)})
        entry = unit_entry(values, figures.cycle.framework.highest_level)
        entries.setdefault(score.entity_id, {})[score.dimension.code] = entry
    return entries


def _dimension_codes(figures: Figures) -> QuerySet[Dimension, str]:
    return Dimension.objects.filter(framework=figures.cycle.framework_id).values_list("code", flat=True)

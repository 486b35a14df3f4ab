"""Figures as pages and API show them: published ones out of their bytes, provisional ones out of counts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext, gettext_lazy

from entities.access import Person
from entities.models import EntityType, Region
from quintet.models import Area, Cycle, Dimension, Framework, Item, Phase
from quintet.queries.frameworks import published_baseline
from scorecards.domain.corrections import Correction
from scorecards.domain.groups import (
    ALL,
    CEB31,
    COUNTRY_TEAMS,
    ENTITIES,
    GROUPS_WITH_BASELINE,
    PERCENTAGES_FROM,
    ItemCounts,
)
from scorecards.domain.visibility import Audience
from scorecards.models import Basis, Computation, Scorecard
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.publications import (
    correction_of,
    differing_parts,
    intact_draft,
    published_document,
    ready_proposal,
)
from scorecards.queries.tallied import TalliedGroups
from scorecards.queries.work import run_under_way
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

BASELINE_UNIT = "percent_of_entities"

COMPARABILITY = {
    "same_concept": gettext_lazy("same concept"),
    "near_concept_strategic_approach": gettext_lazy("near concept: strategic approach"),
    "near_concept_self_assessed_ability": gettext_lazy("near concept: self-assessed ability"),
}
TYPES_OF_MANY = {  # what units of a type are called together
    EntityType.SECRETARIAT: gettext_lazy("Secretariat departments and offices"),
    EntityType.REGIONAL_COMMISSION: gettext_lazy("Regional commissions"),
    EntityType.FUND_OR_PROGRAMME: gettext_lazy("Funds and programmes"),
    EntityType.SPECIALISED_AGENCY: gettext_lazy("Specialised agencies"),
    EntityType.RELATED_ORGANISATION: gettext_lazy("Related organisations"),
    EntityType.OTHER_ENTITY: gettext_lazy("Other entities"),
    EntityType.RESEARCH_TRAINING: gettext_lazy("Research and training institutes"),
    EntityType.COUNTRY_TEAM: gettext_lazy("Country teams"),
}


@dataclass(frozen=True)
class Baseline:
    """The value of the brief for one cell, as printed; how many entities answered is not stated."""

    value: str
    operator: str
    unit: str
    year: int
    comparability: str
    source: str

    @property
    def is_comparable(self) -> bool:
        """Whether it measured the same; "less than a third" is no value to subtract."""
        return not self.is_near_concept and self.operator not in ("less_than", "more_than")

    @property
    def is_near_concept(self) -> bool:
        """Whether it measured something near, not the same."""
        return self.comparability != "same_concept"

    @property
    def comparability_name(self) -> str:
        """How far it can be compared, in the reader's language."""
        return str(COMPARABILITY.get(self.comparability, self.comparability.replace("_", " ")))

    @property
    def sign(self) -> str:
        """What stands before the value: "≈ ", "< "."""
        return {"approx": "≈ ", "less_than": "< ", "more_than": "> "}.get(self.operator, "")


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
    basis: str
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

    @property
    def printed(self) -> Fraction | None:
        """The per cent that was printed before, where it can be subtracted."""
        return Fraction(self.baseline.value) if self.baseline and self.baseline.is_comparable else None

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
    """The group figures of one cycle: published, proposed, or provisional (without version and hash).

    Phase and threshold are those of the moment when the figures were made, not the cycle's of today.
    """

    cycle: Cycle
    groups: Mapping[str, Any]
    baselines: Mapping[str, Any]
    phase: str
    threshold: int
    version: int | None = None
    sha256: str = ""
    correction: Correction | None = None
    readers: str = Audience.NOBODY
    published_at: datetime | None = None
    is_proposed: bool = False  # as they will be published, if a second person confirms these very bytes
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)  # all that the bytes say, if any

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many units each group has."""
        if isinstance(self.groups, TalliedGroups):
            return self.groups.sizes
        return {code: figures[Basis.ACCEPTED]["n_group"] for code, figures in self.groups.items()}

    @cached_property
    def items(self) -> QuerySet[Item]:
        """The items of the cycle's framework in its order: a page asks for several groups and bases."""
        items = Item.objects.filter(framework=self.cycle.framework_id).in_order().select_related("dimension")
        # texts of levels and sources are long
        return items.only("code", "enabler", "label", "question", "dimension__code", "dimension__area")

    @property
    def custom_names(self) -> Mapping[str, str]:
        """What the task force calls its own groups, by code; nothing that is published knows of them."""
        return self.groups.custom_names if isinstance(self.groups, TalliedGroups) else {}

    @property
    def is_provisional(self) -> bool:
        return self.version is None

    @property
    def is_interim(self) -> bool:
        return self.phase != Phase.CLOSED

    @property
    def is_for_committees(self) -> bool:
        return self.readers == Audience.COMMITTEE

    @cached_property
    def has_other_points_alone(self) -> bool:
        """Whether the points for decision are all in which this version differs from the one before it."""
        before = self.document.get("supersedes")
        return bool(before) and differing_parts(self.document, published_document(before)) == {"decisions"}


def replacing_version(user: Person, figures: Figures) -> int | None:
    """The number of the latest version that `user` may read, when these figures are of an earlier one."""
    if figures.version is None or figures.is_proposed:
        return None
    readable = Scorecard.objects.readable_by(user).filter(cycle=figures.cycle)
    latest = readable.aggregate(version=Max("version"))["version"]
    return latest if latest > figures.version else None


def published_figures(scorecard: Scorecard) -> Figures:
    """The figures inside the published bytes."""
    document = published_document(scorecard.sha256)
    found = _figures_of(scorecard.cycle, document, scorecard.sha256, scorecard.readers)
    return replace(found, published_at=scorecard.published_at)


def proposed_figures(cycle: Cycle) -> Figures:
    """The figures inside the bytes that wait to be confirmed: for the task force alone.

    What is suppressed or carried in them is so here. Where there are none, see `ready_proposal`; raises
    WrongState where they are damaged.
    """
    proposal = ready_proposal(cycle)
    document = json.loads(intact_draft(proposal).payload)
    return replace(_figures_of(cycle, document, proposal.sha256, proposal.audience), is_proposed=True)


def _figures_of(cycle: Cycle, document: Mapping[str, Any], sha256: str, readers: str) -> Figures:
    return Figures(
        cycle,
        document["groups"],
        document["baselines"],
        document["cycle"]["phase"],
        document["threshold"],
        document["version"],
        sha256,
        correction_of(document),
        readers,
        document=document,
    )


def provisional_figures(cycle: Cycle) -> Figures:
    """The figures as computed last, before suppression: for the task force alone; else NotFound."""
    computation = Computation.objects.filter(cycle=cycle).first()
    if computation is None:
        if run_under_way(cycle):
            raise NotFound(_("The provisional figures are being computed: look again in a few minutes."))
        raise NotFound(_("Nothing has been computed for this cycle yet: no sheet has been submitted."))
    return Figures(cycle, TalliedGroups(cycle), baselines(cycle.framework), cycle.phase, cycle.threshold)


def item_figures(figures: Figures, *, group: str, basis: str, area: str | None = None) -> list[ItemFigure]:
    """The cells of one group on one basis in framework order; KeyError for an unknown group."""
    cells = figures.groups[group][basis]["items"]
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
            basis=basis,
            carried_from=cells[item.code].get("carried_from"),
        )
        for item in figures.items
        if area in (None, item.dimension.area)
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


def beside_printed(rows: Sequence[ItemFigure]) -> list[tuple[ItemCounts, Fraction]]:
    """The cells with ten answers or more beside which a value was printed that can be subtracted."""
    return [
        (row.counts, row.printed)
        for row in rows
        if row.counts and row.printed is not None and row.shows_percentages
    ]


def default_group(figures: Figures) -> str:
    """The group that is shown when none is asked for: the entities, without any the country teams."""
    for group in (ENTITIES, COUNTRY_TEAMS):  # every unit is in one of them
        if group in figures.groups:
            return group
    raise NotFound(_("These figures are of no unit: nobody was asked in this cycle."))


def group_choices(figures: Figures) -> list[GroupChoice]:
    """The groups of the figures, the general ones first, custom ones at the end."""
    names = {**group_names(), **figures.custom_names}
    return [
        GroupChoice(code, name, figures.sizes[code]) for code, name in names.items() if code in figures.sizes
    ]


def group_names() -> dict[str, str]:
    """What groups are called in the reader's language, by code, the general ones first."""
    return {
        ENTITIES: gettext("UN entities"),
        CEB31: gettext("CEB members"),
        ALL: gettext("Entities and country teams"),
        COUNTRY_TEAMS: gettext("Country teams"),
        **{
            f"type:{code}": str(TYPES_OF_MANY.get(EntityType(code), label))
            for code, label in EntityType.choices
        },
        **{f"region:{region.code}": str(region.name) for region in Region.objects.all()},
    }


def dimension_entries(figures: Figures, *, group: str, basis: str) -> list[dict[str, Any]]:
    """The summaries of one group on one basis, as in the document, in framework order."""
    entries = figures.groups[group][basis]["dimensions"]
    return [{"dimension": code, **entries[code]} for code in dimension_codes(figures)]


def baselines(framework: Framework) -> dict[str, Any]:
    """The 2023 values by item code, only those that count entities (method §4)."""
    items = Item.objects.filter(framework=framework, baseline__unit=BASELINE_UNIT).select_related("baseline")
    return {item.code: published_baseline(item) for item in items}


def has_printed(framework: Framework, group: str) -> bool:
    """Whether a value of 2023 can be subtracted from a figure of a group."""
    printed = (_baseline(raw, group) for raw in baselines(framework).values())
    return any(baseline is not None and baseline.is_comparable for baseline in printed)


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


def dimension_codes(figures: Figures) -> QuerySet[Dimension, str]:
    """The dimensions of these figures, in framework order."""
    return asked_dimensions(figures.cycle.framework_id).values_list("code", flat=True)

"""What the committee paper of a published version holds: its bytes, and what is compared with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from quintet.models import Area, Dimension, Framework
from scorecards.domain import changes, narrative
from scorecards.domain.changes import Change
from scorecards.domain.decisions import Decision
from scorecards.domain.groups import ALL, CEB31, COUNTRY_TEAMS, ENTITIES, PERCENTAGES_FROM
from scorecards.domain.narrative import Cell, Move
from scorecards.domain.statements import Name, Printed, Statement
from scorecards.domain.visibility import Audience
from scorecards.models import Basis, ComparedPair, PaperFile, PaperFormat, Scorecard
from scorecards.queries.behind import FigureBehind, figure_behind
from scorecards.queries.checked import Checked, checked_of
from scorecards.queries.decisions import decisions_of
from scorecards.queries.frameworks import area_weights
from scorecards.queries.movement import ItemRow, Movement, in_time, movement
from scorecards.queries.publications import published_document
from scorecards.queries.reading import (
    Baseline,
    Figures,
    GroupChoice,
    ItemFigure,
    Panel,
    default_group,
    dimension_entries,
    group_names,
    item_figures,
    panels,
    published_figures,
    state_of_play,
)
from scorecards.queries.regions import RegionRow, regions
from scorecards.queries.since import Since, since
from scorecards.queries.work import Progress, progress_of
from un20portal.lib.languages import REFERENCE_LANGUAGES

PAPERS = "scorecards.papers"  # the errand by which the papers of a version are written
EDITION = 6  # of what papers say and how: counted up with every change, then all are written anew
MAIN_GROUPS = (ENTITIES, CEB31, COUNTRY_TEAMS, ALL)


@dataclass(frozen=True)
class Shelf:
    """The papers of one version that are there, and how far the others are."""

    files: Sequence[PaperFile]
    n_ready: int
    n_all: int
    progress: Progress | None

    @property
    def is_complete(self) -> bool:
        return self.n_ready == self.n_all

    @property
    def has_older(self) -> bool:
        """Whether a paper of an earlier edition is there in place of one that is being written anew."""
        return self.n_ready < len(self.files)

    @property
    def is_given_up(self) -> bool:
        """Whether the others will not come by themselves."""
        return not self.is_complete and self.progress is not None and self.progress.is_given_up


@dataclass(frozen=True)
class DimensionLine:
    """One dimension of one group on one basis, as in the published bytes."""

    dimension: str
    label: str
    entry: Mapping[str, Any]

    @property
    def is_suppressed(self) -> bool:
        return bool(self.entry.get("suppressed"))

    @property
    def shows_mean(self) -> bool:
        """Below ten rated units a page shows how many there are, no mean."""
        return not self.is_suppressed and self.entry["n_rated"] >= PERCENTAGES_FROM


@dataclass(frozen=True)
class GroupDimensions:
    """The dimensions of one of the main groups."""

    group: GroupChoice
    n_counted: int
    lines: Sequence[DimensionLine]


@dataclass(frozen=True)
class Weight:
    """What an item weighs in the index of its dimension."""

    item: str
    weight: int


@dataclass(frozen=True)
class Paper:
    """All that a committee paper says of one version, for one group on the accepted basis."""

    scorecard: Scorecard
    document: Mapping[str, Any]
    figures: Figures
    group: GroupChoice
    accepted: Sequence[ItemFigure]
    claimed: Sequence[ItemFigure]
    groups: Sequence[GroupDimensions]
    movement: Movement | None
    since: Since | None  # what differs from the version before it, the last that all its readers read

    @property
    def framework(self) -> Framework:
        return self.scorecard.cycle.framework

    @property
    def symbol(self) -> str:
        """What the paper is cited by. No symbol of the United Nations, and its first page says so."""
        return f"UN 2.0 portal/{self.document['cycle']['code']}/v{self.document['version']}"

    @property
    def address(self) -> str:
        """Where the published bytes are read, below the portal's own address."""
        return f"/api/v1/scorecards/{self.document['cycle']['code']}/{self.document['version']}/"

    @property
    def portal(self) -> str:
        """The portal's own address, where it is one that others reach; else nothing is said of it."""
        return settings.SITE_URL.rstrip("/") if settings.SITE_URL.startswith("https://") else ""

    @property
    def decisions(self) -> Sequence[Decision] | None:
        """The points for decision; None for a version from before there were any."""
        return decisions_of(self.figures)

    @cached_property
    def points(self) -> Sequence[tuple[Decision, FigureBehind | None]]:
        """The points for decision, each with the figure behind it."""
        return [
            (point, figure_behind(point, self.figures, earlier=self._earlier))
            for point in self.decisions or ()
        ]

    def _earlier(self, code: str) -> Figures | None:
        earlier = compared_with(self.scorecard, cycle=code)
        return None if earlier is None else published_figures(earlier)

    @cached_property
    def regions(self) -> list[RegionRow]:
        """The country level: country teams by region."""
        return regions(self.figures, basis=Basis.ACCEPTED)

    @property
    def is_synthetic(self) -> bool:
        return bool(self.document["cycle"]["synthetic"])

    @property
    def is_for_committees(self) -> bool:
        """Whether the committees read it first; also after its release: the paper stays as it is."""
        return self.scorecard.audience == Audience.COMMITTEE

    @cached_property
    def panels(self) -> list[Panel]:
        """All dimensions with their items, in order."""
        return panels(self.figures, self.accepted)

    @cached_property
    def capabilities(self) -> list[Panel]:
        return self._of_area(Area.CAPABILITY)

    @cached_property
    def culture(self) -> list[Panel]:
        return self._of_area(Area.CULTURE)

    def _of_area(self, area: str) -> list[Panel]:
        codes = set(area_weights(self.framework).get(area, ()))
        return [panel for panel in self.panels if panel.code in codes]

    # --- what it says in sentences ---------------------------------------------------------------
    @property
    def participation(self) -> list[Statement]:
        n_counted = self.document["groups"][self.group.code][Basis.ACCEPTED]["n_counted"]
        return narrative.taking_part(n_counted, self.group.n_group)

    @property
    def capability_statements(self) -> list[tuple[list[Panel], list[Statement]]]:
        """Each capability as a list of its own, as tables are made of, and what is said of it."""
        return [([panel], self._standing(panel.rows)) for panel in self.capabilities]

    @property
    def culture_statements(self) -> list[Statement]:
        rows = [row for panel in self.culture for row in panel.rows]
        return self._standing(rows, with_dimension=True)

    def _standing(self, rows: Sequence[ItemFigure], *, with_dimension: bool = False) -> list[Statement]:
        cells = self._cells(rows, with_dimension=with_dimension)
        return narrative.standing(cells, threshold=self.figures.threshold)

    @property
    def movement_statements(self) -> list[Statement]:
        if self.movement is None:
            return []
        rows = [row for row in self.movement.items if row.relation == "equal"]
        return narrative.moved([Move(self._name(row, with_dimension=True), row.panel) for row in rows])

    @property
    def since_statements(self) -> list[Statement]:
        if self.since is None:
            return []
        return changes.changed(
            [
                Change(self._name(each.after, with_dimension=True), each.before.counts, each.after.counts)
                for each in self.since.by_size
                if each.before.counts and each.after.counts
            ],
            version=self.since.before.version or 0,
            new_gaps=[self._name(row, with_dimension=True) for row in self.since.new_gaps],
            closed_gaps=[self._name(row, with_dimension=True) for row in self.since.closed_gaps],
            n_new_points=len(self.since.new_decisions),
            n_gone_points=self.since.n_gone_decisions,
        )

    @property
    def quality_statements(self) -> list[Statement]:
        n_carried = sum(row.carried_from is not None for row in self.accepted)
        sides = (self._cells(rows, with_dimension=True) for rows in (self.accepted, self.claimed))
        return narrative.quality(*sides, n_carried=n_carried)

    def _cells(self, rows: Sequence[ItemFigure], *, with_dimension: bool = False) -> list[Cell]:
        return [
            Cell(
                self._name(row, with_dimension=with_dimension),
                row.counts,
                Printed(row.baseline.value, row.baseline.sign)
                if row.baseline and _is_said(row.baseline)
                else None,
                row.baseline.year if row.baseline else 0,
                row.baseline.is_near_concept if row.baseline else False,
            )
            for row in rows
        ]

    def _name(self, row: ItemFigure | ItemRow, *, with_dimension: bool) -> Name:
        place, words = (row.item, row.dimension, row.enabler), (row.question, self.framework.language)
        return Name(*place, row.label, with_dimension, *words)

    @cached_property
    def checked(self) -> Checked | None:
        """What checks found, in versions that say it."""
        return checked_of(self.document, self.framework)

    @property
    def checked_statements(self) -> list[Statement]:
        return self.checked.statements if self.checked else []

    @property
    def matrix(self) -> list[tuple[ItemFigure, list[ItemFigure | None]]]:
        """The state of play at a glance: for each enabler an item to name it, and that of each capability."""
        found = {(row.enabler, row.dimension): row for panel in self.capabilities for row in panel.rows}
        enablers: dict[str, ItemFigure] = {}
        for (enabler, _dimension), row in found.items():
            enablers.setdefault(enabler, row)
        return [
            (row, [found.get((enabler, panel.code)) for panel in self.capabilities])
            for enabler, row in enablers.items()
        ]

    @property
    def both_bases(self) -> list[tuple[ItemFigure, ItemFigure]]:
        """Each item on the accepted and on the claimed basis."""
        return list(zip(self.accepted, self.claimed, strict=True))

    @cached_property
    def weights(self) -> list[Weight]:
        items = self.framework.items.in_order()
        return [Weight(item.code, item.weight) for item in items if item.weight != 1]


def paper_of(scorecard: Scorecard) -> Paper:
    """Gather the paper of a published version; names of groups are in the active language."""
    figures = published_figures(scorecard)
    document, group = published_document(scorecard.sha256), default_group(figures)
    names = group_names()

    def rows(basis: str) -> list[ItemFigure]:
        return item_figures(figures, group=group, basis=basis)

    return Paper(
        scorecard,
        document,
        figures,
        GroupChoice(group, names[group], figures.sizes[group]),
        rows(Basis.ACCEPTED),
        rows(Basis.CLAIMED),
        [_dimensions(figures, code, names[code]) for code in MAIN_GROUPS if code in figures.groups],
        _movement(scorecard, figures, group),
        _since(scorecard, figures, group),
    )


def missing_papers(done: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """By language, English first, the formats in which a version has no paper yet."""
    there, languages = set(done), sorted(REFERENCE_LANGUAGES, key=lambda code: code != "en")
    missing = {code: [form for form in PaperFormat.values if (code, form) not in there] for code in languages}
    return {code: forms for code, forms in missing.items() if forms}


def shelf_of(scorecard: Scorecard, *, at: datetime) -> Shelf:
    """Of each language and format the newest edition; the bytes are not read."""
    papers = PaperFile.objects.filter(scorecard=scorecard).defer("content").order_by("edition")
    newest = {(paper.language, paper.form): paper for paper in papers}
    n_ready = sum(paper.edition == EDITION for paper in newest.values())
    return Shelf(
        sorted(newest.values(), key=lambda paper: (REFERENCE_LANGUAGES.index(paper.language), paper.form)),
        n_ready,
        len(REFERENCE_LANGUAGES) * len(PaperFormat.values),
        progress_of(PAPERS, at=at, scorecard_id=scorecard.pk),
    )


def paper_file(scorecard: Scorecard, *, language: str, form: str) -> PaperFile | None:
    """The newest edition of one paper, with its bytes; None while there is none."""
    papers = PaperFile.objects.filter(scorecard=scorecard, language=language, form=form)
    return papers.order_by("-edition").first()


def compared_with(scorecard: Scorecard, *, cycle: str | None = None) -> Scorecard | None:
    """The version of the nearest earlier cycle, or of a certain one, that everybody could read when this one
    was published.

    So a paper is the same whenever it is written, and what it says of that version all its readers may read.
    """
    pairs = ComparedPair.objects.filter(before__in=_public_before(scorecard), after=scorecard)
    pairs = pairs.exclude(before__cycle=scorecard.cycle_id).select_related("before__cycle__framework")
    if cycle is not None:
        pairs = pairs.filter(before__cycle__code=cycle)
    found = [pair.before for pair in pairs.defer("payload", "before__payload")]
    return max(found, key=lambda before: (in_time(before.cycle), before.version), default=None)


def _public_before(scorecard: Scorecard) -> QuerySet[Scorecard]:
    """The versions that everybody could read when this one was published."""
    released = Q(public_release__at__lte=scorecard.published_at)
    was_public = Q(audience=Audience.PUBLIC) | released
    return Scorecard.objects.filter(was_public, pk__lt=scorecard.pk)


def _since(scorecard: Scorecard, after: Figures, group: str) -> Since | None:
    versions = _public_before(scorecard).filter(cycle=scorecard.cycle_id).defer("payload")
    earlier = versions.select_related("cycle__framework").order_by("-version").first()
    if earlier is None:
        return None
    rows = state_of_play(after, group=group, basis=Basis.ACCEPTED)
    return since(published_figures(earlier), after, group=group, basis=Basis.ACCEPTED, rows=rows)


def _movement(scorecard: Scorecard, after: Figures, group: str) -> Movement | None:
    earlier = compared_with(scorecard)
    if earlier is None:
        return None
    before = published_figures(earlier)
    if group not in before.groups:
        return None
    return movement(before, after, group=group, basis=Basis.ACCEPTED)


def _dimensions(figures: Figures, code: str, name: str) -> GroupDimensions:
    labels = dict(Dimension.objects.filter(framework=figures.cycle.framework_id).values_list("code", "label"))
    entries = dimension_entries(figures, group=code, basis=Basis.ACCEPTED)
    return GroupDimensions(
        GroupChoice(code, name, figures.sizes[code]),
        figures.groups[code][Basis.ACCEPTED]["n_counted"],
        [DimensionLine(entry["dimension"], labels[entry["dimension"]], entry) for entry in entries],
    )


def _is_said(baseline: Baseline) -> bool:
    """Whether a sentence names it: beside a limit ("less than a third") there is nothing to say."""
    return baseline.is_comparable or baseline.is_near_concept

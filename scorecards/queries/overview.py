"""The page of a scorecard: its parts put together for one group and basis, each from what is published.

What an older version does not hold is said to be missing; nothing is computed in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from entities.access import Person
from quintet.models import Cycle
from scorecards.domain.decisions import Decision
from scorecards.domain.movement import Verdict
from scorecards.domain.summary import Point, points, verdicts_on_printed
from scorecards.queries import movement as compared
from scorecards.queries.checked import Checked, checked_of
from scorecards.queries.culture import Lever, Tile, imported_tiles, levers
from scorecards.queries.decisions import decisions_of
from scorecards.queries.movement import Movement, Section
from scorecards.queries.quality import Quality, quality
from scorecards.queries.reading import Figures, ItemFigure, beside_printed
from scorecards.queries.regions import RegionRow, regions
from scorecards.queries.since import Since, since, version_before
from un20portal.lib.errors import NotFound, NotYet


class MovementState(StrEnum):
    """Whether a comparison stands on the page, and if not why."""

    SHOWN = "shown"
    NO_EARLIER = "no_earlier"  # no published cycle ended before
    NOT_COMPARED = "not_compared"  # only the latest published versions are
    NO_GROUP = "no_group"  # the earlier cycle has no such group
    NOT_YET = "not_yet"
    NO_LINKS = "no_links"  # nobody said how the questions belong together


@dataclass(frozen=True)
class Moved:
    """What moved since the cycle before, or why that is not shown."""

    state: MovementState
    earlier: Cycle | None = None
    movement: Movement | None = None

    @property
    def enablers(self) -> Section | None:
        """What moved of the capabilities."""
        return self.movement.enablers if self.movement else None


NOT_COMPARED = Moved(MovementState.NOT_COMPARED)


@dataclass(frozen=True)
class Overview:
    """The parts of the page beside the state of play."""

    points: Sequence[Point]
    moved: Moved
    levers: Sequence[Lever]
    tiles: Sequence[Tile]
    regions: Sequence[RegionRow]
    quality: Quality
    checked: Checked | None  # of the whole system; None: it is not recorded
    decisions: Sequence[Decision] | None  # None: a version from before there were any
    since: Sequence[Since]  # beside the version before, and beside the cycle before, as far as there are any


def overview_of(
    user: Person,
    figures: Figures,
    *,
    group: str,
    basis: str,
    rows: Sequence[ItemFigure],
    is_compared: bool,
    earlier: Cycle | None,
) -> Overview:
    """The parts for one group and basis; `rows` are its state of play.

    Only what is the latest published version for this reader `is_compared` with the cycle before, `earlier`.
    """
    moved = _moved(user, figures, earlier, group=group, basis=basis) if is_compared else NOT_COMPARED
    found = quality(figures, group=group, basis=basis)
    return Overview(
        points=points(
            rows,
            n_counted=figures.groups[group][basis]["n_counted"],
            n_group=found.n_group,
            moved=moved.enablers.verdicts if moved.enablers else None,
            printed=verdicts_on_printed(beside_printed(rows)),
        ),
        moved=moved,
        levers=levers(figures, group=group, basis=basis),
        tiles=imported_tiles(),
        regions=regions(figures, basis=basis),
        quality=found,
        checked=checked_of(figures.document, figures.cycle.framework),
        decisions=decisions_of(figures),
        since=_since(user, figures, moved, group=group, basis=basis, rows=rows),
    )


def _since(
    user: Person, figures: Figures, moved: Moved, *, group: str, basis: str, rows: Sequence[ItemFigure]
) -> list[Since]:
    """Beside the version before, and beside the cycle before, as far as they are compared.

    A committee may have seen either the last time it sat.
    """
    found = []
    if before := version_before(user, figures):
        found.append(since(before, figures, group=group, basis=basis, rows=rows))
    if moved.movement:
        enablers = moved.movement.enablers.items
        clear = frozenset(row.item for row in enablers if row.panel and row.panel.verdict is Verdict.CLEAR)
        before = moved.movement.before
        found.append(since(before, figures, group=group, basis=basis, rows=rows, clear=clear))
    return found


def _moved(user: Person, figures: Figures, earlier: Cycle | None, *, group: str, basis: str) -> Moved:
    if earlier is None:
        return Moved(MovementState.NO_EARLIER)
    before = compared.figures_of_other(user, figures.cycle, earlier.code)
    if group not in before.groups:
        return Moved(MovementState.NO_GROUP, earlier)
    try:
        found = compared.movement(before, figures, group=group, basis=basis)
    except NotYet:
        return Moved(MovementState.NOT_YET, earlier)
    except NotFound:
        return Moved(MovementState.NO_LINKS, earlier)
    return Moved(MovementState.SHOWN, earlier, found)

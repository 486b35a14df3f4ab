"""The culture on the page of a scorecard: nine levers of indicators, and what others measured of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from quintet.models import Area, Observation
from scorecards.domain.groups import ItemCounts
from scorecards.queries import reading
from scorecards.queries.reading import Figures, ItemFigure

CHAPTER, KIND = "culture", "baseline"
EARLIER = {"CUL-02": "CUL-03"}  # the same question in the survey before: printed beside it, not for itself


@dataclass(frozen=True)
class Lever:
    """One lever with its indicators, and what all answers to them add up to."""

    code: str
    label: str
    rows: Sequence[ItemFigure]

    @property
    def is_suppressed(self) -> bool:
        """Whether one of its indicators is hidden, and so their sum."""
        return any(row.is_suppressed for row in self.rows)

    @cached_property
    def total(self) -> ItemCounts | None:
        """All answers to the indicators together; None while one of them is hidden or has below ten."""
        told = [row.counts for row in self.rows if row.counts and row.shows_percentages]
        if len(told) < len(self.rows):
            return None
        levels = zip(*(counts.dist for counts in told), strict=True)
        return ItemCounts(
            n_group=sum(counts.n_group for counts in told),
            n_na=sum(counts.n_na for counts in told),
            n_missing=sum(counts.n_missing for counts in told),
            dist=tuple(map(sum, levels)),
        )


@dataclass(frozen=True)
class Tile:
    """A value that others measured, as printed, with the same of an earlier year where that was printed."""

    fact: Observation
    earlier: Observation | None


def levers(figures: Figures, *, group: str, basis: str) -> list[Lever]:
    """The levers of a group in framework order; none where the framework asks nothing of the culture."""
    rows = reading.item_figures(figures, group=group, basis=basis, area=Area.CULTURE)
    return [Lever(panel.code, panel.label, panel.rows) for panel in reading.panels(figures, rows)]


def imported_tiles() -> list[Tile]:
    """What the policy brief printed of the culture: it is not asked again."""
    facts = {
        fact.indicator: fact for fact in Observation.objects.filter(chapter=CHAPTER, kind=KIND).order_by("pk")
    }
    return [
        Tile(fact, facts.get(EARLIER.get(code, "")))
        for code, fact in facts.items()
        if code not in EARLIER.values()
    ]

"""How the figures of one unit (method un20-1 §2, §3) follow from its levels, step by step. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quintet.domain.answers import ANSWERED, NA, UNANSWERED
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.areas import AreaFigures
from scorecards.domain.formulas import added_up, in_a_row, truth, within
from scorecards.domain.receipts import Sentence, Step
from scorecards.domain.scoring import (
    ADVANCED_NEEDS,
    ADVANCED_OPERATING,
    HAS_FROM,
    OPERATES_FROM,
    ItemShape,
)
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal

WITHHELD = "withheld"
NOTHING = "–"


@dataclass(frozen=True)
class ItemLine:
    """One item behind a figure: its weight, and of a unit its state and level (None: no level).

    State and level are None behind a group's figure; `withheld` hides them from a reader who may not see
    this item of the sheet.
    """

    item: str
    weight: int
    enabler: str = ""
    state: str | None = None
    level: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the reader may see what the unit says here."""
        return self.state != WITHHELD

    @property
    def points(self) -> int | None:
        return None if self.level is None else self.weight * self.level

    @property
    def code(self) -> str:
        """What the item is called in a formula."""
        return self.enabler or self.item


@dataclass(frozen=True)
class DimensionLine:
    """One dimension behind an area: its weight, and its index, 0…100 (None: not rated)."""

    dimension: str
    weight: int
    index: Fraction | None


def item_line(shape: ItemShape, level: int, *, is_withheld: bool) -> ItemLine:
    """Return the line of an item from its packed level."""
    if is_withheld:
        return ItemLine(shape.code, shape.weight, shape.enabler, WITHHELD)
    states = {NA_BYTE: NA, MISSING_BYTE: UNANSWERED}
    known = None if level in states else level
    return ItemLine(shape.code, shape.weight, shape.enabler, states.get(level, ANSWERED), known)


def unit_item_steps(line: ItemLine) -> list[Step]:
    """What follows from one level of a unit; nothing where there is none."""
    if line.level is None:
        return []
    level, points = line.level, line.weight * line.level
    return [
        _test("has", level, HAS_FROM, _("In place means level 2 or above; the level is %(level)s.")),
        _test(
            "operates", level, OPERATES_FROM, _("Operating means level 3 or above; the level is %(level)s.")
        ),
        Step(
            "points",
            "w · level",
            f"{line.weight} · {level}",
            str(points),
            Sentence(_("Its points in the dimension: the weight times the level.")),
        ),
    ]


def _test(name: str, level: int, lowest: int, words: str) -> Step:
    value = truth(level >= lowest)
    return Step(name, f"level ≥ {lowest}", f"{level} ≥ {lowest}", value, Sentence(words, {"level": level}))


def unit_dimension_steps(
    entry: Mapping[str, Any], lines: Sequence[ItemLine], *, highest_level: int
) -> list[Step]:
    """How the figures of a unit in one dimension follow; `entry` is that of its document.

    Terms that would tell a withheld level are left out: the sums are the figure, the terms are not.
    """
    steps = [*_sums(entry, lines, highest_level), *_counts(entry, lines)]
    if all(line.is_open for line in lines):
        return steps
    open_steps = {"rated", "index", "paper_gap"}  # these follow from sums alone
    return [
        step if step.name in open_steps else Step(step.name, step.formula, "", step.value, step.words)
        for step in steps
    ]


def _sums(entry: Mapping[str, Any], lines: Sequence[ItemLine], highest_level: int) -> list[Step]:
    weight, answered, points = entry["weight_applicable"], entry["weight_answered"], entry["points"]
    steps = [
        Step(
            "weight_applicable",
            "Σ w",
            added_up(line.weight for line in lines if line.state != NA),
            str(weight),
            Sentence(_("The weights of all items that are applicable, added up.")),
        ),
        Step(
            "weight_answered",
            "Σ w",
            added_up(line.weight for line in lines if line.state == ANSWERED),
            str(answered),
            Sentence(_("The weights of the items that are answered, added up.")),
        ),
        Step(
            "points",
            "Σ w · level",
            added_up(f"{line.weight} · {line.level}" for line in lines if line.level is not None),
            str(points),
            Sentence(_("The weight of each answered item times its level, added up.")),
        ),
        _rated(entry["rated"], answered, weight),
    ]
    if entry["index"] is not None:
        words = _("The index: the points as a share of the points that the highest level would give.")
        formula = f"100 · points / ({highest_level} · weight_answered)"
        filled = f"100 · {points} / ({highest_level} · {answered})"
        steps.append(Step("index", formula, filled, entry["index"][2], Sentence(words)))
    return steps


def _rated(is_rated: bool, answered: int, whole: int) -> Step:
    words = (
        _("Rated: at least two thirds of the weight are answered.")
        if is_rated
        else _("Not rated, and so without an index: less than two thirds of the weight are answered.")
    )
    formula = "3 · weight_answered ≥ 2 · weight_applicable > 0"
    filled = f"3 · {answered} ≥ 2 · {whole} > 0"
    return Step("rated", formula, filled, truth(is_rated), Sentence(words))


def _counts(entry: Mapping[str, Any], lines: Sequence[ItemLine]) -> list[Step]:
    steps = [
        _reaching("has", HAS_FROM, entry, lines, _("Items in place, at level 2 or above.")),
        _reaching("operates", OPERATES_FROM, entry, lines, _("Items operating, at level 3 or above.")),
        Step(
            "paper_gap",
            "has - operates",
            f"{entry['has']} - {entry['operates']}",
            str(entry["paper_gap"]),
            Sentence(_("Items that are in place and do not operate yet.")),
        ),
        Step(
            "foundation",
            "min(level)",
            f"min({in_a_row(_level(line) for line in lines if line.state != NA)})"
            if entry["applicable"]
            else "",
            None if entry["foundation"] is None else str(entry["foundation"]),
            Sentence(_("The level that every applicable item reaches; 0 as long as one is unanswered.")),
        ),
    ]
    return steps if entry["advanced"] is None else [*steps, _advanced(entry, lines)]


def _reaching(
    name: str, lowest: int, entry: Mapping[str, Any], lines: Sequence[ItemLine], words: str
) -> Step:
    codes = [line.code for line in lines if line.level is not None and line.level >= lowest]
    return Step(name, f"n(level ≥ {lowest})", in_a_row(codes) or NOTHING, str(entry[name]), Sentence(words))


def _advanced(entry: Mapping[str, Any], lines: Sequence[ItemLine]) -> Step:
    needed = {line.enabler: _level(line) for line in lines if line.enabler in ADVANCED_NEEDS}
    return Step(
        "advanced",
        f"operates ≥ {ADVANCED_OPERATING}; {in_a_row(ADVANCED_NEEDS)} ≥ {HAS_FROM}",
        f"{entry['operates']} ≥ {ADVANCED_OPERATING}; "
        + in_a_row(f"{name} {needed.get(name, NOTHING)} ≥ {HAS_FROM}" for name in ADVANCED_NEEDS),
        truth(entry["advanced"]),
        Sentence(
            _(
                "Advanced: at least four items at level 3, and strategy, leadership and training at level 2 "
                "or above."
            )
        ),
    )


def unit_gaps(entry: Mapping[str, Any], n_items: int) -> list[Sentence]:
    """Say what is missing behind a unit's figures in one dimension of so many items."""
    unanswered, na = entry["applicable"] - entry["answered"], n_items - entry["applicable"]
    words = [
        (unanswered, _("Items without an answer: %(n)s. Missing is never counted as zero in the index.")),
        (na, _("Items that are not applicable and left out: %(n)s.")),
    ]
    return [Sentence(message, {"n": n}) for n, message in words if n]


def area_steps(lines: Sequence[DimensionLine], figures: AreaFigures) -> list[Step]:
    """How the three figures of a unit over an area follow from its dimensions."""
    rated = [line for line in lines if line.index is not None]
    is_rated = figures.mean is not None
    words = (
        _("At least two thirds of the weight of the area are rated.")
        if is_rated
        else _("Without figures: less than two thirds of the weight of the area are rated.")
    )
    filled = f"3 · {figures.weight_rated} ≥ 2 · {figures.weight}"
    steps = [Step("rated", "3 · W_rated ≥ 2 · W", filled, truth(is_rated), Sentence(words))]
    return [*steps, *_area_figures(rated, figures)] if is_rated else steps


def _area_figures(rated: Sequence[DimensionLine], figures: AreaFigures) -> list[Step]:
    whole = figures.weight_rated
    total = added_up(f"{line.weight} · {within(line.index)}" for line in rated)
    product = " · ".join(f"(1 + 0.99 · {within(line.index)})^({line.weight}/{whole})" for line in rated)
    return [
        Step(
            "mean",
            "Σ W · index / Σ W",
            f"({total}) / {whole}",
            one_decimal(figures.mean),
            Sentence(
                _(
                    "The mean of the indices of the rated dimensions, by their weights. Each index goes in "
                    "exactly, as a fraction; only the result is rounded."
                )
            ),
        ),
        Step(
            "geometric",
            "(Π (1 + 0.99 · index)^(W / ΣW) - 1) / 0.99",
            f"({product} - 1) / 0.99",
            figures.geometric_shown,
            Sentence(_("The geometric mean, in which a strength does not hide a gap.")),
        ),
        Step(
            "weakest",
            "min(index)",
            f"min({in_a_row(str(line.index) for line in rated)})",
            one_decimal(figures.weakest),
            Sentence(_("The lowest index of a rated dimension.")),
        ),
    ]


def area_gaps(lines: Sequence[DimensionLine]) -> list[Sentence]:
    """Name the dimensions of an area that are not rated."""
    codes = in_a_row(line.dimension for line in lines if line.index is None)
    return [Sentence(_("Dimensions that are not rated: %(codes)s."), {"codes": codes})] if codes else []


def _level(line: ItemLine) -> str:
    return NOTHING if line.level is None else str(line.level)

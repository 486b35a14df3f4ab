"""Method un20-1 §3: one unit over an area (capabilities, culture), by common and own weights. Plain Python.

Sums are integers and ratios exact fractions. One figure is irrational, the geometric mean: a Decimal of 28
significant digits, the same on every machine (`geometric_index`). Nothing here ranks units.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import prod

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from quintet.domain.tailoring import COMMON, Priority, TailoredItem, TailoredProfile, tailor
from scorecards.domain.scoring import ItemShape, exact_index
from un20portal.lib.ratios import one_decimal

# x = 1 + 0.99·index runs from 1 to 100: a geometric mean cannot take the zero of an index.
LOWEST, STRETCH = 1, Fraction(99, 100)

DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)
GUARDED = Context(prec=40, rounding=ROUND_HALF_EVEN)  # for the steps, so that the last of 28 digits is right


@dataclass(frozen=True)
class WeighedIndex:
    """The index 0…100 of one dimension (None: not rated) with its weight in the area, an integer ≥ 0."""

    index: Fraction | None
    weight: int = 1


@dataclass(frozen=True)
class AreaFigures:
    """The three figures of one area, 0…100 each and always shown together; None where too little is rated.

    `weight` and `weight_rated` are sums of dimension weights: of the area, and of its rated dimensions.
    """

    weight: int
    weight_rated: int
    mean: Fraction | None
    geometric: Decimal | None
    weakest: Fraction | None

    @property
    def geometric_shown(self) -> str | None:
        """The geometric figure with one decimal, half to even."""
        return None if self.geometric is None else one_decimal(Fraction(self.geometric))


def summarise_area(dimensions: Iterable[WeighedIndex]) -> AreaFigures:
    """Return the figures of §3; a weight of 0 leaves a dimension out.

    None unless the rated dimensions hold two thirds of the weight. `mean` is Σ W·index ÷ Σ W, `weakest` the
    lowest index, `geometric` the one that does not let a strength hide a gap (`geometric_index`).
    """
    weighed = [dimension for dimension in dimensions if dimension.weight]
    rated = [(found.index, found.weight) for found in weighed if found.index is not None]
    weight = sum(dimension.weight for dimension in weighed)
    weight_rated = sum(weight for _index, weight in rated)
    if not rated or 3 * weight_rated < 2 * weight:
        return AreaFigures(weight, weight_rated, None, None, None)
    return AreaFigures(
        weight=weight,
        weight_rated=weight_rated,
        mean=sum((weight * index for index, weight in rated), Fraction(0)) / weight_rated,
        geometric=geometric_index(rated),
        weakest=min(index for index, _weight in rated),
    )


def geometric_index(rated: Sequence[tuple[Fraction, int]]) -> Decimal:
    """Return (G − 1) ÷ 0.99 of pairs (index, weight), with x = 1 + 0.99·index and G = Π x^(W ÷ ΣW).

    The product is exact, so the order of the dimensions does not matter. Its root is e^(ln ÷ ΣW): logarithm
    and exponential are rounded correctly by definition, whichever way Python was built, while a power is not.
    Contexts are passed, so no setting of the process has a say; one rounding to 28 digits ends it.
    """
    product = prod(((LOWEST + STRETCH * index) ** weight for index, weight in rated), start=Fraction(1))
    logarithm = GUARDED.ln(_decimal(product))
    root = GUARDED.exp(GUARDED.divide(logarithm, Decimal(sum(weight for _index, weight in rated))))
    return DIGITS.plus(GUARDED.divide(GUARDED.subtract(root, Decimal(LOWEST)), _decimal(STRETCH)))


def _decimal(value: Fraction) -> Decimal:
    return GUARDED.divide(Decimal(value.numerator), Decimal(value.denominator))


def tailor_dimension(
    items: Sequence[ItemShape], levels: Sequence[int], priorities: Mapping[str, Priority]
) -> TailoredProfile:
    """Return one dimension by an entity's own weights and targets, from packed levels.

    `levels[i]` is the packed level of `items[i]`, `priorities` are by item code; an item without one weighs
    1 and has no target.
    """
    return tailor(list(_tailored(items, levels, priorities).values()))


def tailored_index(profile: TailoredProfile, highest_level: int) -> Fraction | None:
    """Return the index 0…100 by own weights, for `summarise_area`; None unless the dimension is rated."""
    return exact_index(profile.points, profile.weight_answered, highest_level) if profile.is_rated else None


def gaps_to_targets(
    items: Sequence[ItemShape], levels: Sequence[int], priorities: Mapping[str, Priority]
) -> dict[str, int | None]:
    """Return by item code how many levels are missing to the own target: 0 at target, None unanswered.

    Items without a target, with an own weight of 0, and those that are not applicable are not in it.
    """
    return {
        code: None if item.level is None else max(item.target - item.level, 0)
        for code, item in _tailored(items, levels, priorities).items()
        if item.target is not None and item.weight and not item.is_na
    }


def _tailored(
    items: Sequence[ItemShape], levels: Sequence[int], priorities: Mapping[str, Priority]
) -> dict[str, TailoredItem]:
    own = {}
    for item, level in zip(items, levels, strict=True):
        priority = priorities.get(item.code, COMMON)
        known = None if level in (MISSING_BYTE, NA_BYTE) else level
        own[item.code] = TailoredItem(known, priority.target, priority.weight, is_na=level == NA_BYTE)
    return own

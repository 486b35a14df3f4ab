"""Method un20-1 §6: what is looked at before publishing. Plain Python, exact.

Whether the items of a dimension go together, whether one enabler carries a capability, and whether the
validators agree with what was claimed. None of it changes a figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from quintet.domain.agreement import exact_match, quadratic_kappa
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.scoring import ItemShape, score_dimension

FEWEST_UNITS = 3  # with fewer, alpha says more about chance than about the items


@dataclass(frozen=True)
class Diagnostics:
    """What to know of one dimension; None where there is too little to tell.

    `alpha` is of the `n_complete` units that answer every item. `without[enabler]` is the change of the
    mean index when the enabler's item is left out; empty in the culture. `exact_match` in per cent and
    `kappa` are of `n_pairs` levels that were claimed and then judged in validated sheets.
    """

    n_complete: int
    alpha: Fraction | None
    without: Mapping[str, Fraction | None]
    n_pairs: int
    exact_match: Fraction | None
    kappa: Fraction | None


def diagnose(units: Sequence[Unit], framework: FrameworkShape, *, basis: str) -> dict[str, Diagnostics]:
    """Return the diagnostics of each dimension; alpha and the enablers' effects on this basis."""
    found = {}
    for code, place in framework.places.items():
        items = framework.dimensions[code]
        sheets = [sheet[place] for unit in units if (sheet := unit.sheets[basis]) is not None]
        complete = [sheet for sheet in sheets if all(map(_is_level, sheet))]
        pairs = judged_levels(units, place)
        found[code] = Diagnostics(
            n_complete=len(complete),
            alpha=cronbach_alpha(complete),
            without={
                item.enabler: _change_without(position, items, sheets, framework.highest_level)
                for position, item in enumerate(items)
                if item.enabler
            },
            n_pairs=len(pairs),
            exact_match=exact_match(pairs),
            kappa=quadratic_kappa(pairs),
        )
    return found


def cronbach_alpha(answers: Sequence[Sequence[int]]) -> Fraction | None:
    """Return Cronbach's alpha of complete answers, units × items: k/(k − 1) · (1 − Σ variances / variance).

    The variances are of the items and of the units' sums (L. J. Cronbach, Psychometrika 16, 1951,
    297-334). None where it is undefined: fewer than three units or two items, or all sums the same.
    """
    if len(answers) < FEWEST_UNITS or len(answers[0]) < 2:
        return None
    spread = _spread([sum(levels) for levels in answers])
    if not spread:
        return None
    n_items = len(answers[0])
    of_items = sum(_spread(levels) for levels in zip(*answers, strict=True))
    return Fraction(n_items, n_items - 1) * (1 - Fraction(of_items, spread))


def _spread(values: Sequence[int]) -> int:
    """The variance times a number that depends only on how many values there are."""
    return len(values) * sum(value * value for value in values) - sum(values) ** 2


def _change_without(
    position: int, items: Sequence[ItemShape], sheets: Iterable[bytes], highest_level: int
) -> Fraction | None:
    """The mean change of the index over the sheets that are rated with the item and without it."""
    others = [*items[:position], *items[position + 1 :]]
    changes = []
    for sheet in sheets:
        rest = sheet[:position] + sheet[position + 1 :]
        before = score_dimension(items, sheet, highest_level=highest_level).index(highest_level)
        after = score_dimension(others, rest, highest_level=highest_level).index(highest_level)
        if before is not None and after is not None:
            changes.append(after - before)
    return sum(changes, Fraction(0)) / len(changes) if changes else None


def judged_levels(units: Iterable[Unit], place: slice) -> list[tuple[int, int]]:
    """Return the claimed and the accepted level of every item that has both, in validated sheets."""
    return [
        (claimed, accepted)
        for unit in units
        if (said := unit.sheets["claimed"]) is not None and (judged := unit.sheets["accepted"]) is not None
        for claimed, accepted in zip(said[place], judged[place], strict=True)
        if _is_level(claimed) and _is_level(accepted)
    ]


def _is_level(byte: int) -> bool:
    return byte not in (NA_BYTE, MISSING_BYTE)

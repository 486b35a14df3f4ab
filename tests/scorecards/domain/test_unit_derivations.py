"""What a unit's receipt of an area says is filled in comes to the figure that is shown, to the last digit."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scorecards.domain.areas import AreaFigures, WeighedIndex, summarise_area
from scorecards.domain.receipts import Step
from scorecards.domain.unit_derivations import DimensionLine, area_steps
from tests.scorecards.reckoned import calculated, powers_reckoned, reckoned
from un20portal.lib.ratios import one_decimal


def index_of(points: int, weight: int) -> Fraction:
    return Fraction(100 * min(points, 4 * weight), 4 * weight)


INDICES = st.builds(index_of, st.integers(0, 60), st.integers(1, 15))
LINES = st.lists(
    st.builds(DimensionLine, st.just("DAT"), st.integers(1, 4), st.one_of(st.none(), INDICES)),
    min_size=1,
    max_size=6,
)


def steps_of(lines: Sequence[DimensionLine]) -> tuple[AreaFigures, dict[str, Step]]:
    figures = summarise_area(WeighedIndex(line.index, line.weight) for line in lines)
    return figures, {step.name: step for step in area_steps(lines, figures)}


class TestAnArea:
    @given(LINES)
    def test_is_what_its_formulas_say(self, lines: list[DimensionLine]) -> None:
        figures, steps = steps_of(lines)
        if figures.mean is None or figures.weakest is None:
            assert list(steps) == ["rated"]
            return
        assert reckoned(steps["mean"].filled) == figures.mean
        assert steps["mean"].value == calculated(steps["mean"].filled)
        terms = steps["weakest"].filled.removeprefix("min(").removesuffix(")").split(", ")
        assert min(map(Fraction, terms)) == figures.weakest
        assert steps["weakest"].value == one_decimal(figures.weakest)
        assert figures.geometric is not None
        found = powers_reckoned(steps["geometric"].filled)
        assert abs(found - figures.geometric) < Decimal("1e-20")
        assert steps["geometric"].value == figures.geometric_shown

    def test_does_not_follow_from_rounded_indices(self) -> None:
        """Indices of 25/3 and 125/3 go in as they are, not as 8.3 and 41.7."""
        third, two = Fraction(100, 12), Fraction(500, 12)
        _figures, steps = steps_of([DimensionLine("DAT", 1, third), DimensionLine("DIG", 2, two)])
        assert steps["mean"].filled == "(1 · (25/3) + 2 · (125/3)) / 3"
        assert steps["mean"].value == "30.6"

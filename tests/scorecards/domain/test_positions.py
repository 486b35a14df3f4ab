"""The quarter of a group in which a unit lies: from published quartiles alone, never of few."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.domain.figures import ratio
from scorecards.domain.groups import quartiles
from scorecards.domain.positions import Quarter, position_in

VALUES = st.lists(st.integers(0, 100).map(Fraction), min_size=5, max_size=30)


def cell(q1: int = 25, median: int = 50, q3: int = 75, **more: Any) -> dict[str, Any]:
    named = {"q1": q1, "median": median, "q3": q3}
    return {"n_rated": 9, **{name: ratio(Fraction(value)) for name, value in named.items()}, **more}


class TestPosition:
    @pytest.mark.parametrize(
        ("index", "quarter"),
        [
            (0, Quarter.LOWEST),
            (24, Quarter.LOWEST),
            (25, Quarter.LOWER),
            (49, Quarter.LOWER),
            (50, Quarter.UPPER),
            (74, Quarter.UPPER),
            (75, Quarter.HIGHEST),
            (100, Quarter.HIGHEST),
        ],
    )
    def test_is_the_quarter_from_below(self, index: int, quarter: Quarter) -> None:
        assert position_in(cell(), Fraction(index)) == quarter

    @pytest.mark.parametrize(
        "hidden",
        [
            {"n_group": 9, "suppressed": True},
            cell(n_rated=4),
            cell(carried_from=1),
            cell() | {"median": None},
            cell(50, 50, 75),
            cell(50, 50, 50),
        ],
    )
    def test_is_not_told(self, hidden: dict[str, Any]) -> None:
        assert position_in(hidden, Fraction(50)) is None

    def test_is_of_rated_units(self) -> None:
        assert position_in(cell(), None) is None

    @given(VALUES, st.integers(0, 29))
    def test_never_leaves_more_than_three_quarters_on_the_wrong_side(
        self, values: list[Fraction], at: int
    ) -> None:
        index = values[at % len(values)]
        found = quartiles([(value, values.count(value)) for value in sorted(set(values))])
        assert found is not None
        quarter = position_in(cell(*found, n_rated=len(values)), index)  # type: ignore[arg-type]
        lower = sum(value < index for value in values)
        if quarter in (Quarter.UPPER, Quarter.HIGHEST):
            assert 2 * sum(value > index for value in values) <= len(values)
        elif quarter is not None:
            assert 2 * lower <= len(values)

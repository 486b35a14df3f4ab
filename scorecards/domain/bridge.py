"""Method un20-1 §5: why a figure of the full sample changed between two cycles. Plain Python, exact.

The change is split into four factors, each of which is taken from the cycle before (0) or after (1):

    membership  who is counted: the units that have a counted sheet in this cycle
    na          what is answered: for a unit counted in both cycles, an item equal in both is answered,
                missing or not applicable as in this cycle
    method      what is asked and what it weighs: items and weights of this cycle's framework
    real        the levels: for a unit counted in both cycles that answers an equal item in both, the level
                of this cycle

A *state* chooses a cycle for each factor. The figure F of a state is that of the full sample, by the usual
formula (§2, §4), over these levels:

    * a unit that is counted in one cycle only says in every state what it said in that one;
    * an item that is asked in one of the two frameworks only, likewise;
    * an equal item that a unit counted in both cycles answers in one of them has the level of that one;
    * an item that a unit was never asked (asked now, and the unit left) is left out, as not applicable is.

So F(0,0,0,0) is the figure before and F(1,1,1,1) the one after, to the last digit. The factors are switched
one after the other from 0 to 1, in the order above and in the reverse one; the part of a factor is the mean
of its two steps. The steps of a path add up to the whole change, and so do the parts, exactly; the change
back has the same parts with the opposite sign. A state in which nobody answers (or is rated) has no figure:
then there is the whole change, if both ends exist, and no parts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from quintet.domain.crosswalk import Place
from quintet.domain.packing import NA_BYTE
from scorecards.domain.groups import count_item
from scorecards.domain.movement import Comparison, Pair, is_answer
from scorecards.domain.scoring import UnitFigures, score_dimension
from scorecards.domain.tally import mean_index


class State(NamedTuple):
    """From which cycle each factor is taken: 0 before, 1 after."""

    membership: int
    na: int
    method: int
    real: int


class Parts(NamedTuple):
    """What each factor adds to the change, in the figure's own points; exact."""

    membership: Fraction
    na: Fraction
    method: Fraction
    real: Fraction


BEFORE, AFTER = State(0, 0, 0, 0), State(1, 1, 1, 1)
Figure = Callable[[State], Fraction | None]


class WithoutParts(StrEnum):
    """Why a change has no parts."""

    NOBODY_BEFORE = "nobody_before"
    NOBODY_AFTER = "nobody_after"
    NOBODY_BETWEEN = "nobody_between"  # both figures exist, but one of the states between them does not


@dataclass(frozen=True)
class Bridge:
    """A figure before and after (None: nobody answers, or is rated), and the parts of its change."""

    before: Fraction | None
    after: Fraction | None
    parts: Parts | None
    why_not: WithoutParts | None = None

    @property
    def change(self) -> Fraction | None:
        """The whole change, of which the parts are the sum; None where one of the figures is."""
        return None if self.before is None or self.after is None else self.after - self.before

    def back(self) -> "Bridge":
        """The same from the cycle after to the one before."""
        parts = None if self.parts is None else Parts(*(-part for part in self.parts))
        why_not = _missing_end(self.after, self.before) or self.why_not
        return Bridge(self.after, self.before, parts, why_not)


def bridge_share(comparison: Comparison, code: str) -> Bridge:
    """Bridge `share_has`, in percentage points, of the item with this code after; it must be an equal one.

    A share has no weights and an equal item is the same in both frameworks: its method part is 0.
    """
    if code not in comparison.crosswalk.joined:
        raise ValueError(f"{code} is not equal in both cycles: its series breaks.")
    place = comparison.crosswalk.joined[code]
    highest_level = comparison.after.framework.highest_level

    def figure(state: State) -> Fraction | None:
        levels = (_level(pair, place, state) for pair in _counted(comparison, state))
        return count_item(levels, highest_level=highest_level).share_has

    return decompose(figure)


def bridge_index(comparison: Comparison, dimension: str) -> Bridge:
    """Bridge the mean index 0…100, over rated sheets, of a dimension that both frameworks have."""
    places = [
        cycle_places[cycle.framework.places[dimension]]
        for cycle, cycle_places in zip(comparison.cycles, comparison.crosswalk.places, strict=True)
    ]

    @cache  # many sheets say the same on a dimension
    def figures(method: int, levels: tuple[int, ...]) -> UnitFigures:
        framework = comparison.cycles[method].framework
        return score_dimension(framework.dimensions[dimension], levels, highest_level=framework.highest_level)

    def figure(state: State) -> Fraction | None:
        sheets = [
            figures(state.method, tuple(_level(pair, place, state) for place in places[state.method]))
            for pair in _counted(comparison, state)
        ]
        sums = Counter((sheet.points, sheet.weight_answered) for sheet in sheets if sheet.is_rated)
        return mean_index(sums, comparison.cycles[state.method].framework.highest_level)

    return decompose(figure)


def decompose(figure: Figure) -> Bridge:
    """Return the bridge of a figure that is known for every state (None: it does not exist there)."""
    figure = cache(figure)
    before, after = figure(BEFORE), figure(AFTER)
    if missing := _missing_end(before, after):
        return Bridge(before, after, None, missing)
    forward, back = _steps(figure, State._fields), _steps(figure, State._fields[::-1])
    if forward is None or back is None:
        return Bridge(before, after, None, WithoutParts.NOBODY_BETWEEN)
    return Bridge(before, after, Parts(*((forward[name] + back[name]) / 2 for name in State._fields)))


def _missing_end(before: Fraction | None, after: Fraction | None) -> WithoutParts | None:
    if before is None:
        return WithoutParts.NOBODY_BEFORE
    return WithoutParts.NOBODY_AFTER if after is None else None


def _steps(figure: Figure, order: Sequence[str]) -> dict[str, Fraction] | None:
    """The step of each factor, switched in this order; None where a state on the way has no figure."""
    states = accumulate(order, lambda state, factor: state._replace(**{factor: 1}), initial=BEFORE)
    values = [value for state in states if (value := figure(state)) is not None]
    if len(values) <= len(order):
        return None
    return {factor: later - earlier for factor, (earlier, later) in zip(order, pairwise(values), strict=True)}


def _counted(comparison: Comparison, state: State) -> Iterator[Pair]:
    """The sheets before and after of the units that are counted in this state."""
    return (pair for pair in comparison.pairs.values() if pair[state.membership] is not None)


def _level(pair: Pair, place: Place, state: State) -> int:
    """The packed level of a unit on an item in a state, by the rules above."""
    said = [
        sheet[position]
        for sheet, position in zip(pair, place, strict=True)
        if sheet is not None and position is not None
    ]
    if len(said) < 2:  # asked in one cycle only, or never
        return said[0] if said else NA_BYTE
    answered, level = said[state.na], said[state.real]
    return level if is_answer(answered) and is_answer(level) else answered

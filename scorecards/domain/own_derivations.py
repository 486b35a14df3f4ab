"""How figures of one unit beside others came about: beside itself in another cycle, and in its group.

Plain Python. The group is known by its published quartiles alone: no sheet of another unit goes in.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from scorecards.domain.bridge import Bridge
from scorecards.domain.derivations import QUARTILES, exact
from scorecards.domain.formulas import within
from scorecards.domain.movement_derivations import bridge_steps
from scorecards.domain.positions import BOUNDS, Quarter
from scorecards.domain.receipts import Sentence, Step
from un20portal.lib.errors import Term
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal

POSITION_TOLD = _(
    "The quarter follows from the published quartiles of the group and from the unit's own figure, and from "
    "nothing else. What any other unit has is not told, and no place within the quarter."
)
NO_QUARTER = _(
    "The quarter is not told: fewer than five units are rated, the figure of the group is hidden or that of "
    "an earlier version, this dimension of the unit is not rated, or two quartiles equal its figure."
)
NO_CHANGE = _("There is no change in points: in one of the two cycles the dimension is not rated.")
BOUNDS_IN_WORDS = (
    _("The quarter begins at the %(what)s of the group."),
    _("The quarter ends below the %(what)s of the group."),
)


# --- beside itself in another cycle --------------------------------------------------------------
def index_change_steps(before: Fraction | None, after: Fraction | None, bridge: Bridge | None) -> list[Step]:
    """From the index of a dimension in both cycles (None: not rated) to its change, and to its parts."""
    steps = [
        Step("before.index", "", "", one_decimal(before), Sentence(_("The index in the cycle before."))),
        Step("after.index", "", "", one_decimal(after), Sentence(_("The index in the cycle after."))),
    ]
    if before is None or after is None:
        return steps
    words = Sentence(_("The change in points: the index after, less the index before."))
    filled = f"{after} - {within(before)}"
    change = Step("change", "after.index - before.index", filled, one_decimal(after - before), words)
    return [*steps, change, *(bridge_steps(bridge, is_share=False) if bridge else [])]


def level_change_steps(before: int, after: int) -> list[Step]:
    """From the level of an item in both cycles to its change."""
    words = Sentence(_("The change in levels: the level after, less the level before."))
    return [
        Step("before.level", "", "", str(before), Sentence(_("The level in the cycle before."))),
        Step("after.level", "", "", str(after), Sentence(_("The level in the cycle after."))),
        Step("change", "after.level - before.level", f"{after} - {before}", str(after - before), words),
    ]


# --- in its group, without names -----------------------------------------------------------------
def position_steps(
    cell: Mapping[str, Any], index: Fraction | None, quarter: Quarter | None, *, group: str
) -> list[Step]:
    """In which quarter of its group an index lies, by the cell of the group; none where that is not told."""
    if quarter is None or index is None:
        return []
    lower, upper = BOUNDS[quarter]
    counted = Sentence(
        _("Rated units of the group “%(group)s”, this one among them: %(n)s."),
        {"group": group, "n": cell["n_rated"]},
    )
    conditions = [f"{lower} ≤ index" if lower else "", f"index < {upper}" if upper else ""]
    return [
        Step("n_rated", "", "", str(cell["n_rated"]), counted),
        *(
            _bound(cell, name, words)
            for name, words in zip((lower, upper), BOUNDS_IN_WORDS, strict=True)
            if name
        ),
        Step("index", "", "", one_decimal(index), Sentence(_("The index of the unit."))),
        Step(
            "quarter",
            " and ".join(filter(None, conditions)),
            "",
            quarter.value,
            Sentence(_("The quarter of the group in which this index lies, from the lowest figure up.")),
        ),
    ]


def _bound(cell: Mapping[str, Any], name: str, words: str) -> Step:
    said = Sentence(words, {"what": Term(QUARTILES[name][1])})
    return Step(name, "", "", one_decimal(exact(cell[name])), said, is_share=True)

"""How much of a simulation may be shown: it follows the cells that were judged, and never goes further."""

from typing import Any

import pytest

from scorecards.domain.figures import BASES
from scorecards.domain.showing import fully_shown_groups, is_steady, shown_diagnostics

SHOWN: dict[str, Any] = {"n_group": 9, "n_rated": 9}
HIDDEN: dict[str, Any] = {"n_group": 9, "suppressed": True}
CARRIED: dict[str, Any] = {**SHOWN, "carried_from": 1}
TOLD = {"n_complete": 7, "alpha": "0.80", "without": {"STR": "1.0"}, "n_pairs": 63, "kappa": "0.90"}


def published(**cells: Any) -> dict[str, Any]:
    """A scorecard of all units in two dimensions; `claimed_INN=HIDDEN` replaces a cell."""
    bases = {
        basis: {"dimensions": {code: cells.get(f"{basis}_{code}", SHOWN) for code in ("DAT", "INN")}}
        for basis in BASES
    }
    return {"threshold": 5, "groups": {"all": bases}}


class TestGroups:
    def test_are_shown_beside_cells_that_all_stand(self) -> None:
        assert fully_shown_groups(published()) == {"all"}

    @pytest.mark.parametrize("basis", BASES)
    @pytest.mark.parametrize("cell", [HIDDEN, CARRIED])
    def test_are_hidden_beside_one_hidden_or_carried_cell(self, basis: str, cell: dict[str, Any]) -> None:
        assert fully_shown_groups(published(**{f"{basis}_INN": cell})) == set()

    @pytest.mark.parametrize(
        ("accepted", "claimed", "expected"), [(5, 5, True), (4, 5, False), (5, 4, False), (0, 0, False)]
    )
    def test_have_enough_units_in_every_draw(self, accepted: int, claimed: int, expected: bool) -> None:
        entry = {"n_always_rated": {"accepted": accepted, "claimed": claimed}}
        assert is_steady(entry, threshold=5) is expected


class TestDiagnostics:
    def test_are_told_of_dimensions_that_stand(self) -> None:
        assert shown_diagnostics(published(), {"DAT": TOLD, "INN": TOLD}) == {"DAT": TOLD, "INN": TOLD}

    @pytest.mark.parametrize("basis", BASES)
    @pytest.mark.parametrize("cell", [HIDDEN, CARRIED])
    def test_are_hidden_with_the_dimension(self, basis: str, cell: dict[str, Any]) -> None:
        found = shown_diagnostics(published(**{f"{basis}_INN": cell}), {"DAT": TOLD, "INN": TOLD})
        assert found == {"DAT": TOLD, "INN": None}

    def test_say_nothing_of_few_units_that_answer_everything(self) -> None:
        found = shown_diagnostics(published(), {"DAT": {**TOLD, "n_complete": 4}})["DAT"]
        assert found == {**TOLD, "n_complete": None, "alpha": None, "without": {}}

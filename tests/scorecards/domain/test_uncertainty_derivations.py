"""How receipts say what is estimated: each number with its formula, and with words for every case."""

from typing import Any

import pytest

from scorecards.domain.receipts import DIAGNOSTICS, Subject, parse_subject
from scorecards.domain.uncertainty_derivations import (
    UNDEFINED,
    band_steps,
    diagnostic_steps,
    drawing_steps,
    mean_steps,
    percentile_steps,
)
from un20portal.lib.errors import InvalidInput

TOLD: dict[str, Any] = {
    "n_complete": 9,
    "alpha": "0.87",
    "without": {"STR": "-1.2", "LED": None},
    "n_pairs": 63,
    "exact_match": "90.5",
    "kappa": None,
}


class TestMeans:
    def test_are_told_on_each_basis_of_how_many_sheets(self) -> None:
        steps = mean_steps(12, {"accepted": 9, "claimed": 11}, {"accepted": "50.0", "claimed": None})
        assert [(step.name, step.value) for step in steps] == [
            ("n_counted[accepted]", "9"),
            ("mean[accepted]", "50.0"),
            ("n_counted[claimed]", "11"),
            ("mean[claimed]", None),
        ]
        assert steps[0].words.message % steps[0].words.params == (
            "Units with a sheet that counts on the accepted basis: 9 of 12."
        )


class TestDraws:
    def test_begin_with_the_first_bytes_of_the_inputs(self) -> None:
        seed, raw, *_rest = drawing_steps("00000000000000ff" + "0" * 48, draws=10, n_items=3, n_dimensions=2)
        assert (seed.filled, seed.value) == ("0x00000000000000ff", "255")
        assert (raw.filled, raw.value) == ("10 · (3 + 2 + 2)", "70")

    @pytest.mark.parametrize(
        ("n", "places"),
        [
            (1, ["x[1]", "x[1]", "x[1]"]),
            (2, ["x[1.05]", "x[1.5]", "x[1.95]"]),
            (2000, ["x[100.95]", "x[1000.5]", "x[1900.05]"]),
        ],
    )
    def test_percentiles_are_at_their_place(self, n: int, places: list[str]) -> None:
        told = {"p5": "1.0", "p50": "2.0", "p95": "3.0", "n_rated_draws": n}
        counted, *percentiles = percentile_steps(told, draws=2000, is_group=False)
        assert counted.value == str(n)
        assert [step.filled for step in percentiles] == places
        assert [step.value for step in percentiles] == ["1.0", "2.0", "3.0"]


class TestBands:
    def test_name_the_one_that_a_unit_is_in(self) -> None:
        [step] = band_steps("C", [["A", "B"], ["C"]])
        assert (step.filled, step.value) == ("C", "2")
        assert "Band 2 of 2." in step.words.message % step.words.params

    def test_are_not_told_of_a_unit_in_none_or_to_a_reader_of_none(self) -> None:
        assert band_steps("C", [["A", "B"]]) == band_steps("C", []) == []


class TestDiagnostics:
    @pytest.mark.parametrize(
        ("of", "expected"),
        [
            ("alpha", [("n_complete", "9"), ("k", "7"), ("alpha", "0.87")]),
            ("without", [("without", "-1.2")]),
            ("exact_match", [("n_pairs", "63"), ("exact_match", "90.5")]),
            ("kappa", [("n_pairs", "63"), ("kappa", None)]),
        ],
    )
    def test_say_what_goes_in(self, of: str, expected: list[tuple[str, str | None]]) -> None:
        steps = diagnostic_steps(of, TOLD, n_items=7, item="DAT-STR", enabler="STR")
        assert [(step.name, step.value) for step in steps] == expected
        assert all(step.words.message % step.words.params for step in steps)
        assert (steps[-1].words.message == UNDEFINED) is (steps[-1].value is None)

    def test_cover_all_that_can_be_asked_for(self) -> None:
        for of in DIAGNOSTICS:
            assert diagnostic_steps(of, TOLD, n_items=7, item="DAT-LED", enabler="LED")[-1].name == of


class TestQuestions:
    @pytest.mark.parametrize(
        "given",
        [
            {"of": "alpha", "dimension": "DAT"},
            {"of": "without", "item": "DAT-STR"},
            {"of": "exact_match"},
            {"of": "kappa", "dimension": "DAT"},
        ],
    )
    def test_of_all_units_are_understood(self, given: dict[str, str]) -> None:
        assert parse_subject({"group": "all", **given}) == Subject(group="all", **given)

    @pytest.mark.parametrize(
        "given",
        [
            {"group": "all", "of": "alpha"},
            {"group": "all", "of": "alpha", "item": "DAT-STR"},
            {"group": "all", "of": "without", "dimension": "DAT"},
            {"group": "all", "of": "kappa", "area": "culture"},
            {"group": "all", "of": "beta", "dimension": "DAT"},
            {"group": "entities", "of": "alpha", "dimension": "DAT"},
            {"entity": "UNDP", "of": "alpha", "dimension": "DAT"},
            {"of": "kappa"},
        ],
    )
    def test_of_others_are_told_what_to_send(self, given: dict[str, str]) -> None:
        with pytest.raises(InvalidInput, match="With of, send group=all"):
            parse_subject(given)

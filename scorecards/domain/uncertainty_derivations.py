"""How what is estimated of figures (method un20-1 §6) came about, step by step. Plain Python.

Without numpy, since receipts are served by the web: what is drawn, and in which order, is the business of
`uncertainty`; a test holds these words and that code together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scorecards.domain.formulas import place_of
from scorecards.domain.receipts import Sentence, Step
from scorecards.domain.unit_derivations import NOTHING
from un20portal.lib.errors import marked as _

PERCENTILES = {"p5": 5, "p50": 50, "p95": 95}
BASES_IN_WORDS = {
    "accepted": _("Units with a sheet that counts on the accepted basis: %(n)s of %(n_group)s."),
    "claimed": _("Units with a sheet that counts on the claimed basis: %(n)s of %(n_group)s."),
}
ROUNDING = _(
    "Percentiles, means, alpha and agreement are exact fractions. They are rounded once, half to even, when "
    "they are stored: to one decimal, alpha and kappa to two."
)
BOTH_BASES = _("Both: the levels as the units stated them, and those of validated sheets.")

GROUP_SHOWN = _(
    "Nothing is hidden here: every dimension of this group stands in this version on both bases, and every "
    "draw is of at least %(threshold)s units."
)
GROUP_HIDDEN = _(
    "The figure is hidden. It is shown only where every dimension of the group stands in this version on "
    "both bases, neither hidden nor carried from an earlier version, and every draw is of at least "
    "%(threshold)s units."
)
GROUP_FEW = _(
    "The figure is left out, also here: fewer than %(threshold)s units of the group have a submitted or "
    "validated sheet."
)
GROUP_PROVISIONAL = _(
    "Provisional, for the task force alone. Groups with fewer than %(threshold)s sheets that count are left "
    "out here, too."
)
DIAGNOSTIC_SHOWN = _(
    "Nothing is hidden here: in this version the figures of all units stand in these dimensions, on both "
    "bases."
)
DIAGNOSTIC_HIDDEN = _(
    "The figure is hidden. It is shown only where the figures of all units stand in this version on both "
    "bases, neither hidden nor carried from an earlier version; over all dimensions, only where they do in "
    "each."
)
FEW_COMPLETE = _(
    "The figure is hidden: fewer than %(threshold)s units answer every item of the dimension on the accepted "
    "basis."
)
JOINED = _(
    "The dimensions are joined by the geometric or by the plain mean, for all units. The geometric one is "
    "never above the plain one, so the middle of the draws may be below it."
)
OUTDATED = _("Sheets have changed since this was estimated.")
ROUNDED_MEANS = _(
    "The stored simulation holds each mean rounded to one decimal, without its sum and without the number of "
    "rated units: the exact sums of two groups would tell of the few units in which they differ. Who holds "
    "the frozen sheets computes the mean of each unit, adds them up and divides by their number."
)
WITHOUT_SUMS = _(
    "The stored simulation holds this number and not the sums behind it, which would tell single answers. "
    "Who holds the frozen sheets that the scorecard names by hash computes it again with this formula."
)


def mean_steps(n_group: int, n_counted: Mapping[str, int], means: Mapping[str, str | None]) -> list[Step]:
    """How a group's mean of an area came about on each basis, without any simulation."""
    steps = []
    for basis, mean in means.items():
        counted = Sentence(BASES_IN_WORDS[basis], {"n": n_counted[basis], "n_group": n_group})
        steps.append(Step(f"n_counted[{basis}]", "", "", str(n_counted[basis]), counted))
        words = _(
            "Of these units the rated ones: the mean of each over the dimensions of the area, added up and "
            "divided by the number of rated units."
        )
        steps.append(Step(f"mean[{basis}]", "Σ mean / n_rated", "", mean, Sentence(words), is_share=True))
    return steps


def drawing_steps(inputs_sha256: str, *, draws: int, n_items: int, n_dimensions: int) -> list[Step]:
    """What is drawn, from which seed and in which order: the same for every unit and every group."""
    begin, width = inputs_sha256[:16], n_items + n_dimensions + 2
    return [
        Step(
            "seed",
            "int(inputs_sha256[:16], 16)",
            f"0x{begin}",
            str(int(begin, 16)),
            Sentence(
                _(
                    "The seed of the generator PCG64: the first 8 bytes of the hash of all inputs (16 "
                    "hexadecimal digits), read as one number. Nobody can choose it."
                )
            ),
        ),
        Step(
            "raw",
            "draws · (n_items + n_dimensions + 2)",
            f"{draws} · ({n_items} + {n_dimensions} + 2)",
            str(draws * width),
            Sentence(
                _(
                    "So many numbers of 64 bits are drawn. Draw after draw, in this order: one for each of "
                    "the %(n_items)s items and one for each of the %(n_dimensions)s dimensions, as the "
                    "framework has them, then one for the basis and one for the mean."
                ),
                {"n_items": n_items, "n_dimensions": n_dimensions},
            ),
        ),
        Step(
            "multiplier",
            "(3 · 2^19 + floor(raw / 2^44)) / 2^21",
            "",
            "0.75 to 1.25",
            Sentence(
                _("Each weight is multiplied by a number between 0.75 and 1.25, the same for all units.")
            ),
        ),
        Step(
            "basis",
            "raw ≥ 2^63 ? claimed : accepted",
            "",
            "claimed, accepted",
            Sentence(
                _("What is not accepted is in (the claimed basis) or out (the accepted one), for all units.")
            ),
        ),
        Step(
            "mean",
            "raw ≥ 2^63 ? geometric : arithmetic",
            "",
            "geometric, arithmetic",
            Sentence(JOINED),
        ),
    ]


def percentile_steps(interval: Mapping[str, Any], *, draws: int, is_group: bool) -> list[Step]:
    """How an interval follows from the figures of all draws; `interval` is that of the stored document."""
    n_rated = interval["n_rated_draws"]
    words = (
        _(
            "In each draw the figures of the group's units that are rated in it are added up and divided by "
            "their number. Draws with a rated unit: %(n)s of %(draws)s."
        )
        if is_group
        else _(
            "In each draw the figure of the unit is computed anew, and the rule of two thirds is asked anew. "
            "Draws in which the unit is rated: %(n)s of %(draws)s."
        )
    )
    named = {"n": n_rated, "draws": draws}
    counted = Step("n_rated_draws", "", "", str(n_rated), Sentence(words, named))
    return [counted, *(_percentile(name, percent, interval) for name, percent in PERCENTILES.items())]


def _percentile(name: str, percent: int, interval: Mapping[str, Any]) -> Step:
    n_rated = interval["n_rated_draws"]
    place = place_of(percent, n_rated) if n_rated else NOTHING
    words = _(
        "The %(percent)sth percentile: with the figures of these draws sorted from low to high, the one at "
        "place %(place)s; between two draws, in proportion (type 7)."
    )
    return Step(
        name,
        f"x[1 + {percent} · (n_rated_draws - 1) / 100]",
        f"x[{place}]",
        interval[name],
        Sentence(words, {"percent": percent, "place": place}),
    )


def band_steps(code: str, bands: Sequence[Sequence[str]]) -> list[Step]:
    """Which band a unit is in, and how bands are made; nothing for a unit that is in none."""
    for number, band in enumerate(bands, 1):
        if code in band:
            words = _(
                "Band %(number)s of %(n)s. The unit with the highest middle leads the first band, and every "
                "unit whose interval overlaps that of the leader is in it; of the units left, the one with "
                "the highest middle leads the next. In a band units stand by code: it is no rank."
            )
            named = {"number": number, "n": len(bands)}
            return [Step("band", "", ", ".join(band), str(number), Sentence(words, named))]
    return []


def diagnostic_steps(
    of: str, told: Mapping[str, Any], *, n_items: int, item: str = "", enabler: str = ""
) -> list[Step]:
    """How one of DIAGNOSTICS came about; `told` is what may be shown of the stored document."""
    if of == "alpha":
        return _alpha_steps(told, n_items)
    if of == "without":
        return _without_steps(told["without"].get(enabler), item)
    n_pairs, value = told["n_pairs"], told[of]
    counted = Sentence(
        _("Items with a claimed and an accepted level, in the validated sheets of all units: %(n)s."),
        {"n": n_pairs},
    )
    formula, words = AGREEMENT[of]
    return [
        Step("n_pairs", "", "", str(n_pairs), counted),
        Step(of, formula, "", value, Sentence(words if value is not None else UNDEFINED)),
    ]


UNDEFINED = _("There is too little to tell: the formula has nothing to divide by.")
AGREEMENT = {
    "exact_match": (
        "100 · n(claimed = accepted) / n_pairs",
        _("How many of these levels were accepted as they were claimed, in per cent."),
    ),
    "kappa": (
        "1 - mean((claimed - accepted)²) / mean((every claimed - every accepted)²)",
        _(
            "Kappa with quadratic weights: the mean squared difference of the two levels of an item, divided "
            "by that of every claimed level with every accepted one, and taken from 1. It is 1 when the two "
            "are always the same, and 0 when chance alone would do as well."
        ),
    ),
}


def _alpha_steps(told: Mapping[str, Any], n_items: int) -> list[Step]:
    complete = Sentence(
        _("Units that answer every item of the dimension on the accepted basis: %(n)s."),
        {"n": told["n_complete"]},
    )
    words = _(
        "Cronbach's alpha: V(item) is the variance of the levels of one item over these units, V(sum) that "
        "of their sums over all items. Near 1 the items move together."
    )
    return [
        Step("n_complete", "", "", str(told["n_complete"]), complete),
        Step("k", "", "", str(n_items), Sentence(_("Items of the dimension."))),
        Step(
            "alpha",
            "k / (k - 1) · (1 - Σ V(item) / V(sum))",
            f"{n_items} / {n_items - 1} · (1 - Σ V(item) / V(sum))" if told["alpha"] else "",
            told["alpha"],
            Sentence(words if told["alpha"] is not None else UNDEFINED),
        ),
    ]


def _without_steps(value: str | None, item: str) -> list[Step]:
    words = _(
        "Of each sheet on the accepted basis that is rated with %(item)s and without it: its index without "
        "this item less its index with it; added up and divided by the number of these sheets."
    )
    sentence = Sentence(words, {"item": item}) if value is not None else Sentence(UNDEFINED)
    return [Step("without", "Σ (index_without - index) / n", "", value, sentence)]

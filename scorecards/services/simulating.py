"""Simulating the uncertainty of what is published and of cycles as they stand: once for the same inputs.

This imports numpy, so it belongs to workers and commands; what serves pages owes it to the outbox
(`services.estimating`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from quintet.domain.agreement import exact_match, quadratic_kappa
from quintet.models import Cycle
from scorecards.domain.areas import WeighedIndex, summarise_area
from scorecards.domain.bands import Interval, interval_entry
from scorecards.domain.diagnostics import Diagnostics, diagnose, judged_levels
from scorecards.domain.figures import BASES, FrameworkShape, Unit, UnitScores, score_units
from scorecards.domain.scoring import METHOD
from scorecards.domain.uncertainty import DRAWS, AreaUncertainty, draw_ways, seed_of, simulate
from scorecards.models import Basis, Scorecard, Uncertainty
from scorecards.queries.frameworks import area_weights, framework_shape
from scorecards.queries.publications import published_document
from scorecards.queries.sheets import published_units
from scorecards.services.gathering import gather
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.ratios import one_decimal, two_decimals

Means = Mapping[tuple[str, str], Fraction]  # (group, basis) → mean of an area; without those never rated


@dataclass(frozen=True)
class Subject:
    """What is simulated: the units whose sheets count, beside how many units each group has in all."""

    cycle: Cycle
    framework: FrameworkShape
    units: Sequence[Unit]
    n_group: Mapping[str, int]
    inputs_sha256: str


def simulate_cycle(*, cycle_id: int, at: datetime) -> Uncertainty:
    """Return what is stored of the cycle as it stands, simulated now if nothing is."""
    return _simulated(_present(cycle_id), at)


def simulate_scorecard(*, scorecard: Scorecard, at: datetime) -> Uncertainty:
    """Return what is stored of the sheets behind a published version, whatever became of them since."""
    return _simulated(_published(scorecard), at)


def simulated_again(stored: Uncertainty) -> str | None:
    """Return the bytes that a stored simulation has to hold, simulated now.

    None where nobody knows any more which sheets it was of: they are behind no published version, and other
    ones count by now.
    """
    versions = Scorecard.objects.filter(cycle=stored.cycle_id).select_related("cycle__framework")
    for scorecard in versions.defer("payload"):
        if published_document(scorecard.sha256)["inputs_sha256"] == stored.inputs_sha256:
            return canonical_json(_document(_published(scorecard)))
    present = _present(stored.cycle_id)
    return canonical_json(_document(present)) if present.inputs_sha256 == stored.inputs_sha256 else None


def _present(cycle_id: int) -> Subject:
    inputs = gather(cycle_id=cycle_id)
    counted = [unit for unit in inputs.units if unit.sheets[Basis.CLAIMED.value] is not None]
    n_group = Counter(group for unit in inputs.units for group in unit.groups)
    return Subject(inputs.cycle, inputs.framework, counted, n_group, inputs.sha256)


def _published(scorecard: Scorecard) -> Subject:
    published, framework = published_document(scorecard.sha256), framework_shape(scorecard.cycle.framework)
    n_group = {group: bases[Basis.CLAIMED.value]["n_group"] for group, bases in published["groups"].items()}
    units, inputs_sha256 = published_units(scorecard), published["inputs_sha256"]
    return Subject(scorecard.cycle, framework, units, n_group, inputs_sha256)


def _simulated(subject: Subject, at: datetime) -> Uncertainty:
    """The arithmetic runs before the row is written, so that no lock waits for it.

    Whoever simulates the same inputs at the same moment finds the same bytes, and one of the rows is kept.
    """
    known = {"cycle": subject.cycle, "inputs_sha256": subject.inputs_sha256}
    if stored := Uncertainty.objects.filter(**known).first():
        return stored
    payload = canonical_json(_document(subject))
    told = {"payload": payload, "sha256": sha256(payload), "at": at}
    row, _made = Uncertainty.objects.get_or_create(**known, defaults=told)
    return row


def _document(subject: Subject) -> dict[str, Any]:
    cycle, units, framework = subject.cycle, subject.units, subject.framework
    areas = area_weights(cycle.framework)
    found = simulate(units, framework, areas, inputs_sha256=subject.inputs_sha256)
    n_draws = _draws_by_basis(subject)
    scores = score_units(units, framework)
    return {
        "method": METHOD,
        "cycle": cycle.code,
        "framework": {"slug": cycle.framework.slug, "version": cycle.framework.version},
        "inputs_sha256": subject.inputs_sha256,
        "seed": str(seed_of(subject.inputs_sha256)),
        "draws": DRAWS,
        "groups": _sizes(subject),
        "areas": {
            area: _groups(
                subject.n_group,
                found[area],
                _means(units, scores, framework, weights),
                _always_rated(found[area], units, n_draws),
            )
            for area, weights in areas.items()
        },
        "units": {area: _units(uncertainty) for area, uncertainty in found.items()},
        **_diagnostics(units, framework),
    }


def _sizes(subject: Subject) -> dict[str, dict[str, Any]]:
    """Of each group how many units it has, and how many of them count on each basis."""
    n_counted = {
        basis: Counter(
            group for unit in subject.units if unit.sheets[basis] is not None for group in unit.groups
        )
        for basis in BASES
    }
    return {
        group: {"n_group": number, "n_counted": {basis: n_counted[basis][group] for basis in BASES}}
        for group, number in subject.n_group.items()
    }


def _groups(
    groups: Iterable[str], found: AreaUncertainty, means: Means, n_always_rated: Mapping[str, Counter[str]]
) -> dict[str, dict[str, Any]]:
    return {
        group: {
            "interval": interval_entry(found.groups.get(group)),
            "mean": {basis: one_decimal(means.get((group, basis))) for basis in BASES},
            "n_always_rated": {basis: n_always_rated[basis][group] for basis in BASES},
        }
        for group in groups
    }


def _units(found: AreaUncertainty) -> dict[str, Any]:
    """The figures of named units: not for everybody."""
    return {
        "intervals": {code: interval_entry(interval) for code, interval in found.units.items()},
        "bands": [list(band) for band in found.bands],
    }


def _means(
    units: Sequence[Unit], scores: UnitScores, framework: FrameworkShape, weights: Mapping[str, int]
) -> Means:
    """The mean of an area over the rated units, without any simulation: what the intervals are around."""
    values = defaultdict(list)
    for basis in BASES:
        for unit in units:
            figures = scores[basis].get(unit.code)
            indices = [
                WeighedIndex(figures[code].index(framework.highest_level) if figures else None, weight)
                for code, weight in weights.items()
            ]
            if (mean := summarise_area(indices).mean) is not None:
                for group in unit.groups:
                    values[group, basis].append(mean)
    return {place: sum(found, Fraction(0)) / len(found) for place, found in values.items()}


def _draws_by_basis(subject: Subject) -> Counter[str]:
    n_draws: Counter[str] = Counter()
    for way in draw_ways(subject.framework, inputs_sha256=subject.inputs_sha256, draws=DRAWS):
        n_draws[way.basis] += way.n_draws
    return n_draws


def _always_rated(
    found: AreaUncertainty, units: Sequence[Unit], n_draws: Mapping[str, int]
) -> dict[str, Counter[str]]:
    """Count by basis and group the units that are rated in every draw in which their sheet counts."""
    steady = [unit for unit in units if _n_rated(found.units[unit.code]) == _n_counted(unit, n_draws)]
    return {
        basis: Counter(group for unit in steady if unit.sheets[basis] is not None for group in unit.groups)
        for basis in BASES
    }


def _n_counted(unit: Unit, n_draws: Mapping[str, int]) -> int:
    return sum(n_draws[basis] for basis in BASES if unit.sheets[basis] is not None)


def _n_rated(interval: Interval | None) -> int:
    return interval.n_rated_draws if interval else 0


def _diagnostics(units: Sequence[Unit], framework: FrameworkShape) -> dict[str, Any]:
    """What is looked at before publishing, on the accepted basis, and the agreement over everything."""
    found = diagnose(units, framework, basis=Basis.ACCEPTED.value)
    pairs = judged_levels(units, slice(None))
    return {
        "diagnostics": {code: _diagnostics_entry(one) for code, one in found.items()},
        "agreement": _agreement(len(pairs), exact_match(pairs), quadratic_kappa(pairs)),
    }


def _diagnostics_entry(found: Diagnostics) -> dict[str, Any]:
    return {
        "n_complete": found.n_complete,
        "alpha": two_decimals(found.alpha),
        "without": {enabler: one_decimal(change) for enabler, change in found.without.items()},
        **_agreement(found.n_pairs, found.exact_match, found.kappa),
    }


def _agreement(n_pairs: int, match: Fraction | None, kappa: Fraction | None) -> dict[str, Any]:
    return {"n_pairs": n_pairs, "exact_match": one_decimal(match), "kappa": two_decimals(kappa)}

"""What is published, as the disclosure rule reads it: versions with their sheets, and decided comparisons."""

from collections.abc import Callable, Sequence
from functools import cache

from django.db.models import Q, QuerySet

from quintet.models import Cycle
from scorecards.domain.compared import read_crosswalk, read_shown
from scorecards.domain.published import Pairing, Release, Version
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.movement import compared_document
from scorecards.queries.publications import published_document
from scorecards.queries.sheets import FrozenSheets, frozen_sheets, published_units


def version_reader(number: Callable[[Scorecard], int]) -> Callable[[Scorecard], Version]:
    """What reads each published version once, and the sheets of each cycle once for all its versions.

    `number` gives each a number unlike that of all others that are looked at. To be used while one thing is
    decided, and then let go: it holds what it has read.
    """
    frozen = cache(frozen_sheets)
    return cache(lambda scorecard: _version(scorecard, number(scorecard), frozen))


def _version(scorecard: Scorecard, number: int, frozen: FrozenSheets) -> Version:
    document = published_document(scorecard.sha256)
    return Version(
        scorecard.cycle.code,
        Release(number, published_units(scorecard, frozen), document["groups"]),
        framework_shape(scorecard.cycle.framework),
        document["threshold"],
    )


def comparisons_of(cycles: Sequence[Cycle]) -> QuerySet[ComparedPair]:
    """The decided comparisons in which one of these cycles takes part, in order; their bytes are not read."""
    pairs = ComparedPair.objects.select_related("before__cycle__framework", "after__cycle__framework")
    takes_part = Q(before__cycle__in=cycles) | Q(after__cycle__in=cycles)
    return pairs.filter(takes_part).defer("payload", "before__payload", "after__payload")


def decided_pairing(row: ComparedPair, version: Callable[[Scorecard], Version]) -> Pairing:
    """A decided comparison of two versions, with what it shows."""
    before, after = version(row.before), version(row.after)
    document = compared_document(row.sha256)
    crosswalk = read_crosswalk(document, before.codes, after.codes)
    return Pairing(before, after, crosswalk, read_shown(document))

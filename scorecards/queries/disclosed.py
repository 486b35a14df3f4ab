"""What is published, as the disclosure rule reads it: versions with their sheets, and decided comparisons."""

from collections.abc import Callable, Sequence

from django.db.models import Q, QuerySet

from quintet.models import Cycle
from scorecards.domain.compared import read_crosswalk, read_shown
from scorecards.domain.published import Pairing, Release, Version
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.movement import compared_document
from scorecards.queries.publications import published_document
from scorecards.queries.sheets import published_units


def published_version(scorecard: Scorecard, *, number: int) -> Version:
    """A published version with the sheets behind it; its number is unlike that of all others looked at."""
    document = published_document(scorecard.sha256)
    return Version(
        scorecard.cycle.code,
        Release(number, published_units(scorecard), document["groups"]),
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

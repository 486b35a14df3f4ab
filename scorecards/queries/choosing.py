"""Which figures a reader asks for by a version: the same answer for pages and the API."""

from entities.access import Person
from quintet.models import Cycle
from scorecards import access
from scorecards.queries import publications, reading
from scorecards.queries.movement import decided_pairs, figures_of_other
from scorecards.queries.publications import newest_scorecards
from scorecards.queries.reading import Figures
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

PROVISIONAL, PROPOSED = "provisional", "proposed"


def wants_provisional(user: Person, version: str | None) -> bool:
    """Whether what is computed is asked for; NotFound for those who may not see it: it does not exist."""
    if version == PROVISIONAL and not access.can_see_provisional(user):
        raise _no_such_scorecard()
    return version == PROVISIONAL


def unpublished_figures(user: Person, cycle: Cycle, version: str | None) -> Figures | None:
    """The figures that are not published, where `version` names them; None for published ones.

    NotFound for those who may not see them: to them they do not exist.
    """
    if wants_provisional(user, version):
        return reading.provisional_figures(cycle)
    if version != PROPOSED:
        return None
    if not access.can_publish(user):
        raise _no_such_scorecard()
    return reading.proposed_figures(cycle)


def compared_figures(
    user: Person, cycle: Cycle, since: str, *, version: str | None = None, from_version: int | None = None
) -> tuple[Figures, Figures]:
    """The figures of two cycles to compare, before and after: the newest that the reader may read.

    `version` is "provisional", or like `from_version` the number of a version that the address is to keep.
    Two versions of which one is not the newest have to have been compared when they were; else NotFound.
    """
    if wants_provisional(user, version):
        after = reading.provisional_figures(cycle)
        return figures_of_other(user, cycle, since, version=from_version), after
    number = None if version is None else int(version)
    scorecard = (
        newest_scorecards(user).filter(cycle=cycle).first()
        if number is None
        else publications.scorecard_version(user, cycle, number)
    )
    if scorecard is None:
        raise _no_such_scorecard()
    after = reading.published_figures(scorecard)
    before = figures_of_other(user, cycle, since, version=from_version)
    is_kept = number is not None or from_version is not None
    if is_kept and not _are_newest(user, before, after) and not decided_pairs(before, after).exists():
        raise NotFound(_("These two versions were never compared with each other."))
    return before, after


def _are_newest(user: Person, *both: Figures) -> bool:
    """Whether both are the newest for this reader: these are compared, now or in a minute."""
    hashes = {figures.sha256 for figures in both}
    return newest_scorecards(user).filter(sha256__in=hashes).count() == len(hashes)


def _no_such_scorecard() -> NotFound:
    return NotFound(_("No such scorecard of this cycle is published."))

"""Second ratings: another person of the task force rates an item without having seen the first decision."""

from datetime import datetime

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain.answers import can_be_stored, tidy
from quintet.models import Assessment, Item, SecondRating, Snapshot
from quintet.queries import second_rating
from quintet.queries.samples import sample_of
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _

LONGEST_REASON = 5000


@transaction.atomic
def rate_second(
    *, assessment: Assessment, item: Item, level: int, reason: str, by: User, at: datetime
) -> SecondRating:
    """Write the level that a second person gives an item of what was handed in last. It changes no answer.

    Raises NotAllowed for others than the task force and for whoever decided on the item; WrongState for
    an item that is not (or not yet, or no longer) rated a second time; InvalidInput names what is wrong.
    Rating the same again changes nothing.
    """
    if not access.can_review(by):
        raise NotAllowed(_("Only the task force reviews assessments."))
    sheet = lock_sheet(assessment)
    if second_rating.has_decided(by, sheet, item):
        raise NotAllowed(_("You have decided on this item: another person rates it a second time."))
    snapshot = _snapshot_to_rate(sheet, item, by)
    rating = SecondRating(snapshot=snapshot, item=item, level=level, reason=tidy(reason), by=by, at=at)
    if written := SecondRating.objects.filter(snapshot=snapshot, item=item).first():
        return _same(written, rating)
    _require_sound(rating, item.framework.highest_level)
    rating.save(force_insert=True)
    return rating


def _snapshot_to_rate(sheet: Assessment, item: Item, by: User) -> Snapshot:
    if not access.can_rate_second(by, sheet):
        raise WrongState(_("Second ratings are possible only of a sheet that counts, while its cycle runs."))
    sample, snapshot = sample_of(sheet), second_rating.handed_in(sheet)
    if snapshot is None or item.code not in sample.second:
        raise WrongState(_("This item is not among those that are rated a second time."))
    if item.code not in sample.accepted:
        raise WrongState(_("Nobody has decided on this item yet: the second rating follows the first."))
    return snapshot


def _same(written: SecondRating, rating: SecondRating) -> SecondRating:
    """Return what is written when it says the same; a rating cannot be changed."""
    if any(getattr(written, name) != getattr(rating, name) for name in ("by_id", "level", "reason")):
        raise WrongState(_("This item has its second rating already; it stays as it was given."))
    return written


def _require_sound(rating: SecondRating, highest_level: int) -> None:
    errors = []
    if not 0 <= rating.level <= highest_level:
        errors.append(FieldError("level", "unknown_level", _("Choose a level of the scale.")))
    if len(rating.reason) > LONGEST_REASON or not can_be_stored(rating.reason):
        errors.append(FieldError("reason", "bad_text", _("Give a reason of at most 5000 characters.")))
    if errors:
        raise InvalidInput(_("The rating was not saved."), errors=errors)

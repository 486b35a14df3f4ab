"""Signed checkpoints: which scorecards there are, said so that a copy kept outside tells of a cut chain."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from scorecards.domain.checkpoints import state
from scorecards.models import Checkpoint, Scorecard
from un20portal.lib.signatures import key_id, public_key_of, read_private_key, sign


@transaction.atomic
def sign_checkpoint(*, at: datetime) -> Checkpoint:
    """Sign how many scorecards there are and which is the newest; ValueError without a usable key."""
    key = read_private_key(settings.CHECKPOINT_KEY)
    public_key = public_key_of(key)
    statement = state(published_chain(), public_key=public_key, key_id=key_id(public_key), at=at)
    payload = statement.payload()
    return Checkpoint.objects.create(
        n_scorecards=statement.n_scorecards,
        head_sha256=statement.head_sha256,
        payload=payload,
        signature=sign(payload, key),
        key_id=statement.key_id,
        at=at,
    )


def published_chain() -> list[str]:
    """The hashes of all scorecards, the oldest first, whoever may read them."""
    return list(Scorecard.objects.order_by("pk").values_list("sha256", flat=True))


def known_keys() -> set[str]:
    """The public keys whose signatures are ours: today's, and those it has replaced."""
    today = {public_key_of(read_private_key(settings.CHECKPOINT_KEY))} if settings.CHECKPOINT_KEY else set()
    return today | set(settings.CHECKPOINT_FORMER_KEYS)

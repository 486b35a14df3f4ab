"""What a unit lets others know of one cycle: its figures, where to ask it. Every word is kept."""

from datetime import datetime

from django.db import transaction

from entities.models import Entity, User
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.visibility import Audience
from scorecards.models import AskingConsent, Consent
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _

ANSWERS = {"yes": True, "no": False}


@transaction.atomic
def set_consent(*, cycle: Cycle, entity: Entity, audience: str, by: User, at: datetime) -> bool:
    """Say whom the unit lets read its figures of this cycle; return whether that is news.

    It holds at once and for all versions, published or still to come, and may be taken back at any time.
    Raises NotAllowed unless `by` approves for the unit, InvalidInput for an unknown audience, WrongState when
    the unit has no sheet in the cycle.
    """
    if not access.can_share(by, entity):
        raise NotAllowed(_("The approver of the entity decides who reads its figures."))
    _require_one_of("audience", audience, list(Audience))
    locked = _locked(cycle, entity)
    if access.audiences_of(cycle).get(locked.pk, Audience.NOBODY) == audience:
        return False
    Consent.objects.create(cycle=cycle, entity=locked, audience=audience, by=by, at=at)
    return True


@transaction.atomic
def set_asking(*, cycle: Cycle, entity: Entity, answer: str, by: User, at: datetime) -> bool:
    """Say ("yes" or "no") whether others may ask the unit where it is ahead; return whether that is news.

    Nobody may until it says so. It holds at once for this cycle and may be taken back at any time; it opens
    neither figures nor answers. Raises what `set_consent` raises.
    """
    if not access.can_share(by, entity):
        raise NotAllowed(_("The approver of the entity decides whether others may ask it."))
    _require_one_of("asking", answer, list(ANSWERS))
    locked = _locked(cycle, entity)
    if (locked.pk in access.askable_entities(cycle)) == ANSWERS[answer]:
        return False
    AskingConsent.objects.create(cycle=cycle, entity=locked, may_be_asked=ANSWERS[answer], by=by, at=at)
    return True


def _require_one_of(field: str, word: str, allowed: list[str]) -> None:
    if word not in allowed:
        message = _("Choose one of: %(allowed)s.")
        error = FieldError(field, "unknown", message, {"allowed": ", ".join(allowed)})
        raise InvalidInput(_("Nothing has been changed."), errors=[error])


def _locked(cycle: Cycle, entity: Entity) -> Entity:
    """The unit, held so that two words come one after the other; it has a sheet in the cycle."""
    locked = Entity.objects.select_for_update(of=("self",), no_key=True).get(pk=entity.pk)
    if not cycle.assessments.filter(entity=locked).exists():
        raise WrongState(_("The entity has no assessment in this cycle."))
    return locked

"""Letting others read a unit's own figures of one cycle: every word is kept, the latest one counts."""

from datetime import datetime

from django.db import transaction

from entities.models import Entity, User
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.visibility import Audience
from scorecards.models import Consent
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _


@transaction.atomic
def set_consent(*, cycle: Cycle, entity: Entity, audience: str, by: User, at: datetime) -> bool:
    """Say whom the unit lets read its figures of this cycle; return whether that is news.

    It holds at once and for all versions, published or still to come, and may be taken back at any time.
    Raises NotAllowed unless `by` approves for the unit, InvalidInput for an unknown audience, WrongState when
    the unit has no sheet in the cycle.
    """
    if not access.can_share(by, entity):
        raise NotAllowed(_("The approver of the entity decides who reads its figures."))
    if audience not in [*Audience]:
        message = _("Choose one of: %(allowed)s.")
        error = FieldError("audience", "unknown", message, {"allowed": ", ".join(Audience)})
        raise InvalidInput(_("Nothing has been changed."), errors=[error])
    locked = Entity.objects.select_for_update(of=("self",), no_key=True).get(pk=entity.pk)
    if not cycle.assessments.filter(entity=locked).exists():
        raise WrongState(_("The entity has no assessment in this cycle."))
    if access.audiences_of(cycle).get(locked.pk, Audience.NOBODY) == audience:
        return False
    Consent.objects.create(cycle=cycle, entity=locked, audience=audience, by=by, at=at)
    return True

"""Publishing a scorecard: one person proposes, another confirms, one releases what committees read first.

What is published never changes.
"""

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from entities.models import User
from quintet.domain.answers import tidy
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.domain.corrections import parse_note
from scorecards.models import READERS, Audience, EntityDocument, Proposal, PublicRelease, Scorecard
from scorecards.services.comparing import owe_missing_comparisons
from scorecards.services.composing import compose
from scorecards.services.estimating import owe_simulation
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox import services as outbox

CHECKPOINT_DUE = "scorecards.checkpoint_due"


@transaction.atomic
def propose(
    *, cycle: Cycle, by: User, at: datetime, note: str = "", audience: str = Audience.PUBLIC
) -> Proposal:
    """Propose the cycle's scorecard as it stands now; a new proposal replaces the one before.

    `note` says what a later version corrects; without it the version says so in facts.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    latest = Scorecard.objects.filter(cycle=locked).order_by("version").last()
    note, audience = parse_note(note, is_correction=latest is not None), _readers(audience)
    draft = compose(cycle=locked, note=note)
    if latest and draft.repeats(latest):
        raise WrongState(
            _("Nothing has changed since version %(version)s was published."), {"version": latest.version}
        )
    proposal, _made = Proposal.objects.update_or_create(
        cycle=locked,
        defaults={
            "sha256": draft.sha256,
            "inputs_sha256": draft.inputs_sha256,
            "changed_units": draft.changed_units,
            "n_carried": draft.n_carried,
            "audience": audience,
            "note": note,
            "by": by,
            "at": at,
        },
    )
    owe_simulation(cycle_id=locked.pk, at=at)
    return proposal


@transaction.atomic
def confirm(*, cycle: Cycle, by: User, at: datetime) -> Scorecard:
    """Publish what another person proposed; raise WrongState if the figures changed since."""
    _require_publisher(by)
    locked = _lock(cycle)
    proposal = Proposal.objects.filter(cycle=locked).first()
    if proposal is None:
        raise WrongState(_("There is no proposal to confirm: it is published already, or not proposed yet."))
    if proposal.by_id == by.pk:
        raise NotAllowed(_("A second person of the task force confirms what the first one proposed."))
    draft = compose(cycle=locked, note=proposal.note)
    if draft.sha256 != proposal.sha256:
        raise WrongState(_("The figures have changed since the proposal: propose the scorecard again."))
    scorecard = _store(locked, draft.payload, proposal, by, at)
    EntityDocument.objects.bulk_create(
        EntityDocument(scorecard=scorecard, entity_id=entity_id, payload=text, sha256=sha256(text))
        for entity_id, text in draft.documents.items()
    )
    proposal.delete()
    outbox.put(CHECKPOINT_DUE, {}, at=at)
    owe_missing_comparisons(at=at)
    return scorecard


@transaction.atomic
def publish(
    *, cycle: Cycle, by: User, at: datetime, note: str | None = None, audience: str | None = None
) -> Proposal | Scorecard:
    """Propose as the first person, confirm as the second.

    Figures that changed since are proposed anew, for the same readers; so is what is asked for with
    another note or for other readers. Raises NotAllowed when the first person asks again for the same.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    proposal = Proposal.objects.filter(cycle=locked).first()
    known = (proposal.note, proposal.audience) if proposal else ("", Audience.PUBLIC.value)
    asked = (known[0] if note is None else tidy(note), known[1] if audience is None else audience)
    if proposal and asked == known and compose(cycle=locked, note=asked[0]).sha256 == proposal.sha256:
        return confirm(cycle=locked, by=by, at=at)
    return propose(cycle=locked, by=by, at=at, note=asked[0], audience=asked[1])


@transaction.atomic
def release(*, scorecard: Scorecard, by: User, at: datetime) -> PublicRelease:
    """Open to everybody what the committees read first; its bytes were confirmed by two persons already."""
    _require_publisher(by)
    _lock(scorecard.cycle)
    if Scorecard.objects.public().filter(pk=scorecard.pk).exists():
        raise WrongState(_("Everybody may read this version already."))
    return PublicRelease.objects.create(scorecard=scorecard, by=by, at=at)


def _readers(audience: str) -> str:
    if audience not in READERS:
        message = _("Choose one of: %(allowed)s.")
        allowed = {"allowed": ", ".join(READERS)}
        raise InvalidInput(
            _("Nothing was proposed."), errors=[FieldError("audience", "unknown", message, allowed)]
        )
    return audience


def _require_publisher(by: User) -> None:
    if not access.can_publish(by):
        raise NotAllowed(_("Only the task force publishes scorecards."))


def _lock(cycle: Cycle) -> Cycle:
    locked = Cycle.objects.select_for_update(of=("self",), no_key=True).select_related("framework")
    found = locked.get(pk=cycle.pk)
    if found.phase == Phase.PLANNED:
        raise WrongState(_("The cycle has not begun: there is nothing to publish."))
    return found


def _store(cycle: Cycle, payload: str, proposal: Proposal, by: User, at: datetime) -> Scorecard:
    document = json.loads(payload)
    try:
        with transaction.atomic():
            return Scorecard.objects.create(
                cycle=cycle,
                version=document["version"],
                payload=payload,
                sha256=proposal.sha256,
                previous_sha256=document["previous_sha256"] or "",
                audience=proposal.audience,
                proposed_by_id=proposal.by_id,
                confirmed_by=by,
                published_at=at,
            )
    except IntegrityError as error:  # another cycle was published at the same moment: the chain moved on
        raise WrongState(
            _("The figures have changed since the proposal: propose the scorecard again.")
        ) from error

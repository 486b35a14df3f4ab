"""Publishing a scorecard: one person proposes, another confirms; what is published never changes."""

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from entities.models import User
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.models import EntityDocument, Proposal, Scorecard
from scorecards.services.composing import compose
from scorecards.services.estimating import owe_simulation
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.lib.errors import marked as _


@transaction.atomic
def propose(*, cycle: Cycle, by: User, at: datetime) -> Proposal:
    """Propose the cycle's scorecard as it stands now; a new proposal replaces the one before."""
    _require_publisher(by)
    locked = _lock(cycle)
    draft = compose(cycle=locked)
    latest = Scorecard.objects.filter(cycle=locked).order_by("version").last()
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
    draft = compose(cycle=locked)
    if draft.sha256 != proposal.sha256:
        raise WrongState(_("The figures have changed since the proposal: propose the scorecard again."))
    scorecard = _store(locked, draft.payload, proposal, by, at)
    EntityDocument.objects.bulk_create(
        EntityDocument(scorecard=scorecard, entity_id=entity_id, payload=text, sha256=sha256(text))
        for entity_id, text in draft.documents.items()
    )
    proposal.delete()
    return scorecard


@transaction.atomic
def publish(*, cycle: Cycle, by: User, at: datetime) -> Proposal | Scorecard:
    """Propose as the first person, confirm as the second; figures that changed since are proposed anew.

    Raises NotAllowed when the first person asks again for the same figures.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    proposal = Proposal.objects.filter(cycle=locked).first()
    if proposal is None or compose(cycle=locked).sha256 != proposal.sha256:
        return propose(cycle=locked, by=by, at=at)
    return confirm(cycle=locked, by=by, at=at)


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
                proposed_by_id=proposal.by_id,
                confirmed_by=by,
                published_at=at,
            )
    except IntegrityError as error:  # another cycle was published at the same moment: the chain moved on
        raise WrongState(
            _("The figures have changed since the proposal: propose the scorecard again.")
        ) from error

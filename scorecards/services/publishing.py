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
from scorecards.domain.visibility import Audience
from scorecards.models import READERS, Proposal, ProposalState, PublicRelease, Scorecard
from scorecards.queries.publications import REPLACED, said_in_lists
from scorecards.services.comparing import owe_missing_comparisons
from scorecards.services.composing import basis_of
from scorecards.services.drafting import confirmable_draft, owe_draft, publish_documents, withdraw_proposal
from scorecards.services.estimating import owe_simulation
from scorecards.services.locking import one_publication_at_a_time
from scorecards.services.reporting import owe_papers
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox import services as outbox

CHECKPOINT_DUE = "scorecards.checkpoint_due"


@transaction.atomic
def propose(
    *, cycle: Cycle, by: User, at: datetime, note: str = "", audience: str = Audience.PUBLIC
) -> Proposal:
    """Propose the cycle's scorecard as it stands now; a new proposal replaces the one before.

    `note` says what a later version corrects; without it facts stand alone.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    is_correction = Scorecard.objects.filter(cycle=locked).exists()
    note, audience = parse_note(note, is_correction=is_correction), _readers(audience)
    withdraw_proposal(cycle=locked)
    proposal = Proposal.objects.create(cycle=locked, audience=audience, note=note, by=by, at=at)
    owe_draft(proposal=proposal, at=at)
    proposal.refresh_from_db()
    _require_something_new(proposal)
    owe_simulation(cycle_id=locked.pk, at=at)
    return proposal


@transaction.atomic
def confirm(
    *,
    cycle: Cycle,
    by: User,
    at: datetime,
    sha256: str | None = None,
    audience: str | None = None,
    note: str | None = None,
) -> Scorecard:
    """Publish what another person proposed: these very bytes, composed once.

    What is given besides says what the second person looked at. Raises WrongState if that is not what is
    proposed, if it is not composed yet, or if it would be composed otherwise now.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    proposal = Proposal.objects.filter(cycle=locked).first()
    if proposal is None:
        raise WrongState(_("There is no proposal to confirm: it is published already, or not proposed yet."))
    seen = {"sha256": sha256, "audience": audience, "note": note}
    if any(value not in (None, getattr(proposal, name)) for name, value in seen.items()):
        raise WrongState(REPLACED)
    _require_composed(proposal)
    _require_two(proposal.by_id, by.pk)
    one_publication_at_a_time()
    if _is_overtaken(proposal, locked):
        raise WrongState(_("The figures have changed since the proposal: propose the scorecard again."))
    draft = confirmable_draft(proposal)
    scorecard = _store(locked, draft.payload, proposal, by, at)
    publish_documents(draft=draft, scorecard=scorecard)
    proposal.delete()
    outbox.put(CHECKPOINT_DUE, {}, at=at)
    owe_missing_comparisons(at=at)
    owe_papers(scorecard=scorecard, at=at)
    return scorecard


@transaction.atomic
def publish(
    *,
    cycle: Cycle,
    by: User,
    at: datetime,
    note: str | None = None,
    audience: str | None = None,
    sha256: str | None = None,
) -> Proposal | Scorecard:
    """Propose as the first person, confirm as the second.

    Figures that changed since are proposed anew, for the same readers; so is what is asked for with
    another note or for other readers. With a hash, what has it is confirmed, or nothing is done. Raises
    NotAllowed when the first person asks again for the same.
    """
    _require_publisher(by)
    locked = _lock(cycle)
    if note is not None:
        note = tidy(note)
    if sha256 is not None:
        return confirm(cycle=locked, by=by, at=at, sha256=sha256, audience=audience, note=note)
    proposal = Proposal.objects.filter(cycle=locked).first()
    known = (proposal.note, proposal.audience) if proposal else ("", Audience.PUBLIC.value)
    asked = (known[0] if note is None else note, known[1] if audience is None else audience)
    if proposal and asked == known and not _is_overtaken(proposal, locked):
        return confirm(cycle=locked, by=by, at=at)
    return propose(cycle=locked, by=by, at=at, note=asked[0], audience=asked[1])


@transaction.atomic
def release(*, scorecard: Scorecard, by: User, at: datetime) -> PublicRelease:
    """Open to everybody what the committees read first; its bytes were confirmed by two persons already."""
    _require_publisher(by)
    _lock(scorecard.cycle)
    if Scorecard.objects.public().filter(pk=scorecard.pk).exists():
        raise WrongState(_("Everybody may read this version already."))
    release = PublicRelease.objects.create(scorecard=scorecard, by=by, at=at)
    owe_missing_comparisons(at=at)
    return release


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


def require_two_publishers(first: User, second: User) -> None:
    """Raise NotAllowed unless the one may propose and the other confirm."""
    _require_publisher(first)
    _require_publisher(second)
    _require_two(first.pk, second.pk)


def _require_two(first: int, second: int) -> None:
    if first == second:
        raise NotAllowed(_("A second person of the task force confirms what the first one proposed."))


def _require_composed(proposal: Proposal) -> None:
    _require_something_new(proposal)
    if proposal.is_being_composed:
        raise WrongState(
            _("The scorecard is still being composed: it can be confirmed as soon as that is done.")
        )


def _require_something_new(proposal: Proposal) -> None:
    if proposal.state == ProposalState.REPEATS:
        versions = Scorecard.objects.filter(cycle=proposal.cycle_id).order_by("version")
        latest = {"version": versions.values_list("version", flat=True).last()}
        raise WrongState(_("Nothing has changed since version %(version)s was published."), latest)


def _is_overtaken(proposal: Proposal, cycle: Cycle) -> bool:
    """Whether what was composed would be composed otherwise now."""
    if proposal.is_being_composed:
        return False
    return basis_of(cycle=cycle, note=proposal.note).sha256 != proposal.basis_sha256


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
                **said_in_lists(document),
                audience=proposal.audience,
                proposed_by_id=proposal.by_id,
                confirmed_by=by,
                published_at=at,
            )
    except IntegrityError as error:  # another cycle was published at the same moment: the chain moved on
        raise WrongState(
            _("The figures have changed since the proposal: propose the scorecard again.")
        ) from error

"""Composing what is proposed, once, and keeping it until it is confirmed or another proposal takes its place.

A small cycle is composed while its proposer waits, a large one by a worker, as an errand: it takes its time,
no lock waits for it, and everybody can see that it is under way. Run twice, it keeps one draft.
"""

import json
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from quintet.models import Cycle
from scorecards.models import Draft, DraftDocument, EntityDocument, Proposal, ProposalState, Scorecard
from scorecards.queries.publications import DAMAGED, intact_draft, seal_of
from scorecards.queries.work import COMPOSE
from scorecards.services.composing import Composed, compose
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.services import PutOff

CHUNK = 1000  # documents stored at a time


@transaction.atomic
def owe_draft(*, proposal: Proposal, at: datetime) -> None:
    """Have composed what is proposed: now, or by a worker where there are too many units to wait for."""
    if is_composed_at_once(proposal.cycle):
        compose_proposal(proposal_id=proposal.pk, at=at)
    else:
        outbox.put(COMPOSE, {"proposal_id": proposal.pk}, at=at)


def is_composed_at_once(cycle: Cycle) -> bool:
    return cycle.assessments.count() <= settings.SCORECARDS_COMPOSED_AT_ONCE


def compose_proposal(*, proposal_id: int, at: datetime) -> None:
    """Compose what is proposed and keep it; nothing is done for what is composed already, or replaced.

    Raises PutOff where another worker composes it now: that one may not come to its end.
    """
    proposal = _waiting(proposal_id).select_related("cycle__framework").first()
    if proposal is None:
        return
    composed = compose(cycle=proposal.cycle, note=proposal.note)
    latest = Scorecard.objects.filter(cycle=proposal.cycle).order_by("version").defer("payload").last()
    if latest and composed.repeats(latest):
        _settle(_waiting(proposal_id), composed, state=ProposalState.REPEATS)
        return
    _keep(proposal, composed)


def confirmable_draft(proposal: Proposal) -> Draft:
    """The draft of a ready proposal, its documents checked as well; raise WrongState if it is damaged."""
    draft = intact_draft(proposal)
    if _hashes_of_documents(draft) != _named_documents(draft):
        raise WrongState(DAMAGED)
    return draft


@transaction.atomic
def withdraw_proposal(*, cycle: Cycle) -> None:
    """Take back what is proposed, with its draft.

    The proposal is locked first: a worker that begins a draft of it right now has done so, or finds it gone.
    """
    proposals = Proposal.objects.filter(cycle=cycle)
    locked = list(proposals.select_for_update().values_list("pk", flat=True))
    _discard(Draft.objects.filter(proposal__in=locked))
    proposals.delete()


def publish_documents(*, draft: Draft, scorecard: Scorecard) -> None:
    """Give the documents of the draft to the scorecard, inside the database: there may be very many."""
    name = connection.ops.quote_name
    published, drafted = (name(model._meta.db_table) for model in (EntityDocument, DraftDocument))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {published} (scorecard_id, entity_id, payload, sha256) "  # noqa: S608  the names are of our tables
            f"SELECT %s, entity_id, payload, sha256 FROM {drafted} WHERE draft_id = %s ORDER BY entity_id",
            [scorecard.pk, draft.pk],
        )


def _waiting(proposal_id: int) -> QuerySet[Proposal]:
    return Proposal.objects.filter(pk=proposal_id, state=ProposalState.COMPOSING)


def _keep(proposal: Proposal, composed: Composed) -> None:
    """Store the bytes, then the documents by the thousand, so that who proposes anew waits for no lock.

    Each draft is of one worker: who comes late finds the proposal settled, or loses the draft to the next.
    """
    draft = _begin(proposal, composed)
    if draft is None:
        return
    documents = [
        DraftDocument(draft=draft, entity_id=entity_id, payload=text, sha256=sha256(text))
        for entity_id, text in composed.documents.items()
    ]
    try:
        for start in range(0, len(documents), CHUNK):
            DraftDocument.objects.bulk_create(documents[start : start + CHUNK])
    except IntegrityError:
        if _is_kept(draft):
            raise
    _finish(draft, composed)


@transaction.atomic
def _begin(proposal: Proposal, composed: Composed) -> Draft | None:
    """A new draft in the place of one whose worker was killed; None for a proposal that does not wait."""
    if _locked(proposal.pk) is None:
        return None
    _discard(Draft.objects.filter(proposal=proposal))
    seal = seal_of(composed.sha256, basis_sha256=composed.basis.sha256)
    return Draft.objects.create(proposal=proposal, payload=composed.payload, seal=seal)


def _discard(drafts: QuerySet[Draft]) -> None:
    """Delete drafts with their documents, inside a transaction.

    They are locked first: documents that a worker adds between the two deletions would belong to no draft,
    and the foreign key would refuse our deletion, not theirs.
    """
    locked = list(drafts.select_for_update().values_list("pk", flat=True))
    Draft.objects.filter(pk__in=locked).delete()


@transaction.atomic
def _finish(draft: Draft, composed: Composed) -> None:
    if _locked(draft.proposal_id) is None:
        return
    if not _is_kept(draft):
        raise PutOff("Another worker composes this proposal.")
    _settle(
        _waiting(draft.proposal_id),
        composed,
        state=ProposalState.READY,
        sha256=composed.sha256,
        changed_units=composed.changed_units,
        regrouped_units=composed.regrouped_units,
        n_carried=composed.n_carried,
    )


def _is_kept(draft: Draft) -> bool:
    return Draft.objects.filter(pk=draft.pk).exists()


def _locked(proposal_id: int) -> Proposal | None:
    return _waiting(proposal_id).select_for_update(no_key=True).first()


def _settle(proposals: QuerySet[Proposal], composed: Composed, **changes: object) -> None:
    basis = composed.basis
    proposals.update(basis_sha256=basis.sha256, inputs_sha256=basis.inputs_sha256, **changes)


def _named_documents(draft: Draft) -> dict[str, str]:
    return {code: unit["document"] for code, unit in json.loads(draft.payload)["units"].items()}


def _hashes_of_documents(draft: Draft) -> dict[str, str]:
    """Hash by unit; none for a document whose own hash is wrong."""
    rows = draft.documents.values_list("entity__code", "payload", "sha256")
    return {code: digest for code, text, digest in rows.iterator() if sha256(text) == digest}

"""Published scorecards as a person may read them: versions, bytes, and what waits to be published."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.utils.crypto import constant_time_compare, salted_hmac

from entities.access import Person, is_committee
from quintet.models import Cycle, Phase
from scorecards.access import can_publish
from scorecards.domain.corrections import Correction
from scorecards.domain.visibility import Audience
from scorecards.models import (
    Checkpoint,
    ComparedPair,
    Computation,
    Draft,
    Proposal,
    ProposalState,
    PublicRelease,
    Scorecard,
    Uncertainty,
)
from un20portal.lib.canonical import sha256 as digest_of
from un20portal.lib.errors import NotFound, NotYet, WrongState
from un20portal.lib.errors import marked as _

CHAIN = {"version", "supersedes", "changed_units", "regrouped_units", "correction", "previous_sha256"}
NOT_SAID: Mapping[str, Any] = {"decisions": []}  # what versions of before do not name, as they would have
KEPT = 4  # versions that a process holds, a few megabytes each
DAMAGED = _("What was proposed is damaged: it is no longer what was composed. Propose it again.")
REPLACED = _("The proposal has changed since you opened this page: look at it again before you confirm it.")


@dataclass(eq=False)
class NothingPublished(NotFound):
    """No version of this cycle is for the person who asks; that there is the cycle everybody may know."""

    cycle: Cycle | None = None
    page: ClassVar[str] = "scorecards/nothing_published.html"


def published_scorecards(user: Person) -> QuerySet[Scorecard]:
    """The published versions that `user` may read, the newest first; their bytes are not read."""
    readable = Scorecard.objects.readable_by(user).select_related("cycle__framework", "public_release")
    return readable.defer("payload").order_by("-pk")


def leading_scorecard(user: Person) -> Scorecard | None:
    """The one to begin with: of the cycle that ends last, its latest version; final before interim ones."""
    return published_scorecards(user).order_by("-is_final", "-cycle__closes_on", "-version").first()


def latest_scorecard(user: Person, cycle: Cycle) -> Scorecard | None:
    """The latest version of a cycle that `user` may read; its bytes are not read."""
    return published_scorecards(user).filter(cycle=cycle).order_by("-version").first()


def newest_scorecards(user: Person) -> QuerySet[Scorecard]:
    """Of each cycle the newest version that `user` may read."""
    versions = Scorecard.objects.readable_by(user).filter(cycle=OuterRef("cycle")).order_by("-version")
    return published_scorecards(user).filter(version=Subquery(versions.values("version")[:1]))


def require_published(user: Person, cycle: Cycle) -> Scorecard:
    """The latest version of a cycle that `user` may read; raises NothingPublished where there is none."""
    scorecard = latest_scorecard(user, cycle)
    if scorecard is None:
        raise NothingPublished(_("Nothing of this cycle is published yet."), cycle=cycle)
    return scorecard


def versions_for_committees(user: Person) -> QuerySet[Scorecard]:
    """Of each cycle the newest version, where a member of the committees reads it before everybody may."""
    versions = newest_scorecards(user).filter(audience=Audience.COMMITTEE, public_release=None)
    return versions if is_committee(user) else versions.none()


def scorecard_version(user: Person, cycle: Cycle, version: int) -> Scorecard | None:
    """A certain published version of a cycle; its bytes are not read."""
    return published_scorecards(user).filter(cycle=cycle, version=version).first()


def public_state() -> Hashable:
    """Another value whenever strangers may have come to see more: how many rows each of these tables has.

    They are only ever added to, and their rows are few. A number counts when it is committed, so none is
    missed as the greatest key would be of two that are written at once.
    """
    first, *others = (
        model._default_manager.order_by().values(of=Value(model.__name__)).annotate(n=Count("pk"))
        for model in (Scorecard, PublicRelease, ComparedPair, Uncertainty)
    )
    return frozenset(first.union(*others, all=True).values_list("of", "n"))


def published_sha256(user: Person, code: str, version: int | None = None) -> str | None:
    """The hash of a cycle's latest version that `user` may read, or of a certain one.

    Who holds the hash of a version may read its bytes: only this and the rows above give it away.
    """
    scorecards = Scorecard.objects.readable_by(user).filter(cycle__code=code)
    if version is not None:
        scorecards = scorecards.filter(version=version)
    return scorecards.order_by("-version").values_list("sha256", flat=True).first()


def published_neighbours(cycle: Cycle) -> list[Cycle]:
    """The published cycles with the same framework that end last before this one, and first after it."""
    published = Scorecard.objects.values("cycle")
    others = Cycle.objects.filter(framework=cycle.framework_id, pk__in=published).exclude(pk=cycle.pk)
    before = others.filter(closes_on__lte=cycle.closes_on).order_by("-closes_on", "-code").first()
    after = others.filter(closes_on__gt=cycle.closes_on).order_by("closes_on", "code").first()
    return [other for other in (before, after) if other is not None]


@lru_cache(maxsize=KEPT)
def published_bytes(sha256: str) -> bytes:
    """The published bytes that have this hash; they never change, so a process keeps the last few."""
    return Scorecard.objects.values_list("payload", flat=True).get(sha256=sha256).encode()


@lru_cache(maxsize=KEPT)
def published_document(sha256: str) -> Mapping[str, Any]:
    """What the published bytes that have this hash say."""
    document: Mapping[str, Any] = json.loads(published_bytes(sha256))
    return document


def intact_draft(proposal: Proposal) -> Draft:
    """The draft of a ready proposal as it was composed: for those who may publish.

    Read and checked each time, since a draft can change. Raises WrongState where it is damaged or gone, and
    where the proposal itself is gone by now.
    """
    known = Proposal.objects.filter(pk=proposal.pk, sha256=proposal.sha256).select_related("draft").first()
    if known is None:
        raise WrongState(REPLACED)
    draft: Draft | None = getattr(known, "draft", None)
    if draft is None or digest_of(draft.payload) != known.sha256:
        raise WrongState(DAMAGED)
    if not constant_time_compare(draft.seal, seal_of(known.sha256, basis_sha256=known.basis_sha256)):
        raise WrongState(DAMAGED)
    return draft


def seal_of(sha256: str, *, basis_sha256: str) -> str:
    """What a draft of these bytes, composed from this basis, is sealed with.

    It takes the portal's secret key: who changes the database can change bytes and hashes, not this.
    """
    said = f"{sha256} {basis_sha256}"
    return salted_hmac("scorecards.draft", said, algorithm="sha256").hexdigest()


def said_in_lists(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a version says of itself in lists, by column of its row."""
    correction = correction_of(document) or Correction("", 0, 0)
    return {"is_final": document["cycle"]["phase"] == Phase.CLOSED, **asdict(correction)}


def correction_of(document: Mapping[str, Any]) -> Correction | None:
    """What a version corrects; None for the first. Versions of before have no note, and name no groups."""
    if document["supersedes"] is None:
        return None
    said = document.get("correction") or {"note": ""}
    return Correction(said["note"], len(document["changed_units"]), len(document.get("regrouped_units", [])))


def differing_parts(document: Mapping[str, Any], before: Mapping[str, Any]) -> set[str]:
    """The parts of a version that the one before it does not say alike, but for its place in the chain."""
    parts = document.keys() - CHAIN
    return {name for name in parts if document[name] != before.get(name, NOT_SAID.get(name))}


def proposal_of(cycle: Cycle) -> Proposal | None:
    """What waits for a second person, if anything."""
    return Proposal.objects.filter(cycle=cycle).select_related("by").first()


def proposals_to_confirm(user: Person) -> QuerySet[Proposal]:
    """What others propose and `user` may confirm, what has waited longest first."""
    return _proposals(user).filter(state=ProposalState.READY).exclude(by=user.pk)


def proposals_with_others(user: Person) -> QuerySet[Proposal]:
    """What `user` proposed and another person has to confirm, once it is composed."""
    return _proposals(user).exclude(state=ProposalState.REPEATS).filter(by=user.pk)


def _proposals(user: Person) -> QuerySet[Proposal]:
    proposals = Proposal.objects.select_related("cycle", "by").order_by("at", "pk")
    return proposals if can_publish(user) else proposals.none()


def ready_proposal(cycle: Cycle) -> Proposal:
    """What a second person may look at and confirm.

    Raises NotYet while it is composed, NotFound where nothing is proposed or it says nothing new.
    """
    proposal = proposal_of(cycle)
    if proposal is None:
        raise NotFound(_("Nothing is proposed at the moment."))
    if proposal.is_being_composed:
        raise NotYet(_("The scorecard is still being composed. Look again in a minute."))
    if proposal.state == ProposalState.REPEATS:
        raise NotFound(_("It says the same as the version that is published: there is nothing to confirm."))
    return proposal


def checkpoints(user: Person) -> QuerySet[Checkpoint]:
    """The signed checkpoints that `user` may read, the newest first."""
    return Checkpoint.objects.readable_by(user).order_by("-pk")


def computation_of(cycle: Cycle) -> Computation | None:
    """When and from which inputs the provisional figures were computed."""
    return Computation.objects.filter(cycle=cycle).first()

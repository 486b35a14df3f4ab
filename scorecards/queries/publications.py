"""Published scorecards as a person may read them: versions, bytes, and what waits to be published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from entities.access import Person
from quintet.models import Cycle, Phase
from scorecards.domain.corrections import Correction
from scorecards.models import Checkpoint, Computation, Proposal, Scorecard

KEPT = 4  # published versions that a process holds, a few megabytes each


def published_scorecards(user: Person) -> QuerySet[Scorecard]:
    """The published versions that `user` may read, the newest first; their bytes are not read."""
    readable = Scorecard.objects.readable_by(user).select_related("cycle__framework", "public_release")
    return readable.defer("payload").order_by("-pk")


def leading_scorecard(user: Person) -> Scorecard | None:
    """The one to begin with: of the cycle that ends last, its latest version; final before interim ones."""
    scorecards = list(published_scorecards(user).order_by("-cycle__closes_on", "-version"))
    final = (scorecard for scorecard in scorecards if imprint(scorecard.sha256).is_final)
    return next(final, next(iter(scorecards), None))


def latest_scorecard(user: Person, cycle: Cycle) -> Scorecard | None:
    """The latest version of a cycle that `user` may read; its bytes are not read."""
    return published_scorecards(user).filter(cycle=cycle).order_by("-version").first()


def newest_scorecards(user: Person) -> QuerySet[Scorecard]:
    """Of each cycle the newest version that `user` may read."""
    versions = Scorecard.objects.readable_by(user).filter(cycle=OuterRef("cycle")).order_by("-version")
    return published_scorecards(user).filter(version=Subquery(versions.values("version")[:1]))


def scorecard_version(user: Person, cycle: Cycle, version: int) -> Scorecard | None:
    """A certain published version of a cycle; its bytes are not read."""
    return published_scorecards(user).filter(cycle=cycle, version=version).first()


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
    """The published bytes that have this hash: they never change, so a process keeps the last few."""
    return Scorecard.objects.values_list("payload", flat=True).get(sha256=sha256).encode()


@lru_cache(maxsize=KEPT)
def published_document(sha256: str) -> Mapping[str, Any]:
    """What the published bytes that have this hash say."""
    document: Mapping[str, Any] = json.loads(published_bytes(sha256))
    return document


@dataclass(frozen=True)
class Imprint:
    """What a published version says of itself, for lists: after the cycle had closed, or what it corrects."""

    is_final: bool
    correction: Correction | None


@lru_cache(maxsize=1000)
def imprint(sha256: str) -> Imprint:
    """The imprint of the version with this hash."""
    document = published_document(sha256)
    return Imprint(document["cycle"]["phase"] == Phase.CLOSED, correction_of(document))


def correction_of(document: Mapping[str, Any]) -> Correction | None:
    """What a version corrects; None for the first. Versions of before have no note, and name no groups."""
    if document["supersedes"] is None:
        return None
    said = document.get("correction") or {"note": ""}
    return Correction(said["note"], len(document["changed_units"]), len(document.get("regrouped_units", [])))


def proposal_of(cycle: Cycle) -> Proposal | None:
    """What waits for a second person, if anything."""
    return Proposal.objects.filter(cycle=cycle).select_related("by").first()


def checkpoints(user: Person) -> QuerySet[Checkpoint]:
    """The signed checkpoints that `user` may read, the newest first."""
    return Checkpoint.objects.readable_by(user).order_by("-pk")


def computation_of(cycle: Cycle) -> Computation | None:
    """When and from which inputs the provisional figures were computed."""
    return Computation.objects.filter(cycle=cycle).first()

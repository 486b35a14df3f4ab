"""Published scorecards: their versions, their bytes, and what waits to be published."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from quintet.models import Cycle, Phase
from scorecards.models import Computation, Proposal, Scorecard

KEPT = 4  # published versions that a process holds, a few megabytes each


def published_scorecards() -> QuerySet[Scorecard]:
    """All published versions, the newest first; their bytes are not read."""
    return Scorecard.objects.select_related("cycle__framework").defer("payload").order_by("-pk")


def leading_scorecard() -> Scorecard | None:
    """The one to begin with: of the cycle that ends last, its latest version; final before interim ones."""
    scorecards = list(published_scorecards().order_by("-cycle__closes_on", "-version"))
    final = (scorecard for scorecard in scorecards if is_final(scorecard.sha256))
    return next(final, next(iter(scorecards), None))


def latest_scorecard(cycle: Cycle) -> Scorecard | None:
    """The latest published version of a cycle; its bytes are not read."""
    return published_scorecards().filter(cycle=cycle).order_by("-version").first()


def scorecard_version(cycle: Cycle, version: int) -> Scorecard | None:
    """A certain published version of a cycle; its bytes are not read."""
    return published_scorecards().filter(cycle=cycle, version=version).first()


def published_sha256(code: str, version: int | None = None) -> str | None:
    """The hash of a cycle's latest published version, or of a certain one."""
    scorecards = Scorecard.objects.filter(cycle__code=code)
    if version is not None:
        scorecards = scorecards.filter(version=version)
    return scorecards.order_by("-version").values_list("sha256", flat=True).first()


@lru_cache(maxsize=KEPT)
def published_bytes(sha256: str) -> bytes:
    """The published bytes that have this hash: they never change, so a process keeps the last few."""
    return Scorecard.objects.values_list("payload", flat=True).get(sha256=sha256).encode()


@lru_cache(maxsize=KEPT)
def published_document(sha256: str) -> Mapping[str, Any]:
    """What the published bytes that have this hash say."""
    document: Mapping[str, Any] = json.loads(published_bytes(sha256))
    return document


@lru_cache(maxsize=1000)
def is_final(sha256: str) -> bool:
    """Whether the scorecard with this hash was published after its cycle had closed."""
    return bool(published_document(sha256)["cycle"]["phase"] == Phase.CLOSED)


def proposal_of(cycle: Cycle) -> Proposal | None:
    """What waits for a second person, if anything."""
    return Proposal.objects.filter(cycle=cycle).select_related("by").first()


def computation_of(cycle: Cycle) -> Computation | None:
    """When and from which inputs the provisional figures were computed."""
    return Computation.objects.filter(cycle=cycle).first()

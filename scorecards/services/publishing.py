"""Publishing a scorecard: one person proposes, another confirms; what is published never changes."""

import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from entities.models import User
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.domain.figures import BASES, group_figures, score_units, unit_entry
from scorecards.domain.scoring import METHOD
from scorecards.domain.suppression import suppress
from scorecards.models import EntityDocument, Proposal, Scorecard
from scorecards.queries import baselines
from scorecards.services.computing import Inputs, compute_cycle, gather
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.lib.errors import marked as _


@transaction.atomic
def propose(*, cycle: Cycle, by: User, at: datetime) -> Proposal:
    """Propose the cycle's scorecard as it stands now; a new proposal replaces the one before."""
    _require_publisher(by)
    locked = _lock(cycle)
    payload, _documents = build(cycle=locked)
    latest = Scorecard.objects.filter(cycle=locked).order_by("version").last()
    if latest and _contents(payload) == _contents(latest.payload):
        raise WrongState(
            _("Nothing has changed since version %(version)s was published."), {"version": latest.version}
        )
    compute_cycle(cycle_id=locked.pk, at=at)
    proposal, _made = Proposal.objects.update_or_create(
        cycle=locked, defaults={"sha256": sha256(payload), "by": by, "at": at}
    )
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
    payload, documents = build(cycle=locked)
    if sha256(payload) != proposal.sha256:
        raise WrongState(_("The figures have changed since the proposal: propose the scorecard again."))
    scorecard = _store(locked, payload, proposal, by, at)
    EntityDocument.objects.bulk_create(
        EntityDocument(scorecard=scorecard, entity_id=entity_id, payload=text, sha256=sha256(text))
        for entity_id, text in documents.items()
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
    if proposal is None or sha256(build(cycle=locked)[0]) != proposal.sha256:
        return propose(cycle=locked, by=by, at=at)
    return confirm(cycle=locked, by=by, at=at)


def build(*, cycle: Cycle) -> tuple[str, dict[int, str]]:
    """Return the canonical bytes that would be published now, and each unit's document by entity id."""
    inputs = gather(cycle_id=cycle.pk)
    scores = score_units(inputs.units, inputs.framework)
    groups = group_figures(inputs.units, inputs.framework, scores)
    public = suppress(groups, inputs.units, inputs.framework, scores, threshold=cycle.threshold)
    documents = {
        snapshot.assessment.entity_id: canonical_json(
            {
                "cycle": cycle.code,
                "entity": snapshot.assessment.entity.code,
                "method": METHOD,
                "snapshot": snapshot.sha256,
                "figures": {
                    basis: {
                        dimension: unit_entry(figures, inputs.framework.highest_level)
                        for dimension, figures in scores[basis]
                        .get(snapshot.assessment.entity.code, {})
                        .items()
                    }
                    for basis in BASES
                },
            }
        )
        for snapshot in inputs.snapshots
    }
    return canonical_json(_document(inputs, public, documents)), documents


def _document(inputs: Inputs, groups: dict[str, Any], documents: dict[int, str]) -> dict[str, Any]:
    cycle = inputs.cycle
    previous = Scorecard.objects.order_by("pk").last()
    latest = Scorecard.objects.filter(cycle=cycle).order_by("version").last()
    units = {
        snapshot.assessment.entity.code: {
            "snapshot": snapshot.sha256,
            "document": sha256(documents[snapshot.assessment.entity_id]),
        }
        for snapshot in inputs.snapshots
    }
    return {
        "method": METHOD,
        "cycle": {
            "code": cycle.code,
            "title": cycle.title,
            "opens_on": cycle.opens_on.isoformat(),
            "closes_on": cycle.closes_on.isoformat(),
            "phase": str(cycle.phase),
            "synthetic": cycle.is_demo,
        },
        "framework": {"slug": cycle.framework.slug, "version": cycle.framework.version},
        "threshold": cycle.threshold,
        "version": latest.version + 1 if latest else 1,
        "supersedes": latest.sha256 if latest else None,
        "changed_units": changed_units(latest, units),
        "previous_sha256": previous.sha256 if previous else None,
        "inputs_sha256": inputs.sha256,
        "baselines": baselines(cycle.framework),
        "groups": groups,
        "units": units,
    }


def pending_changes(*, cycle: Cycle) -> list[str]:
    """Return the codes of the units whose sheet differs from what was published last."""
    latest = Scorecard.objects.filter(cycle=cycle).order_by("version").last()
    if latest is None:
        return []
    payload, _documents = build(cycle=cycle)
    changed: list[str] = json.loads(payload)["changed_units"]
    return changed


def changed_units(latest: Scorecard | None, units: dict[str, Any]) -> list[str]:
    """Return the codes of the units whose sheet differs from the version before; none for the first."""
    if latest is None:
        return []
    before = json.loads(latest.payload)["units"]
    return sorted(code for code in {*before, *units} if before.get(code) != units.get(code))


def _contents(payload: str) -> dict[str, Any]:
    """What a scorecard says, without its place in the chain."""
    chain = ("version", "supersedes", "changed_units", "previous_sha256")
    return {key: value for key, value in json.loads(payload).items() if key not in chain}


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

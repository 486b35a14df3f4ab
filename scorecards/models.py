"""What it adds up to: computed figures, and published scorecards that never change."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from entities.access import Person, is_committee, is_task_force
from entities.models import Entity
from quintet.models import Cycle, Snapshot
from scorecards.domain.groups import LONGEST_CODE, LONGEST_NAME
from scorecards.domain.visibility import Audience
from un20portal.lib.models import AppendOnlyModel


class Basis(models.TextChoices):
    """The two readings of an answer: what the unit says, and what the task force accepted."""

    ACCEPTED = "accepted"
    CLAIMED = "claimed"


def _reference(to: str | type[models.Model], **options: Any) -> Any:
    """A foreign key of a derived row: not checked row by row, since rows come by the ten thousand."""
    return models.ForeignKey(
        to, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, **options
    )


class UnitScore(models.Model):
    """The figures of one unit in one cycle (method §2), packed per basis: derived from its snapshot.

    Every unit that was asked has a row; those that do not count have no snapshot and no figures.
    """

    cycle = _reference(Cycle)
    entity = _reference(Entity)
    kind = models.PositiveSmallIntegerField(help_text="Which groups it is in: a place in Computation.kinds")
    snapshot = _reference(Snapshot, null=True)
    claimed = models.BinaryField(null=True, help_text="One record per dimension, see domain.packed")
    accepted = models.BinaryField(
        null=True, help_text="The same on the accepted basis; validated sheets only"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "entity"], name="one_score_per_unit_and_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.cycle_id}"


class GroupScore(models.Model):
    """What is counted of one group on one basis (method §4); its figures are a function of these counts."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=60)
    basis = models.CharField(max_length=10, choices=Basis)
    n_group = models.PositiveIntegerField()
    tally = models.TextField(help_text="JSON, see domain.tally")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "group", "basis"], name="one_score_per_group_and_basis"),
        ]

    def __str__(self) -> str:
        return f"{self.group} in {self.cycle_id} · {self.basis}"


class Computation(models.Model):
    """That the figures of a cycle stand, and what they were made with. Derived, rebuildable."""

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=20)
    shape_sha256 = models.CharField(max_length=64, help_text="Of the framework's items and weights")
    kinds = models.JSONField(help_text="The sets of groups in which units are: lists of codes")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.method}"


class ComputationRun(models.Model):
    """That a large cycle is being computed range by range; until the figures stand, then it is gone."""

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=20)
    shape_sha256 = models.CharField(max_length=64)
    kinds = models.JSONField(help_text="As in Computation, fixed for all ranges")
    begun_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.method}"


class ComputationRange(models.Model):
    """The units of one range of a run, by entity id; once computed, what is counted of them.

    The ranges of a run hold every id there can be: units that are asked meanwhile are in one of them.
    """

    run = models.ForeignKey(ComputationRun, on_delete=models.CASCADE, related_name="ranges")
    low = models.BigIntegerField(help_text="The first entity id")
    high = models.BigIntegerField(help_text="The last one")
    counted = models.TextField(
        blank=True, help_text="JSON: basis → the tally of each kind; empty: to be done"
    )

    class Meta:
        ordering = ["low"]
        constraints = [models.UniqueConstraint(fields=["run", "low"], name="ranges_of_a_run_begin_apart")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.low}–{self.high}"

    @property
    def span(self) -> tuple[int, int]:
        return self.low, self.high


class CustomGroup(models.Model):
    """Units that the task force looks at together. Nobody else sees it, and nothing published names it."""

    code = models.CharField(max_length=LONGEST_CODE, help_text="Small letters, digits and hyphens")
    name = models.CharField(max_length=LONGEST_NAME)
    units = models.ManyToManyField(Entity, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="When `by` said last who is in it")

    class Meta:
        ordering = ["name", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="one_custom_group_per_code"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="a_custom_group_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.code


AUDIENCES = {
    Audience.NOBODY: _("nobody else"),
    Audience.COMMITTEE: _("the committees"),
    Audience.PUBLIC: _("everybody"),
}
READERS = [Audience.COMMITTEE, Audience.PUBLIC]


class ProposalState(models.TextChoices):
    """How far what is proposed is: while it is composed, nobody can confirm it."""

    COMPOSING = "composing", _("being composed")
    READY = "ready", _("ready to be confirmed")
    REPEATS = "repeats", _("says nothing new")


class Proposal(models.Model):
    """A scorecard that one person of the task force wants published; a second one confirms it.

    What is proposed is in its draft. Another proposal is another row, so whoever composes an older one
    finds that it is gone.
    """

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.COMPOSING)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the bytes that would be published")
    inputs_sha256 = models.CharField(
        max_length=64, default="", help_text="Hash over the snapshots and the framework used"
    )
    basis_sha256 = models.CharField(
        max_length=64, default="", help_text="Hash over all that the bytes were composed from"
    )
    changed_units = models.JSONField(
        default=list, help_text="Codes of the units whose sheet differs from the version before"
    )
    regrouped_units = models.JSONField(
        default=list, help_text="Codes of the units in other groups than in the version before"
    )
    n_carried = models.PositiveIntegerField(
        default=0, help_text="Figures shown as before, because too few units changed their sheets"
    )
    audience = models.CharField(
        max_length=10,
        choices=AUDIENCES,
        default=Audience.PUBLIC,
        help_text="Who reads it once it is confirmed",
    )
    note = models.TextField(blank=True, help_text="What a correction corrects, in the task force's words")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=READERS), name="a_proposal_has_readers"),
            models.CheckConstraint(
                condition=(Q(state=ProposalState.READY) & ~Q(sha256=""))
                | (~Q(state=ProposalState.READY) & Q(sha256="")),
                name="exactly_a_ready_proposal_has_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.sha256[:8]}"

    @property
    def is_being_composed(self) -> bool:
        return self.state == ProposalState.COMPOSING


class Draft(models.Model):
    """What a proposal proposes, composed once: these very bytes are published, or none."""

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="draft")
    payload = models.TextField(help_text="Canonical JSON: the bytes of the scorecard")

    def __str__(self) -> str:
        return f"draft of {self.proposal_id}"


class DraftDocument(models.Model):
    """The figures of one unit as a draft names them by hash."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="documents")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    payload = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "entity"], name="one_draft_document_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} {self.sha256[:8]}"


class ScorecardQuerySet(models.QuerySet["Scorecard"]):
    """Which published versions a person may read: nothing else decides it."""

    def public(self) -> "ScorecardQuerySet":
        """Those that everybody may read: from the start, or since their release."""
        released = PublicRelease.objects.filter(scorecard=OuterRef("pk"))
        return self.filter(Q(audience=Audience.PUBLIC) | Exists(released))

    def readable_by(self, user: Person) -> "ScorecardQuerySet":
        """All for the committees and the task force; for everybody else the others do not exist."""
        return self.all() if is_task_force(user) or is_committee(user) else self.public()


class Scorecard(AppendOnlyModel):
    """One published version of a cycle's scorecard. Never updated, never deleted."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    payload = models.TextField(help_text="Canonical JSON: the published bytes")
    sha256 = models.CharField(max_length=64, unique=True)
    previous_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the scorecard published before"
    )
    audience = models.CharField(
        max_length=10,
        choices=AUDIENCES,
        default=Audience.PUBLIC,
        help_text="Who could read it from the start",
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "version"], name="one_scorecard_per_version"),
            models.UniqueConstraint(fields=["previous_sha256"], name="the_chain_does_not_fork"),
            models.CheckConstraint(condition=~Q(proposed_by=F("confirmed_by")), name="two_persons_publish"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} v{self.version}"

    @property
    def readers(self) -> str:
        """Who reads it now; lists read it together with `public_release`."""
        is_public = self.audience == Audience.PUBLIC or hasattr(self, "public_release")
        return Audience.PUBLIC.value if is_public else self.audience


class EntityDocument(AppendOnlyModel):
    """The figures of one unit as they stood when a scorecard was published, named in it by hash."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="documents")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    payload = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scorecard", "entity"], name="one_document_per_unit")]

    def __str__(self) -> str:
        return f"{self.entity_id} {self.sha256[:8]}"


class ComparedPair(AppendOnlyModel):
    """What two published versions of different cycles show beside each other, decided once (§5, §7)."""

    before = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    payload = models.TextField(help_text="Canonical JSON, see domain.compared")
    sha256 = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["before", "after"], name="one_comparison_per_two_versions"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="two_versions_are_compared"),
        ]

    def __str__(self) -> str:
        return f"{self.before_id} → {self.after_id} {self.sha256[:8]}"


class PublicRelease(AppendOnlyModel):
    """That a scorecard which the committees read first is open to everybody."""

    scorecard = models.OneToOneField(Scorecard, on_delete=models.PROTECT, related_name="public_release")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.scorecard_id} for everybody"


class CheckpointQuerySet(models.QuerySet["Checkpoint"]):
    def readable_by(self, user: Person) -> "CheckpointQuerySet":
        """Those that name a scorecard which `user` may read, or none: others would tell that there is one."""
        heads = Scorecard.objects.readable_by(user).values("sha256")
        return self.filter(Q(head_sha256="") | Q(head_sha256__in=heads))


class Checkpoint(AppendOnlyModel):
    """A signed statement of how many scorecards there are and which is the newest, to be kept outside."""

    n_scorecards = models.PositiveIntegerField()
    head_sha256 = models.CharField(max_length=64, blank=True, help_text="Of the newest scorecard")
    payload = models.TextField(help_text="Canonical JSON: what is signed")
    signature = models.CharField(max_length=128, help_text="Ed25519, hexadecimal")
    key_id = models.CharField(max_length=16, help_text="The first bytes of the public key's SHA-256")
    at = models.DateTimeField()

    objects = CheckpointQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.n_scorecards} {self.head_sha256[:8]}"

    @property
    def public_key(self) -> str:
        """The key that checks the signature, as the payload names it."""
        return str(json.loads(self.payload)["public_key"])


class Uncertainty(AppendOnlyModel):
    """How far the figures of certain inputs depend on choices of the method (§6): seeded, reproducible."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    inputs_sha256 = models.CharField(max_length=64, help_text="Of the inputs; its first bytes are the seed")
    payload = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "uncertainties"
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "inputs_sha256"], name="one_simulation_per_cycle_and_inputs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.inputs_sha256[:8]}"


class Consent(AppendOnlyModel):
    """Whom a unit lets read its own figures of one cycle; the latest word counts."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=10, choices=AUDIENCES)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["cycle", "entity"], name="consent_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.cycle_id}: {self.audience}"

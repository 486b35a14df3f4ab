"""What is published and never changes: versions, what stands beside them, checkpoints, consent."""

import json

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from entities.access import Person, is_committee, is_task_force
from entities.models import Entity
from quintet.models import Cycle
from scorecards.domain.corrections import Correction
from scorecards.domain.visibility import Audience
from scorecards.models.publication import AUDIENCES
from un20portal.lib.models import AppendOnlyModel


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
    """One published version of a cycle's scorecard. Never updated, never deleted.

    What lists say of it stands beside the bytes, which are large: nobody reads these to name a version.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    payload = models.TextField(help_text="Canonical JSON: the published bytes")
    sha256 = models.CharField(max_length=64, unique=True)
    previous_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the scorecard published before"
    )
    is_final = models.BooleanField(help_text="As in the bytes: made after the cycle had closed")
    note = models.TextField(blank=True, help_text="As in the bytes: what it corrects, in words")
    n_changed = models.PositiveIntegerField(help_text="Units that the bytes name for another sheet")
    n_regrouped = models.PositiveIntegerField(help_text="Units that the bytes name for other groups")
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
    def correction(self) -> Correction | None:
        """What it corrects; None for a first version."""
        return None if self.version == 1 else Correction(self.note, self.n_changed, self.n_regrouped)

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


class AskingConsent(AppendOnlyModel):
    """Whether others may be told where a unit is ahead, to ask it, in one cycle; the latest word counts."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    may_be_asked = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["cycle", "entity"], name="asking_consent_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.cycle_id}: {self.may_be_asked}"


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

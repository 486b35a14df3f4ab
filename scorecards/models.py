"""What it adds up to: computed figures, and published scorecards that never change."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from entities.models import Entity
from quintet.models import Cycle, Dimension, Snapshot
from un20portal.lib.models import AppendOnlyModel


class Basis(models.TextChoices):
    """The two readings of an answer: what the unit says, and what the task force accepted."""

    ACCEPTED = "accepted"
    CLAIMED = "claimed"


class UnitScore(models.Model):
    """The figures of one unit in one dimension on one basis (method §2), all integers."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=10, choices=Basis)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    applicable = models.PositiveSmallIntegerField()
    answered = models.PositiveSmallIntegerField()
    weight_applicable = models.PositiveIntegerField()
    weight_answered = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    is_rated = models.BooleanField()
    has = models.PositiveSmallIntegerField()
    operates = models.PositiveSmallIntegerField()
    foundation = models.PositiveSmallIntegerField(null=True)
    is_advanced = models.BooleanField(null=True, help_text="Capabilities only")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "basis", "entity", "dimension"],
                name="one_score_per_unit_dimension_and_basis",
            ),
            models.CheckConstraint(condition=Q(operates__lte=F("has")), name="what_operates_exists"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} · {self.dimension_id} · {self.basis}"


class Computation(models.Model):
    """The figures of one cycle as they stand: derived, rebuildable, replaced by the next computation."""

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=20)
    inputs_sha256 = models.CharField(
        max_length=64, help_text="Hash over the snapshots and the framework used"
    )
    figures = models.TextField(help_text="Canonical JSON of all group figures, before suppression")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.inputs_sha256[:8]}"


class Proposal(models.Model):
    """A scorecard that one person of the task force wants published; a second one confirms it."""

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="Of the bytes that would be published")
    inputs_sha256 = models.CharField(
        max_length=64, default="", help_text="Hash over the snapshots and the framework used"
    )
    changed_units = models.JSONField(
        default=list, help_text="Codes of the units whose sheet differs from the version before"
    )
    n_carried = models.PositiveIntegerField(
        default=0, help_text="Figures shown as before, because too few units changed their sheets"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.sha256[:8]}"


class Scorecard(AppendOnlyModel):
    """One published version of a cycle's scorecard. Never updated, never deleted."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    payload = models.TextField(help_text="Canonical JSON: the published bytes")
    sha256 = models.CharField(max_length=64, unique=True)
    previous_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the scorecard published before"
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "version"], name="one_scorecard_per_version"),
            models.UniqueConstraint(fields=["previous_sha256"], name="the_chain_does_not_fork"),
            models.CheckConstraint(condition=~Q(proposed_by=F("confirmed_by")), name="two_persons_publish"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} v{self.version}"


class EntityDocument(AppendOnlyModel):
    """The figures of one unit as they stood when a scorecard was published, named in it by hash."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="documents")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    payload = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "entity"], name="one_document_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} {self.sha256[:8]}"

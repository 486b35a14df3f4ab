"""What is computed and can be computed again: figures of units and groups, runs, groups of one's own."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from entities.models import Entity
from quintet.models import Cycle, Snapshot
from scorecards.domain.groups import LONGEST_CODE, LONGEST_NAME


class Basis(models.TextChoices):
    """The two readings of an answer: what the unit says, and what stands in its validated sheet."""

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

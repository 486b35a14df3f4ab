"""An entity's own path (scoring §3): its targets and weights, and questions of its own."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from entities.models import Entity
from quintet.domain.tailoring import HIGHEST_WEIGHT
from quintet.models.answers import HIGHEST_LEVEL, LOWEST_LEVEL
from quintet.models.cycles import Assessment
from quintet.models.frameworks import Dimension, Item


class PriorityProfile(models.Model):
    """What an entity aims at on one item, and how much the item weighs for itself.

    Never part of the system's figures: those use the common weights only.
    """

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    target = models.PositiveSmallIntegerField(null=True, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "item"], name="one_priority_per_entity_and_item"),
            models.CheckConstraint(
                condition=Q(target=None) | Q(target__range=(LOWEST_LEVEL, HIGHEST_LEVEL)),
                name="a_target_is_a_level",
            ),
            models.CheckConstraint(
                condition=Q(weight__range=(0, HIGHEST_WEIGHT)), name="an_own_weight_is_small"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id}: {self.item_id} → {self.target}"


class OwnItem(models.Model):
    """A question that an entity asks itself, beside the common ones of a dimension."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    dimension = models.ForeignKey(Dimension, on_delete=models.CASCADE, related_name="own_items")
    code = models.SlugField(max_length=20)
    question = models.TextField()
    level_texts = models.JSONField(help_text="One text per level, lowest first")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["dimension__order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "dimension", "code"], name="an_own_item_is_named_once")
        ]

    def __str__(self) -> str:
        return self.code


class OwnAnswer(models.Model):
    """What a sheet says on one of the entity's own items: never frozen, never counted elsewhere."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="own_answers")
    item = models.ForeignKey(OwnItem, on_delete=models.CASCADE, related_name="answers")
    level = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item"], name="one_own_answer_per_item"),
            models.CheckConstraint(
                condition=Q(level__range=(LOWEST_LEVEL, HIGHEST_LEVEL)), name="an_own_answer_is_a_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.level}"

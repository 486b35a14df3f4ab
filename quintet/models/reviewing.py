"""What handing in and validating leave behind: receipts, second ratings, extensions."""

from django.conf import settings
from django.db import models

from quintet.models.answers import Snapshot
from quintet.models.cycles import Assessment, Transition
from quintet.models.frameworks import Item
from un20portal.lib.models import AppendOnlyModel


class Receipt(AppendOnlyModel):
    """What somebody gets who submits or signs off a sheet: a number, and the hash of what was handed in.

    The hash is of the contents alone: unchanged contents have the same one in every receipt.
    """

    number = models.CharField(max_length=40, unique=True)
    transition = models.OneToOneField(Transition, on_delete=models.PROTECT, related_name="receipt")
    contents_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.number


class SecondRating(AppendOnlyModel):
    """The level that a second validator gave an item of a frozen sheet, without seeing the first one's."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="second_ratings")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "item"], name="an_item_is_rated_a_second_time_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.level}"


class Extension(AppendOnlyModel):
    """More time for one entity, with the reason; the sheet's `extended_to` is that of the latest one."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="extensions")
    until = models.DateField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.assessment_id} until {self.until}"

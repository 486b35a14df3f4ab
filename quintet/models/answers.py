"""What is answered: answers with every write of them, and sheets frozen as snapshots."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from quintet.domain.answers import AnswerValue
from quintet.models.cycles import Assessment, Status
from quintet.models.frameworks import Item
from un20portal.lib.models import AppendOnlyModel

LOWEST_LEVEL, HIGHEST_LEVEL = 0, 4


class AnswerState(models.TextChoices):
    UNANSWERED = "unanswered", _("unanswered")
    ANSWERED = "answered", _("answered")
    NA = "na", _("not applicable")


class NaDecision(models.TextChoices):
    PENDING = "pending", _("waiting for a decision")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class AnswerFields(models.Model):
    """What is said on an item: the claim, and what the task force decided on it.

    An answer and each of its revisions say the same things.
    """

    state = models.CharField(max_length=20, choices=AnswerState, default=AnswerState.UNANSWERED)
    claimed = models.PositiveSmallIntegerField(null=True, blank=True)
    na_reason = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    na_decision = models.CharField(max_length=20, choices=NaDecision, blank=True)
    accepted = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="A validator's level, if any"
    )
    accepted_reason = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def value(self) -> AnswerValue:
        """The claim, as the parser of answers returns it."""
        return AnswerValue(AnswerState(self.state).value, self.claimed, self.na_reason, self.comment)


class Answer(AnswerFields):
    """What a sheet says on one item. `version` counts its writes and decisions; a stale one is refused.

    `updated_by` and `updated_at` are of the claim; who decided on it and when is in the revisions.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item"], name="one_answer_per_item"),
            models.CheckConstraint(
                condition=Q(state=AnswerState.ANSWERED, claimed__range=(LOWEST_LEVEL, HIGHEST_LEVEL))
                | (~Q(state=AnswerState.ANSWERED) & Q(claimed=None)),
                name="exactly_an_answered_item_has_a_level",
            ),
            models.CheckConstraint(
                condition=(Q(state=AnswerState.NA) & ~Q(na_decision=""))
                | (~Q(state=AnswerState.NA) & Q(na_decision="")),
                name="exactly_a_not_applicable_item_has_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(accepted=None)
                | Q(state=AnswerState.ANSWERED, accepted__range=(LOWEST_LEVEL, HIGHEST_LEVEL)),
                name="only_an_answered_item_is_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.claimed if self.claimed is not None else self.state}"

    @property
    def counts_as_na(self) -> bool:
        return self.state == AnswerState.NA and self.na_decision == NaDecision.APPROVED

    @property
    def accepted_level(self) -> int | None:
        """The validator's level where there is one, else the claimed one."""
        return self.claimed if self.accepted is None else self.accepted


class RevisionOutcome(models.TextChoices):
    SAVED = "saved", _("saved")
    REFUSED = "refused", _("not saved: somebody else had written in between")
    DECIDED = "decided", _("decided by the task force")
    DECISION_REFUSED = "decision_refused", _("not decided: somebody else had decided in between")


DECISIONS = [RevisionOutcome.DECIDED, RevisionOutcome.DECISION_REFUSED]


class AnswerRevision(AppendOnlyModel, AnswerFields):
    """One write of an answer or one decision on it; one that came too late is kept all the same."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="revisions")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="The version written, or the stale one that was sent.")
    outcome = models.CharField(max_length=20, choices=RevisionOutcome)
    channel = models.CharField(max_length=20, help_text="form, api, carried, workbook, import or demo")
    origin = models.CharField(max_length=200, blank=True, help_text="The file or cycle it came from.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "item", "version"],
                condition=Q(outcome__in=[RevisionOutcome.SAVED, RevisionOutcome.DECIDED]),
                name="a_version_is_written_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def latest_of_each_sheet(self) -> "SnapshotQuerySet":
        """Of the snapshots here the one with the highest number of each sheet, without its payload."""
        newer = self.filter(assessment=OuterRef("assessment"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer)).defer("payload")


class Snapshot(AppendOnlyModel):
    """A sheet frozen on entering `submitted` and on validation. Never changed; the engine reads only this."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status)
    payload = models.TextField(help_text="Canonical JSON of the sheet")
    sha256 = models.CharField(max_length=64)
    nonce = models.CharField(
        max_length=32,
        help_text="Part of what is hashed, never public: no hash can be guessed. Empty in sheets of before",
    )
    claimed = models.BinaryField(
        help_text="One byte per item in framework order; 254 not applicable, 255 missing"
    )
    accepted = models.BinaryField(help_text="The same on the accepted basis")
    at = models.DateTimeField()

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["assessment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="one_snapshot_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} #{self.number}"

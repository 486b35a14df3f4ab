"""What the portal writes to people by e-mail, and letters that go to many at once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quintet.models.cycles import Assessment, Cycle


class LetterKind(models.TextChoices):
    INVITATION = "invitation", _("invitation")
    LAUNCH = "launch", _("start of a cycle")
    REMINDER = "reminder", _("reminder")
    NUDGE = "nudge", _("reminder of handed items")
    MENTION = "mention", _("question on an item")
    RECEIPT = "receipt", _("receipt")
    STEP = "step", _("step of an assessment")
    EXTENSION = "extension", _("more time")


# what people may do without; the others are part of the work they agreed to
UNSUBSCRIBABLE = [LetterKind.REMINDER, LetterKind.NUDGE, LetterKind.MENTION]
ONE_A_DAY = [LetterKind.REMINDER, LetterKind.NUDGE]


class Mailing(models.Model):
    """One letter to many people of a cycle: who sent it, and the words added to the usual text."""

    kind = models.CharField(max_length=20, choices=LetterKind)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="mailings")
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} in {self.cycle_id}"


class Letter(models.Model):
    """One e-mail to one person, composed when it is sent: nothing secret is kept here.

    `person` is empty for somebody who has no account yet. `day` makes sure that nobody is reminded twice.
    """

    kind = models.CharField(max_length=20, choices=LetterKind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    assessment = models.ForeignKey(
        Assessment, null=True, blank=True, on_delete=models.CASCADE, related_name="letters"
    )
    mailing = models.ForeignKey(
        Mailing, null=True, blank=True, on_delete=models.CASCADE, related_name="letters"
    )
    about = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Key of the invitation, receipt, step, post or extension it tells of.",
    )
    day = models.DateField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True, help_text="The mail server refuses the address.")
    dropped_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Not sent: what it tells of was settled before, or its reader is gone.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "day"],
                condition=Q(kind__in=ONE_A_DAY),
                name="nobody_is_reminded_twice_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"

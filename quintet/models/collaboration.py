"""Working together on a sheet: colleagues asked for help, and conversations on items."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from entities.access import Person, entities_with, is_task_force
from entities.models import Role
from quintet.models.cycles import COUNTED, Assessment, Delegation
from quintet.models.frameworks import Item
from un20portal.lib.models import AppendOnlyModel


class Invitation(models.Model):
    """A colleague asked by e-mail to answer items of a sheet.

    The link is signed and not stored; it works once, until it expires or is taken back.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="invitations")
    items = models.ManyToManyField(Item, related_name="+")
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    note = models.TextField(blank=True, help_text="Words of the focal point, in the mail.")
    due_on = models.DateField(null=True, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="an_invitation_is_accepted_or_revoked_not_both",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} for {self.assessment_id}"


class ThreadStatus(models.TextChoices):
    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    SETTLED = "settled", _("settled")


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: Person) -> "ThreadQuerySet":
        """Threads that `user` reads: inside the entity those on one's items; the task force those with it.

        The task force reads them as long as it may read the sheet; viewers read none.
        """
        if not user.is_authenticated:
            return self.none()
        inside = Q(assessment__entity__in=entities_with(user, Role.FOCAL_POINT, Role.APPROVER))
        handed = Delegation.objects.filter(
            assessment=OuterRef("assessment"), item=OuterRef("item"), user=user.pk
        )
        contributed = Q(assessment__entity__in=entities_with(user, Role.CONTRIBUTOR)) & Q(Exists(handed))
        seen = inside | contributed
        if is_task_force(user):
            seen |= Q(with_task_force=True, assessment__status__in=COUNTED)
        return self.filter(seen)


class Thread(models.Model):
    """A conversation on one item of a sheet. Its status follows from who wrote last, until it is settled.

    One that the task force takes part in is read by the entity and the task force; others stay inside.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="threads")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=ThreadStatus, default=ThreadStatus.OPEN)
    with_task_force = models.BooleanField(default=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"thread {self.pk} on {self.item_id}"


class ThreadPost(AppendOnlyModel):
    """One thing said in a thread; `status` is what the thread became by it."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="posts")
    text = models.TextField(blank=True)
    mentions = models.JSONField(default=list, help_text="Roles that are asked to look: their codes.")
    status = models.CharField(max_length=20, choices=ThreadStatus)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.text[:40]}"

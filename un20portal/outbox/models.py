"""Outgoing work, idempotency keys and heartbeats: rows written inside a business transaction."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from un20portal.lib.idempotency import LONGEST_KEY


class MessageQuerySet(models.QuerySet["Message"]):
    def pending(self) -> "MessageQuerySet":
        """Messages still to be handled, oldest first."""
        return self.filter(done_at=None, dead_at=None).order_by("pk")

    def due(self, at: datetime) -> "MessageQuerySet":
        """Pending messages that need not wait after a failed attempt."""
        return self.pending().filter(due_at__lte=at)

    def free(self, at: datetime) -> "MessageQuerySet":
        """Pending messages that no worker is running as an errand."""
        return self.pending().filter(Q(leased_until=None) | Q(leased_until__lte=at))

    def leased(self, at: datetime) -> "MessageQuerySet":
        """Errands that a worker is running, unless it died: nobody else runs them before their lease ends."""
        return self.pending().filter(leased_until__gt=at)

    def failing(self) -> "MessageQuerySet":
        """Pending messages that were tried in vain and will be tried again."""
        return self.pending().filter(attempts__gt=0)

    def done(self) -> "MessageQuerySet":
        """Messages that were handled."""
        return self.exclude(done_at=None)

    def dead(self) -> "MessageQuerySet":
        """Messages given up after too many attempts: somebody must look."""
        return self.exclude(dead_at=None)


class Message(models.Model):
    """One piece of work that a committed business transaction owes; handled exactly once."""

    topic = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not before this moment; moves on after each failed attempt.")
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="An errand under way: nobody else runs it before this moment."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(done_at=None), name="outbox_not_done"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(dead_at=None), name="a_message_is_done_or_dead_not_both"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class IdempotencyKey(models.Model):
    """One answered request of one person: asked again with the same key, it gets the same answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=LONGEST_KEY)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_person_and_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When the scheduler last reached a worker through the broker; `/readyz` tells it."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"

"""Rounds of assessment and the sheets in them: who may read which, and how each went its way."""

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from entities.access import Person, entities_with, is_task_force
from entities.models import Entity, Role
from quintet.domain.workflow import EDITABLE, EDITABLE_EXTENDED, EXTENDABLE, is_editable, require_editable
from quintet.models.frameworks import Framework, Item
from un20portal.lib.models import AppendOnlyModel


class Phase(models.TextChoices):
    PLANNED = "planned", _("planned")
    OPEN = "open", _("open for answers")
    VALIDATION = "validation", _("in validation")
    CLOSED = "closed", _("closed")


class Cycle(models.Model):
    """One round of assessments with one framework."""

    code = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    phase = models.CharField(max_length=20, choices=Phase, default=Phase.PLANNED)
    opens_on = models.DateField()
    closes_on = models.DateField(help_text="Last day; membership in groups is judged on this day.")
    threshold = models.PositiveSmallIntegerField(
        default=5, help_text="Group figures need at least this many answering units."
    )
    sample_seed = models.CharField(
        max_length=32,
        blank=True,
        help_text="Draws the items to check (R6); secret until the cycle closes.",
    )
    is_demo = models.BooleanField(default=False, help_text="Synthetic data: every page says so.")

    class Meta:
        ordering = ["-opens_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("closes_on")), name="a_cycle_opens_before_it_closes"
            ),
            models.CheckConstraint(condition=Q(threshold__gte=3), name="a_threshold_protects"),
        ]

    def __str__(self) -> str:
        return self.code


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    SIGNOFF = "signoff", _("waiting for sign-off")
    SUBMITTED = "submitted", _("submitted")
    VALIDATED = "validated", _("validated")
    RETURNED = "returned", _("returned")


COUNTED = [Status.SUBMITTED, Status.VALIDATED]
DUE_ON = Coalesce("extended_to", "cycle__closes_on")  # as `Assessment.due_on`


def late_by(day: date) -> Q:
    """Late: not submitted, though its day has passed before `day`, or the time for answers has ended.

    A draft with more time than the others is late when that time has passed. A sheet that was returned, or
    waits for its approver, can still be handed in during validation: it is late by its day alone.
    Needs the annotation `due` (DUE_ON).
    """
    ended = Q(cycle__phase__in=[Phase.VALIDATION, Phase.CLOSED], status=Status.DRAFT, extended_to=None)
    return ~Q(status__in=COUNTED) & (Q(due__lt=day) | ended)


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def counted(self) -> "AssessmentQuerySet":
        """Sheets that count on the claimed basis."""
        return self.filter(status__in=COUNTED)

    def editable(self) -> "AssessmentQuerySet":
        """Sheets whose answers may change now, by the same table as `workflow.is_editable`."""
        chosen = [
            Q(cycle__phase=phase, status__in=statuses, extended_to__isnull=not is_extended)
            for is_extended, table in ((False, EDITABLE), (True, EDITABLE_EXTENDED))
            for phase, statuses in table.items()
        ]
        return self.filter(reduce(or_, chosen))

    def answered_by(self, user: Person) -> "AssessmentQuerySet":
        """Sheets in which `user` has ever entered an answer, whether or not it stands there still."""
        return self.filter(revisions__by=user.pk, revisions__outcome="saved").distinct()

    def visible_to(self, user: Person) -> "AssessmentQuerySet":
        """Sheets whose contents `user` may read."""
        if not user.is_authenticated:
            return self.none()
        visible = Q(entity__in=entities_with(user, Role.FOCAL_POINT, Role.APPROVER))
        if is_task_force(user):
            visible |= Q(status__in=COUNTED)
        elif viewed := entities_with(user, Role.VIEWER):
            visible |= Q(status__in=COUNTED, entity__in=viewed)
        if contributed := entities_with(user, Role.CONTRIBUTOR):
            delegated = Exists(Delegation.objects.filter(assessment=OuterRef("pk"), user=user.pk))
            visible |= Q(delegated, entity__in=contributed)
        return self.filter(visible)

    def asking(self, code: str) -> Any:
        """Sheets on which the item of this code is, as `asked`, with cycle and framework at hand.

        In one query, without the framework's long texts: whoever saves an answer waits for it.
        """
        named = FilteredRelation("cycle__framework__items", condition=Q(cycle__framework__items__code=code))
        long_texts = [f"cycle__framework__{name}" for name in ("source", "doubts", "rules", "background")]
        sheets: Any = self.defer(*long_texts).annotate(asked=named)  # mypy knows no relations made in a query
        return sheets.filter(asked__isnull=False).select_related("cycle__framework", "asked")


class Assessment(models.Model):
    """One unit's sheet in one cycle. Made when the cycle opens, never by hand."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="assessments")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    extended_to = models.DateField(
        null=True, blank=True, help_text="More time than the others have; taken away when the day has passed."
    )
    is_demo = models.BooleanField(default=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["cycle", "entity__code"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "entity"], name="one_assessment_per_cycle_and_entity")
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.cycle_id}"

    @property
    def is_extended(self) -> bool:
        return self.extended_to is not None

    @property
    def is_editable(self) -> bool:
        """Whether its answers may change now."""
        return is_editable(status=self.status, phase=self.cycle.phase, is_extended=self.is_extended)

    def require_editable(self) -> None:
        """Raise WrongState unless its answers may change now."""
        require_editable(status=self.status, phase=self.cycle.phase, is_extended=self.is_extended)

    @property
    def is_drafted(self) -> bool:
        """Whether its answers are still being worked on: not submitted yet, or returned."""
        return self.status in (Status.DRAFT, Status.RETURNED)

    @property
    def can_be_extended(self) -> bool:
        """Whether more time makes a difference to it, as long as the cycle runs."""
        return self.status in EXTENDABLE

    @property
    def due_on(self) -> date:
        """The last day for answers: the cycle's, or the sheet's own where it has more time."""
        return self.extended_to or self.cycle.closes_on


class Delegation(models.Model):
    """One item of a sheet that a contributor may answer.

    The focal point settles it by accepting what the contributor wrote; a later change opens it again.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="delegations")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    handed_at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)
    settled_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The version of the answer that the focal point accepted."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item", "user"], name="an_item_is_delegated_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.user_id}"


class Transition(AppendOnlyModel):
    """One step of a sheet through the workflow: from, to, who, when, and what was said."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="transitions")
    action = models.CharField(max_length=20)
    from_status = models.CharField(max_length=20, choices=Status)
    to_status = models.CharField(max_length=20, choices=Status)
    comment = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.action}: {self.from_status} → {self.to_status}"

"""What is asked and answered: frameworks, cycles, assessments, answers, snapshots, observations."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from entities.access import Person, entities_with, is_task_force
from entities.models import Entity, Role
from un20portal.lib.models import SourcedModel

LOWEST_LEVEL, HIGHEST_LEVEL = 0, 4


class Observation(SourcedModel):
    """One published fact or indicator value, as printed: the brief's figures are the 2023 baseline."""

    indicator = models.CharField(max_length=40)
    scope = models.CharField(max_length=40, default="un_system")
    period = models.CharField(max_length=20)
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    operator = models.CharField(max_length=20, help_text="eq, approx, only, less_than, more_than …")
    unit = models.CharField(max_length=60)
    target = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    kind = models.CharField(max_length=20)
    chapter = models.CharField(max_length=40)
    statement = models.TextField()
    endnote = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["indicator", "scope", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "scope", "period"], name="one_value_per_indicator_scope_and_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.period}"


class Framework(SourcedModel):
    """A questionnaire with its scale and rules; its text is frozen while a cycle that uses it is open."""

    slug = models.SlugField(unique=True)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    status_note = models.TextField(help_text="What this framework is, and what it is not.")
    language = models.CharField(max_length=10, default="en")
    levels = models.JSONField(help_text="[{value, key, label, means}], lowest first")
    rules = models.JSONField(help_text="[{id, name, text}]")
    background = models.JSONField(default=dict, help_text="Why this scale; published rubrics compared with.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def highest_level(self) -> int:
        return len(self.levels) - 1


class Area(models.TextChoices):
    CAPABILITY = "capability", _("Quintet of change")
    CULTURE = "culture", _("Forward-thinking culture")


class Dimension(models.Model):
    """A capability of the quintet or a lever of the culture: the unit in which figures are shown."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="dimensions")
    code = models.CharField(max_length=20)
    area = models.CharField(max_length=20, choices=Area)
    label = models.CharField(max_length=100)
    tagline = models.CharField(max_length=100, blank=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["framework", "order"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="one_dimension_per_framework_and_code")
        ]

    def __str__(self) -> str:
        return self.code


class ItemQuerySet(models.QuerySet["Item"]):
    def in_order(self) -> "ItemQuerySet":
        """Items in framework order: the order of packed levels, tables and sheets."""
        return self.order_by("dimension__order", "order")


class Item(SourcedModel):
    """One question with a text for each level."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="items")
    dimension = models.ForeignKey(Dimension, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=20)
    order = models.PositiveSmallIntegerField()
    enabler = models.CharField(
        max_length=10, blank=True, help_text="STR, LED … for the quintet; empty for culture"
    )
    label = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=20, blank=True, help_text="culture: practice or measure")
    question = models.TextField()
    measure = models.TextField(blank=True)
    level_texts = models.JSONField(help_text="One text per level, lowest first")
    evidence = models.JSONField(default=list, help_text="Examples of evidence")
    verify = models.TextField(blank=True)
    note = models.TextField(blank=True)
    na_allowed = models.BooleanField(default=False)
    weight = models.PositiveSmallIntegerField(default=1)
    baseline = models.ForeignKey(
        Observation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    baseline_comparability = models.CharField(max_length=60, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["dimension__order", "order"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="one_item_per_framework_and_code"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="an_item_weighs_something"),
        ]

    def __str__(self) -> str:
        return self.code


class BridgeQuestion(models.Model):
    """A question that continues a series of 2023: answered and shown, never scored."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="bridge_questions")
    code = models.CharField(max_length=20)
    order = models.PositiveSmallIntegerField()
    text = models.TextField()
    compares_with = models.JSONField(default=list, help_text="Indicators of observations")

    class Meta:
        ordering = ["framework", "order"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="one_bridge_question_per_code")
        ]

    def __str__(self) -> str:
        return self.code


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


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def counted(self) -> "AssessmentQuerySet":
        """Sheets that count on the claimed basis."""
        return self.filter(status__in=COUNTED)

    def visible_to(self, user: Person) -> "AssessmentQuerySet":
        """Sheets whose contents `user` may read."""
        if not user.is_authenticated:
            return self.none()
        inside = Q(entity__in=entities_with(user, Role.FOCAL_POINT, Role.APPROVER))
        counted = Q(status__in=COUNTED)
        if not is_task_force(user):
            counted &= Q(entity__in=entities_with(user, Role.VIEWER))
        delegated = Exists(Delegation.objects.filter(assessment=OuterRef("pk"), user=user.pk))
        contributed = Q(entity__in=entities_with(user, Role.CONTRIBUTOR)) & Q(delegated)
        return self.filter(inside | counted | contributed)


class Assessment(models.Model):
    """One unit's sheet in one cycle. Made when the cycle opens, never by hand."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="assessments")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
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
    def is_being_edited(self) -> bool:
        return self.status in (Status.DRAFT, Status.RETURNED)


class Delegation(models.Model):
    """One item of a sheet that a contributor may answer."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="delegations")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item", "user"], name="an_item_is_delegated_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.user_id}"


class AnswerState(models.TextChoices):
    UNANSWERED = "unanswered", _("unanswered")
    ANSWERED = "answered", _("answered")
    NA = "na", _("not applicable")


class NaDecision(models.TextChoices):
    PENDING = "pending", _("waiting for a decision")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class AnswerFields(models.Model):
    """What an answer says; an answer and each of its revisions say the same things."""

    state = models.CharField(max_length=20, choices=AnswerState, default=AnswerState.UNANSWERED)
    claimed = models.PositiveSmallIntegerField(null=True, blank=True)
    na_reason = models.TextField(blank=True)
    comment = models.TextField(blank=True)

    class Meta:
        abstract = True


class Answer(AnswerFields):
    """What a sheet says on one item. `version` counts its writes; a stale one is refused."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    na_decision = models.CharField(max_length=20, choices=NaDecision, blank=True)
    accepted = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="A validator's level, if any"
    )
    accepted_reason = models.TextField(blank=True)
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


class AnswerRevision(AnswerFields):
    """One write of an answer, or one that came too late: its text is kept all the same."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="revisions")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="The version written, or the stale one that was sent.")
    outcome = models.CharField(max_length=20, choices=RevisionOutcome)
    channel = models.CharField(max_length=20, help_text="form, api, import or demo")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "item", "version"],
                condition=Q(outcome=RevisionOutcome.SAVED),
                name="a_version_is_written_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class Transition(models.Model):
    """One step of a sheet through the workflow: from, to, who, when, and what was said."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="transitions")
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


class Snapshot(models.Model):
    """A sheet frozen on entering `submitted` and on validation. Never changed; the engine reads only this."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status)
    payload = models.TextField(help_text="Canonical JSON of the sheet")
    sha256 = models.CharField(max_length=64)
    claimed = models.BinaryField(
        help_text="One byte per item in framework order; 254 not applicable, 255 missing"
    )
    accepted = models.BinaryField(help_text="The same on the accepted basis")
    at = models.DateTimeField()

    class Meta:
        ordering = ["assessment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="one_snapshot_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} #{self.number}"

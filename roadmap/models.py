"""What happens next: the roadmap of the brief, its implementation path, its communities, and cases."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from entities.access import Person, entities_with, is_task_force
from entities.models import Entity, Role, User
from quintet.models import DIMENSION_NAMES, ENABLER_NAMES, Observation
from roadmap.domain.cases import CAPABILITIES, ENABLERS, FIRST_YEAR, LONGEST_TITLE, LONGEST_URL, CaseText
from un20portal.lib.languages import RIGHT_TO_LEFT
from un20portal.lib.models import AppendOnlyModel, SourcedModel


class Actor(models.TextChoices):
    """Who the roadmap speaks to, in its order."""

    ENTITIES = "entities", _("UN system entities")
    TASK_TEAM = "task_team", _("UN 2.0 Accelerator task team")
    LEADERS = "leaders", _("Leaders and managers")
    COLLEAGUES = "colleagues", _("Colleagues")


class Period(models.TextChoices):
    """The columns of the roadmap; a standing entry spans all of them."""

    FIRST_HALF_2024 = "2024-H1", _("first half of 2024")
    SECOND_HALF_2024 = "2024-H2", _("second half of 2024")
    YEAR_2025 = "2025", "2025"
    YEAR_2026 = "2026", "2026"
    STANDING = "standing", _("whole period")


class Certainty(models.TextChoices):
    """How surely the brief assigns an entry to its actor and period."""

    CERTAIN = "A", _("certain")
    BY_ORDER = "B", _("by the order of the text")
    UNCERTAIN = "C", _("uncertain")


class Action(SourcedModel):
    """One of the 31 entries of the roadmap: who does what, and when."""

    code = models.CharField(max_length=10, unique=True, help_text="Actor and number, such as ENT-01.")
    actor = models.CharField(max_length=20, choices=Actor)
    period = models.CharField(max_length=10, choices=Period)
    text = models.TextField()
    certainty = models.CharField(max_length=1, choices=Certainty)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.code


class PathKind(models.TextChoices):
    """The four lists around the roadmap; the letter of a code names its list."""

    DRIVER = "driver", _("Action driver")
    CATALYST = "catalyst", _("Catalyst from Member States")
    MEMBER_STATE_ACTION = "member_state_action", _("Action of Member States")
    ACCELERATOR_COMPONENT = "accelerator_component", _("Component of the UN 2.0 Accelerator")


class PathElement(SourcedModel):
    """One element of a list of the brief: a driver, a catalyst, a Member-State action, a component."""

    code = models.CharField(max_length=10, unique=True, help_text="D1 … C1 … M1 … A1 …")
    kind = models.CharField(max_length=30, choices=PathKind)
    order = models.PositiveSmallIntegerField(help_text="Within its list")
    label = models.CharField(max_length=100)
    text = models.TextField()

    class Meta:
        ordering = ["kind", "order"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "order"], name="one_path_element_per_place_in_its_list")
        ]

    def __str__(self) -> str:
        return self.code


class CommunityQuerySet(models.QuerySet["Community"]):
    def of_the_quintet(self) -> "CommunityQuerySet":
        """The five communities that each stand for a capability."""
        return self.exclude(capability="")


class Community(SourcedModel):
    """A community of practice that the brief names: one for each capability, and three others."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    capability = models.CharField(
        max_length=20, blank=True, help_text="DAT, INN …; empty outside the quintet"
    )
    share_of_women = models.ForeignKey(
        Observation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    order = models.PositiveSmallIntegerField()

    objects = CommunityQuerySet.as_manager()

    class Meta:
        ordering = ["order"]
        verbose_name_plural = "communities"
        constraints = [
            models.UniqueConstraint(
                fields=["capability"], condition=~Q(capability=""), name="one_community_per_capability"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_quintet(self) -> bool:
        return bool(self.capability)


class CaseQuerySet(models.QuerySet["Case"]):
    def shown(self) -> "CaseQuerySet":
        """What everybody reads."""
        return self.filter(shown_at__isnull=False)

    def drafts(self) -> "CaseQuerySet":
        """What is not shown (any more), and not deleted."""
        return self.filter(shown_at=None, deleted_at=None)

    def visible_to(self, user: Person) -> "CaseQuerySet":
        """Shown cases; drafts to the focal points of their entity alone; what is deleted to nobody.

        The task force goes on reading the text that it withdrew, until it is changed.
        """
        readable = Q(shown_at__isnull=False) | Q(entity__in=entities_with(user, Role.FOCAL_POINT))
        if is_task_force(user):
            readable |= Q(withdrawn_version=F("version"))
        return self.filter(readable, deleted_at=None)


class Case(models.Model):
    """One thing an entity did with a capability, told by it for others; without `shown_at` a draft.

    A row that is deleted stays, and no page knows it: its events say what was shown, and by whom.
    """

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    capability = models.CharField(
        max_length=3, choices=[(code, DIMENSION_NAMES[code]) for code in CAPABILITIES]
    )
    enabler = models.CharField(
        max_length=3, blank=True, choices=[(code, ENABLER_NAMES[code]) for code in ENABLERS]
    )
    title = models.CharField(max_length=LONGEST_TITLE)
    problem = models.TextField(help_text="What was the problem.")
    done = models.TextField(help_text="What was done.")
    outcome = models.TextField(help_text="What came of it.")
    year = models.PositiveSmallIntegerField()
    url = models.CharField(max_length=LONGEST_URL, blank=True, help_text="Where to read more; http or https.")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, help_text="It is written in.")
    is_demo = models.BooleanField(default=False, help_text="Invented for demonstration.")
    shown_at = models.DateTimeField(null=True, blank=True, help_text="Empty: a draft.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with each step.")
    withdrawn_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The one that the task force made by withdrawing it last."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", help_text="Wrote it last.")
    at = models.DateTimeField(help_text="When it was written last.")

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-shown_at", "-pk"]
        indexes = [models.Index(fields=["capability", "enabler"], name="cases_by_what_they_are_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(capability__in=CAPABILITIES), name="a_case_is_of_a_capability_of_the_quintet"
            ),
            models.CheckConstraint(
                condition=Q(enabler__in=["", *ENABLERS]), name="a_case_is_of_a_known_enabler_or_of_none"
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(problem="") & ~Q(done="") & ~Q(outcome=""),
                name="a_case_says_something_in_all_its_texts",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=FIRST_YEAR, year__lte=ExtractYear("at")),
                name="a_case_is_of_no_year_to_come_and_not_of_long_ago",
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__istartswith="http://") | Q(url__istartswith="https://"),
                name="a_case_leads_to_an_address_of_the_web_or_nowhere",
            ),
            models.CheckConstraint(
                condition=Q(language__in=[code for code, _name in settings.LANGUAGES]),
                name="a_case_is_written_in_a_language_of_the_portal",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="versions_of_a_case_begin_at_one"),
            models.CheckConstraint(
                condition=Q(withdrawn_version=None) | Q(withdrawn_version__lte=F("version")),
                name="no_version_of_a_case_is_withdrawn_before_it_is_written",
            ),
            models.CheckConstraint(
                condition=Q(shown_at=None) | Q(deleted_at=None), name="a_deleted_case_is_not_shown"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_shown(self) -> bool:
        return self.shown_at is not None

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def text(self) -> CaseText:
        """What it says."""
        return CaseText(**{name: getattr(self, name) for name in CaseText.__dataclass_fields__})


class CaseStep(models.TextChoices):
    """What happens to a case."""

    WRITTEN = "written", _("written")
    CHANGED = "changed", _("changed")
    SHOWN = "shown", _("shown")
    WITHDRAWN = "withdrawn", _("withdrawn")
    DELETED = "deleted", _("deleted")


class CaseEvent(AppendOnlyModel):
    """One step of a case with its texts as they then stood; what was before the first one is not known."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=10, choices=CaseStep)
    version = models.PositiveIntegerField()
    text = models.TextField(help_text="Canonical JSON of all it says.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_by_task_force = models.BooleanField(default=False, help_text="Else by a focal point of the entity.")
    reason = models.TextField(blank=True, help_text="Of a withdrawal.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(step__in=["written", "changed", "shown", "withdrawn", "deleted"]),
                name="a_step_of_a_case_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=(Q(step="withdrawn") & ~Q(reason="")) | (~Q(step="withdrawn") & Q(reason="")),
                name="a_case_is_withdrawn_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step}"

"""What happens next: the roadmap of the brief, its implementation path, and its communities."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quintet.models import Observation
from un20portal.lib.models import SourcedModel


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

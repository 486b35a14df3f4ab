"""On the way to a version: what is proposed, the draft of it, who reads it, the points for decision."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from entities.models import Entity
from quintet.models import Cycle
from scorecards.domain.decisions import BODIES, LONGEST_FIGURE, VERBS, Decision
from scorecards.domain.visibility import Audience
from un20portal.lib.languages import REFERENCE_LANGUAGES

AUDIENCES = {
    Audience.NOBODY: _("nobody else"),
    Audience.COMMITTEE: _("the committees"),
    Audience.PUBLIC: _("everybody"),
}
READERS = [Audience.COMMITTEE, Audience.PUBLIC]


class ProposalState(models.TextChoices):
    """How far what is proposed is: while it is composed, nobody can confirm it."""

    COMPOSING = "composing", _("being composed")
    READY = "ready", _("ready to be confirmed")
    REPEATS = "repeats", _("says nothing new")


class Proposal(models.Model):
    """A scorecard that one person of the task force wants published; a second one confirms it.

    What is proposed is in its draft. Another proposal is another row, so whoever composes an older one
    finds that it is gone.
    """

    cycle = models.OneToOneField(Cycle, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.COMPOSING)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the bytes that would be published")
    inputs_sha256 = models.CharField(
        max_length=64, default="", help_text="Hash over the snapshots and the framework used"
    )
    basis_sha256 = models.CharField(
        max_length=64, default="", help_text="Hash over all that the bytes were composed from"
    )
    changed_units = models.JSONField(
        default=list, help_text="Codes of the units whose sheet differs from the version before"
    )
    regrouped_units = models.JSONField(
        default=list, help_text="Codes of the units in other groups than in the version before"
    )
    n_carried = models.PositiveIntegerField(
        default=0, help_text="Figures shown as before, because too few units changed their sheets"
    )
    audience = models.CharField(
        max_length=10,
        choices=AUDIENCES,
        default=Audience.PUBLIC,
        help_text="Who reads it once it is confirmed",
    )
    note = models.TextField(blank=True, help_text="What a correction corrects, in the task force's words")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=READERS), name="a_proposal_has_readers"),
            models.CheckConstraint(
                condition=(Q(state=ProposalState.READY) & ~Q(sha256=""))
                | (~Q(state=ProposalState.READY) & Q(sha256="")),
                name="exactly_a_ready_proposal_has_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.sha256[:8]}"

    @property
    def is_being_composed(self) -> bool:
        return self.state == ProposalState.COMPOSING


class Draft(models.Model):
    """What a proposal proposes, composed once: these very bytes are published, or none."""

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="draft")
    payload = models.TextField(help_text="Canonical JSON: the bytes of the scorecard")
    seal = models.CharField(
        max_length=64, db_default="", help_text="Keyed hash: that the portal composed these very bytes"
    )

    def __str__(self) -> str:
        return f"draft of {self.proposal_id}"


class DraftDocument(models.Model):
    """The figures of one unit as a draft names them by hash."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="documents")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    payload = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "entity"], name="one_draft_document_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} {self.sha256[:8]}"


class DecisionPoint(models.Model):
    """A point for decision as the task force has it now; the next version is published with it.

    What was published stands in the bytes of each version. The points of a cycle are few, and services
    number them from 1 on.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    verb = models.CharField(max_length=20, choices=list(VERBS.items()))
    body = models.CharField(max_length=10, choices=list(BODIES.items()))
    text = models.TextField(help_text="What it is about")
    action = models.TextField(blank=True, help_text="What the task force proposes to do")
    figure = models.CharField(
        max_length=LONGEST_FIGURE, blank=True, help_text="What the receipt of its figure is asked with"
    )
    language = models.CharField(
        max_length=8, blank=True, help_text="What its words are written in; empty where nobody was asked"
    )
    version = models.PositiveIntegerField(default=1, help_text="Grows with each change of what it says")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="When `by` wrote it")

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_point_for_decision_says_something"),
            models.CheckConstraint(condition=Q(verb__in=list(VERBS)), name="a_point_has_a_verb_of_the_list"),
            models.CheckConstraint(
                condition=Q(body__in=list(BODIES)), name="a_committee_of_the_list_decides_a_point"
            ),
            models.CheckConstraint(
                condition=Q(language__in=["", *REFERENCE_LANGUAGES]),
                name="a_point_is_in_one_of_six_languages_or_in_none",
            ),
            models.UniqueConstraint(fields=["cycle", "place"], name="one_point_per_place_of_a_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.place}"

    @property
    def decision(self) -> Decision:
        """What it says."""
        return Decision(self.verb, self.body, self.text, self.action, self.figure, self.language)

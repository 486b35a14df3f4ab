"""What is asked: frameworks, dimensions, items, bridge questions; published facts to compare with."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from un20portal.lib.languages import Text, reference_code
from un20portal.lib.models import SourcedModel

DIMENSION_NAMES = {
    "DAT": _("Data"),
    "INN": _("Innovation"),
    "FOR": _("Strategic foresight"),
    "DIG": _("Digital"),
    "BES": _("Behavioural science"),
    "CUL-CUR": _("Curiosity and learning"),
    "CUL-AGI": _("Agility"),
    "CUL-GEO": _("Geographical diversity"),
    "CUL-GEN": _("Gender equality"),
    "CUL-YOU": _("Youth"),
    "CUL-INC": _("Inclusion"),
    "CUL-RES": _("Resilience and well-being"),
    "CUL-ENV": _("Environmental sustainability"),
    "CUL-INT": _("Integrity"),
}
ENABLER_NAMES = {
    "STR": _("Strategy or action plan"),
    "LED": _("Leadership roles"),
    "COE": _("Centres of excellence"),
    "HRS": _("Shifted human resources"),
    "TRN": _("Systematic training"),
    "FUN": _("Dedicated funding"),
    "PMS": _("Programmes for Member States"),
}


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
    evidence_from = models.JSONField(
        default=dict, help_text="Area → the lowest level that needs evidence (rule R2); others need none."
    )
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

    @property
    def name(self) -> Text:
        """The name for the reader of the active language; one that is not translated stays as it is."""
        if known := DIMENSION_NAMES.get(self.code):
            return Text(str(known), reference_code(get_language()), is_fallback=False)
        return Text(self.label, self.framework.language, is_fallback=True)


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


class Crosswalk(SourcedModel):
    """What became of the items of one framework in another that follows it."""

    slug = models.SlugField(unique=True)
    before = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="+")
    after = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="+")
    links = models.JSONField(help_text="[{before, after, relation}], see domain.crosswalk")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["before", "after"], name="one_crosswalk_between_two_frameworks"),
            models.CheckConstraint(
                condition=~Q(before=F("after")), name="a_crosswalk_joins_different_frameworks"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


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

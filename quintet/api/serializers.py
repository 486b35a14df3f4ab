"""Shapes of frameworks, cycles, sheets, answers, their history and observations in the API."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from entities.queries import called
from quintet.models import (
    Answer,
    Assessment,
    BridgeQuestion,
    Cycle,
    Dimension,
    Framework,
    Item,
    Observation,
)
from quintet.queries.frameworks import as_printed, published_baseline
from quintet.queries.history import HistoryEntry
from un20portal.lib.ratios import one_decimal, share
from un20portal.lib.serializers import BaselineSerializer, StrictSerializer, TextField, WholeNumberField

SOURCED = ["source", "doubts"]


class PrintedNumberField(serializers.DecimalField):
    """A number as text, without zeros that nobody printed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=24, decimal_places=6, read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        return as_printed(value)


class ObservationSerializer(serializers.ModelSerializer[Observation]):
    """One published fact or indicator value, as printed."""

    value = PrintedNumberField(allow_null=True)
    target = PrintedNumberField(allow_null=True)
    source = serializers.DictField(read_only=True)  # type: ignore[assignment]  # the name is the contract
    doubts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Observation
        fields = [
            "indicator",
            "scope",
            "period",
            "value",
            "operator",
            "unit",
            "target",
            "kind",
            "chapter",
            "statement",
            "endnote",
            *SOURCED,
        ]
        read_only_fields: Any = fields


class LevelSerializer(serializers.Serializer[Any]):
    """One step of the scale."""

    value = serializers.IntegerField()
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the name is the contract
    means = serializers.CharField()


class RuleSerializer(serializers.Serializer[Any]):
    """One rule of the framework."""

    id = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()


class ItemSerializer(serializers.ModelSerializer[Item]):
    """One question with a text for each level, lowest first."""

    level_texts = serializers.ListField(child=serializers.CharField(), read_only=True)
    evidence = serializers.ListField(child=serializers.CharField(), read_only=True)
    baseline_2023 = serializers.SerializerMethodField()
    source = serializers.DictField(read_only=True)  # type: ignore[assignment]  # the name is the contract
    doubts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Item
        fields = [
            "code",
            "enabler",
            "label",
            "kind",
            "question",
            "measure",
            "level_texts",
            "evidence",
            "verify",
            "note",
            "na_allowed",
            "weight",
            "baseline_2023",
            *SOURCED,
        ]
        read_only_fields: Any = fields

    @extend_schema_field(BaselineSerializer(allow_null=True))
    def get_baseline_2023(self, item: Item) -> dict[str, Any] | None:
        return published_baseline(item)


class DimensionSerializer(serializers.ModelSerializer[Dimension]):
    """A capability or a lever of the culture, with its items in order."""

    items = ItemSerializer(many=True, read_only=True)

    class Meta:
        model = Dimension
        fields = ["code", "area", "label", "tagline", "items"]
        read_only_fields: Any = fields


class BridgeQuestionSerializer(serializers.ModelSerializer[BridgeQuestion]):
    """A question that continues a series of 2023; never scored."""

    compares_with = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = BridgeQuestion
        fields = ["code", "text", "compares_with"]
        read_only_fields: Any = fields


class FrameworkSerializer(serializers.ModelSerializer[Framework]):
    """A questionnaire: a draft of this project and not a UN document. `language` is that of its texts."""

    class Meta:
        model = Framework
        fields = ["slug", "version", "title", "status_note", "language"]
        read_only_fields: Any = fields


class FrameworkDetailSerializer(serializers.ModelSerializer[Framework]):
    """A questionnaire with its scale, rules, dimensions, items and bridge questions."""

    levels = LevelSerializer(many=True, read_only=True)
    rules = RuleSerializer(many=True, read_only=True)
    background = serializers.DictField(read_only=True)
    dimensions = DimensionSerializer(many=True, read_only=True)
    bridge_questions = BridgeQuestionSerializer(many=True, read_only=True)
    source = serializers.DictField(read_only=True)  # type: ignore[assignment]  # the name is the contract
    doubts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Framework
        fields = [
            *FrameworkSerializer.Meta.fields,
            "levels",
            "rules",
            "background",
            "dimensions",
            "bridge_questions",
            *SOURCED,
        ]
        read_only_fields: Any = fields


class CycleSerializer(serializers.ModelSerializer[Cycle]):
    """One round of assessments; the response rate counts sheets that are submitted or validated."""

    framework = serializers.CharField(source="framework.slug", read_only=True)
    n_units = serializers.IntegerField(read_only=True)
    n_counted = serializers.IntegerField(read_only=True)
    response_rate = serializers.SerializerMethodField()
    synthetic = serializers.BooleanField(source="is_demo", read_only=True)

    class Meta:
        model = Cycle
        fields = [
            "code",
            "title",
            "framework",
            "phase",
            "opens_on",
            "closes_on",
            "threshold",
            "n_units",
            "n_counted",
            "response_rate",
            "synthetic",
        ]
        read_only_fields: Any = fields

    def get_response_rate(self, cycle: Any) -> str | None:
        return one_decimal(share(cycle.n_counted, cycle.n_units))


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """One unit's sheet in one cycle."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    phase = serializers.CharField(source="cycle.phase", read_only=True)
    framework = serializers.CharField(source="cycle.framework.slug", read_only=True)
    entity = serializers.CharField(source="entity.code", read_only=True)
    synthetic = serializers.BooleanField(source="is_demo", read_only=True)

    class Meta:
        model = Assessment
        fields = ["id", "cycle", "phase", "framework", "entity", "status", "synthetic"]
        read_only_fields: Any = fields


class EvidenceSerializer(serializers.Serializer[Any]):
    """A document that an item rests on; a file is downloaded from the page of the item."""

    kind = serializers.CharField(source="document.kind", help_text="link or file")
    title = serializers.CharField(source="document.title")
    url = serializers.CharField(source="document.url", help_text="empty for a file")
    file_name = serializers.CharField(source="document.file_name", help_text="empty for a link")
    size = serializers.IntegerField(source="document.size", help_text="bytes of a file")
    sha256 = serializers.CharField(source="document.sha256", help_text="of the contents of a file")
    page = serializers.CharField()
    effective_on = serializers.DateField(source="document.effective_on")
    expires_on = serializers.DateField(source="document.expires_on", allow_null=True)
    is_outside = serializers.BooleanField(source="document.is_outside")


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    """What a sheet says on one item; version 0 while nothing was written."""

    item = serializers.CharField(source="item.code", read_only=True)
    dimension = serializers.CharField(source="item.dimension.code", read_only=True)
    na_decision = serializers.SerializerMethodField()
    updated_at = serializers.DateTimeField(read_only=True, allow_null=True)
    evidence = serializers.SerializerMethodField()

    class Meta:
        model = Answer
        fields = [
            "item",
            "dimension",
            "state",
            "claimed",
            "na_reason",
            "comment",
            "na_decision",
            "accepted",
            "accepted_reason",
            "version",
            "updated_at",
            "evidence",
        ]
        read_only_fields: Any = fields

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_evidence(self, answer: Answer) -> Any:
        """What the item rests on, from the context: a function from its id."""
        return EvidenceSerializer(self.context["evidence"](answer.item_id).lines, many=True).data

    def get_na_decision(self, answer: Answer) -> str | None:
        return answer.na_decision or None


class AnswerBodySerializer(StrictSerializer):
    """What a person says on one item; a missing key means empty, as PUT replaces the whole answer."""

    state = TextField(help_text="answered, unanswered or na")
    claimed = WholeNumberField(allow_null=True, required=False)
    na_reason = TextField(required=False, allow_null=True)
    comment = TextField(required=False, allow_null=True)


class CommentBodySerializer(StrictSerializer):
    """A step that gives a sheet back says what has to change."""

    comment = TextField(default="", help_text="3 to 5000 characters")


class HistoryEntrySerializer(serializers.Serializer[Any]):
    """One event of a sheet: a step of the workflow (`step`), a write (`write`), or a change of `evidence`.

    A write is one of an answer (its outcome: saved, refused) or of a decision (decided, decision_refused).
    Evidence is attached, changed or detached (its action); `document` is what it was then.
    """

    kind = serializers.ChoiceField(choices=["step", "write", "evidence"])
    at = serializers.DateTimeField(source="event.at")
    by = serializers.SerializerMethodField()
    action = serializers.CharField(source="event.action", default=None, allow_null=True)
    from_status = serializers.CharField(source="event.from_status", default=None, allow_null=True)
    to_status = serializers.CharField(source="event.to_status", default=None, allow_null=True)
    comment = serializers.SerializerMethodField()
    item = serializers.CharField(source="event.item.code", default=None, allow_null=True)
    version = serializers.IntegerField(source="event.version", default=None, allow_null=True)
    outcome = serializers.CharField(source="event.outcome", default=None, allow_null=True)
    channel = serializers.CharField(source="event.channel", default=None, allow_null=True)
    origin = serializers.SerializerMethodField()
    document = serializers.DictField(source="event.document", default=None, allow_null=True)
    state = serializers.CharField(source="event.state", default=None, allow_null=True)
    claimed = serializers.IntegerField(source="event.claimed", default=None, allow_null=True)
    na_reason = serializers.CharField(source="event.na_reason", default=None, allow_null=True)
    na_decision = serializers.SerializerMethodField()
    accepted = serializers.IntegerField(source="event.accepted", default=None, allow_null=True)
    accepted_reason = serializers.CharField(source="event.accepted_reason", default=None, allow_null=True)

    def get_na_decision(self, entry: HistoryEntry) -> str | None:
        return getattr(entry.event, "na_decision", "") or None

    def get_by(self, entry: HistoryEntry) -> str | None:
        return called(entry.event.by) if entry.event.by else None

    def get_comment(self, entry: HistoryEntry) -> str | None:
        return getattr(entry.event, "comment", None) if entry.shows_comment else None

    def get_origin(self, entry: HistoryEntry) -> str | None:
        return getattr(entry.event, "origin", "") or None

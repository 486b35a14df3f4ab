"""Shapes of figures and publications in the API: ratios as text with one decimal, missing as null."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rest_framework import serializers

from scorecards.models import READERS, Checkpoint, Proposal, Scorecard
from un20portal.lib.ratios import one_decimal
from un20portal.lib.serializers import BaselineSerializer, StrictSerializer, TextField

Entry = Mapping[str, Any]


class RatioField(serializers.CharField):
    """An exact ratio, or one of a canonical document, as text with one decimal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> str:
        return str(one_decimal(value) if isinstance(value, Fraction) else value[2])


class ScorecardSerializer(serializers.ModelSerializer[Scorecard]):
    """One published version: `sha256` is the identity of its bytes and their ETag."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    synthetic = serializers.BooleanField(source="cycle.is_demo", read_only=True)
    previous_sha256 = serializers.SerializerMethodField()
    audience = serializers.ChoiceField(choices=READERS, source="readers", read_only=True)
    note = serializers.CharField(
        read_only=True,
        help_text="What a later version corrects, in words; empty without them: its bytes name the units",
    )

    class Meta:
        model = Scorecard
        fields = [
            "cycle",
            "version",
            "sha256",
            "previous_sha256",
            "published_at",
            "synthetic",
            "audience",
            "note",
        ]
        read_only_fields: Any = fields

    def get_previous_sha256(self, scorecard: Scorecard) -> str | None:
        return scorecard.previous_sha256 or None


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """What waits for a second person: the hash of the bytes that would be published, once there are any."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    sha256 = serializers.SerializerMethodField(help_text="Null while the scorecard is being composed")
    proposed_at = serializers.DateTimeField(source="at", read_only=True)
    audience = serializers.ChoiceField(choices=READERS, read_only=True)

    class Meta:
        model = Proposal
        fields = ["cycle", "state", "sha256", "proposed_at", "audience", "note"]
        read_only_fields: Any = fields

    def get_sha256(self, proposal: Proposal) -> str | None:
        return proposal.sha256 or None


class PublishBodySerializer(StrictSerializer):
    """What may be said of a version; asked for otherwise than proposed, it is proposed anew."""

    audience = serializers.ChoiceField(
        choices=READERS, required=False, help_text="Who reads it first; without it everybody"
    )
    note = TextField(required=False, help_text="What a later version corrects, in words")
    sha256 = TextField(
        required=False,
        help_text="That of the proposal which is to be confirmed: any other is refused (409), none proposed",
    )


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    """A signed statement to be kept outside: the payload is what is signed, byte for byte."""

    number = serializers.IntegerField(source="pk", read_only=True)
    public_key = serializers.CharField(read_only=True, help_text="Ed25519, the hexadecimal of its 32 bytes")

    class Meta:
        model = Checkpoint
        fields = ["number", "payload", "signature", "public_key", "key_id"]
        read_only_fields: Any = fields


CARRIED = "The version this figure is of, when too few units changed since to show a new one"


class ItemFigureSerializer(serializers.Serializer[Any]):
    """How a group answers one item; a suppressed cell has null figures, a carried one those of a version."""

    capability = serializers.CharField()
    enabler = serializers.CharField()
    item = serializers.CharField()
    suppressed = serializers.BooleanField(source="is_suppressed")
    carried_from = serializers.IntegerField(allow_null=True, help_text=CARRIED)
    n_group = serializers.IntegerField()
    n_na = serializers.IntegerField(allow_null=True)
    n_missing = serializers.IntegerField(
        allow_null=True, help_text="Without an answer that counts on the basis: given, or accepted"
    )
    n_answered = serializers.IntegerField(allow_null=True)
    has = serializers.IntegerField(allow_null=True)
    operates = serializers.IntegerField(allow_null=True)
    share_has = RatioField()
    share_operates = RatioField()
    paper_gap = RatioField()
    bounds_has = serializers.ListField(child=RatioField(), allow_null=True, min_length=2, max_length=2)
    dist = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="Counts per level, lowest first"
    )
    baseline_2023 = BaselineSerializer(source="baseline", allow_null=True)


class DimensionFigureSerializer(serializers.Serializer[Any]):
    """How a group stands in one dimension; a suppressed row has null figures."""

    dimension = serializers.CharField()
    suppressed = serializers.BooleanField(default=False)
    carried_from = serializers.IntegerField(default=None, allow_null=True, help_text=CARRIED)
    n_group = serializers.IntegerField()
    n_counted = serializers.IntegerField(default=None, allow_null=True)
    n_rated = serializers.IntegerField(default=None, allow_null=True)
    mean = RatioField(default=None)
    median = RatioField(default=None)
    q1 = RatioField(default=None)
    q3 = RatioField(default=None)
    foundation = serializers.ListField(child=serializers.IntegerField(), default=None, allow_null=True)
    n_advanced = serializers.IntegerField(default=None, allow_null=True)
    breadth = serializers.ListField(child=serializers.IntegerField(), default=None, allow_null=True)


class UnitDimensionSerializer(serializers.Serializer[Any]):
    """The figures of one unit in one dimension (method §2)."""

    dimension = serializers.CharField()
    applicable = serializers.IntegerField()
    answered = serializers.IntegerField()
    weight_applicable = serializers.IntegerField()
    weight_answered = serializers.IntegerField()
    points = serializers.IntegerField()
    rated = serializers.BooleanField()
    index = RatioField()
    has = serializers.IntegerField()
    operates = serializers.IntegerField()
    paper_gap = serializers.IntegerField()
    foundation = serializers.IntegerField(allow_null=True)
    advanced = serializers.BooleanField(allow_null=True)


class AreaSerializer(serializers.Serializer[Any]):
    """One unit over an area (method §3): three figures, all null unless enough of the area is rated."""

    area = serializers.CharField()
    mean = RatioField()
    geometric = serializers.CharField(allow_null=True)
    weakest = RatioField()


class UnitSerializer(serializers.Serializer[Any]):
    """One unit with its figures; no dimensions while its sheet does not count on this basis."""

    entity = serializers.CharField(source="entity.code")
    dimensions = UnitDimensionSerializer(many=True)
    areas = AreaSerializer(many=True)


class TailoredDimensionSerializer(serializers.Serializer[Any]):
    """One dimension by a unit's own weights, and how many levels are missing to its own targets."""

    dimension = serializers.CharField()
    index = RatioField()
    gap = RatioField(help_text="Levels missing to the targets, mean by own weights")
    gaps = serializers.DictField(
        child=serializers.IntegerField(allow_null=True),
        help_text="Levels missing by item; 0 at the target, null without an answer",
    )


class TailoredSerializer(serializers.Serializer[Any]):
    """One unit by its own weights and targets."""

    dimensions = TailoredDimensionSerializer(many=True)
    areas = AreaSerializer(many=True)


class OwnUnitSerializer(UnitSerializer):
    """One unit with its figures; `tailored` is there for those alone who read its own path."""

    tailored = TailoredSerializer(
        required=False, allow_null=True, help_text="Null while the unit has no own weights or targets"
    )

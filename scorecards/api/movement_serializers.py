"""Shapes of movement in the API: ratios as text with one decimal, parts of a change exact, too."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from quintet.domain.crosswalk import Relation
from scorecards.api.serializers import CARRIED, RatioField
from scorecards.domain.bridge import Bridge, Parts, WithoutParts
from scorecards.domain.movement import Panel, Verdict
from scorecards.queries.movement import Section

PARTS = ("total", *Parts._fields)
VERDICTS = [verdict.name.lower() for verdict in Verdict]


class DeltaSerializer(serializers.Serializer[Panel]):
    """By how much more of the panel is at level 2 or above."""

    entities = serializers.IntegerField(source="delta_has")
    points = RatioField(source="delta_points")


class PanelSerializer(serializers.Serializer[Panel]):
    """The units that answer an item in both cycles."""

    n = serializers.IntegerField(source="n_panel")
    rose = serializers.IntegerField()
    same = serializers.IntegerField()
    fell = serializers.IntegerField()
    has_before = serializers.IntegerField()
    has_after = serializers.IntegerField()
    newly_answered = serializers.IntegerField()
    no_longer_answered = serializers.IntegerField()
    delta_has = DeltaSerializer(source="*")
    verdict = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=VERDICTS, allow_null=True))
    def get_verdict(self, panel: Panel) -> str | None:
        return panel.verdict.name.lower() if panel.verdict else None


class SampleSerializer(serializers.Serializer[Any]):
    """The full sample of one cycle, as published: null figures when it is suppressed."""

    suppressed = serializers.BooleanField(source="is_suppressed")
    carried_from = serializers.IntegerField(allow_null=True, help_text=CARRIED)
    n_answered = serializers.IntegerField(allow_null=True)
    has = serializers.IntegerField(allow_null=True)
    share_has = RatioField()


class BridgeSerializer(serializers.Serializer[Bridge]):
    """Why a figure of the full sample changed, in points; `exact` holds [numerator, denominator] of each.

    Each text is rounded for itself, half to even; the exact parts add up to the exact total.
    """

    total = RatioField(source="change")
    membership = RatioField(source="parts.membership", default=None)
    na = RatioField(source="parts.na", default=None)
    method = RatioField(source="parts.method", default=None)
    real = RatioField(source="parts.real", default=None)
    exact = serializers.SerializerMethodField()
    why_not = serializers.ChoiceField(
        choices=[reason.value for reason in WithoutParts],
        allow_null=True,
        help_text="Why a change has no parts",
    )

    @extend_schema_field(
        serializers.DictField(child=serializers.ListField(child=serializers.IntegerField(), allow_null=True))
    )
    def get_exact(self, bridge: Bridge) -> Mapping[str, list[int] | None]:
        values = [bridge.change, *(bridge.parts or [None] * len(Parts._fields))]
        return {
            name: None if value is None else list(value.as_integer_ratio())
            for name, value in zip(PARTS, values, strict=True)
        }


class ItemMovementSerializer(serializers.Serializer[Any]):
    """One item in two cycles; `relation` other than `equal` says why its series breaks."""

    item = serializers.CharField()
    dimension = serializers.CharField()
    capability = serializers.CharField(source="dimension")
    enabler = serializers.CharField()
    relation = serializers.ChoiceField(choices=[relation.value for relation in Relation])
    others = serializers.ListField(
        child=serializers.CharField(), help_text="Items before that a broken series was asked as"
    )
    suppressed = serializers.BooleanField(source="is_suppressed")
    panel = PanelSerializer(allow_null=True)
    before = SampleSerializer(allow_null=True)
    after = SampleSerializer(allow_null=True)
    bridge = BridgeSerializer(allow_null=True)


class DimensionMovementSerializer(serializers.Serializer[Any]):
    """Why the mean index of a dimension changed."""

    dimension = serializers.CharField()
    suppressed = serializers.BooleanField(source="is_suppressed")
    before = RatioField(source="bridge.before", default=None)
    after = RatioField(source="bridge.after", default=None)
    bridge = BridgeSerializer(allow_null=True)


class MovedItemSerializer(serializers.Serializer[Any]):
    """An item among others whose answers are added up; a null panel is in no sum."""

    item = serializers.CharField()
    relation = serializers.ChoiceField(choices=[relation.value for relation in Relation])
    suppressed = serializers.BooleanField(source="is_suppressed")
    panel = PanelSerializer(allow_null=True)


class MovedAnswersSerializer(serializers.Serializer[Section]):
    """How many answers rose, stayed and fell over some items, and how many of their changes are clear."""

    rose = serializers.IntegerField(source="answers.rose")
    same = serializers.IntegerField(source="answers.same")
    fell = serializers.IntegerField(source="answers.fell")
    n_compared = serializers.IntegerField(source="verdicts.n")
    n_rose_clearly = serializers.IntegerField(source="verdicts.rose")
    n_fell_clearly = serializers.IntegerField(source="verdicts.fell")
    items = MovedItemSerializer(many=True)


class MovementSerializer(serializers.Serializer[Any]):
    """Two cycles compared for one group on one basis; versions are null for sheets of now."""

    cycle = serializers.CharField(source="after.cycle.code")
    version = serializers.IntegerField(source="after.version", allow_null=True)
    from_cycle = serializers.CharField(source="before.cycle.code")
    from_version = serializers.IntegerField(source="before.version")
    group = serializers.CharField()
    basis = serializers.CharField()
    items = ItemMovementSerializer(many=True)
    dimensions = DimensionMovementSerializer(many=True)

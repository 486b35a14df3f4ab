"""Receipts of movement in the API: how what moved between two cycles came about."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from quintet.domain.crosswalk import Relation
from scorecards.api.choosing import chosen_basis
from scorecards.api.movement import asked_figures
from scorecards.api.movement_serializers import (
    DimensionMovementSerializer,
    ItemMovementSerializer,
    MovedAnswersSerializer,
)
from scorecards.api.receipt_fields import CodeField, FrameworkNameSerializer, StepSerializer, WordsField
from scorecards.domain.movement_derivations import MOVEMENT_STATES
from scorecards.domain.receipts import Subject
from scorecards.queries.movement_receipts import MovementReceipt, movement_receipt_of


class BreakSerializer(serializers.Serializer[Any]):
    """An item of the dimension whose series breaks."""

    item = serializers.CharField()
    relation = serializers.ChoiceField(choices=[relation.value for relation in Relation])
    others = serializers.ListField(child=serializers.CharField(), help_text="The items before")


class MovementHashesSerializer(serializers.Serializer[Any]):
    """What the comparison can be checked against: SHA-256 each; null before anything is published."""

    before = serializers.CharField(help_text="Of the published bytes of the cycle `from`")
    after = serializers.CharField(allow_null=True, help_text="Of the published bytes of this cycle")
    comparison = serializers.CharField(allow_null=True, help_text="Of the stored comparison")
    crosswalk = serializers.CharField(
        allow_null=True,
        help_text="Of the links between the items, as the comparison holds them; null within one framework",
    )


class MovementReceiptSerializer(serializers.Serializer[MovementReceipt]):
    """How one change between two cycles came about. No unit of a panel is named: who rose is confidential."""

    cycle = serializers.CharField(source="movement.after.cycle.code")
    version = serializers.IntegerField(source="movement.after.version", allow_null=True)
    from_cycle = serializers.CharField(source="movement.before.cycle.code")
    from_version = serializers.IntegerField(source="movement.before.version")
    group = serializers.CharField(source="movement.group")
    item = CodeField(source="subject.item")
    dimension = CodeField(source="subject.dimension")
    of = CodeField(source="subject.of")
    basis = serializers.CharField(source="movement.basis")
    basis_in_words = WordsField()
    method = serializers.CharField()
    framework = FrameworkNameSerializer(source="movement.after.cycle.framework")
    from_framework = FrameworkNameSerializer(source="movement.before.cycle.framework")
    crosswalk = serializers.CharField(
        allow_null=True, help_text="Between the two frameworks; null where they are one and the same"
    )
    rounding = WordsField()
    threshold = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MOVEMENT_STATES)
    disclosure = serializers.ListField(child=WordsField(), help_text="What is hidden, and why")
    not_told = WordsField(help_text="What no receipt tells, or that all units of the panel moved alike")
    relation = WordsField(allow_null=True, help_text="Whether the series goes on; null of a dimension")
    breaks = BreakSerializer(many=True)
    figure = serializers.SerializerMethodField(
        help_text="As in the lists of movement; with `of`, the sums and the items that they add up"
    )
    steps = StepSerializer(many=True)
    without_parts = WordsField(allow_null=True, help_text="Why a change has no parts")
    hashes = MovementHashesSerializer()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_figure(self, receipt: MovementReceipt) -> Any:
        if receipt.section:
            return MovedAnswersSerializer(receipt.section).data
        shape = ItemMovementSerializer if receipt.item else DimensionMovementSerializer
        return shape(receipt.row).data


def movement_receipt(request: Request, cycle: str, subject: Subject) -> MovementReceipt:
    """The receipt that a request asks for; the refusals are those of movement."""
    before, after = asked_figures(request, cycle, subject.since)
    return movement_receipt_of(before, after, subject, basis=chosen_basis(request))

"""Serializers that take nothing on trust: unknown keys are refused, types are not converted.

Also how problems and idempotency keys are described in the API's schema.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from un20portal.lib.idempotency import KEYS_LAST
from un20portal.lib.problems import PROBLEM

Row = serializers.Serializer[Any]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same key, the same request gets the same answer and changes nothing. "
    f"A key is remembered for {KEYS_LAST.days} days.",
)


class StrictSerializer(serializers.Serializer[Any]):
    """The shape of a body: every unknown key is an error."""

    default_error_messages = {"unknown": _("There is no such field.")}

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        unknown = set(data) - set(self.fields)
        if unknown:
            message = self.error_messages["unknown"]
            raise serializers.ValidationError(
                {name: [message] for name in sorted(unknown)}, code="unknown_field"
            )
        return values


class TextField(serializers.CharField):
    """Text that comes as text; what it may say is judged by the domain."""

    default_error_messages = {"invalid": _("This must be text.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class WholeNumberField(serializers.IntegerField):
    """A number that comes as a number: neither text nor a truth value nor a fraction."""

    default_error_messages = {"invalid": _("This must be a whole number.")}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class NoBodySerializer(StrictSerializer):
    """A step that needs no words."""


class BaselineSerializer(serializers.Serializer[Any]):
    """A published value that an item continues, as printed: in a questionnaire and in its figures."""

    value = serializers.CharField()
    operator = serializers.CharField()
    unit = serializers.CharField()
    year = serializers.IntegerField()
    comparability = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the name is the contract


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One thing that is wrong: the field, a stable code, and what to do."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]  # the name is the contract


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemSerializer]]:
    """How an operation may be refused, for its schema."""
    return {(status, PROBLEM): ProblemSerializer for status in (400, *statuses, 429)}

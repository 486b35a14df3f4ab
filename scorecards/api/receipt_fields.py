"""What all receipts in the API are made of: sentences, steps, names."""

from typing import Any

from rest_framework import serializers

from un20portal.lib.wording import localised


class WordsField(serializers.CharField):
    """A sentence in the reader's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        return localised(value)


class CodeField(serializers.CharField):
    """A code of the question; null where it was not asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return value or None


class FrameworkNameSerializer(serializers.Serializer[Any]):
    """A framework by name."""

    slug = serializers.CharField()
    version = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    """One number: its formula with names and with numbers (empty where it is counted), its value, words."""

    name = serializers.CharField()
    formula = serializers.CharField()
    filled = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    words = WordsField()

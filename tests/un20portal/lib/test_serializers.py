"""What the strict fields refuse, and in which language."""

from typing import Any

import pytest
from django.utils.translation import gettext, override
from rest_framework.exceptions import ValidationError

from un20portal.lib.serializers import TextField, WholeNumberField


@pytest.mark.parametrize(
    ("field", "value"), [(TextField(), 3), (WholeNumberField(), "3"), (WholeNumberField(), True)]
)
def test_values_are_not_converted(field: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        field.run_validation(value)


def test_the_refusal_is_in_the_language_of_the_reader() -> None:
    with override("fr"), pytest.raises(ValidationError) as caught:
        TextField().run_validation(3)
    with override("fr"):
        assert caught.value.detail == [gettext("This must be text.")]
    assert caught.value.detail != ["This must be text."]

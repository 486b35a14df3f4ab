"""Which roles go together: administering and working never on the same day."""

from datetime import date

import pytest

from entities.domain.roles import Term, mixes_administration

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("terms", "mixed"),
    [
        ([], False),
        ([Term("administrator")], False),
        ([Term("focal_point"), Term("approver"), Term("task_force")], False),
        ([Term("administrator"), Term("focal_point")], True),
        ([Term("viewer"), Term("task_force"), Term("administrator")], True),
        ([Term("administrator", last=JUNE), Term("focal_point", first=JULY)], False),
        ([Term("administrator", last=JULY), Term("focal_point", first=JULY)], True),
        ([Term("administrator", first=JULY), Term("focal_point", last=JUNE)], False),
        ([Term("administrator", JUNE, JULY), Term("focal_point")], True),
    ],
)
def test_administering_goes_with_nothing_else_on_the_same_day(terms: list[Term], mixed: bool) -> None:
    assert mixes_administration(terms) is mixed
    assert mixes_administration(reversed(terms)) is mixed

"""Handing items over: where a handed item stands, due days, names."""

from datetime import date, timedelta

import pytest

from quintet.domain.delegating import HandedState, handed_state, plain_name, wrong_due_day, wrong_name

OPEN, GIVEN, SETTLED = HandedState.OPEN, HandedState.GIVEN, HandedState.SETTLED
DAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("given", "settled", "edited", "is_empty", "state"),
    [
        (None, None, None, True, OPEN),
        (None, None, 3, False, OPEN),  # the focal point's own text, from before: the colleague owes theirs
        (1, None, None, False, GIVEN),
        (2, None, 1, False, GIVEN),
        (2, 2, None, False, SETTLED),
        (3, 2, None, False, GIVEN),  # changed after it was accepted
        (2, None, 3, False, SETTLED),  # the focal point edited it
        (4, None, 3, False, GIVEN),  # and the colleague again
        (2, 5, 3, False, SETTLED),
        (2, None, None, True, OPEN),  # taken out again
        (None, 1, 1, False, SETTLED),  # what stood there was good enough
    ],
)
def test_whoever_came_last_decides(
    given: int | None, settled: int | None, edited: int | None, is_empty: bool, state: HandedState
) -> None:
    assert handed_state(given=given, settled=settled, edited=edited, is_empty=is_empty) == state


class TestADueDay:
    def test_may_be_today_or_the_last_day_or_none(self) -> None:
        last = DAY + timedelta(days=9)
        for due_on in (None, DAY, last):
            assert wrong_due_day(due_on, today=DAY, last_day=last) == []

    def test_is_neither_past_nor_after_the_last_day(self) -> None:
        [past] = wrong_due_day(DAY - timedelta(days=1), today=DAY, last_day=None)
        [late] = wrong_due_day(DAY + timedelta(days=2), today=DAY, last_day=DAY + timedelta(days=1))
        assert (past.code, late.code) == ("past", "too_late")


class TestAName:
    def test_is_one_line(self) -> None:
        assert (
            plain_name("Ada\r\nBcc: x@example.org\u2028\x0b Lovelace ") == "Ada Bcc: x@example.org Lovelace"
        )

    def test_takes_the_letters_of_all_scripts(self) -> None:
        for name in ("Żółć O’Neil", "محمد", "می‌خواهم", "张伟"):
            assert wrong_name(name, longest=150) == []

    def test_holds_nothing_invisible_and_no_address(self) -> None:
        for name in ("a\x00b", "a\x1bb", "a\u202eb", "\ufeff"):
            assert [error.code for error in wrong_name(name, longest=150)] == ["forbidden"]
        assert [error.code for error in wrong_name("Go to https://x.example", longest=150)] == ["address"]
        assert [error.code for error in wrong_name("a" * 151, longest=150)] == ["too_long"]

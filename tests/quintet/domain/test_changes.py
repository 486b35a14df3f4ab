"""What changed between two sheets of one entity."""

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.changes import Level, compare

LEVELS = st.one_of(st.integers(0, 4), st.just("na"), st.none())
SHEETS = st.dictionaries(st.sampled_from(["A", "B", "C", "D", "E"]), LEVELS)


def test_a_rise_of_two_levels_stands_out() -> None:
    changes = compare(
        {"A": 0, "B": 1, "C": 3, "D": 2, "E": 2, "F": None},
        {"A": 2, "B": 2, "C": 1, "D": "na", "E": 2, "F": 1},
    )
    assert [change.item for change in changes.steep] == ["A"]
    assert [change.item for change in changes.rises] == ["B"]
    assert [change.item for change in changes.falls] == ["C"]
    assert [(change.item, change.rise) for change in changes.others] == [("D", None), ("F", None)]
    assert changes.n_same == 1


@given(SHEETS, SHEETS)
def test_every_item_is_told_of_once(before: dict[str, Level], now: dict[str, Level]) -> None:
    changes = compare(before, now)
    told = [*changes.steep, *changes.rises, *changes.falls, *changes.others]
    assert len(told) + changes.n_same == len(now)
    assert len({change.item for change in told}) == len(told)


@given(SHEETS)
def test_nothing_changed_against_itself(sheet: dict[str, Level]) -> None:
    assert compare(sheet, sheet).n_same == len(sheet)

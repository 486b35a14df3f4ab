"""Packed levels: what goes in comes out, and missing, not applicable and zero stay different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import pack, unpack


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, "na", None])))
def test_what_goes_in_comes_out(levels: list[int | str | None]) -> None:
    assert unpack(pack(levels)) == levels


def test_zero_missing_and_not_applicable_are_three_bytes() -> None:
    assert len(set(pack([0, None, "na"]))) == 3


@pytest.mark.parametrize("level", [-1, 254, 255, "0", 2.5])
def test_refuses_what_is_no_level(level: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        pack([level])  # type: ignore[list-item]  # that is the point

"""Calls find their stack already there, however deep they begin."""

from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage

import pytest
from django.template import engines

from un20portal.lib.deep_calls import RoomyTemplate, with_room

pytestmark = pytest.mark.once
CALLS, DEPTHS = 500, range(60, 300)


def pages_asked_for(work: Callable[[], None]) -> int:
    """How many pages of memory the system had to find while `work` was done."""
    before = getrusage(RUSAGE_SELF).ru_minflt
    work()
    return getrusage(RUSAGE_SELF).ru_minflt - before


def nothing() -> None:
    pass


def call_from(depth: int) -> None:
    """Call a function that does nothing, many times, from so many calls deep."""
    if depth:
        call_from(depth - 1)
    else:
        for _time in range(CALLS):
            nothing()


def from_every_depth(call: Callable[[int], None]) -> int:
    """The most pages that the calls from one depth asked for."""
    return max(pages_asked_for(lambda depth=depth: call(depth)) for depth in DEPTHS)  # type: ignore[misc]


def test_calls_ask_for_no_memory_one_by_one() -> None:
    call_from(max(DEPTHS))
    assert from_every_depth(call_from) >= CALLS  # somewhere lies the edge
    assert from_every_depth(with_room(call_from)) < CALLS / 2


def test_what_is_called_gets_its_arguments_and_gives_its_result() -> None:
    @with_room
    def divided(number: int, *, by: int) -> float:
        """What it is."""
        return number / by

    assert divided(3, by=2) == 1.5
    assert divided.__doc__ == "What it is."
    with pytest.raises(ZeroDivisionError):
        divided(1, by=0)


def test_all_templates_have_it() -> None:
    [django] = engines.all()
    assert isinstance(django.get_template("404.html"), RoomyTemplate)
    text = django.from_string("{{ word }}")
    assert isinstance(text, RoomyTemplate)
    assert text.render({"word": "said"}) == "said"

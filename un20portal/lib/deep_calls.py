"""Room for deep calls: a page is rendered by thousands of calls, many of them a hundred deep."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.template.backends.django import DjangoTemplates, Template

P = ParamSpec("P")
R = TypeVar("R")
SLOTS = 2**16  # of eight bytes: 512 KiB, so that the piece has as much left for whatever is called


def with_room(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` such that what it calls finds its stack already there.

    CPython keeps the frames of calls in pieces of 16 KiB and gives one back to the system as soon as it is
    empty (`push_chunk` and `_PyThreadState_PopFrame` in Python/pystate.c). Where many calls begin at the edge
    of a piece, each of them asks the system for memory: a page with 700 such calls took 62 to 107 ms,
    depending on nothing but how deep its server calls it. A frame that is larger than a piece gets one of up
    to twice its size: the one here is large and empty, so that its piece has room for all that follows.
    """

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace(co_stacksize=SLOTS)
    return wraps(function)(call)


class RoomyTemplate(Template):
    """A template that is rendered with room for its calls."""

    render = with_room(Template.render)


class RoomyTemplates(DjangoTemplates):
    """Django's templates, each of them rendered with room for its calls."""

    def from_string(self, template_code: str) -> RoomyTemplate:
        return RoomyTemplate(self.engine.from_string(template_code), self)

    def get_template(self, template_name: str) -> RoomyTemplate:
        return RoomyTemplate(super().get_template(template_name).template, self)

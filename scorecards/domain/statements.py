"""What a sentence of the committee paper is made of: a template, and values that faces write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Mark both forms of a message without translating them; makemessages finds it by this name."""
    return one, many


@dataclass(frozen=True)
class Statement:
    """A template with its parameters; `many` and `count` where its form follows a number."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    many: str | None = None
    count: int = 0


@dataclass(frozen=True)
class Name:
    """An item by its place, to be named in the reader's language; with its dimension where that is open.

    One that is neither an enabler nor has a label is named by its question, in the language it is asked in.
    """

    item: str
    dimension: str
    enabler: str
    label: str
    with_dimension: bool = False
    question: str = ""
    language: str = ""


@dataclass(frozen=True)
class Share:
    """An exact ratio, to be written in whole per cents."""

    value: Fraction


@dataclass(frozen=True)
class Points:
    """A difference of shares in percentage points, to be written with one decimal; with its sign if asked."""

    value: Fraction
    signed: bool = False


@dataclass(frozen=True)
class Printed:
    """A per cent as it was printed, to be written with its sign ("≈ ") and all its digits."""

    value: str
    sign: str = ""


@dataclass(frozen=True)
class Listing:
    """Several values, to be written as the reader's language lists them."""

    values: Sequence[Any]


def counted(rule: tuple[str, str], count: int, **params: Any) -> Statement:
    """A statement whose form follows `count`."""
    return Statement(rule[0], {"count": count, **params}, rule[1], count)

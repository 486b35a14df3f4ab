"""The figures that a page shows, and the numbers that the receipts beside them state.

A figure stands in a place: a row of a table, a point of a list, a fact, or the head of what is folded. Its
number has to stand in a receipt to which a link of the place leads; of a head, a link of what is folded.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import tinyhtml5
from django.test import Client

PLACES = {"tr", "li", "dd", "summary"}
NUMBER = re.compile(r"(?<![\w.#-])[+−-]?\d+(?:[.,]\d+)?%?")
# no figures of a unit or of a group: names, words of the framework, what others printed, and explanations
LEFT_OUT = {"th", "thead", "caption", "form", "nav"}
LEFT_OUT_CLASSES = {"legend", "level-map", "level-text", "facts-printed", "level-legend", "item-code", "hash"}
NO_WORDS = {"script", "style"}
HALF_A_TENTH = Decimal("0.05")


@dataclass(frozen=True)
class Place:
    """Where figures stand: what is said there, its numbers, and the receipts to which it leads."""

    said: str
    numbers: Sequence[str]
    receipts: Sequence[str]


def places(page: str, address: str) -> list[Place]:
    """The places of a page at an address in which there are numbers."""
    found = []
    for element, around in _innermost(_main(page)):
        said = " ".join("".join(_words(element)).split())
        links = [urljoin(address, link.get("href", "")) for link in around.iter("a")]
        receipts = [link for link in links if "/receipt/?" in link]
        if numbers := NUMBER.findall(said):
            found.append(Place(said, numbers, receipts))
    return found


class Stated:
    """The numbers that receipts state, each receipt read once."""

    def __init__(self, client: Client) -> None:
        self.numbers = cache(lambda address: _numbers_of(client, address))

    def missing(self, place: Place) -> list[str]:
        """The numbers of a place that none of its receipts states."""
        stated = [number for address in place.receipts for number in self.numbers(address)]
        is_rounded = "%" in place.said
        return [shown for shown in place.numbers if not any(_is_same(shown, n, is_rounded) for n in stated)]


def _numbers_of(client: Client, address: str) -> list[Decimal]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    said = " ".join("".join(_words(_main(answer.content.decode()), with_heads=True)).split())
    return [_value(number) for number in NUMBER.findall(said)]


def _main(page: str) -> Element:
    found = tinyhtml5.parse(page, namespace_html_elements=False).find(".//main")
    assert found is not None
    return found


def _innermost(root: Element) -> Iterator[tuple[Element, Element]]:
    """The places that hold no other place, each with the element in which its links may stand."""
    around = {child: parent for parent in root.iter() for child in parent}
    for element in root.iter():
        if element.tag not in PLACES or _is_left_out(element, around):
            continue
        is_inside_row = any(row.tag == "tr" and row is not element for row in _above(element, around))
        has_inside = any(child.tag in PLACES for child in element.iter() if child is not element)
        if element.tag == "tr" or not (is_inside_row or has_inside):
            yield element, around[element] if element.tag in ("summary", "dd") else element


def _is_left_out(element: Element, around: dict[Element, Element]) -> bool:
    return any(
        _tag(each) in LEFT_OUT or LEFT_OUT_CLASSES & _classes(each) for each in _above(element, around)
    )


def _above(element: Element, around: dict[Element, Element]) -> Iterator[Element]:
    """An element and all in which it stands."""
    yield element
    while element in around:
        element = around[element]
        yield element


def _words(element: Element, *, with_heads: bool = False) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        is_aside = not with_heads and (_tag(child) in LEFT_OUT or bool(LEFT_OUT_CLASSES & _classes(child)))
        if not is_aside and _tag(child) not in NO_WORDS:
            yield " "
            yield from _words(child, with_heads=with_heads)
        yield f" {child.tail or ''}"


def _tag(element: Element) -> str:
    """The name of an element, of a drawing too."""
    return str(element.tag).rpartition("}")[2]


def _classes(element: Element) -> set[str]:
    return set(element.get("class", "").split())


def _value(number: str) -> Decimal:
    return Decimal(number.replace("−", "-").replace(",", ".").rstrip("%"))


def _is_same(shown: str, stated: Decimal, is_rounded: bool) -> bool:
    """Beside per cents whole numbers may be rounded: a receipt states them with one decimal."""
    value = _value(shown)
    if value == stated or not is_rounded or value != value.to_integral():
        return value == stated
    return stated != stated.to_integral() and abs(value - stated) <= Decimal("0.5") + HALF_A_TENTH

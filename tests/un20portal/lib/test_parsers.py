"""Strict JSON: what is taken, and what is refused instead of mended."""

import io
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from un20portal.lib.parsers import BodyTooLarge, StrictJSONParser, parse_json

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_reads_what_json_can_say(value: object) -> None:
    assert parse_json(orjson.dumps(value)) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": "ä"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'["\\ud800"]',
        b'["\\udc00\\ud800"]',
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e400]",
        b"[9007199254740992]",
        b"[-9007199254740992]",
        b"[" + b"9" * 10_000 + b"]",
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 50_000,
        b"[" * 200_000,
    ],
)
def test_refuses_what_has_no_single_meaning(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_json(body)


def test_takes_nesting_and_numbers_up_to_the_limit() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)
    assert parse_json(b"[9007199254740991]") == [2**53 - 1]


def test_brackets_in_text_do_not_nest() -> None:
    assert parse_json(orjson.dumps(["[{" * 100, '"[[[' * 50]))


@pytest.mark.parametrize("body", [b'"\\"' * 500_000, b'["' + b"\\\\" * 500_000, b'"' * 1_000_000])
def test_is_quick_to_refuse(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises(ParseError):
        parse_json(body)
    assert time.process_time() - start < 3


def test_reads_no_more_than_the_limit(settings: object) -> None:
    stream = io.BytesIO(b" " * 3_000_000)
    with pytest.raises(BodyTooLarge):
        StrictJSONParser().parse(stream)
    assert stream.tell() < 3_000_000

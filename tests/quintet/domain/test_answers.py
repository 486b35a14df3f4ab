"""The one parser of answers: what it takes, and what it refuses with a clear sentence."""

from typing import Any

import pytest

from quintet.domain.answers import LONGEST_TEXT, AnswerValue, parse_answer
from un20portal.lib.errors import InvalidInput


def parse(na_allowed: bool = True, **raw: Any) -> AnswerValue:
    return parse_answer(raw, highest_level=4, na_allowed=na_allowed)


class TestTakes:
    @pytest.mark.parametrize("level", [0, 4, "0", "3"])
    def test_a_level_of_the_scale_as_number_or_digits(self, level: object) -> None:
        assert parse(state="answered", claimed=level).claimed == int(str(level))

    def test_a_request_with_a_reason(self) -> None:
        assert parse(state="na", na_reason=" no programmes ").na_reason == "no programmes"

    def test_an_item_left_open_with_a_comment(self) -> None:
        assert parse(state="unanswered", comment="next year") == AnswerValue(
            "unanswered", comment="next year"
        )

    def test_every_script_and_line_breaks(self) -> None:
        assert parse(state="answered", claimed=1, comment="مرحبا\r\n你好 🙂").comment == "مرحبا\n你好 🙂"


REFUSED = [
    ({"state": "maybe"}, "unknown"),
    ({}, "unknown"),
    ({"state": "answered"}, "missing"),
    ({"state": "answered", "claimed": 5}, "unknown_level"),
    ({"state": "answered", "claimed": -1}, "unknown_level"),
    ({"state": "answered", "claimed": 2.5}, "unknown_level"),
    ({"state": "answered", "claimed": True}, "unknown_level"),
    ({"state": "answered", "claimed": "٣"}, "unknown_level"),
    ({"state": "answered", "claimed": "9" * 400}, "unknown_level"),
    ({"state": "answered", "claimed": [1]}, "unknown_level"),
    ({"state": "unanswered", "claimed": 1}, "unexpected"),
    ({"state": "na", "claimed": 1, "na_reason": "x"}, "unexpected"),
    ({"state": "na"}, "missing"),
    ({"state": "na", "na_reason": "   "}, "missing"),
    ({"state": "answered", "claimed": 1, "comment": 5}, "not_text"),
    ({"state": "answered", "claimed": 1, "comment": "x" * (LONGEST_TEXT + 1)}, "too_long"),
    ({"state": "answered", "claimed": 1, "comment": "a\x00b"}, "bad_characters"),
    ({"state": "answered", "claimed": 1, "comment": "\ud800"}, "bad_characters"),
    ({"state": "answered", "claimed": 1, "comment": "\x1b[2J"}, "bad_characters"),
    ({"state": "answered", "claimed": 1, "comment": "caf\N{REPLACEMENT CHARACTER}"}, "bad_characters"),
]


class TestRefuses:
    @pytest.mark.parametrize(("raw", "code"), REFUSED)
    def test_what_has_no_meaning(self, raw: dict[str, Any], code: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse(**raw)
        assert [error.code for error in refusal.value.errors] == [code]
        assert str(refusal.value)

    def test_not_applicable_where_every_entity_can_answer(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse(na_allowed=False, state="na", na_reason="we are small")
        assert refusal.value.errors[0].code == "na_not_allowed"

    def test_names_every_problem_at_once(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse(state="maybe", claimed=9, comment="\x00")
        assert {error.field for error in refusal.value.errors} == {"state", "claimed", "comment"}

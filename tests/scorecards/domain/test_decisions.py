"""Points for decision: what is understood, and what is refused with a reason."""

import pytest

from scorecards.domain.decisions import BODIES, LONGEST_TEXT, VERBS, parse_decision
from un20portal.lib.errors import InvalidInput

GOOD = {"verb": "requests", "body": "hlcm", "text": "Money.", "action": ""}


def refused(**changes: str) -> set[str]:
    with pytest.raises(InvalidInput) as found:
        parse_decision(**(GOOD | changes))
    return {error.field for error in found.value.errors}


class TestParseDecision:
    def test_tidies_texts_and_takes_every_verb_and_body(self) -> None:
        assert parse_decision(**(GOOD | {"text": " Money.\r\n"})).text == "Money."
        for verb in VERBS:
            for body in BODIES:
                assert parse_decision(**(GOOD | {"verb": verb, "body": body})).verb == verb

    @pytest.mark.parametrize(
        "query",
        [
            "?item=DAT-STR&version=1&basis=claimed&group=entities",
            "group=entities&item=DAT-STR&basis=claimed",
        ],
    )
    def test_keeps_of_a_query_what_names_the_figure(self, query: str) -> None:
        figure = parse_decision(**GOOD, figure=query).figure
        assert figure == "basis=claimed&group=entities&item=DAT-STR"

    def test_knows_receipts_of_changes(self) -> None:
        found = parse_decision(**GOOD, figure="?from=2025&group=all&dimension=DAT")
        assert found.query == {"from": "2025", "group": "all", "dimension": "DAT"}

    @pytest.mark.parametrize(
        "address",
        [
            "?entity=UNDP&item=DAT-STR",  # figures of a unit are its own
            "?entity=UNDP&group=all&item=DAT-STR",
            "?group=custom:mine&item=DAT-STR",  # nothing that is published names a custom group
            "?group=entities",
            "?group=all&item=DAT-STR&basis=guessed",
            "?group=all&item=<script>",
            "https://elsewhere.example/",
            "nonsense",
        ],
    )
    def test_refuses_addresses_of_no_figure_of_a_group(self, address: str) -> None:
        assert refused(figure=address) == {"figure"}

    def test_names_everything_that_is_wrong(self) -> None:
        assert refused(verb="wants", body="me", text=" ", figure="?") == {"verb", "body", "text", "figure"}

    @pytest.mark.parametrize("text", ["...", "\u200b\u2060", "\u3164", "gap \u202epag", "\u2067gap\u2069"])
    def test_refuses_texts_that_nobody_can_read(self, text: str) -> None:
        assert refused(text=text) == {"text"}
        assert refused(action=text) == {"action"}

    @pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 1), "a\x00b"])
    def test_refuses_texts_that_are_too_long_or_cannot_be_stored(self, text: str) -> None:
        assert refused(text=text) == {"text"}
        assert refused(action=text) == {"action"}

"""What a checkpoint says, and what a chain lacks that it says."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from scorecards.domain.checkpoints import SignedCheckpoint, disagreement, parse_checkpoint, state

AT = datetime(2026, 11, 21, 2, 11, tzinfo=timezone(timedelta(hours=2)))
CHAIN = [digit * 64 for digit in "abc"]


def statement(chain: list[str] = CHAIN) -> object:
    return state(chain, public_key="ab" * 32, key_id="cd" * 8, at=AT)


def test_a_statement_is_canonical_and_in_utc() -> None:
    assert state(CHAIN, public_key="ab", key_id="cd", at=AT).payload() == (
        '{"head_sha256":"' + "c" * 64 + '","key_id":"cd","n_scorecards":3,"public_key":"ab",'
        '"time":"2026-11-21T00:11:00+00:00"}'
    )


@pytest.mark.parametrize(
    ("stated", "chain", "finding"),
    [
        (CHAIN, CHAIN, ""),
        (CHAIN, [*CHAIN, "d" * 64], ""),
        ([], CHAIN, ""),
        ([], [], ""),
        (CHAIN, CHAIN[:2], "now there are 2: the newest 1 of them, up to cccccccccccc, have been removed."),
        (CHAIN, [], "now there are 0: the newest 3 of them"),
        (CHAIN, [*CHAIN[:2], "d" * 64], "scorecard 3 was cccccccccccc, now it is dddddddddddd."),
        (CHAIN, [CHAIN[0], CHAIN[2], "d" * 64], "scorecard 3 was cccccccccccc, now it is dddddddddddd."),
    ],
)
def test_a_chain_that_lacks_what_was_stated_is_found(
    stated: list[str], chain: list[str], finding: str
) -> None:
    said = disagreement(state(stated, public_key="ab", key_id="cd", at=AT), chain)
    assert finding in said
    assert bool(finding) == bool(said)


def covered(payload: str) -> SignedCheckpoint:
    return SignedCheckpoint(payload, "00", "ab" * 32, "cd" * 8)


def test_a_payload_is_read_back() -> None:
    said = state(CHAIN, public_key="ab" * 32, key_id="cd" * 8, at=AT)
    assert covered(said.payload()).statement() == said


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "{}",
        state(CHAIN, public_key="ab" * 32, key_id="00" * 8, at=AT).payload(),
        state(CHAIN, public_key="00" * 32, key_id="cd" * 8, at=AT).payload(),
        state(CHAIN, public_key="ab" * 32, key_id="cd" * 8, at=AT).payload().replace("3,", '"3",'),
    ],
)
def test_a_payload_that_is_no_statement_is_refused(payload: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json words it in its own way
        covered(payload).statement()


@pytest.mark.parametrize("text", ["", "7", "{}", json.dumps({"payload": 1, "signature": "", "key_id": ""})])
def test_a_file_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_checkpoint(text)

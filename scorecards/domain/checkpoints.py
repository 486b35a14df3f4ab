"""What a signed checkpoint says of the chain of scorecards, and whether a chain still agrees with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from un20portal.lib.canonical import canonical_json

SHOWN = 12  # digits of a hash in a sentence


@dataclass(frozen=True)
class Statement:
    """That there were so many scorecards at a moment, and that this hash was the newest ("" for none)."""

    n_scorecards: int
    head_sha256: str
    public_key: str
    key_id: str
    time: str

    def payload(self) -> str:
        """The canonical bytes that are signed."""
        return canonical_json(vars(self))


@dataclass(frozen=True)
class SignedCheckpoint:
    """A statement as it is kept: its bytes and the signature under them."""

    payload: str
    signature: str
    public_key: str
    key_id: str

    def statement(self) -> Statement:
        """What the payload says; ValueError when it is none, or names another key than its cover does."""
        said = _object(self.payload)
        if set(said) != set(Statement.__dataclass_fields__) or not isinstance(said["n_scorecards"], int):
            raise ValueError("the payload is not a statement of a checkpoint")
        if (said["public_key"], said["key_id"]) != (self.public_key, self.key_id):
            raise ValueError("the payload names another key")
        return Statement(**said)


def state(chain: Sequence[str], *, public_key: str, key_id: str, at: datetime) -> Statement:
    """Say how long the chain of hashes (oldest first) is and where it ends."""
    time = at.astimezone(UTC).isoformat(timespec="seconds")
    return Statement(len(chain), chain[-1] if chain else "", public_key, key_id, time)


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """Read a checkpoint as the portal gives it out; ValueError for anything else."""
    said = _object(text)
    names = SignedCheckpoint.__dataclass_fields__
    if not all(isinstance(said.get(name), str) for name in names):
        raise ValueError(f"a checkpoint has the texts {', '.join(names)}")
    return SignedCheckpoint(**{name: said[name] for name in names})


def disagreement(statement: Statement, chain: Sequence[str]) -> str:
    """Say in a sentence what the chain of hashes (oldest first) lacks; "" when it holds what was stated."""
    stated, head = statement.n_scorecards, statement.head_sha256[:SHOWN]
    if missing := max(stated - len(chain), 0):
        return (
            f"on {statement.time} there were {stated} scorecards, now there are {len(chain)}: "
            f"the newest {missing} of them, up to {head}, have been removed."
        )
    if stated and chain[stated - 1] != statement.head_sha256:
        found = chain[stated - 1][:SHOWN]
        return f"on {statement.time} scorecard {stated} was {head}, now it is {found}."
    return ""


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("this is not a JSON object")
    return found

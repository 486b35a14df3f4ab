"""Sheets that come as a whole, from a file or invented: plain values by unit and item. Plain Python."""

from dataclasses import dataclass

from quintet.domain.answers import AnswerValue


@dataclass(frozen=True)
class ImportedAnswer:
    """One answer and the accepted level (None: as claimed)."""

    value: AnswerValue
    accepted: int | None


@dataclass(frozen=True)
class ItemFacts:
    """What reading an answer needs to know of its item."""

    highest_level: int
    na_allowed: bool


Sheets = dict[str, dict[str, ImportedAnswer]]  # entity code → item code → answer

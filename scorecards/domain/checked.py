"""What the task force found when it checked levels, and which levels lack evidence, by item. Plain Python.

Counted are the frozen sheets that count on the accepted basis, of the whole system: the units behind the
accepted figure of the group of all. Checked is an answer on which the task force decided: those of the
sample (rule R6), and others that it looked at. A level that needs evidence (rule R2) is a claimed one.

What is said of an item could stand alone, so that its sums over items tell no more (scorecards/README.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from quintet.domain.answers import ANSWERED, AnswerValue
from quintet.domain.evidence import needs_document
from quintet.domain.packing import MISSING_BYTE
from scorecards.domain.figures import Unit
from scorecards.domain.groups import ALL
from scorecards.domain.statements import Statement, counted, ngettext
from un20portal.lib.errors import marked as _

CHECKS = ("n_checked", "n_confirmed", "n_lowered", "n_raised")
EVIDENCE = ("n_needing", "n_without")
HIDDEN: Mapping[str, Any] = {"suppressed": True}
Entry = Mapping[str, Any]  # of an item, as it stands in the bytes
Block = Mapping[str, Any]


@dataclass
class Counts:
    """What is counted of an item: answers, and so units."""

    n_checked: int = 0
    n_confirmed: int = 0
    n_lowered: int = 0
    n_raised: int = 0
    n_needing: int = 0
    n_without: int = 0


@dataclass(frozen=True)
class Questions:
    """The area of each item of a framework, and the lowest level of each area that needs evidence."""

    areas: Mapping[str, str]  # by item, in framework order
    evidence_from: Mapping[str, int]

    def empty(self) -> dict[str, Counts]:
        return {item: Counts() for item in self.areas}

    def count(self, found: Mapping[str, Counts], answers: Sequence[Mapping[str, Any]]) -> None:
        """Add to `found` what one frozen sheet says in its `answers`."""
        for entry in answers:
            if entry["state"] != ANSWERED:
                continue
            counts, claimed = found[entry["item"]], entry["claimed"]
            if (accepted := entry["accepted"]) is not None:
                counts.n_checked += 1
                counts.n_confirmed += accepted == claimed
                counts.n_lowered += accepted < claimed
                counts.n_raised += accepted > claimed
            if self._needs_evidence(self.areas[entry["item"]], claimed):
                counts.n_needing += 1
                counts.n_without += not entry["evidence"]

    @cached_property
    def _needs_evidence(self) -> Callable[[str, int], bool]:
        """Whether a claimed level of an area does: there are few, and very many answers."""
        return cache(
            lambda area, level: needs_document(
                AnswerValue(ANSWERED, level), area=area, evidence_from=self.evidence_from
            )
        )


def is_recorded(answers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a frozen sheet says what was checked and which evidence it has.

    Sheets that were imported do not, nor do those that were frozen before there was evidence.
    """
    return all("evidence" in entry for entry in answers)


def own_entries(questions: Questions, found: Mapping[str, Counts], *, threshold: int) -> dict[str, Entry]:
    """What the sheets of a version come to, by item; a part of fewer units than the threshold is hidden.

    Where no level needs evidence, there is none to be missing: that part is None.
    """
    return {
        item: {
            "checks": _part(counts, CHECKS, threshold),
            "evidence": _part(counts, EVIDENCE, threshold)
            if questions.areas[item] in questions.evidence_from
            else None,
        }
        for item, counts in found.items()
    }


def _part(counts: Counts, names: Sequence[str], threshold: int) -> Entry:
    said = {name: getattr(counts, name) for name in names}
    return HIDDEN if 0 < said[names[0]] < threshold else said


@dataclass(frozen=True)
class Sheets:
    """What the units say whose sheets count on the accepted basis: claimed and accepted levels, packed."""

    items: Sequence[str]  # in the order of the levels
    by_unit: Mapping[str, tuple[bytes, bytes]]

    @classmethod
    def of(cls, units: Sequence[Unit], items: Sequence[str]) -> "Sheets":
        said = {
            unit.code: (claimed, accepted)
            for unit in units
            if (claimed := unit.sheets["claimed"]) is not None
            and (accepted := unit.sheets["accepted"]) is not None
        }
        return cls(items, said)

    def n_differing(self, other: "Sheets") -> Mapping[str, int]:
        """By item of both, how many units say something else of it, or answer it in one of the two alone."""
        there = {item: place for place, item in enumerate(other.items)}
        places = [(item, here, there[item]) for here, item in enumerate(self.items) if item in there]
        counts = dict.fromkeys((item for item, _here, _there in places), 0)
        nothing = (bytes([MISSING_BYTE]) * max(len(self.items), len(other.items)),) * 2
        for code in self.by_unit.keys() | other.by_unit.keys():
            claimed, accepted = self.by_unit.get(code, nothing)
            claimed_there, accepted_there = other.by_unit.get(code, nothing)
            for item, here, place in places:
                if claimed[here] != claimed_there[place] or accepted[here] != accepted_there[place]:
                    counts[item] += 1
        return counts


@dataclass(frozen=True)
class Told:
    """What another version tells of checks: an earlier one of the cycle, or one of a neighbouring cycle."""

    version: int
    is_of_cycle: bool
    said: Block
    sheets: Sheets


def block(
    own: Mapping[str, Entry],
    *,
    evidence_from: Mapping[str, int],
    groups: Mapping[str, Any],
    sheets: Sheets,
    others: Sequence[Told],
    threshold: int,
) -> dict[str, Any]:
    """Return what the bytes say beside `others`: the cycle's earlier versions, the oldest first, and those
    of its neighbours.

    An item has counts of its own only where its accepted figure of all is the version's own, and where at
    least as many units as the threshold say something else of it than in each other version; or where all
    say what they said in an earlier version, and it told the same. Of other items the counts of the version
    before are shown again, or none.
    """
    figures = groups[ALL]["accepted"]["items"] if ALL in groups else {}  # nobody was asked
    differing = [sheets.n_differing(other.sheets) for other in others]
    before = next((other.said for other in reversed(others) if other.is_of_cycle), None)
    number = max((other.version for other in others if other.is_of_cycle), default=0)

    def is_told_already(item: str) -> bool:
        return any(
            other.is_of_cycle and counts.get(item) == 0 and _figures(other.said["items"][item]) == own[item]
            for other, counts in zip(others, differing, strict=True)
        )

    def entry(item: str) -> Entry:
        is_apart = all(counts.get(item, threshold) >= threshold for counts in differing)
        if is_shown_as_is(figures.get(item, HIDDEN)) and (is_apart or is_told_already(item)):
            return own[item]
        return entry_again(before, number, item, evidence_from)

    return {"evidence_from": dict(evidence_from), "items": {item: entry(item) for item in own}}


def _figures(entry: Entry) -> Entry:
    """What is said of an item, without the version that it is of."""
    return {name: value for name, value in entry.items() if name != "carried_from"}


def is_shown_as_is(figure: Mapping[str, Any]) -> bool:
    """Whether a figure is the version's own: neither hidden nor that of a version before."""
    return not figure.get("suppressed") and "carried_from" not in figure


def entry_again(
    before: Block | None, version: int, item: str, evidence_from: Mapping[str, int]
) -> dict[str, Any]:
    """What the version before said of an item, marked with the version that it is of; or that it is hidden.

    Hidden it is, too, where other levels need evidence since.
    """
    said = before["items"].get(item) if before and before["evidence_from"] == evidence_from else None
    if said is None or said.get("suppressed"):
        return dict(HIDDEN)
    return {"carried_from": version, **said}


@dataclass(frozen=True)
class Sums:
    """What is shown of some items, added up; of how many items, of all, each part is."""

    n_items: int
    n_items_checks: int
    n_items_evidence: int
    n_items_again: int  # shown as in a version before
    n_checked: int
    n_confirmed: int
    n_lowered: int
    n_raised: int
    n_needing: int
    n_without: int

    @property
    def asks_no_evidence(self) -> bool:
        return self.n_items_evidence == 0


def sums_of(entries: Sequence[Entry]) -> Sums:
    """Add up what is shown of these items."""
    checks = [part for entry in entries if (part := shown_part(entry, "checks"))]
    evidence = [part for entry in entries if (part := shown_part(entry, "evidence"))]
    return Sums(
        n_items=len(entries),
        n_items_checks=len(checks),
        n_items_evidence=len(evidence),
        n_items_again=sum("carried_from" in entry for entry in entries),
        **{name: sum(part[name] for part in checks) for name in CHECKS},
        **{name: sum(part[name] for part in evidence) for name in EVIDENCE},
    )


def shown_part(entry: Entry, part: str) -> Entry | None:
    """A part of what is said of an item; None where it is hidden, or no evidence is asked for."""
    said: Entry | None = None if entry.get("suppressed") else entry[part]
    return None if said is None or said.get("suppressed") else said


def is_hidden(entry: Entry, part: str) -> bool:
    """Whether a part of what is said of an item is hidden; not where no evidence is asked for."""
    if entry.get("suppressed"):
        return True
    said = entry[part]
    return said is not None and bool(said.get("suppressed"))


def told(entries: Sequence[Entry]) -> list[Statement]:
    """What the task force found in the items that are shown, and which of their levels have no evidence."""
    sums = sums_of(entries)
    params = vars(sums)
    if not sums.n_items_checks:
        return [Statement(_("What checks found is suppressed: too few units were checked."))]
    said = [
        counted(
            ngettext(
                "Of all units together, %(count)s level was checked: %(n_confirmed)s confirmed, "
                "%(n_lowered)s lowered, %(n_raised)s raised.",
                "Of all units together, %(count)s levels were checked: %(n_confirmed)s confirmed, "
                "%(n_lowered)s lowered, %(n_raised)s raised.",
            ),
            sums.n_checked,
            **params,
        )
    ]
    if sums.n_needing:
        said.append(
            counted(
                ngettext(
                    "%(n_without)s of %(count)s level that needs evidence has none.",
                    "%(n_without)s of %(count)s levels that need evidence have none.",
                ),
                sums.n_needing,
                **params,
            )
        )
    if sums.n_items_checks < sums.n_items:
        said.append(
            counted(
                ngettext(
                    "Counted are the checks of %(n_items_checks)s of %(count)s item: those of others would "
                    "tell of a few units.",
                    "Counted are the checks of %(n_items_checks)s of %(count)s items: those of others would "
                    "tell of a few units.",
                ),
                sums.n_items,
                **params,
            )
        )
    if sums.n_items_again:
        said.append(
            counted(
                ngettext(
                    "%(count)s item is as in the version before: too few units say something else since.",
                    "%(count)s items are as in the version before: too few units say something else since.",
                ),
                sums.n_items_again,
            )
        )
    return said

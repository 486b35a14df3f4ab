"""What checks found: counted by item, hidden of few units, and never told by a difference of versions."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE
from scorecards.domain.checked import (
    HIDDEN,
    Counts,
    Entry,
    Questions,
    Sheets,
    Told,
    block,
    is_recorded,
    own_entries,
    sums_of,
    told,
)
from scorecards.domain.figures import Unit

QUESTIONS = Questions(
    {"DAT-STR": "capability", "DAT-LED": "capability", "INN-STR": "capability", "CUR-1": "culture"},
    {"capability": 1},
)
THRESHOLD = 5
DECIDED = [(claimed, accepted) for claimed in range(5) for accepted in (None, *range(5))]
Answers = list[dict[str, Any]]


def entry(item: str, claimed: int, accepted: int | None = None, *, documents: int = 0) -> dict[str, Any]:
    evidence = [{"title": "T"}] * documents
    return {
        "item": item,
        "state": "answered",
        "claimed": claimed,
        "accepted": accepted,
        "evidence": evidence,
    }


def counted(*sheets: Answers) -> dict[str, Counts]:
    found = QUESTIONS.empty()
    for sheet in sheets:
        QUESTIONS.count(found, sheet)
    return found


def own(*sheets: Answers) -> dict[str, Entry]:
    return own_entries(QUESTIONS, counted(*sheets), threshold=THRESHOLD)


class TestCounting:
    @pytest.mark.parametrize(
        ("accepted", "expected"),
        [(None, (0, 0, 0, 0)), (2, (1, 1, 0, 0)), (1, (1, 0, 1, 0)), (0, (1, 0, 1, 0)), (3, (1, 0, 0, 1))],
    )
    def test_tells_what_was_confirmed_from_what_was_lowered_and_raised(
        self, accepted: int | None, expected: tuple[int, ...]
    ) -> None:
        found = counted([entry("DAT-STR", 2, accepted)])["DAT-STR"]
        assert (found.n_checked, found.n_confirmed, found.n_lowered, found.n_raised) == expected

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (entry("DAT-STR", 0), (0, 0)),
            (entry("DAT-STR", 1), (1, 1)),
            (entry("DAT-STR", 4, 0), (1, 1)),
            (entry("DAT-STR", 2, documents=2), (1, 0)),
            ({"item": "DAT-STR", "state": "unanswered", "evidence": []}, (0, 0)),
            ({"item": "DAT-STR", "state": "na", "claimed": None, "accepted": None, "evidence": []}, (0, 0)),
        ],
    )
    def test_misses_evidence_of_claimed_levels_that_need_it(
        self, said: dict[str, Any], expected: tuple[int, int]
    ) -> None:
        found = counted([said])["DAT-STR"]
        assert (found.n_needing, found.n_without) == expected

    def test_asks_no_evidence_of_the_culture(self) -> None:
        assert counted([entry("CUR-1", 4)])["CUR-1"] == Counts()
        assert own([entry("CUR-1", 4)])["CUR-1"]["evidence"] is None

    def test_knows_sheets_that_record_neither(self) -> None:
        said = entry("DAT-STR", 3, 3)
        assert is_recorded([said])
        del said["evidence"]
        assert not is_recorded([entry("DAT-LED", 1), said])

    @given(st.lists(st.tuples(st.sampled_from(DECIDED), st.integers(0, 2)), max_size=12))
    def test_adds_up_and_depends_on_no_order(self, said: list[tuple[tuple[int, int | None], int]]) -> None:
        sheets = [[entry("DAT-STR", *levels, documents=documents)] for levels, documents in said]
        found = counted(*sheets)
        assert counted(*reversed(sheets)) == found
        each = found["DAT-STR"]
        assert each.n_checked == each.n_confirmed + each.n_lowered + each.n_raised
        assert each.n_needing == sum(levels[0] >= 1 for levels, _documents in said)
        assert each.n_without == sum(levels[0] >= 1 and not documents for levels, documents in said)


class TestAnItem:
    @pytest.mark.parametrize(("n", "is_hidden"), [(0, False), (1, True), (4, True), (5, False)])
    def test_of_fewer_checks_than_the_threshold_says_nothing_of_them(self, n: int, is_hidden: bool) -> None:
        said = own(*[[entry("DAT-STR", 2, 1)]] * n, *[[entry("DAT-STR", 2)]] * 9)["DAT-STR"]
        assert said["checks"].get("suppressed", False) is is_hidden
        assert said["evidence"] == {"n_needing": 9 + n, "n_without": 9 + n}

    def test_of_few_levels_that_need_evidence_says_nothing_of_it(self) -> None:
        said = own(*[[entry("DAT-STR", 0, 0)]] * 5, *[[entry("DAT-STR", 1, 1)]] * 4)["DAT-STR"]
        assert said["evidence"] == HIDDEN
        assert said["checks"]["n_confirmed"] == 9


SAID = st.sampled_from([None, *(claimed * 5 + accepted for claimed in range(5) for accepted in range(5))])
HISTORY = st.lists(
    st.tuples(st.lists(SAID, min_size=8, max_size=8), st.booleans(), st.booleans(), st.integers(0, 3)),
    max_size=6,
)
ITEM = "DAT-STR"


def sheets_of(levels: list[int | None]) -> Sheets:
    """Sheets of one item: of each unit what was claimed and accepted, or that it has none."""
    units = [
        Unit(
            f"U{n}",
            (),
            {"claimed": None, "accepted": None}
            if pair is None
            else {"claimed": bytes([pair // 5]), "accepted": bytes([pair % 5])},
        )
        for n, pair in enumerate(levels)
    ]
    return Sheets.of(units, [ITEM])


def said_of(
    levels: list[int | None], others: list[Told], *, threshold: int, hidden: bool = False, extra: int = 0
) -> dict[str, Any]:
    """The block of a version of these sheets; `extra` stands for evidence, which levels do not tell."""
    figure = {"suppressed": True} if hidden else {"n_answered": 8}
    lowered = sum(pair is not None and pair % 5 < pair // 5 for pair in levels)
    found = {ITEM: {"checks": {"n_lowered": lowered}, "evidence": {"n_without": extra}}}
    groups = {"all": {"accepted": {"items": {ITEM: figure}}}}
    return block(
        found,
        evidence_from={},
        groups=groups,
        sheets=sheets_of(levels),
        others=others,
        threshold=threshold,
    )


def publish(
    history: Sequence[tuple[list[int | None], bool, bool, int]], threshold: int
) -> list[tuple[bool, dict[str, Any], Sheets]]:
    """What versions of a cycle and of its neighbour say of the item, in the order of their publication."""
    published: list[tuple[bool, dict[str, Any], Sheets]] = []
    for levels, is_neighbour, is_hidden, extra in history:
        others = [
            Told(number, other == is_neighbour, said, sheets)
            for number, (other, said, sheets) in enumerate(published, 1)
        ]
        said = said_of(levels, others, threshold=threshold, hidden=is_hidden, extra=extra)
        published.append((is_neighbour, said, sheets_of(levels)))
    return published


def first_versions(n: int) -> list[int | None]:
    return [10 if place < n else 12 for place in range(8)]


class TestALaterVersion:
    def said(self, *levels: list[int | None], hidden: bool = False) -> list[Entry]:
        history = [(list(one), False, hidden and place > 0, 0) for place, one in enumerate(levels)]
        return [said["items"][ITEM] for _neighbour, said, _sheets in publish(history, THRESHOLD)]

    def test_shows_its_own_counts_where_enough_units_say_something_else(self) -> None:
        _first, second = self.said(first_versions(0), first_versions(5))
        assert second["checks"] == {"n_lowered": 5}
        assert "carried_from" not in second

    def test_shows_those_of_before_where_fewer_do(self) -> None:
        first, second, third = self.said(first_versions(0), first_versions(4), first_versions(2))
        assert second == {"carried_from": 1, **first}
        assert third == {"carried_from": 1, **first}

    def test_counts_what_gathered_since_the_counts_that_are_shown(self) -> None:
        said = self.said(first_versions(0), first_versions(3), first_versions(5))
        assert ["carried_from" in one for one in said] == [False, True, True], "from the second two differ"

    def test_of_the_same_sheets_says_the_same(self) -> None:
        first, second = self.said(first_versions(2), first_versions(2))
        assert second == first

    def test_shows_those_of_before_where_only_evidence_differs(self) -> None:
        history = [(first_versions(0), False, False, extra) for extra in (3, 2)]
        first, second = (said["items"][ITEM] for _neighbour, said, _sheets in publish(history, THRESHOLD))
        assert second == {"carried_from": 1, **first}

    def test_shows_those_of_before_where_its_figure_is_hidden(self) -> None:
        first, second = self.said(first_versions(0), first_versions(8), hidden=True)
        assert second == {"carried_from": 1, **first}

    def test_shows_nothing_where_other_levels_need_evidence_since(self) -> None:
        first = said_of(first_versions(0), [], threshold=THRESHOLD)
        before = Told(1, True, {**first, "evidence_from": {"capability": 2}}, sheets_of(first_versions(0)))
        assert said_of(first_versions(1), [before], threshold=THRESHOLD)["items"][ITEM] == HIDDEN

    def test_counts_units_that_came_and_went_by_what_they_answer(self) -> None:
        assert "carried_from" in self.said([10] * 8, [*[10] * 5, None, None, None])[1]
        silent = Unit("U8", (), {"claimed": bytes([MISSING_BYTE]), "accepted": bytes([MISSING_BYTE])})
        speaking = Unit("U9", (), {"claimed": bytes([1]), "accepted": bytes([1])})
        nobody, both = Sheets.of([], [ITEM]), Sheets.of([silent, speaking], [ITEM])
        assert both.n_differing(nobody) == nobody.n_differing(both) == {ITEM: 1}

    def test_finds_an_item_where_another_framework_has_it(self) -> None:
        unit = Unit("U1", (), {"claimed": bytes([1, 2]), "accepted": bytes([1, 2])})
        one, other = Sheets.of([unit], ["A", ITEM]), Sheets.of([unit], [ITEM, "B"])
        assert one.n_differing(other) == {ITEM: 1}

    def test_that_repeats_the_sheets_of_the_neighbouring_cycle_says_nothing(self) -> None:
        history = [(first_versions(0), True, False, 0), (first_versions(1), False, False, 0)]
        assert publish(history, THRESHOLD)[1][1]["items"][ITEM] == HIDDEN

    @given(HISTORY, st.integers(1, 5))
    def test_never_lets_two_that_are_told_differ_by_few_units(
        self, history: Sequence[tuple[list[int | None], bool, bool, int]], threshold: int
    ) -> None:
        """Whatever is told of its own: of two different counts at least so many units say something else."""
        own = [
            (said["items"][ITEM], sheets)
            for (_n, said, sheets), (_levels, _other, is_hidden, _extra) in zip(
                publish(history, threshold), history, strict=True
            )
            if "carried_from" not in said["items"][ITEM] and said["items"][ITEM] != HIDDEN
        ]
        for (one, here), (other, there) in combinations(own, 2):
            assert one == other or here.n_differing(there)[ITEM] >= threshold

    @given(HISTORY, st.integers(1, 5))
    def test_repeats_what_was_told_in_its_cycle_or_says_nothing(
        self, history: Sequence[tuple[list[int | None], bool, bool, int]], threshold: int
    ) -> None:
        told_in: dict[bool, list[Entry]] = {True: [], False: []}
        for is_neighbour, said, _sheets in publish(history, threshold):
            item = said["items"][ITEM]
            if "carried_from" in item:
                assert {name: value for name, value in item.items() if name != "carried_from"} in told_in[
                    is_neighbour
                ]
            elif item != HIDDEN:
                told_in[is_neighbour].append(item)


class TestSums:
    def test_leave_out_what_is_hidden(self) -> None:
        said = own(
            *[[entry("DAT-STR", 2, 1, documents=1), entry("INN-STR", 3)]] * 5, [entry("INN-STR", 3, 3)]
        )
        sums = sums_of([said["DAT-STR"], said["INN-STR"], HIDDEN])
        assert (sums.n_items, sums.n_items_checks, sums.n_items_evidence) == (3, 1, 2)
        assert (sums.n_checked, sums.n_lowered, sums.n_needing, sums.n_without) == (5, 5, 11, 6)


class TestInWords:
    def said(self, *entries: Entry) -> list[str]:
        return [
            (each.many if each.many and each.count != 1 else each.message) % each.params
            for each in told(entries)
        ]

    def test_adds_up_what_is_shown_and_says_of_how_many_items(self) -> None:
        found = own(*[[entry("DAT-STR", 2, 1, documents=1), entry("DAT-LED", 1, 1)]] * 5)
        assert self.said(found["DAT-STR"], found["DAT-LED"], HIDDEN) == [
            "Of all units together, 10 levels were checked: 5 confirmed, 5 lowered, 0 raised.",
            "5 of 10 levels that need evidence have none.",
            "Counted are the checks of 2 of 3 items: those of others would tell of a few units.",
        ]

    def test_says_what_is_of_an_earlier_version(self) -> None:
        found = own(*[[entry("CUR-1", 2, 1)]] * 5)["CUR-1"]
        assert self.said({"carried_from": 2, **found})[-1].startswith("1 item is as in the version before")

    def test_says_nothing_of_evidence_where_none_is_needed(self) -> None:
        found = own(*[[entry("CUR-1", 2, 1)]] * 5)["CUR-1"]
        assert len(self.said(found)) == 1

    def test_says_that_all_is_hidden(self) -> None:
        assert self.said(HIDDEN) == ["What checks found is suppressed: too few units were checked."]

"""Conversations: for whom they wait, and what cannot be posted."""

import pytest

from quintet.domain.threads import (
    ANSWERED,
    APPROVER,
    CONTRIBUTOR,
    FOCAL_POINT,
    OPEN,
    SETTLED,
    TASK_FORCE,
    Said,
    is_awaited,
    parse_post,
    require_running,
    status_after,
)
from un20portal.lib.errors import InvalidInput, WrongState

ASKER, OTHER, THIRD = 1, 2, 3


def awaited(person: int, role: str, *posts: tuple[int, list[str], str], otherwise: str = FOCAL_POINT) -> bool:
    said = [Said(*post) for post in posts]
    return is_awaited(
        person, {role}, posts=said, opened_by=ASKER, status=said[-1].status, otherwise=otherwise
    )


class TestWhatAPostMakesOfAThread:
    def test_who_asked_opens_it_and_others_answer_it(self) -> None:
        assert status_after(by=ASKER, opened_by=ASKER) == OPEN
        assert status_after(by=OTHER, opened_by=ASKER) == ANSWERED


class TestAQuestion:
    def test_waits_for_those_it_mentions(self) -> None:
        assert awaited(OTHER, APPROVER, (ASKER, [APPROVER], OPEN))
        assert not awaited(OTHER, FOCAL_POINT, (ASKER, [APPROVER], OPEN))

    def test_that_mentions_nobody_waits_for_the_other_side(self) -> None:
        assert awaited(OTHER, TASK_FORCE, (ASKER, [], OPEN), otherwise=TASK_FORCE)
        assert not awaited(OTHER, APPROVER, (ASKER, [], OPEN), otherwise=TASK_FORCE)

    def test_never_waits_for_the_person_who_wrote_last(self) -> None:
        assert not awaited(ASKER, APPROVER, (ASKER, [APPROVER], OPEN))

    def test_goes_on_waiting_when_who_asked_adds_words(self) -> None:
        assert awaited(OTHER, APPROVER, (ASKER, [APPROVER], OPEN), (ASKER, [], OPEN))

    def test_that_was_answered_waits_for_the_person_who_asked_and_those_mentioned_then(self) -> None:
        posts = [(ASKER, [APPROVER], OPEN), (OTHER, [CONTRIBUTOR], ANSWERED)]
        assert awaited(ASKER, FOCAL_POINT, *posts)
        assert awaited(THIRD, CONTRIBUTOR, *posts)
        assert not awaited(THIRD, APPROVER, *posts)

    def test_that_is_settled_waits_for_nobody_until_it_is_opened_again(self) -> None:
        settled = [(ASKER, [APPROVER], OPEN), (OTHER, [], SETTLED)]
        assert not awaited(ASKER, FOCAL_POINT, *settled)
        assert awaited(OTHER, APPROVER, *settled, (ASKER, [APPROVER], OPEN))

    def test_without_posts_waits_for_nobody(self) -> None:
        assert not is_awaited(
            OTHER, {APPROVER}, posts=[], opened_by=ASKER, status=OPEN, otherwise=FOCAL_POINT
        )


class TestWhatCanBePosted:
    def test_is_text_with_roles_in_one_order(self) -> None:
        said = parse_post("  What\r\nplan? ", [TASK_FORCE, FOCAL_POINT], with_task_force=True)
        assert said == ("What\nplan?", [FOCAL_POINT, TASK_FORCE])

    @pytest.mark.parametrize(
        ("text", "mentions", "code"),
        [
            (" \n ", [], "length"),
            ("x" * 5001, [], "length"),
            ("broken \ufffd", [], "bad_characters"),
            ("nul \x00", [], "bad_characters"),
            ("why?", ["administrator"], "unknown_role"),
            ("why?", [TASK_FORCE], "not_read"),
        ],
    )
    def test_is_named_when_it_is_not(self, text: str, mentions: list[str], code: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse_post(text, mentions, with_task_force=False)
        assert [error.code for error in refusal.value.errors] == [code]

    def test_last_words_may_be_none(self) -> None:
        assert parse_post("", [], with_task_force=False, may_be_empty=True) == ("", [])

    @pytest.mark.parametrize("phase", ["planned", "closed"])
    def test_is_nothing_while_the_cycle_does_not_run(self, phase: str) -> None:
        with pytest.raises(WrongState):
            require_running(phase=phase)
        require_running(phase="validation")

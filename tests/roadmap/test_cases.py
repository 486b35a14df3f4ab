"""Cases are written by the focal points of their entity; what is shown can be taken back."""

import pytest
from django.db import IntegrityError, transaction

from entities.models import Entity, User
from roadmap.domain.cases import MOST_DRAFTS
from roadmap.models import Case
from roadmap.queries.cases import counts_by_capability, counts_of_others
from roadmap.services.cases import change_case, show_case, write_case
from tests.factories import AT, Cast, case_text, make_case, make_entity
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState

pytestmark = pytest.mark.django_db


def refused_fields(**said: object) -> set[str]:
    """The fields that are named when UNDP's focal point writes this."""
    by, entity = User.objects.get(email="focal@example.org"), Entity.objects.get(code="UNDP")
    with pytest.raises(InvalidInput) as caught:
        write_case(entity=entity, text=case_text(**said), by=by, at=AT)
    return {error.field for error in caught.value.errors}


class TestWriting:
    def test_makes_a_draft_with_tidied_texts(self, undp: Entity, cast: Cast) -> None:
        text = case_text(title=" A  plan ", problem="One\r\ntwo ", url=" https://example.org/a ", enabler="")
        case = write_case(entity=undp, text=text, by=cast.focal, at=AT)
        assert (case.title, case.problem, case.url) == ("A plan", "One\ntwo", "https://example.org/a")
        assert (case.enabler, case.version, case.shown_at, case.by, case.is_demo) == (
            "",
            1,
            None,
            cast.focal,
            False,
        )

    def test_by_somebody_of_the_demo_is_demo_data(self, undp: Entity, cast: Cast) -> None:
        cast.focal.is_demo = True
        assert write_case(entity=undp, text=case_text(), by=cast.focal, at=AT).is_demo

    def test_is_for_focal_points_of_the_entity(self, undp: Entity, cast: Cast) -> None:
        others = (
            cast.viewer,
            cast.contributor,
            cast.approver,
            cast.stranger,
            cast.task_force,
            cast.committee,
        )
        for person in (*others, cast.administrator):
            with pytest.raises(NotAllowed):
                write_case(entity=undp, text=case_text(), by=person, at=AT)
        assert not Case.objects.exists()

    def test_names_everything_that_is_wrong(self, cast: Cast) -> None:
        assert refused_fields(capability="CUL-CUR", enabler="XXX", language="de") == {
            "capability",
            "enabler",
            "language",
        }
        assert refused_fields(title=" ", problem="", done="\n", outcome="") == {
            "title",
            "problem",
            "done",
            "outcome",
        }
        assert refused_fields(title="x" * 201, done="x" * 3001, problem="a\x00b") == {
            "title",
            "done",
            "problem",
        }
        for year in (1989, AT.year + 1):
            assert refused_fields(year=year) == {"year"}
        for url in (
            "javascript:alert(1)",
            "ftp://example.org",
            "https://",
            "https://me@example.org",
            "example",
        ):
            assert refused_fields(url=url) == {"url"}

    @pytest.mark.parametrize("blank", ["\u200b", "\u3164\u200d", " - ", "…", "\u202e"])
    def test_takes_no_text_without_a_letter_or_digit(self, cast: Cast, blank: str) -> None:
        names = ("title", "problem", "done", "outcome")
        assert refused_fields(**dict.fromkeys(names, blank)) == set(names)

    def test_takes_words_of_any_script_and_no_signs_that_turn_them(self, undp: Entity, cast: Cast) -> None:
        for title in ("خطة", "计划", "План 2", "7", "हिन्दी"):
            write_case(entity=undp, text=case_text(title=title), by=cast.focal, at=AT)
        for sign in "\u202a\u202e\u2066\u2069":
            assert refused_fields(title=f"A{sign}b", done=f"A{sign}b") == {"title", "done"}
        for mark in "\u061c\u200e\u200f":
            assert refused_fields(title=f"A{mark}b", done=f"A{mark}b") == {"title"}

    def test_stops_at_so_many_drafts(self, undp: Entity, cast: Cast) -> None:
        for _number in range(MOST_DRAFTS):
            make_case(undp, cast.focal, is_shown=False)
        assert refused_fields() == {""}
        make_case(Entity.objects.get(code="UNICEF"), cast.stranger, is_shown=False)
        one = Case.objects.filter(entity=undp).earliest("pk")
        show_case(case=one, version=1, by=cast.focal, at=AT)
        assert write_case(entity=undp, text=case_text(), by=cast.focal, at=AT).pk

    @pytest.mark.parametrize(
        "wrong",
        [
            {"capability": "CUL"},
            {"enabler": "XXX"},
            {"title": ""},
            {"problem": ""},
            {"done": ""},
            {"outcome": ""},
            {"year": 1989},
            {"year": AT.year + 1},
            {"url": "javascript:alert(1)"},
            {"url": "example.org/https://"},
            {"language": "de"},
            {"version": 0},
            {"withdrawn_version": 3},
            {"deleted_at": AT},
        ],
        ids=str,
    )
    def test_beside_the_service_is_refused_by_the_database(
        self, undp: Entity, cast: Cast, wrong: dict[str, object]
    ) -> None:
        case = make_case(undp, cast.focal, url="HTTPS://example.org/a")
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**wrong)


class TestChanging:
    def test_makes_another_version_which_is_shown_at_once(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        changed = change_case(case=case, text=case_text(title="New"), version=2, by=cast.focal, at=AT)
        case.refresh_from_db()
        assert (changed.version, case.title, case.shown_at) == (3, "New", AT)

    def test_of_nothing_changes_nothing(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        assert change_case(case=case, text=case_text(), version=0, by=cast.focal, at=AT).version == 2

    def test_of_what_somebody_else_changed_keeps_both_texts(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        change_case(case=case, text=case_text(title="First"), version=2, by=cast.focal, at=AT)
        with pytest.raises(StaleVersion) as caught:
            change_case(case=case, text=case_text(title="Second"), version=2, by=cast.focal, at=AT)
        assert (caught.value.current["title"], caught.value.offered["title"]) == ("First", "Second")
        assert Case.objects.get().title == "First"

    def test_is_for_focal_points_of_the_entity(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        for person in (cast.stranger, cast.task_force, cast.approver):
            with pytest.raises(NotAllowed):
                change_case(case=case, text=case_text(title="New"), version=1, by=person, at=AT)


class TestShowing:
    def test_is_of_the_text_that_was_read(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal, is_shown=False)
        change_case(case=case, text=case_text(title="New"), version=1, by=cast.focal, at=AT)
        with pytest.raises(StaleVersion):
            show_case(case=case, version=1, by=cast.focal, at=AT)
        assert not Case.objects.shown().exists()
        show_case(case=case, version=2, by=cast.focal, at=AT)
        with pytest.raises(WrongState):
            show_case(case=case, version=2, by=cast.focal, at=AT)

    def test_is_for_focal_points_of_the_entity(self, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal, is_shown=False)
        for person in (cast.stranger, cast.task_force, cast.approver):
            with pytest.raises(NotAllowed):
                show_case(case=case, version=1, by=person, at=AT)


class TestCounts:
    def test_are_of_shown_cases_in_the_order_of_the_quintet(self, undp: Entity, cast: Cast) -> None:
        for capability, is_shown in (("BES", True), ("DAT", True), ("DAT", True), ("INN", False)):
            make_case(undp, cast.focal, capability=capability, is_shown=is_shown)
        counted = [(count.code, count.n) for count in counts_by_capability()]
        assert counted == [("DAT", 2), ("INN", 0), ("FOR", 0), ("DIG", 0), ("BES", 1)]

    def test_beside_items_are_of_others_for_capability_and_enabler(self, undp: Entity, cast: Cast) -> None:
        unicef = Entity.objects.get(code="UNICEF")
        make_case(undp, cast.focal)
        for said in ({}, {}, {"enabler": ""}, {"capability": "INN"}, {"enabler": "LED", "is_shown": False}):
            make_case(unicef, cast.stranger, **said)
        items = ["DAT-STR", "DAT-LED", "INN-LED", "CUL-CUR-1"]
        assert counts_of_others(undp, items) == {("DAT", "STR"): 2, ("DAT", ""): 3, ("INN", ""): 1}
        assert counts_of_others(unicef, items) == {("DAT", "STR"): 1, ("DAT", ""): 1}
        third = counts_of_others(make_entity("THIRD"), items)
        assert third == {("DAT", "STR"): 3, ("DAT", ""): 4, ("INN", ""): 1}

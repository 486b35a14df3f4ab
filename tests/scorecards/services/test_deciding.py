"""Points for decision: written by the task force, in order, and part of what two persons publish."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from entities.models import Entity
from quintet.models import Area, Cycle, Dimension, Item, Observation
from scorecards.domain.decisions import NO_RECEIPT
from scorecards.models import DecisionPoint, Scorecard
from scorecards.services import publishing
from scorecards.services.deciding import add_point, change_point, delete_point, raise_point
from scorecards.services.verifying import first_broken_publication
from tests.factories import (
    AT,
    Cast,
    make_counted_cycle,
    make_entities,
    make_framework,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState

pytestmark = pytest.mark.django_db
SAID = {"verb": "requests", "body": "hlcm", "action": "Report in spring.", "figure": ""}
PRINTED = {
    "indicator": "A-01",
    "period": "2023",
    "value": 45,
    "operator": "eq",
    "unit": "percent_of_entities",
    "kind": "baseline",
    "chapter": "data",
    "statement": "45% have one.",
}


@pytest.fixture
def cycle() -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 3} for unit in make_entities(6)})


def add(cycle: Cycle, cast: Cast, *texts: str) -> list[DecisionPoint]:
    return [add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, text=text) for text in texts]


def in_order(cycle: Cycle) -> list[tuple[int, str]]:
    return list(DecisionPoint.objects.filter(cycle=cycle).values_list("place", "text"))


def decisions_in(scorecard: Scorecard) -> list[str]:
    return [entry["text"] for entry in json.loads(scorecard.payload)["decisions"]]


class TestWriting:
    def test_puts_points_in_order_and_changes_it(self, cycle: Cycle, cast: Cast) -> None:
        first, second, third = add(cycle, cast, "a", "b", "c")
        raise_point(point=third, by=cast.task_force)
        raise_point(point=first, by=cast.task_force)  # stays where it is
        assert in_order(cycle) == [(1, "a"), (2, "c"), (3, "b")]
        delete_point(point=third, version=1, by=cast.task_force)
        change_point(point=second, version=1, by=cast.second, at=AT, **SAID, text="d")
        assert in_order(cycle) == [(1, "a"), (2, "d")]

    def test_takes_five_at_most(self, cycle: Cycle, cast: Cast) -> None:
        add(cycle, cast, *"abcde")
        with pytest.raises(WrongState, match="5 points are the most"):
            add(cycle, cast, "f")
        assert len(in_order(cycle)) == 5

    def test_is_for_the_task_force(self, cycle: Cycle, cast: Cast) -> None:
        (point,) = add(cycle, cast, "a")
        for person in (cast.focal, cast.committee, cast.administrator):
            with pytest.raises(NotAllowed):
                add_point(cycle=cycle, by=person, at=AT, **SAID, text="b")
            with pytest.raises(NotAllowed):
                change_point(point=point, version=1, by=person, at=AT, **SAID, text="b")
            with pytest.raises(NotAllowed):
                raise_point(point=point, by=person)
            with pytest.raises(NotAllowed):
                delete_point(point=point, version=1, by=person)
        assert in_order(cycle) == [(1, "a")]

    def test_finds_no_figure_of_another_framework(self, cycle: Cycle, cast: Cast) -> None:
        for figure in ("?group=all&item=XXX-STR", "?group=all&dimension=XXX", "?group=all&area=culture"):
            with pytest.raises(InvalidInput) as found:
                add_point(cycle=cycle, by=cast.task_force, at=AT, **(SAID | {"figure": figure}), text="a")
            assert [error.code for error in found.value.errors] == ["unknown_figure"]

    def test_finds_no_figure_of_a_group_or_a_cycle_before_that_is_not_there(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        """Its address would stand in published bytes for ever, and lead nowhere."""
        for figure in (
            "group=entitys&item=DAT-STR",
            "group=region:asia&item=DAT-STR",
            "group=all&item=DAT-STR&from=2025",
        ):
            with pytest.raises(InvalidInput) as found:
                add_point(cycle=cycle, by=cast.task_force, at=AT, **(SAID | {"figure": figure}), text="a")
            assert [error.code for error in found.value.errors] == ["unknown_figure"]
        earlier = make_counted_cycle(
            cycle.framework, {unit: {"DAT-STR": 3} for unit in Entity.objects.all()}, "2025"
        )
        publish(earlier, cast)
        for figure in ("group=all&item=DAT-STR&from=2025", "group=entities&area=capability"):
            assert add_point(cycle=cycle, by=cast.task_force, at=AT, **(SAID | {"figure": figure}), text="a")

    def test_finds_no_sum_that_the_framework_cannot_have(self, cycle: Cycle, cast: Cast) -> None:
        """Answers are added up of the culture alone, and printed were values of two groups."""
        culture = Dimension.objects.create(framework=cycle.framework, code="CUR", area=Area.CULTURE, order=9)
        Item.objects.create(
            framework=cycle.framework, dimension=culture, code="CUR-1", order=0, level_texts=[]
        )
        printed = Observation.objects.create(**PRINTED)
        Item.objects.filter(code="DAT-STR").update(baseline=printed, baseline_comparability="same_concept")

        def said(figure: str) -> dict[str, Any]:
            return {"cycle": cycle, "by": cast.task_force, "at": AT, **SAID, "figure": figure, "text": "a"}

        for figure in (
            "group=all&of=answers&dimension=DAT",
            "group=all&of=checks&enabler=ZZZ",
            "group=all&of=checks&area=capability",
            "group=all&of=printed",
        ):
            with pytest.raises(InvalidInput) as found:
                add_point(**said(figure))
            assert [error.message for error in found.value.errors] == [NO_RECEIPT], figure
        for figure in (
            "group=all&of=answers&dimension=CUR",
            "group=all&of=checks&enabler=STR",
            "group=all&of=checks&area=culture",
            "group=entities&of=printed",
        ):
            assert add_point(**said(figure)).figure
        Item.objects.update(baseline=None)
        with pytest.raises(InvalidInput):
            add_point(**said("group=entities&of=printed"))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"figure_of": "2024"},
            {"figure": "group=entities&item=DAT-STR&version=2"},
            {"figure": "group=entities&item=DAT-STR&version=newest"},
            {"figure": "group=entities&item=DAT-STR&from_version=1"},
        ],
    )
    def test_refuses_a_receipt_of_another_cycle_or_version(
        self, cycle: Cycle, cast: Cast, wrong: dict[str, str]
    ) -> None:
        """It would be made a figure of this cycle, which nobody looked at."""
        publish(cycle, cast)
        said = SAID | {"figure": "group=entities&item=DAT-STR"} | wrong
        with pytest.raises(InvalidInput, match="a receipt of this cycle, or its query") as found:
            add_point(cycle=cycle, by=cast.task_force, at=AT, **said, text="a")
        assert [error.field for error in found.value.errors] == ["figure"]
        assert in_order(cycle) == []

    @pytest.mark.parametrize("version", ["", "&version=proposed", "&version=1", "&version=provisional"])
    def test_takes_receipts_of_the_cycle(self, cycle: Cycle, cast: Cast, version: str) -> None:
        publish(cycle, cast)
        said = SAID | {"figure": f" ?group=entities&item=DAT-STR{version}\n"}
        point = add_point(cycle=cycle, by=cast.task_force, at=AT, figure_of="2026", **said, text="a")
        assert point.figure == "group=entities&item=DAT-STR"

    def test_takes_a_receipt_of_a_change_between_two_versions(self, cycle: Cycle, cast: Cast) -> None:
        answers = {unit: {"DAT-STR": 3} for unit in Entity.objects.all()}
        publish(make_counted_cycle(cycle.framework, answers, "2025"), cast)
        publish(cycle, cast)
        figure = "from=2025&group=all&item=DAT-STR&version=1&from_version={}"
        said = SAID | {"figure": figure.format(1)}
        assert add_point(cycle=cycle, by=cast.task_force, at=AT, **said, text="a")
        said["figure"] = figure.format(2)
        with pytest.raises(InvalidInput):
            add_point(cycle=cycle, by=cast.task_force, at=AT, **said, text="b")

    def test_finds_no_figure_beside_a_version_that_is_for_the_committees(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        """For everybody else its receipt is not there, and public bytes would name the version."""
        answers = {unit: {"DAT-STR": 3} for unit in Entity.objects.all()}
        hidden = publish(make_counted_cycle(cycle.framework, answers, "2025"), cast, audience="committee")
        said = SAID | {"figure": "group=all&item=DAT-STR&from=2025"}
        with pytest.raises(InvalidInput) as found:
            add_point(cycle=cycle, by=cast.task_force, at=AT, **said, text="a")
        assert [error.code for error in found.value.errors] == ["unknown_figure"]
        publishing.release(scorecard=hidden, by=cast.second, at=AT)
        assert add_point(cycle=cycle, by=cast.task_force, at=AT, **said, text="a")

    def test_finds_no_language_beside_the_six(self, cycle: Cycle, cast: Cast) -> None:
        with pytest.raises(InvalidInput) as found:
            add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, text="a", language="de")
        assert [error.field for error in found.value.errors] == ["language"]
        assert in_order(cycle) == []

    def test_does_not_write_what_somebody_deleted(self, cycle: Cycle, cast: Cast) -> None:
        (point,) = add(cycle, cast, "a")
        DecisionPoint.objects.all().delete()
        with pytest.raises(WrongState):
            change_point(point=point, version=1, by=cast.task_force, at=AT, **SAID, text="b")

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_of_two_who_read_the_same_keeps_both_texts(
        self, cycle: Cycle, cast: Cast, order: tuple[int, int]
    ) -> None:
        (point,) = add(cycle, cast, "a")
        people, texts = (cast.task_force, cast.second), ("of one", "of the other")
        first, second = order
        change_point(point=point, version=1, by=people[first], at=AT, **SAID, text=texts[first])
        with pytest.raises(StaleVersion) as refused:
            change_point(point=point, version=1, by=people[second], at=AT, **SAID, text=texts[second])
        both = refused.value.current, refused.value.offered
        assert [side["text"] for side in both] == [texts[first], texts[second]]
        point.refresh_from_db()
        assert (point.text, point.version, point.by) == (texts[first], 2, people[first])
        change_point(point=point, version=2, by=people[second], at=AT, **SAID, text=texts[second])
        assert in_order(cycle) == [(1, texts[second])]

    def test_does_not_delete_what_somebody_else_has_just_written(self, cycle: Cycle, cast: Cast) -> None:
        first, _second = add(cycle, cast, "a", "b")
        change_point(point=first, version=1, by=cast.second, at=AT, **SAID, text="c")
        with pytest.raises(StaleVersion) as refused:
            delete_point(point=first, version=1, by=cast.task_force)
        assert (refused.value.current["text"], refused.value.current["version"]) == ("c", 2)
        assert in_order(cycle) == [(1, "c"), (2, "b")]
        delete_point(point=first, version=2, by=cast.task_force)
        assert in_order(cycle) == [(1, "b")]

    def test_again_what_is_there_changes_nothing(self, cycle: Cycle, cast: Cast) -> None:
        (point,) = add(cycle, cast, "a")
        for version in (1, 7):
            change_point(point=point, version=version, by=cast.second, at=AT, **SAID, text="a")
        point.refresh_from_db()
        assert (point.version, point.by) == (1, cast.task_force)


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("wrong", "constraint"),
        [
            ({"verb": "wants"}, "a_point_has_a_verb_of_the_list"),
            ({"body": "HLCM"}, "a_committee_of_the_list_decides_a_point"),
            ({"language": "de"}, "a_point_is_in_one_of_six_languages_or_in_none"),
            ({"text": ""}, "a_point_for_decision_says_something"),
            ({"place": 1}, "one_point_per_place_of_a_cycle|cycle_id, scorecards_decisionpoint.place"),
        ],
    )
    def test_takes_no_other_point(
        self, cycle: Cycle, cast: Cast, wrong: dict[str, Any], constraint: str
    ) -> None:
        add(cycle, cast, "a", "b")
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            DecisionPoint.objects.filter(cycle=cycle, text="b").update(**wrong)
        assert in_order(cycle) == [(1, "a"), (2, "b")]


class TestPublishing:
    def test_puts_the_points_into_the_bytes_in_order(self, cycle: Cycle, cast: Cast) -> None:
        _first, second = add(cycle, cast, "a", "b")
        raise_point(point=second, by=cast.task_force)
        published = publish(cycle, cast)
        assert decisions_in(published) == ["b", "a"]
        delete_point(point=second, version=1, by=cast.task_force)
        published.refresh_from_db()
        assert decisions_in(published) == ["b", "a"]
        assert first_broken_publication() == (1, "")

    def test_says_the_language_of_points_that_have_one(self, cycle: Cycle, cast: Cast) -> None:
        """Points from before it was asked for give the bytes that they gave."""
        (old,) = add(cycle, cast, "a")
        published = json.loads(publish(cycle, cast).payload)["decisions"]
        assert published == [{**SAID, "text": "a"}]
        with pytest.raises(WrongState, match="Nothing has changed"):
            publish(cycle, cast)
        change_point(point=old, version=1, by=cast.task_force, at=AT, **SAID, text="a", language="fr")
        assert json.loads(publish(cycle, cast).payload)["decisions"] == [
            {**SAID, "text": "a", "language": "fr"}
        ]
        assert first_broken_publication() == (2, "")

    def test_with_other_points_alone_is_another_version(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        with pytest.raises(WrongState, match="Nothing has changed"):
            publish(cycle, cast)
        add(cycle, cast, "a")
        assert decisions_in(publish(cycle, cast)) == ["a"]

    def test_refuses_points_that_changed_since_the_proposal(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        add(cycle, cast, "a")
        with pytest.raises(WrongState, match="changed since the proposal"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)

    def test_of_the_same_after_a_version_from_before_there_were_points_says_nothing_new(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        old = without_decisions(publish(cycle, cast))
        with pytest.raises(WrongState, match="Nothing has changed"):
            publish(cycle, cast)
        assert "decisions" not in json.loads(old.payload)


def without_decisions(scorecard: Scorecard) -> Scorecard:
    """The same version as it was published before points for decision were part of the bytes."""
    document = json.loads(scorecard.payload)
    del document["decisions"]
    payload = canonical_json(document)
    with unguarded():
        Scorecard.objects.filter(pk=scorecard.pk).update(payload=payload, sha256=sha256(payload))
    scorecard.refresh_from_db()
    return scorecard

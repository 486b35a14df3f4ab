"""Method un20-1 §5: what became of the items of a framework in its next version."""

import pytest

from quintet.domain.crosswalk import Break, Crosswalk, Link, Relation, identity

EQUAL, SUBSET, SPLIT, MERGED, NEW, DROPPED = Relation

LINKS = (
    Link(EQUAL, "A", "A2"),
    Link(SUBSET, "B", "B"),
    Link(SPLIT, "C", "C1"),
    Link(SPLIT, "C", "C2"),
    Link(MERGED, "D", "DE"),
    Link(MERGED, "E", "DE"),
    Link(DROPPED, "F", None),
    Link(NEW, None, "G"),
)
BEFORE, AFTER = ("A", "B", "C", "D", "E", "F"), ("G", "A2", "B", "C1", "C2", "DE")


class TestCrosswalk:
    crosswalk = Crosswalk(BEFORE, AFTER, LINKS)

    def test_joins_equal_items_only(self) -> None:
        assert self.crosswalk.joined == {"A2": (0, 1)}

    def test_marks_a_break_for_all_others(self) -> None:
        assert self.crosswalk.breaks == (
            Break(SUBSET, ("B",), ("B",)),
            Break(SPLIT, ("C",), ("C1", "C2")),
            Break(MERGED, ("D", "E"), ("DE",)),
            Break(DROPPED, ("F",), ()),
            Break(NEW, (), ("G",)),
        )

    def test_knows_where_items_stand_in_the_sheets_of_both_cycles(self) -> None:
        before, after = self.crosswalk.places
        assert before == ((0, 1), (1, None), (2, None), (3, None), (4, None), (5, None))
        assert after == ((None, 0), (0, 1), (None, 2), (None, 3), (None, 4), (None, 5))

    def test_of_one_framework_joins_every_item_to_itself(self) -> None:
        same = identity(BEFORE)
        assert same.joined == {code: (place, place) for place, code in enumerate(BEFORE)}
        assert same.breaks == ()


class TestValidation:
    @pytest.mark.parametrize(
        ("before", "after", "links", "sentence"),
        [
            ("AB", "A", [(EQUAL, "A", "A")], "B before is in no link."),
            ("A", "AB", [(EQUAL, "A", "A")], "B after is in no link."),
            ("A", "A", [(EQUAL, "A", "A"), (DROPPED, "X", None)], "X is no item before."),
            ("A", "A", [(EQUAL, "A", "A"), (NEW, None, "X")], "X is no item after."),
            ("A", "A", [(EQUAL, "A", None), (NEW, None, "A")], "names items one before and one after, not A"),
            ("A", "A", [(NEW, "A", "A")], "A link “new” names items none before and one after, not A and A."),
            ("A", "A", [(DROPPED, "A", "A")], "names items one before and none after, not A and A."),
            (
                "A",
                "BC",
                [(EQUAL, "A", "B"), (SUBSET, "A", "C")],
                "A before is in several links, which only “split”",
            ),
            (
                "AB",
                "C",
                [(EQUAL, "A", "C"), (MERGED, "B", "C")],
                "C after is in several links, which only “merged”",
            ),
            (
                "A",
                "B",
                [(SPLIT, "A", "B")],
                "A before is alone in its link “split”: that is equal, or a subset.",
            ),
            (
                "A",
                "B",
                [(MERGED, "A", "B")],
                "B after is alone in its link “merged”: that is equal, or a subset.",
            ),
            ("A", "B", [(SPLIT, "A", "B"), (SPLIT, "A", "B")], "B after is in several links"),
            ("AA", "B", [(EQUAL, "A", "B")], "A stands twice among the items before."),
        ],
    )
    def test_says_what_is_wrong(
        self, before: str, after: str, links: list[tuple[Relation, str | None, str | None]], sentence: str
    ) -> None:
        with pytest.raises(ValueError, match=r"before|after") as caught:
            Crosswalk(tuple(before), tuple(after), tuple(Link(*link) for link in links))
        assert sentence in str(caught.value)

    def test_names_every_problem_at_once(self) -> None:
        with pytest.raises(ValueError, match=r"^A before is in no link\. B after is in no link\.$"):
            Crosswalk(("A",), ("B",), ())

"""In what a version differs from the one before it, in sentences."""

from fractions import Fraction

from scorecards.domain.changes import Change, changed
from scorecards.domain.groups import ItemCounts
from scorecards.domain.statements import Listing, Name, Share, Statement


def name(item: str) -> Name:
    return Name(item, "DAT", "STR", "")


def counts(has: int, n: int) -> ItemCounts:
    return ItemCounts(n, 0, 0, (n - has, 0, has, 0, 0))


def told(*changes: Change, **others: object) -> list[Statement]:
    nothing: dict[str, object] = {"new_gaps": [], "closed_gaps": [], "n_new_points": 0, "n_gone_points": 0}
    return changed(changes, version=2, **(nothing | others))  # type: ignore[arg-type]  # what is given is of several types


def named(statement: Statement) -> list[object]:
    listing = statement.params["names"]
    assert isinstance(listing, Listing)
    return list(listing.values)


def test_nothing_is_said_to_be_nothing() -> None:
    (only,) = told()
    assert "nothing differs from version" in only.message
    assert only.params == {"version": 2}


def test_figures_are_counted_and_the_first_five_named() -> None:
    count, largest = told(*(Change(name(f"I{n}"), counts(n, 20), counts(10, 20)) for n in range(7)))
    assert (count.count, count.params["version"]) == (7, 2)
    found = named(largest)
    assert [each.params["name"].item for each in found if isinstance(each, Statement)] == [
        "I0", "I1", "I2", "I3", "I4"
    ]  # fmt: skip


def test_below_ten_answers_counts_are_said_and_no_per_cents() -> None:
    _count, largest = told(Change(name("I"), counts(2, 9), counts(5, 10)))
    (change,) = named(largest)
    assert isinstance(change, Statement)
    assert change.params["before"] == Statement("%(has)s of %(n)s", {"has": 2, "n": 9})
    assert change.params["after"] == Share(Fraction(50))


def test_gaps_and_points_are_said_where_there_are_any() -> None:
    new, closed, n_new, n_gone = told(
        new_gaps=[name("A")], closed_gaps=[name("B")], n_new_points=1, n_gone_points=2
    )
    assert (named(new), named(closed)) == ([name("A")], [name("B")])
    assert (n_new.count, n_gone.count) == (1, 2)
    assert "New among" in new.message
    assert "No longer among" in closed.message

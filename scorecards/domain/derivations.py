"""How the figures of a group (method un20-1 §4) follow from its counts, step by step. Plain Python."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from scorecards.domain.formulas import added_up, in_a_row, in_halves, place_of, within
from scorecards.domain.groups import ItemCounts, median_breadth
from scorecards.domain.movement import CLEAR_ENTITIES, CLEAR_POINTS, Verdict, against_printed
from scorecards.domain.receipts import Sentence, Step
from scorecards.domain.scoring import HAS_FROM, OPERATES_FROM
from un20portal.lib.errors import Term
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal

PARTS_IN_WORDS = {
    "accepted": _(
        "Units in the group: %(n_group)s. Not applicable: %(n_na)s. No accepted answer: %(n_missing)s. "
        "Accepted answers: %(n_answered)s."
    ),
    "claimed": _(
        "Units in the group: %(n_group)s. Not applicable: %(n_na)s. No answer: %(n_missing)s. "
        "Answered: %(n_answered)s."
    ),
}
BOUNDS_IN_WORDS = {
    "accepted": (
        _("The share if every unit without an accepted answer were a no."),
        _("The share if every unit without an accepted answer were a yes."),
    ),
    "claimed": (
        _("The share if every missing answer were a no."),
        _("The share if every missing answer were a yes."),
    ),
}
MISSING_IN_WORDS = {
    "accepted": _(
        "No accepted answer: %(n_missing)s of %(n_group)s, whether none was given or none is accepted yet. "
        "Missing is never counted as zero."
    ),
    "claimed": _("No answer: %(n_missing)s of %(n_group)s. Missing is never counted as zero."),
}
SHEETS_IN_WORDS = _("Sheets that count on this basis: %(n_counted)s of %(n_group)s.")
QUARTILES = {
    "q1": (1, _("first quartile")),
    "median": (2, _("median")),
    "q3": (3, _("third quartile")),
}


def item_steps(counts: ItemCounts, basis: str) -> list[Step]:
    """How a group's figures on one item follow from the counts of its answers."""
    return [*_counting(counts, basis), *_shares(counts), *_bounds(counts, basis)]


def _counting(counts: ItemCounts, basis: str) -> list[Step]:
    parts = (counts.n_na, counts.n_missing, counts.n_answered)
    return [
        Step(
            "n_group",
            "n_na + n_missing + n_answered",
            added_up(parts),
            str(counts.n_group),
            Sentence(PARTS_IN_WORDS[basis], _named(counts)),
        ),
        Step(
            "n_answered",
            " + ".join(f"dist[{level}]" for level in range(len(counts.dist))),
            added_up(counts.dist),
            str(counts.n_answered),
            Sentence(_("Answers, from the lowest level to the highest, added up.")),
        ),
        _at_level(counts, "has", HAS_FROM, _("In place is level 2 or above: %(has)s of %(n_answered)s.")),
        _at_level(
            counts,
            "operates",
            OPERATES_FROM,
            _("Operating is level 3 or above: %(operates)s of %(n_answered)s."),
        ),
    ]


def _at_level(counts: ItemCounts, name: str, lowest: int, words: str) -> Step:
    levels = range(lowest, len(counts.dist))
    return Step(
        name,
        " + ".join(f"dist[{level}]" for level in levels),
        added_up(counts.dist[level] for level in levels),
        str(getattr(counts, name)),
        Sentence(words, _named(counts)),
    )


def _shares(counts: ItemCounts) -> list[Step]:
    if not counts.n_answered:
        return []
    has, operates, n = counts.has, counts.operates, counts.n_answered
    return [
        _ratio(
            "share_has",
            "100 · has / n_answered",
            f"100 · {has} / {n}",
            counts.share_has,
            _("Share in place: 100 times %(has)s, divided by the %(n_answered)s answers."),
            counts,
        ),
        _ratio(
            "share_operates",
            "100 · operates / n_answered",
            f"100 · {operates} / {n}",
            counts.share_operates,
            _("Share operating: 100 times %(operates)s, divided by the %(n_answered)s answers."),
            counts,
        ),
        _ratio(
            "paper_gap",
            "100 · (has - operates) / n_answered",
            f"100 · ({has} - {operates}) / {n}",
            counts.paper_gap,
            _("Paper gap, in points: what is in place and does not operate yet."),
            counts,
        ),
    ]


def _bounds(counts: ItemCounts, basis: str) -> list[Step]:
    if counts.bounds_has is None:
        return []
    lowest, highest = counts.bounds_has
    all_no, all_yes = BOUNDS_IN_WORDS[basis]
    whole = f"({counts.n_answered} + {counts.n_missing})"
    return [
        _ratio(
            "bounds_has[0]",
            "100 · has / (n_answered + n_missing)",
            f"100 · {counts.has} / {whole}",
            lowest,
            all_no,
            counts,
        ),
        _ratio(
            "bounds_has[1]",
            "100 · (has + n_missing) / (n_answered + n_missing)",
            f"100 · ({counts.has} + {counts.n_missing}) / {whole}",
            highest,
            all_yes,
            counts,
        ),
    ]


def printed_steps(counts: ItemCounts, printed: Fraction | None, *, value: str, year: int) -> list[Step]:
    """How the share in place differs from what the brief printed; `printed` None: it is not comparable."""
    words = _(
        "Printed in the policy brief for %(year)s: %(value)s per cent. How many answered is not stated."
    )
    number = value.lstrip("<>≈ ")
    steps = [Step("printed", "", "", number, Sentence(words, {"year": year, "value": value}))]
    found = None if printed is None else against_printed(counts, printed)
    if found is None:
        return steps
    is_clear = found.verdict is Verdict.CLEAR
    least = {"entities": CLEAR_ENTITIES, "points": CLEAR_POINTS}
    told = [
        Step(
            "points",
            "share_has - printed",
            f"{within(counts.share_has)} - {number}",
            one_decimal(found.points),
            Sentence(_("By how many points the share in place stands above the printed one.")),
            is_share=True,
        ),
        Step(
            "entities",
            "points · n_answered / 100",
            f"{within(found.points)} · {counts.n_answered} / 100",
            one_decimal(found.entities),
            Sentence(_("The same in entities, of all that answer now.")),
            is_share=True,
        ),
        Step(
            "verdict",
            f"|entities| ≥ {CLEAR_ENTITIES} and |points| ≥ {CLEAR_POINTS}",
            "",
            found.verdict.name.lower(),
            Sentence(
                _("It is called clear from %(entities)s entities and %(points)s points on.")
                if is_clear
                else _(
                    "It is called clear from %(entities)s entities and %(points)s points on; this is less."
                ),
                least,
            ),
            is_share=True,
        ),
    ]
    return [*steps, *told]


def item_gaps(counts: ItemCounts, basis: str) -> list[Sentence]:
    """Say what is missing behind a group's figures on one item."""
    words = [
        (counts.n_missing, MISSING_IN_WORDS[basis]),
        (counts.n_na, _("Not applicable: %(n_na)s of %(n_group)s. They are left out of the shares.")),
    ]
    return [Sentence(message, _named(counts)) for number, message in words if number]


def dimension_steps(entry: Mapping[str, Any]) -> list[Step]:
    """How a group's figures in one dimension follow from its sheets; `entry` is that of the document."""
    counted = Sentence(SHEETS_IN_WORDS, entry)
    rated = Sentence(
        _("Rated, with two thirds of the applicable weight answered: %(n_rated)s of %(n_counted)s."), entry
    )
    return [
        Step("n_counted", "", "", str(entry["n_counted"]), counted),
        Step("n_rated", "", "", str(entry["n_rated"]), rated),
        *(_index_steps(entry) if entry["n_rated"] else []),
        *_spread_steps(entry),
    ]


def _index_steps(entry: Mapping[str, Any]) -> list[Step]:
    n_rated = entry["n_rated"]
    total = exact(entry["mean"]) * n_rated
    return [
        Step(
            "mean",
            "Σ index / n_rated",
            f"{within(total)} / {n_rated}",
            entry["mean"][2],
            Sentence(_("The indices of the rated sheets, added up and divided by their number.")),
            is_share=True,
        ),
        *(
            Step(
                name,
                f"index[1 + {quarters} · (n_rated - 1) / 4]",
                f"index[{place_of(25 * quarters, n_rated)}]",
                entry[name][2],
                Sentence(
                    _(
                        "The %(what)s: with the indices sorted from low to high, the one at place %(place)s; "
                        "between two sheets, in proportion (type 7)."
                    ),
                    {"what": Term(what), "place": place_of(25 * quarters, n_rated)},
                ),
                is_share=True,
            )
            for name, (quarters, what) in QUARTILES.items()
        ),
    ]


def _spread_steps(entry: Mapping[str, Any]) -> list[Step]:
    steps = [
        Step(
            "foundation",
            "",
            "",
            in_a_row(entry["foundation"]),
            Sentence(_("Sheets by the level that all their applicable items reach, from level 0 upwards.")),
        ),
        Step(
            "breadth",
            "",
            "",
            in_a_row(entry["breadth"]),
            Sentence(_("Sheets by how many items are in place, from none upwards.")),
        ),
    ]
    middle = median_breadth(entry["breadth"])
    if middle is not None:
        place = place_of(50, entry["n_counted"])
        words = Sentence(
            _(
                "Items in place in the sheet in the middle: with the sheets sorted by how many items are in "
                "place, the one at place %(place)s; between two sheets, in proportion (type 7)."
            ),
            {"place": place},
        )
        formula = "has[1 + 2 · (n_counted - 1) / 4]"
        steps.append(Step("median(has)", formula, f"has[{place}]", in_halves(middle), words))
    if entry["n_advanced"] is not None:
        words = Sentence(_("Advanced sheets: %(n_advanced)s of %(n_counted)s."), entry)
        steps.append(Step("n_advanced", "", "", str(entry["n_advanced"]), words))
    return steps


def dimension_gaps(entry: Mapping[str, Any]) -> list[Sentence]:
    """Say what is missing behind a group's figures in one dimension."""
    absent, unrated = entry["n_group"] - entry["n_counted"], entry["n_counted"] - entry["n_rated"]
    words = [
        (absent, _("No sheet that counts on this basis: %(n)s of %(n_group)s.")),
        (unrated, _("Not rated, because too little is answered: %(n)s of %(n_group)s.")),
    ]
    return [Sentence(text, {"n": n, "n_group": entry["n_group"]}) for n, text in words if n]


def exact(ratio: Any) -> Fraction:
    """Return a ratio of a document as an exact fraction."""
    return Fraction(ratio[0], ratio[1])


def _ratio(
    name: str, formula: str, filled: str, value: Fraction | None, words: str, counts: ItemCounts
) -> Step:
    return Step(name, formula, filled, one_decimal(value), Sentence(words, _named(counts)), is_share=True)


def _named(counts: ItemCounts) -> dict[str, int]:
    names = ("n_group", "n_na", "n_missing", "n_answered", "has", "operates")
    return {name: getattr(counts, name) for name in names}

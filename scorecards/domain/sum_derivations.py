"""How sums over items came about, step by step: missing answers, all answers together, answers that moved.

Plain Python. Nothing is added up but figures that are shown, so a sum tells no more than they do.
"""

from collections.abc import Mapping, Sequence

from scorecards.domain.formulas import added_up
from scorecards.domain.groups import ItemCounts
from scorecards.domain.movement import CLEAR_ENTITIES, CLEAR_POINTS, Panel
from scorecards.domain.receipts import DISCLOSURE_IN_WORDS, PROVISIONAL, SHOWN, SUPPRESSED, Sentence, Step
from scorecards.domain.summary import Verdicts, verdicts_of_panels
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal, share

SUM_IN_WORDS = {
    SHOWN: _(
        "Nothing else is added up than figures that are shown, each with a receipt of its own: whoever reads "
        "them can do the same sum, and it tells no more than they do."
    ),
    SUPPRESSED: _("There is no sum: the figures of all these items are hidden. Each has its own receipt."),
    PROVISIONAL: DISCLOSURE_IN_WORDS[PROVISIONAL],
}
ALL_CHANGES_HIDDEN = _(
    "There is no sum: the changes of all these items that can be compared are hidden. Each has its own "
    "receipt."
)
NOBODY_IN_BOTH = _(
    "There is no sum: of these items, nobody answers one in both cycles whose change is shown. Each has its "
    "own receipt."
)
SUMMED = _("Items whose figures are shown and added up: %(n)s of %(n_items)s.")
LEFT_OUT = _("Left out, because their figures are hidden: %(n)s of %(n_items)s items.")
AS_BEFORE = _("Items whose figures are those of an earlier version: %(n)s of %(n_items)s.")
ASKED_IN_WORDS = _("Answers that are asked for: of each item one from every unit of the group, added up.")
MISSING_IN_WORDS = {
    "accepted": _("Of these without an accepted answer, whether none was given or none is accepted yet."),
    "claimed": _("Of these without an answer."),
}
ANSWERS_IN_WORDS = {
    "n_answered": _("Answers to these items, added up."),
    "has": _("In place, that is at level 2 or above, added up."),
    "operates": _("Operating, that is at level 3 or above, added up."),
}
MOVED_IN_WORDS = {
    "rose": _("Answers that are higher than before, added up."),
    "same": _("Answers that stayed the same, added up."),
    "fell": _("Answers that are lower than before, added up."),
}
VERDICTS_IN_WORDS = {
    "n_rose_clearly": _("Items that rose by %(entities)s entities and %(points)s points or more."),
    "n_fell_clearly": _("Items that fell by %(entities)s entities and %(points)s points or more."),
    "n_unclear": _("Items without a clear change."),
}
EACH_BESIDE_PRINTED = _(
    "Nothing else is compared than figures that are shown, each with a receipt of its own, with values that "
    "the policy brief printed."
)
BESIDE_PRINTED = _("Items with ten answers or more of which the policy brief printed the same for 2023.")
HIGHER = _("Of these higher now by %(entities)s entities and %(points)s points or more.")
LOWER = _("Of these lower now by %(entities)s entities and %(points)s points or more.")
COMPARED = _(
    "Items that are asked in both cycles, that somebody answers in both, and whose change is shown: "
    "%(n)s of %(n_items)s."
)


def sum_in_words(state: str) -> Sentence:
    """Say what is hidden of a sum, and why."""
    return Sentence(SUM_IN_WORDS[state])


def moved_in_words(state: str, panels: Sequence[Panel]) -> list[Sentence]:
    """Say what is hidden of a sum of answers that moved; without panels, also why there is none."""
    if state == SUPPRESSED:
        return [Sentence(ALL_CHANGES_HIDDEN)]
    return [sum_in_words(state)] if panels else [sum_in_words(state), Sentence(NOBODY_IN_BOTH)]


def printed_in_words(state: str) -> Sentence:
    """Say what is hidden of a comparison with printed values, and why."""
    return Sentence(DISCLOSURE_IN_WORDS[PROVISIONAL] if state == PROVISIONAL else EACH_BESIDE_PRINTED)


def sum_gaps(*, n_items: int, n_hidden: int, n_carried: int) -> list[Sentence]:
    """Say which items are not added up, and which are as they were in an earlier version."""
    words = ((n_hidden, LEFT_OUT), (n_carried, AS_BEFORE))
    return [Sentence(message, {"n": n, "n_items": n_items}) for n, message in words if n]


def missing_steps(asked: Sequence[int], missing: Sequence[int], *, n_items: int, basis: str) -> list[Step]:
    """How the missing answers of a dimension add up; the numbers are of the items that are shown."""
    n_asked, n_missing = sum(asked), sum(missing)
    return [
        _summed(len(asked), n_items),
        Step("n_asked", "Σ n_group", added_up(asked), str(n_asked), Sentence(ASKED_IN_WORDS)),
        Step(
            "n_missing",
            "Σ n_missing",
            added_up(missing),
            str(n_missing),
            Sentence(MISSING_IN_WORDS[basis]),
        ),
        Step(
            "share_missing",
            "100 · n_missing / n_asked",
            f"100 · {n_missing} / {n_asked}",
            one_decimal(share(n_missing, n_asked)),
            Sentence(_("The same as a share of all that is asked for.")),
            is_share=True,
        ),
    ]


def answers_steps(counts: Sequence[ItemCounts]) -> list[Step]:
    """How all answers to the items of a dimension add up, item by item."""
    addends: Mapping[str, Sequence[int]] = {
        name: [getattr(each, name) for each in counts] for name in ANSWERS_IN_WORDS
    }
    sums = {name: sum(numbers) for name, numbers in addends.items()}
    return [
        _summed(len(counts), len(counts)),
        *(
            Step(name, f"Σ {name}", added_up(numbers), str(sums[name]), Sentence(ANSWERS_IN_WORDS[name]))
            for name, numbers in addends.items()
        ),
        _share("share_has", "has", sums, _("Share in place, of all these answers.")),
        _share("share_operates", "operates", sums, _("Share operating, of all these answers.")),
    ]


def moved_steps(panels: Sequence[Panel], *, n_items: int) -> list[Step]:
    """How the answers that moved add up over the panels of items, and how many changes are clear."""
    compared = Sentence(COMPARED, {"n": len(panels), "n_items": n_items})
    verdicts = verdicts_of_panels(panels)
    least = {"entities": CLEAR_ENTITIES, "points": CLEAR_POINTS}
    clear = {
        "n_rose_clearly": verdicts.rose,
        "n_fell_clearly": verdicts.fell,
        "n_unclear": verdicts.n - verdicts.n_clear,
    }
    return [
        Step("n_items", "", "", str(len(panels)), compared),
        *(_added(name, [getattr(panel, name) for panel in panels]) for name in MOVED_IN_WORDS),
        *(Step(name, "", "", str(n), Sentence(VERDICTS_IN_WORDS[name], least)) for name, n in clear.items()),
    ]


def verdict_steps(verdicts: Verdicts) -> list[Step]:
    """How many figures stand clearly higher or lower than what was printed of the same."""
    least = {"entities": CLEAR_ENTITIES, "points": CLEAR_POINTS}
    return [
        Step("n", "", "", str(verdicts.n), Sentence(BESIDE_PRINTED)),
        Step("n_higher", "", "", str(verdicts.rose), Sentence(HIGHER, least)),
        Step("n_lower", "", "", str(verdicts.fell), Sentence(LOWER, least)),
    ]


def _added(name: str, numbers: Sequence[int]) -> Step:
    return Step(name, f"Σ {name}", added_up(numbers), str(sum(numbers)), Sentence(MOVED_IN_WORDS[name]))


def _share(name: str, part: str, sums: Mapping[str, int], words: str) -> Step:
    value = one_decimal(share(sums[part], sums["n_answered"]))
    filled = f"100 · {sums[part]} / {sums['n_answered']}"
    return Step(name, f"100 · {part} / n_answered", filled, value, Sentence(words))


def _summed(n: int, n_items: int) -> Step:
    return Step("n_items", "", "", str(n), Sentence(SUMMED, {"n": n, "n_items": n_items}))

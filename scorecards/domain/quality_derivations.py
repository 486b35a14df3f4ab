"""How the figures on the quality of the data came about, step by step. Plain Python.

What checks found is counted from frozen sheets (`checked`); what is in place of all answers adds up items;
the response counts sheets.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from scorecards.domain.checked import Sums
from scorecards.domain.derivations import SHEETS_IN_WORDS
from scorecards.domain.receipts import SHOWN, SUPPRESSED, Sentence, Step
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal, share

WHAT_IS_CHECKED = _(
    "Of all units together, whichever group is chosen, from their accepted sheets. A sample of each sheet is "
    "checked: what is new at level 4, rises of two levels or more, and by lot 15 per cent of the levels 2 "
    "and 3 (rule R6). Whatever else the task force decided on is counted, too."
)
COUNTS = _("Counts are whole numbers: nothing is rounded.")
CHECKS_IN_WORDS = {
    SHOWN: _(
        "Of each item that is counted, its accepted figure of all units is shown, what is counted is of at "
        "least %(threshold)s answers, and other versions with which it could be compared differ by at least "
        "as many units. So each could stand alone, and their sum tells no more."
    ),
    SUPPRESSED: _(
        "The counts are hidden: of each of these items fewer than %(threshold)s answers were checked, or its "
        "figure is hidden or that of the version before."
    ),
}
AGAIN = _(
    "Items whose counts are those of an earlier version: %(n_items_again)s. Fewer than %(threshold)s units "
    "say something else of them since, and the difference would tell what the check of one of them found."
)
NOT_COUNTED = _("Items that are not counted, because they would tell of a few units: %(n)s of %(n_items)s.")
NO_EVIDENCE = _("The questions of this row ask for no evidence.")
BASES_IN_PLACE = {
    "claimed": _("Claimed: %(has)s of the %(n_answered)s answers to these items are in place."),
    "accepted": _("Accepted: %(has)s of the %(n_answered)s answers to these items are in place."),
}
ADDED_UP = _(
    "Nothing else is added up than figures that are shown: items that are hidden, or that have fewer than "
    "ten answers on one of the bases, are left out."
)
WHO_COUNTS = _(
    "Nothing is hidden here: whose sheet counts on which basis is public. What the sheets answer is not."
)
LEFT_OUT = _("Left out, without ten answers on both bases: %(n)s of %(n_items)s items.")


def checks_disclosure(state: str, *, threshold: int) -> Sentence:
    """Say what is hidden of the counts of a row, and why."""
    return Sentence(CHECKS_IN_WORDS[state], {"threshold": threshold})


def checks_gaps(sums: Sums, *, asks_evidence: bool, threshold: int) -> list[Sentence]:
    """Say which items of a row are not counted or as in an earlier version, and that none need evidence."""
    said = []
    if n := sums.n_items - sums.n_items_checks:
        said.append(Sentence(NOT_COUNTED, {"n": n, "n_items": sums.n_items}))
    if sums.n_items_again:
        said.append(Sentence(AGAIN, {"n_items_again": sums.n_items_again, "threshold": threshold}))
    return said if asks_evidence else [*said, Sentence(NO_EVIDENCE)]


def checks_steps(sums: Sums, *, evidence_from: int | None) -> list[Step]:
    """How the counts of a row came about; `evidence_from` is the lowest level that needs evidence."""
    items = {"n_items": sums.n_items, "n": sums.n_items_checks}
    steps = [
        _counted("n_items_checks", sums, _("Items whose checks are counted: %(n)s of %(n_items)s."), items),
        Step(
            "n_checked",
            "n_confirmed + n_lowered + n_raised",
            f"{sums.n_confirmed} + {sums.n_lowered} + {sums.n_raised}",
            str(sums.n_checked),
            Sentence(
                _(
                    "Levels on which the task force decided: accepted as claimed %(n_confirmed)s, accepted "
                    "lower %(n_lowered)s, accepted higher %(n_raised)s."
                ),
                vars(sums),
            ),
        ),
    ]
    if evidence_from is None or not sums.n_items_evidence:
        return steps
    items = {"n_items": sums.n_items, "n": sums.n_items_evidence}
    counted = _("Items whose evidence is counted: %(n)s of %(n_items)s.")
    needing = _("Claimed levels that need evidence (rule R2): those of level %(lowest)s and above.")
    return [
        *steps,
        _counted("n_items_evidence", sums, counted, items),
        _counted("n_needing", sums, needing, {"lowest": evidence_from}),
        Step(
            "n_without",
            "n_needing - n_with",
            f"{sums.n_needing} - {sums.n_needing - sums.n_without}",
            str(sums.n_without),
            Sentence(_("Of these, levels to which the frozen sheet names no evidence.")),
        ),
    ]


def _counted(name: str, sums: Sums, words: str, params: Mapping[str, int]) -> Step:
    return Step(name, "", "", str(getattr(sums, name)), Sentence(words, params))


def in_place_steps(
    sums: Mapping[str, tuple[int, int]], shares: Mapping[str, Fraction], *, n_compared: int, n_items: int
) -> list[Step]:
    """How the shares of all answers came about; `sums` are what is in place, and the answers, by basis."""
    compared = Sentence(
        _("Items with ten answers or more on both bases: %(n)s of %(n_items)s."),
        {"n": n_compared, "n_items": n_items},
    )
    steps = [Step("n_compared", "", "", str(n_compared), compared)]
    filled: list[str] = []
    for basis, (has, n_answered) in sums.items():
        filled.append(f"100 · {has} / {n_answered}")
        words = Sentence(BASES_IN_PLACE[basis], {"has": has, "n_answered": n_answered})
        formula, value = "100 · Σ has / Σ n_answered", one_decimal(shares[basis])
        steps.append(Step(f"share_has[{basis}]", formula, filled[-1], value, words))
    distance = Sentence(_("The distance in points, from the exact shares."))
    names = " - ".join(f"share_has[{basis}]" for basis in sums)
    value = one_decimal(shares["claimed"] - shares["accepted"])
    return [*steps, Step("distance", names, " - ".join(filled), value, distance)]


def in_place_gaps(*, n_compared: int, n_items: int) -> Sequence[Sentence]:
    """Say which items are not added up."""
    n = n_items - n_compared
    return [Sentence(LEFT_OUT, {"n": n, "n_items": n_items})] if n else []


def response_steps(n_counted: int, n_group: int) -> list[Step]:
    """How many sheets count, of the units that were asked, on one basis."""
    numbers = {"n_counted": n_counted, "n_group": n_group}
    return [
        Step(
            "n_group", "", "", str(n_group), Sentence(_("Units of the group that were asked in this cycle."))
        ),
        Step("n_counted", "", "", str(n_counted), Sentence(SHEETS_IN_WORDS, numbers)),
        Step(
            "response",
            "100 · n_counted / n_group",
            f"100 · {n_counted} / {n_group}",
            one_decimal(share(n_counted, n_group)),
            Sentence(_("The same as a share of the units that were asked.")),
            is_share=True,
        ),
    ]

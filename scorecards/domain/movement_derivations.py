"""How what moved between two cycles (method un20-1 §5) follows from its counts, step by step. Plain Python.

Who rose or fell is in no step: a panel is known by its counts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from quintet.domain.crosswalk import Relation
from scorecards.domain.bridge import Bridge, Parts, WithoutParts
from scorecards.domain.formulas import truth, within
from scorecards.domain.movement import CLEAR_ENTITIES, CLEAR_POINTS, Panel, Verdict
from scorecards.domain.receipts import DISCLOSURE_IN_WORDS, PROVISIONAL, SHOWN, SUPPRESSED, Sentence, Step
from un20portal.lib.errors import Term
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal, share

PARTS_SUPPRESSED, BROKEN = "parts_suppressed", "broken"
MOVEMENT_STATES = (SHOWN, PARTS_SUPPRESSED, SUPPRESSED, BROKEN, PROVISIONAL)

NOT_TOLD = _(
    "Which units rose, stayed or fell is not shown: only how many. It would tell what single units answered."
)
MOVED_ALIKE = _(
    "All units of this panel moved alike: who knows which units answer in both cycles knows how each of them "
    "moved. No rule hides this."
)
TURNED = _(
    "The comparison is stored from the earlier cycle to the later one. Here it is read in the other "
    "direction, so every sign is turned."
)
HIDDEN_IN_WORDS = {
    SHOWN: _(
        "Nothing is hidden here: with all published figures of both cycles, this comparison adds up to no "
        "figure of fewer than %(threshold)s units."
    ),
    PARTS_SUPPRESSED: _(
        "The parts of the change are hidden: beside the panel and the published figures of both cycles, they "
        "would tell what fewer than %(threshold)s units answered."
    ),
    SUPPRESSED: _(
        "The comparison is hidden: beside the published figures of both cycles, it would tell what fewer "
        "than %(threshold)s units answered."
    ),
    BROKEN: _("Nothing is hidden: the two cycles do not ask the same, so there is nothing to compare."),
    PROVISIONAL: DISCLOSURE_IN_WORDS[PROVISIONAL],
}
SAMPLE_HIDDEN = _("The figure of %(cycle)s is hidden itself, and nothing is compared beside it.")
SAMPLE_CARRIED = _(
    "The figure of %(cycle)s is shown as in its version %(version)s, and nothing is compared beside it."
)
RELATION_IN_WORDS = {
    Relation.EQUAL: _("the same question"),
    Relation.SUBSET: _("the question is wider or narrower than before"),
    Relation.SPLIT: _("one question has become several"),
    Relation.MERGED: _("several questions have become one"),
    Relation.NEW: _("a new question"),
    Relation.DROPPED: _("no longer asked"),
}
WITHOUT_PARTS_IN_WORDS = {
    WithoutParts.NOBODY_BEFORE: _("There is no figure before, so there is no change."),
    WithoutParts.NOBODY_AFTER: _("There is no figure after, so there is no change."),
    WithoutParts.NOBODY_BETWEEN: _(
        "The change cannot be split into parts: when only some of the reasons are taken from the cycle "
        "after, nobody is left to speak of."
    ),
}
PARTS_IN_WORDS = {
    "membership": _(
        "Who is counted: units that joined or left, or that have a counted sheet in one of the cycles only."
    ),
    "na": _(
        "What is answered: of the units counted in both cycles, what is answered, missing or not applicable."
    ),
    "method": _("What is asked: the items of the framework and their weights."),
    "real": _("Real change: the levels of the units that answer in both cycles."),
}
NO_METHOD = _(
    "What is asked: always 0 here, since the item is the same in both cycles and a share has no weights."
)


@dataclass(frozen=True)
class Sample:
    """A full sample of one cycle: how many answer an item, and in how many of them it is in place."""

    cycle: str
    n_answered: int
    has: int


def sample_behind(cycle: str, n_answered: int, share_has: Fraction | None) -> Sample:
    """The full sample that has this share, in per cent: its number of units in place follows from it."""
    return Sample(cycle, n_answered, 0 if share_has is None else int(share_has * n_answered / 100))


def not_told(panel: Panel | None) -> Sentence:
    """Say what no receipt tells, or that a panel which moves as one tells it by itself."""
    moves_as_one = panel is not None and panel.n_panel in (panel.rose, panel.same, panel.fell)
    return Sentence(MOVED_ALIKE if panel and panel.n_panel and moves_as_one else NOT_TOLD)


# --- the matched panel ---------------------------------------------------------------------------
def panel_steps(panel: Panel) -> list[Step]:
    """From who rose, stayed and fell to the change in entities and points, and whether it is clear."""
    counted = Step(
        "n_panel",
        "rose + same + fell",
        f"{panel.rose} + {panel.same} + {panel.fell}",
        str(panel.n_panel),
        Sentence(
            _(
                "The panel, the units that answer in both cycles: %(n_panel)s. Higher than before: %(rose)s. "
                "The same: %(same)s. Lower: %(fell)s."
            ),
            {"n_panel": panel.n_panel, "rose": panel.rose, "same": panel.same, "fell": panel.fell},
        ),
    )
    return [counted, *_change_steps(panel), *_verdict_steps(panel)] if panel.n_panel else [counted]


def _change_steps(panel: Panel) -> list[Step]:
    named = {"before": panel.has_before, "after": panel.has_after, "n": panel.n_panel}
    return [
        Step(
            "has_before",
            "",
            "",
            str(panel.has_before),
            Sentence(_("In place before, that is at level 2 or above: %(before)s of these %(n)s."), named),
        ),
        Step(
            "has_after",
            "",
            "",
            str(panel.has_after),
            Sentence(_("In place after: %(after)s of the same %(n)s."), named),
        ),
        *(_share_in_panel(side, number, panel.n_panel) for side, number in list(named.items())[:2]),
        Step(
            "delta_has",
            "has_after - has_before",
            f"{panel.has_after} - {panel.has_before}",
            str(panel.delta_has),
            Sentence(_("The change in entities: in place after, less in place before.")),
        ),
        Step(
            "delta_points",
            "100 · delta_has / n_panel",
            f"100 · {within(panel.delta_has)} / {panel.n_panel}",
            one_decimal(panel.delta_points),
            Sentence(_("The change in points: 100 times the change in entities, divided by %(n)s."), named),
            is_share=True,
        ),
    ]


def _share_in_panel(side: str, has: int, n_panel: int) -> Step:
    return Step(
        f"share_{side}",
        f"100 · has_{side} / n_panel",
        f"100 · {has} / {n_panel}",
        one_decimal(share(has, n_panel)),
        Sentence(_("The same as a share of the panel.")),
        is_share=True,
    )


def _verdict_steps(panel: Panel) -> list[Step]:
    """The rule in whole numbers: 5 points are 5 of every 100 units."""
    moved = abs(panel.delta_has)
    many, wide = moved >= CLEAR_ENTITIES, 100 * moved >= CLEAR_POINTS * panel.n_panel
    is_clear = panel.verdict is Verdict.CLEAR
    return [
        Step(
            "clear_entities",
            f"|delta_has| ≥ {CLEAR_ENTITIES}",
            f"{moved} ≥ {CLEAR_ENTITIES}",
            truth(many),
            Sentence(
                _("First condition: a change of %(least)s entities or more, up or down. It is met.")
                if many
                else _("First condition: a change of %(least)s entities or more, up or down. It is not met."),
                {"least": CLEAR_ENTITIES},
            ),
        ),
        Step(
            "clear_points",
            f"100 · |delta_has| ≥ {CLEAR_POINTS} · n_panel",
            f"100 · {moved} ≥ {CLEAR_POINTS} · {panel.n_panel}",
            truth(wide),
            Sentence(
                _("Second condition: a change of %(least)s points or more, up or down. It is met.")
                if wide
                else _("Second condition: a change of %(least)s points or more, up or down. It is not met."),
                {"least": CLEAR_POINTS},
            ),
        ),
        Step(
            "verdict",
            "clear_entities and clear_points",
            f"{truth(many)} and {truth(wide)}",
            Verdict.CLEAR.name.lower() if is_clear else Verdict.NO_CLEAR_CHANGE.name.lower(),
            Sentence(
                _("Both conditions are met: the change is called clear.")
                if is_clear
                else _("The two conditions are not both met: this is called no clear change.")
            ),
        ),
    ]


# --- the full samples ----------------------------------------------------------------------------
def sample_steps(panel: Panel, before: Sample, after: Sample) -> list[Step]:
    """From the panel and those who answer in one cycle only to the shares of both full samples."""
    steps = [
        *_sample_steps("before", before, panel.n_panel, "no_longer_answered", panel.no_longer_answered),
        *_sample_steps("after", after, panel.n_panel, "newly_answered", panel.newly_answered),
    ]
    if not (before.n_answered and after.n_answered):
        return steps
    words = Sentence(_("The change of the share in points: the share after, less the share before."))
    return [
        *steps,
        Step(
            "total",
            "after.share_has - before.share_has",
            f"{_filled_share(after)} - {_filled_share(before)}",
            one_decimal(_share_of(after) - _share_of(before)),
            words,
            is_share=True,
        ),
    ]


def _sample_steps(side: str, sample: Sample, n_panel: int, name: str, n_only: int) -> list[Step]:
    named = {"cycle": sample.cycle, "n_panel": n_panel, "n_only": n_only}
    named |= {"n": sample.n_answered, "has": sample.has}
    words = _(
        "The full sample of %(cycle)s, all units that answer in it: %(n)s. Of the panel: %(n_panel)s. Only "
        "in this cycle: %(n_only)s."
    )
    steps = [
        Step(
            f"{side}.n_answered",
            f"n_panel + {name}",
            f"{n_panel} + {n_only}",
            str(sample.n_answered),
            Sentence(words, named),
        ),
        Step(
            f"{side}.has",
            "",
            "",
            str(sample.has),
            Sentence(_("In place in the full sample of %(cycle)s: %(has)s of %(n)s."), named),
        ),
    ]
    if not sample.n_answered:
        return steps[:1]
    return [
        *steps,
        Step(
            f"{side}.share_has",
            f"100 · {side}.has / {side}.n_answered",
            _filled_share(sample),
            one_decimal(_share_of(sample)),
            Sentence(_("Share in place in %(cycle)s: 100 times %(has)s, divided by %(n)s."), named),
            is_share=True,
        ),
    ]


def _share_of(sample: Sample) -> Fraction:
    return share(sample.has, sample.n_answered) or Fraction(0)


def _filled_share(sample: Sample) -> str:
    return f"100 · {sample.has} / {sample.n_answered}"


def mean_steps(bridge: Bridge, n_rated: Sequence[int | None], cycles: Sequence[str]) -> list[Step]:
    """The mean index of the rated units before and after, and its change; `n_rated` None: not to be said."""
    steps = []
    for side, mean, n, cycle in zip(
        ("before", "after"), (bridge.before, bridge.after), n_rated, cycles, strict=True
    ):
        if n is not None:
            words = Sentence(_("Rated units in %(cycle)s: %(n)s."), {"cycle": cycle, "n": n})
            steps.append(Step(f"{side}.n_rated", "", "", str(n), words))
        if mean is not None:
            steps.append(_mean_step(side, mean, n, cycle))
    if bridge.before is None or bridge.after is None:
        return steps
    words = Sentence(_("The change of the mean index in points: the mean after, less the mean before."))
    filled = f"{bridge.after} - {within(bridge.before)}"
    total = one_decimal(bridge.change)
    return [*steps, Step("total", "after.mean - before.mean", filled, total, words, is_share=True)]


def _mean_step(side: str, mean: Fraction, n_rated: int | None, cycle: str) -> Step:
    return Step(
        f"{side}.mean",
        f"Σ index / {side}.n_rated",
        f"{within(mean * n_rated)} / {n_rated}" if n_rated else str(mean),
        one_decimal(mean),
        Sentence(
            _("Mean index in %(cycle)s: the indices of its rated units, added up, divided by their number."),
            {"cycle": cycle},
        ),
        is_share=True,
    )


# --- the bridge ----------------------------------------------------------------------------------
def bridge_steps(bridge: Bridge, *, is_share: bool) -> list[Step]:
    """The parts of a change as exact fractions, and their sum; none where a change has no parts."""
    if bridge.parts is None:
        return []
    words = PARTS_IN_WORDS | ({"method": NO_METHOD} if is_share else {})
    return [
        *(
            Step(name, "", str(part), one_decimal(part), Sentence(words[name]), is_share=True)
            for name, part in bridge.parts._asdict().items()
        ),
        Step(
            "sum",
            " + ".join(Parts._fields),
            " + ".join(map(within, bridge.parts)),
            one_decimal(bridge.change),
            Sentence(_("The four parts add up to the whole change, exactly. Each is rounded for itself.")),
            is_share=True,
        ),
    ]


def why_no_parts(bridge: Bridge) -> Sentence | None:
    """Say why a change has no parts; None where it has."""
    return None if bridge.why_not is None else Sentence(WITHOUT_PARTS_IN_WORDS[bridge.why_not])


# --- what breaks, and what is hidden -------------------------------------------------------------
def relation_in_words(relation: Relation, others: Sequence[str]) -> Sentence:
    """Say whether the series of an item goes on, or why it breaks; `others` are the items before."""
    if relation is Relation.EQUAL:
        return Sentence(_("Both cycles ask the same question, so the series goes on."))
    named = {"relation": Term(RELATION_IN_WORDS[relation]), "others": ", ".join(others)}
    if others:
        return Sentence(_("The series breaks: %(relation)s (%(others)s)."), named)
    return Sentence(_("The series breaks: %(relation)s."), named)


def hidden_in_words(state: str, *, threshold: int) -> Sentence:
    """Say what is hidden of a comparison, and why."""
    return Sentence(HIDDEN_IN_WORDS[state], {"threshold": threshold})

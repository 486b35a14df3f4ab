"""All items of a sheet at a glance: what is answered, and what still wants attention."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quintet.models import (
    Answer,
    AnswerState,
    Assessment,
    Delegation,
    Dimension,
    EvidenceUse,
    Item,
    NaDecision,
)
from quintet.queries.earlier import earlier_sheet


@dataclass(frozen=True)
class ItemMark:
    """One item of a sheet: what was said on it, and what it waits for."""

    item: Item
    answer: Answer | None
    lacks_evidence: bool = False
    n_questions: int = 0
    is_handed: bool = False
    can_be_confirmed: bool = False

    @property
    def short_code(self) -> str:
        """The code without its dimension's part."""
        return self.item.code.rpartition("-")[2]

    @property
    def is_settled(self) -> bool:
        return self.answer is not None and self.answer.state != AnswerState.UNANSWERED

    @property
    def is_requested(self) -> bool:
        """Whether a request for “not applicable” waits for a decision."""
        return self.answer is not None and self.answer.na_decision == NaDecision.PENDING

    @property
    def is_disputed(self) -> bool:
        """Whether the task force decided otherwise than claimed: another level, or a request rejected.

        An answer that is changed afterwards is a new claim and disputed no longer.
        """
        if self.answer is None:
            return False
        is_corrected = self.answer.accepted not in (None, self.answer.claimed)
        return is_corrected or self.answer.na_decision == NaDecision.REJECTED

    @property
    def state(self) -> str:
        """`answered`, `na`, `confirm` (the last cycle has an answer), or `open`."""
        if self.answer is not None and self.is_settled:
            return self.answer.state
        return "confirm" if self.can_be_confirmed else "open"


@dataclass(frozen=True)
class DimensionMarks:
    """One dimension of a sheet with the marks of its items."""

    dimension: Dimension
    marks: Sequence[ItemMark] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return sum(mark.is_settled for mark in self.marks)

    @property
    def total(self) -> int:
        return len(self.marks)

    @property
    def is_complete(self) -> bool:
        return self.settled == self.total

    @property
    def requests(self) -> list[Item]:
        return [mark.item for mark in self.marks if mark.is_requested]

    @property
    def n_questions(self) -> int:
        return sum(mark.n_questions for mark in self.marks)


def overview(
    assessment: Assessment,
    *,
    readable: set[int] | None,
    questions: Mapping[int, int],
    shows_work: bool,
    shows_handed: bool,
) -> list[DimensionMarks]:
    """The dimensions with the items of the given ids (None: all), in order; a constant number of queries.

    `questions` says how many questions that the reader may know of are not settled, by item id. What the
    last cycle said is for those who answer: `shows_work`. What is handed over is for those who share the
    work out: `shows_handed`.
    """
    dimensions = Dimension.objects.filter(framework=assessment.cycle.framework_id).prefetch_related("items")
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    rest = _Rest.of(assessment, questions, shows_work=shows_work, shows_handed=shows_handed)
    found = [
        DimensionMarks(
            dimension,
            [
                rest.mark(dimension, item, answers.get(item.pk))
                for item in dimension.items.all()
                if readable is None or item.pk in readable
            ],
        )
        for dimension in dimensions
    ]
    return [dimension for dimension in found if dimension.marks]


def requests_by_decision(dimensions: Sequence[DimensionMarks]) -> list[tuple[str, int]]:
    """How many requests for “not applicable” stand where, by the label of the decision; none where zero."""
    counts = Counter(mark.answer.na_decision for one in dimensions for mark in one.marks if mark.answer)
    return [(str(decision.label), counts[decision]) for decision in NaDecision if counts[decision]]


@dataclass(frozen=True)
class _Rest:
    """What is known of all items beside their answers: ids of items, codes of the last cycle."""

    evidence_from: Mapping[str, int]
    supported: frozenset[int]
    questions: Mapping[int, int]
    handed: frozenset[int]
    earlier: frozenset[str]

    @classmethod
    def of(
        cls, assessment: Assessment, questions: Mapping[int, int], *, shows_work: bool, shows_handed: bool
    ) -> "_Rest":
        handed = Delegation.objects.filter(assessment=assessment)
        last = earlier_sheet(assessment) if shows_work else None
        return cls(
            evidence_from=assessment.cycle.framework.evidence_from,
            supported=frozenset(
                EvidenceUse.objects.filter(evidence__assessment=assessment).values_list("item_id", flat=True)
            ),
            questions=questions,
            handed=frozenset(handed.values_list("item_id", flat=True) if shows_handed else ()),
            earlier=frozenset(last.levels if last else ()),
        )

    def mark(self, dimension: Dimension, item: Item, answer: Answer | None) -> ItemMark:
        lowest = self.evidence_from.get(dimension.area)
        claimed = answer.claimed if answer and answer.claimed is not None else -1
        return ItemMark(
            item,
            answer,
            lacks_evidence=lowest is not None and claimed >= lowest and item.pk not in self.supported,
            n_questions=self.questions.get(item.pk, 0),
            is_handed=item.pk in self.handed,
            can_be_confirmed=item.code in self.earlier,
        )

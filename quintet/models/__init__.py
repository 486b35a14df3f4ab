"""The models of the quintet floor, by use: what is asked, the rounds, what is answered."""

from quintet.models.answers import (
    DECISIONS,
    Answer,
    AnswerFields,
    AnswerRevision,
    AnswerState,
    NaDecision,
    RevisionOutcome,
    Snapshot,
)
from quintet.models.cycles import COUNTED, Assessment, Cycle, Delegation, Phase, Status, Transition
from quintet.models.frameworks import (
    DIMENSION_NAMES,
    Area,
    BridgeQuestion,
    Dimension,
    Framework,
    Item,
    Observation,
)

__all__ = [
    "COUNTED",
    "DECISIONS",
    "DIMENSION_NAMES",
    "Answer",
    "AnswerFields",
    "AnswerRevision",
    "AnswerState",
    "Area",
    "Assessment",
    "BridgeQuestion",
    "Cycle",
    "Delegation",
    "Dimension",
    "Framework",
    "Item",
    "NaDecision",
    "Observation",
    "Phase",
    "RevisionOutcome",
    "Snapshot",
    "Status",
    "Transition",
]

"""The models of the quintet floor, by use: what is asked, the rounds, what is answered and by whom."""

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
from quintet.models.collaboration import (
    Invitation,
    Thread,
    ThreadPost,
    ThreadStatus,
)
from quintet.models.cycles import (
    COUNTED,
    Assessment,
    Cycle,
    Delegation,
    Phase,
    Status,
    Transition,
)
from quintet.models.evidence import (
    Evidence,
    EvidenceAction,
    EvidenceChange,
    EvidenceKind,
    EvidenceUse,
)
from quintet.models.exports import (
    UNDER_WAY,
    CycleExport,
    ExportState,
)
from quintet.models.frameworks import (
    DIMENSION_NAMES,
    ENABLER_NAMES,
    Area,
    BridgeQuestion,
    Crosswalk,
    Dimension,
    Framework,
    Item,
    Observation,
)
from quintet.models.letters import (
    ONE_A_DAY,
    UNSUBSCRIBABLE,
    Letter,
    LetterKind,
    Mailing,
)
from quintet.models.reviewing import (
    Extension,
    Receipt,
    SecondRating,
)
from quintet.models.tailoring import (
    OwnAnswer,
    OwnItem,
    PriorityProfile,
)
from quintet.models.workbooks import (
    UploadStatus,
    WorkbookUpload,
)

__all__ = [
    "COUNTED",
    "DECISIONS",
    "DIMENSION_NAMES",
    "ENABLER_NAMES",
    "ONE_A_DAY",
    "UNDER_WAY",
    "UNSUBSCRIBABLE",
    "Answer",
    "AnswerFields",
    "AnswerRevision",
    "AnswerState",
    "Area",
    "Assessment",
    "BridgeQuestion",
    "Crosswalk",
    "Cycle",
    "CycleExport",
    "Delegation",
    "Dimension",
    "Evidence",
    "EvidenceAction",
    "EvidenceChange",
    "EvidenceKind",
    "EvidenceUse",
    "ExportState",
    "Extension",
    "Framework",
    "Invitation",
    "Item",
    "Letter",
    "LetterKind",
    "Mailing",
    "NaDecision",
    "Observation",
    "OwnAnswer",
    "OwnItem",
    "Phase",
    "PriorityProfile",
    "Receipt",
    "RevisionOutcome",
    "SecondRating",
    "Snapshot",
    "Status",
    "Thread",
    "ThreadPost",
    "ThreadStatus",
    "Transition",
    "UploadStatus",
    "WorkbookUpload",
]

"""The models of the scorecards floor: what is computed, what is proposed, what is published."""

from scorecards.models.computed import (
    Basis,
    Computation,
    ComputationRange,
    ComputationRun,
    CustomGroup,
    GroupScore,
    UnitScore,
)
from scorecards.models.papers import PaperFile, PaperFormat
from scorecards.models.publication import (
    AUDIENCES,
    READERS,
    DecisionPoint,
    Draft,
    DraftDocument,
    Proposal,
    ProposalState,
)
from scorecards.models.versions import (
    AskingConsent,
    Checkpoint,
    ComparedPair,
    Consent,
    EntityDocument,
    PublicRelease,
    Scorecard,
    Uncertainty,
)

__all__ = [
    "AUDIENCES",
    "READERS",
    "AskingConsent",
    "Basis",
    "Checkpoint",
    "ComparedPair",
    "Computation",
    "ComputationRange",
    "ComputationRun",
    "Consent",
    "CustomGroup",
    "DecisionPoint",
    "Draft",
    "DraftDocument",
    "EntityDocument",
    "GroupScore",
    "PaperFile",
    "PaperFormat",
    "Proposal",
    "ProposalState",
    "PublicRelease",
    "Scorecard",
    "Uncertainty",
    "UnitScore",
]

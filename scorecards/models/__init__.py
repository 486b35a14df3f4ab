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
from scorecards.models.publication import (
    AUDIENCES,
    READERS,
    Draft,
    DraftDocument,
    Proposal,
    ProposalState,
)
from scorecards.models.versions import (
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
    "Basis",
    "Checkpoint",
    "ComparedPair",
    "Computation",
    "ComputationRange",
    "ComputationRun",
    "Consent",
    "CustomGroup",
    "Draft",
    "DraftDocument",
    "EntityDocument",
    "GroupScore",
    "Proposal",
    "ProposalState",
    "PublicRelease",
    "Scorecard",
    "Uncertainty",
    "UnitScore",
]

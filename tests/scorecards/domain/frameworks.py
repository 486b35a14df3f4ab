"""Frameworks and sheets for property tests: small ones with odd weights, any levels."""

from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.scoring import ItemShape

ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
WEIGHTED = FrameworkShape(
    4,
    {
        "DAT": [
            ItemShape(f"DAT-{enabler}", 1 + place % 3, enabler) for place, enabler in enumerate(ENABLERS)
        ],
        "INN": [ItemShape(f"INN-{code}", 1, code) for code in ENABLERS],
        "CUL-CUR": [ItemShape(f"CUL-CUR-{number}", 250) for number in range(3)],
    },
)
LEVELS = st.sampled_from([0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE])
SHEETS = st.lists(LEVELS, min_size=len(WEIGHTED.items), max_size=len(WEIGHTED.items)).map(bytes)

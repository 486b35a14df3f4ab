"""What the engine has stored of a cycle, read as plain values."""

from typing import Any

from quintet.models import Cycle
from scorecards.domain.packed import unpack_figures
from scorecards.domain.scoring import UnitFigures
from scorecards.models import UnitScore
from scorecards.queries.reading import dimension_codes, provisional_figures


def figures_of(cycle: Cycle) -> dict[str, Any]:
    """{group: {basis: figures}} as they follow from the stored counts."""
    return dict(provisional_figures(cycle).groups)


def unit_figures(cycle: Cycle, entity: str, basis: str) -> dict[str, UnitFigures]:
    """The stored figures of a unit by dimension; none while its sheet does not count on this basis."""
    row = UnitScore.objects.get(cycle=cycle, entity__code=entity)
    packed = getattr(row, basis)
    codes = dimension_codes(provisional_figures(cycle))
    return {} if packed is None else dict(zip(codes, unpack_figures(bytes(packed)), strict=True))


def rows_of(cycle: Cycle) -> list[tuple[Any, ...]]:
    """The stored rows of units, to be compared."""
    rows = UnitScore.objects.filter(cycle=cycle).order_by("entity").values_list()
    return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows]

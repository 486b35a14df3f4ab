"""Rows by the thousand as columns: what is written is read again, on SQLite and on PostgreSQL."""

import numpy as np
import pytest
from django.db.models import BigIntegerField
from django.db.models.functions import Cast

from quintet.models import Cycle
from scorecards.models import UnitScore
from tests.factories import make_cycle, make_entities, make_framework
from un20portal.lib.columns import read_columns, write_columns

pytestmark = pytest.mark.django_db
LEVELS = bytes([0, 1, 254, 255])
NUMBERS = [("cycle_id", "i8"), ("entity_id", "i8"), ("kind", "i2")]


@pytest.fixture
def cycle() -> Cycle:
    return make_cycle(make_framework())


def written(cycle: Cycle) -> list[int]:
    """Write two units with figures and one without; return their ids."""
    units = [unit.pk for unit in make_entities(3)]
    counted = np.array([(cycle.pk, unit, 2, LEVELS) for unit in units[:2]], [*NUMBERS, ("claimed", "V4")])
    silent = np.array([(cycle.pk, units[2], 300)], NUMBERS)
    write_columns(UnitScore, [counted, silent, counted[:0]])
    return units


class TestColumns:
    def test_are_rows_like_all_others(self, cycle: Cycle) -> None:
        units = written(cycle)
        rows = UnitScore.objects.order_by("entity").values_list("entity", "kind", "claimed", "accepted")
        assert [
            (unit, kind, claimed and bytes(claimed), accepted) for unit, kind, claimed, accepted in rows
        ] == [
            (units[0], 2, LEVELS, None),
            (units[1], 2, LEVELS, None),
            (units[2], 300, None, None),
        ]

    def test_are_read_as_they_were_written(self, cycle: Cycle) -> None:
        units = written(cycle)
        rows = UnitScore.objects.exclude(claimed=None).order_by("-entity")
        kind = Cast("kind", BigIntegerField())
        found = read_columns(
            rows.values_list("entity", kind, "claimed"), [("entity", "i8"), ("kind", "i8"), ("claimed", "V4")]
        )
        assert found["entity"].tolist() == [units[1], units[0]]
        assert found["kind"].tolist() == [2, 2]
        assert found["claimed"].tobytes() == LEVELS * 2

    @pytest.mark.parametrize("width", ["V3", "V5"])
    def test_of_another_width_are_refused(self, cycle: Cycle, width: str) -> None:
        written(cycle)
        rows = UnitScore.objects.exclude(claimed=None).values_list("claimed")
        with pytest.raises(ValueError, match="width"):
            read_columns(rows, [("claimed", width)])

    def test_with_a_missing_value_are_refused(self, cycle: Cycle) -> None:
        written(cycle)
        with pytest.raises(ValueError, match="null"):
            read_columns(UnitScore.objects.order_by("-entity").values_list("claimed"), [("claimed", "V4")])

    def test_of_nothing_are_none(self, cycle: Cycle) -> None:
        write_columns(UnitScore, [])
        assert len(read_columns(UnitScore.objects.values_list("entity"), [("entity", "i8")])) == 0

"""The geometry of the response over time."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quintet.charts import HEIGHT, WIDTH, response_chart

FIRST, LAST = date(2026, 9, 15), date(2026, 12, 18)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def test_rises_in_steps_from_the_first_day_to_today() -> None:
    days = [(FIRST + timedelta(days=47), 5), (LAST, 10)]
    chart = response_chart(days, begins=FIRST, ends=LAST, today=LAST, units=10)
    assert chart.line == "M48 208H376V110H704V12H704"
    assert chart.area == chart.line + "V208Z"
    assert chart.levels == ((0, "208"), (5, "110"), (10, "12"))


def test_ends_today_while_the_cycle_runs() -> None:
    chart = response_chart([], begins=FIRST, ends=LAST, today=FIRST + timedelta(days=47), units=3)
    assert chart.line == "M48 208H376"
    assert (chart.begins, chart.ends) == (FIRST, LAST)


@given(st.lists(st.tuples(DAYS, st.integers(0, 300)), max_size=8), DAYS, DAYS, DAYS, st.integers(0, 300))
def test_stays_inside_whatever_the_days(
    totals: list[tuple[date, int]], begins: date, ends: date, today: date, units: int
) -> None:
    totals = [(day, min(total, units)) for day, total in sorted(totals)]
    chart = response_chart(totals, begins=begins, ends=ends, today=today, units=units)
    numbers = [float(n) for n in chart.line.replace("M", " ").replace("H", " ").replace("V", " ").split()]
    assert all(0 <= number <= max(WIDTH, HEIGHT) for number in numbers)
    assert chart.begins < chart.ends

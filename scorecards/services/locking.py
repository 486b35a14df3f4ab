"""One computation per cycle at a time, and one comparison that is stored."""

from django.db import connection

LOCKS = 20_001  # the portal's advisory locks of this kind; the second number is the cycle
COMPARISONS = 0  # no cycle has this number


def one_at_a_time(*, cycle_id: int) -> None:
    """Wait until nobody else computes this cycle; the lock ends with the caller's transaction.

    An advisory lock, so that nobody who reads or moves the cycle itself waits. SQLite has one writer anyway.
    """
    _wait_for(cycle_id)


def one_comparison_at_a_time() -> None:
    """Wait until nobody else stores a comparison; the lock ends with the caller's transaction."""
    _wait_for(COMPARISONS)


def _wait_for(number: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, number])

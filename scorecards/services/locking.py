"""One computation per cycle at a time."""

from django.db import connection

LOCKS = 20_001  # the portal's advisory locks of this kind; the second number is the cycle


def one_at_a_time(*, cycle_id: int) -> None:
    """Wait until nobody else computes this cycle; the lock ends with the caller's transaction.

    An advisory lock, so that nobody who reads or moves the cycle itself waits. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, cycle_id])

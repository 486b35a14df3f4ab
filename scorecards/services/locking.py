"""One computation per cycle at a time, its ranges side by side; and one publication of whatever cycle."""

from django.db import connection

LOCKS = 20_001  # the portal's advisory locks of this kind; the second number is the cycle
PUBLICATIONS = 0  # no cycle has this number


def one_at_a_time(*, cycle_id: int) -> None:
    """Wait until nobody else computes this cycle; the lock ends with the caller's transaction.

    An advisory lock, so that nobody who reads or moves the cycle itself waits. SQLite has one writer anyway.
    """
    _wait_for("pg_advisory_xact_lock", cycle_id)


def beside_others(*, cycle_id: int) -> None:
    """Wait until nobody computes this cycle as a whole; others who compute a part of it may go on."""
    _wait_for("pg_advisory_xact_lock_shared", cycle_id)


def one_publication_at_a_time() -> None:
    """Wait until nobody else stores a version or a comparison; the lock ends with the caller's transaction.

    Each of them is stored only as long as no more is shown than what it was judged beside.
    """
    _wait_for("pg_advisory_xact_lock", PUBLICATIONS)


def _wait_for(function: str, number: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [LOCKS, number])

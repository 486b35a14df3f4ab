"""What the API promises about an `Idempotency-Key`: read where it is checked, described and kept."""

from datetime import timedelta

LONGEST_KEY = 200
KEYS_LAST = timedelta(days=7)

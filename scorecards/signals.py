"""Events of the scorecards floor."""

from django.dispatch import Signal

# Sent after the commit that began a run. It only wakes: the outbox owes the end of the run. Arguments:
# run_id; range_ids, those of its ranges.
run_begun = Signal()

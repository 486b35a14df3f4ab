"""Events of the outbox."""

from django.dispatch import Signal

# Sent after the commit that stored a message. It only wakes. Arguments: topic; is_errand, whether it
# runs outside of the transaction that settles it.
message_stored = Signal()

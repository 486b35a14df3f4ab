"""Events of the outbox."""

from django.dispatch import Signal

# Sent after the commit that stored at least one message. Arguments: none. It only wakes.
message_stored = Signal()

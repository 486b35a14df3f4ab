"""Events of the outbox."""

from django.dispatch import Signal

# Sent after the commit that stored a message. It only wakes. Argument: is_errand, whether it reaches outside.
message_stored = Signal()

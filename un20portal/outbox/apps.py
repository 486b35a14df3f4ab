"""Wiring of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "un20portal.outbox"
    label = "outbox"
    verbose_name = "Outgoing work"

    def ready(self) -> None:
        from un20portal.outbox import receivers  # noqa: F401  connects the wake-up

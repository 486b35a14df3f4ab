"""Wiring of the quintet floor: who sends the letters that its steps owe."""

from django.apps import AppConfig


class QuintetConfig(AppConfig):
    name = "quintet"
    verbose_name = "Frameworks, cycles and assessments"

    def ready(self) -> None:
        from quintet.queries.mailings import LETTER
        from quintet.services.letters import send_letter
        from un20portal.outbox.services import subscribe_errand

        subscribe_errand(LETTER, send_letter)

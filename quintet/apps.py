"""Wiring of the quintet floor: who sends the letters that its steps owe."""

from django.apps import AppConfig


class QuintetConfig(AppConfig):
    name = "quintet"
    verbose_name = "Frameworks, cycles and assessments"

    def ready(self) -> None:
        from quintet.services import letters
        from un20portal.outbox.services import subscribe_errand

        subscribe_errand(letters.LETTER, letters.send_letter)

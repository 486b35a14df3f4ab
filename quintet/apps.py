"""Wiring of the quintet floor: who sends the letters and writes the workbooks that its steps owe."""

from functools import partial

from django.apps import AppConfig


class QuintetConfig(AppConfig):
    name = "quintet"
    verbose_name = "Frameworks, cycles and assessments"

    def ready(self) -> None:
        from quintet.interchange.everything_xlsx import write_everything
        from quintet.queries.exports import EXPORT
        from quintet.queries.mailings import LETTER
        from quintet.services.exporting import write_export
        from quintet.services.letters import send_letter
        from un20portal.outbox.services import subscribe_errand

        subscribe_errand(LETTER, send_letter)
        subscribe_errand(EXPORT, partial(write_export, write=write_everything), is_waited_for=True)

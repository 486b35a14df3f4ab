"""Wiring of the scorecards floor: who does the work that the floors below owe."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    name = "scorecards"
    verbose_name = "Scorecards"

    def ready(self) -> None:
        from scorecards.services import following
        from un20portal.outbox.services import subscribe

        subscribe("quintet.assessment_changed", following.follow)

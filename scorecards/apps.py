"""Wiring of the scorecards floor: who does the work that the floors below owe."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    name = "scorecards"
    verbose_name = "Scorecards"

    def ready(self) -> None:
        from scorecards.queries.uncertainty import SIMULATE
        from scorecards.services import estimating, following
        from un20portal.outbox.services import subscribe, subscribe_errand

        subscribe("quintet.assessment_changed", following.follow)
        subscribe_errand(SIMULATE, estimating.run_simulation)

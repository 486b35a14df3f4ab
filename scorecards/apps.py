"""Wiring of the scorecards floor: who does the work that the floors below owe."""

from functools import partial

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    name = "scorecards"
    verbose_name = "Scorecards"

    def ready(self) -> None:
        from scorecards import receivers  # noqa: F401  connects what shares out the ranges of a run
        from scorecards.interchange.paper import paper_pdf
        from scorecards.interchange.report_workbook import report_workbook
        from scorecards.queries.papers import PAPERS
        from scorecards.queries.uncertainty import SIMULATE
        from scorecards.queries.work import COMPOSE, RUN
        from scorecards.services import (
            checkpoints,
            comparing,
            drafting,
            estimating,
            following,
            reporting,
            runs,
        )
        from scorecards.services.publishing import CHECKPOINT_DUE
        from un20portal.outbox.services import subscribe, subscribe_errand

        subscribe("quintet.assessment_changed", following.follow)
        subscribe(CHECKPOINT_DUE, checkpoints.sign_checkpoint)
        subscribe_errand(COMPOSE, drafting.compose_proposal)
        subscribe_errand(SIMULATE, estimating.run_simulation)
        subscribe_errand(comparing.COMPARE, comparing.decide_comparisons, is_waited_for=True)
        subscribe_errand(RUN, runs.end_run)
        writers = {"pdf": paper_pdf, "xlsx": report_workbook}
        subscribe_errand(PAPERS, partial(reporting.write_papers, writers=writers))

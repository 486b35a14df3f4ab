"""P11: the workbook of one assessment, read back when filled; that of everything; the committee paper."""

from django.utils import timezone

from entities.models import User
from quintet.interchange.workbook_reading import read_workbook
from quintet.models import Assessment, Cycle, CycleExport, ExportState, Phase
from quintet.services.exporting import ask_for_export
from scorecards.interchange.paper import paper_pdf
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds
from tests.benchmarks.serving import cookies_of, get

MILLISECONDS, SECONDS_FOR_EVERYTHING, SECONDS_FOR_A_PAPER = 500, 3, 5


def lines(port: int) -> list[Line]:
    """Download the workbook of one draft with the real questionnaire, and read it back."""
    focal = User.objects.get(email__startswith="focal.undp@")
    sheet = Assessment.objects.get(cycle__phase=Phase.OPEN, entity__code="UNDP")
    path, headers = f"/assessments/{sheet.pk}/workbook.xlsx", {"Cookie": cookies_of(focal)}
    book = get(port, path, **headers)
    assert book.status == 200, path
    down, up = medians_in_turn(
        lambda: milliseconds(lambda: get(port, path, **headers)),
        lambda: milliseconds(lambda: read_workbook(book.body)),
    )
    everything, units = _everything()
    paper, tables = _papers()
    return [
        Line("P11 workbook of one assessment", down, "ms", f"≤ {MILLISECONDS} ms", down <= MILLISECONDS),
        Line("reading it back, in a process of its own", up, "ms"),
        Line(
            f"P11 workbook of everything, {units} units",
            everything,
            "s",
            f"≤ {SECONDS_FOR_EVERYTHING} s",
            everything <= SECONDS_FOR_EVERYTHING,
        ),
        Line(
            "P11 committee paper as PDF, its process included",
            paper,
            "s",
            f"≤ {SECONDS_FOR_A_PAPER} s",
            paper <= SECONDS_FOR_A_PAPER,
        ),
        Line("the same as a workbook", tables, "s"),
    ]


def _papers() -> tuple[float, float]:
    """Seconds from the published bytes to the paper of the last version, as PDF and as a workbook."""
    scorecard = Scorecard.objects.select_related("cycle__framework").latest("pk")
    pdf, xlsx = medians_in_turn(
        lambda: milliseconds(lambda: paper_pdf(paper_of(scorecard))),
        lambda: milliseconds(lambda: report_workbook(paper_of(scorecard))),
    )
    return pdf / 1000, xlsx / 1000


def _everything() -> tuple[float, int]:
    """Seconds from asking for all sheets of the last closed cycle to the stored file, and how many they are.

    As on a machine without workers: the errand runs in the process of whoever asks.
    """
    cycle = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    task_force = User.objects.get(email__startswith="taskforce@")

    def export() -> None:
        made = ask_for_export(cycle=cycle, language="en", by=task_force, at=timezone.now())
        made.refresh_from_db()
        assert made.state == ExportState.DONE, made.error

    [taken] = medians_in_turn(lambda: milliseconds(export))
    return taken / 1000, CycleExport.objects.latest("pk").units_total

"""P11: the workbook of one assessment over HTTP, read back when filled; the workbook of everything."""

from django.utils import timezone

from entities.models import User
from quintet.interchange.workbook_reading import read_workbook
from quintet.models import Assessment, Cycle, CycleExport, ExportState, Phase
from quintet.services.exporting import ask_for_export
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds
from tests.benchmarks.serving import cookies_of, get

MILLISECONDS, SECONDS_FOR_EVERYTHING = 500, 3


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
    ]


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

"""P11: the workbook of one assessment, from the request to its last byte; and reading a filled one."""

from entities.models import User
from quintet.interchange.workbook_reading import read_workbook
from quintet.models import Assessment, Phase
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds
from tests.benchmarks.serving import cookies_of, get

MILLISECONDS = 500


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
    return [
        Line("P11 workbook of one assessment", down, "ms", f"≤ {MILLISECONDS} ms", down <= MILLISECONDS),
        Line("reading it back, in a process of its own", up, "ms"),
    ]

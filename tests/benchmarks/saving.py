"""P3: saving one answer over HTTP, with its history row, beside a bare view that updates one row."""

from statistics import median
from urllib.parse import urlencode

from entities.models import Role, User
from entities.services.people import grant_role
from quintet.models import Answer, AnswerRevision, Assessment, Phase, Status
from tests.benchmarks.clients import Clients, Step, request
from tests.benchmarks.measuring import ROUNDS, Line, percentile
from tests.benchmarks.serving import CSRF, cookies_of

SAVES = 25  # per client and round


class Writer:
    """A focal point who answers one item of the own sheet again and again, and the same row, barely."""

    def __init__(self, sheet: Assessment) -> None:
        self._answer, self._other = Answer.objects.filter(assessment=sheet).select_related("item")[:2]
        self._version = self._answer.version
        user = User.objects.create_user(f"writer.{sheet.pk}@example.org", "correct horse battery")
        grant_role(user=user, role=Role.FOCAL_POINT, entity=sheet.entity)
        self._cookies = cookies_of(user)
        self._path = f"/assessments/{sheet.pk}/answers/{self._answer.item.code}/"

    def saves(self) -> list[bytes]:
        """The next saves, each based on the version before it."""
        versions = range(self._version, self._version + SAVES)
        self._version += SAVES
        return [self._save(version) for version in versions]

    def updates(self, *, signed_in: bool) -> list[bytes]:
        """As many requests for the bare view; with cookies the middleware asks who it is."""
        who = {"Cookie": self._cookies} if signed_in else {}
        path = f"/bare/answers/{self._other.pk}/"
        texts = [{"comment": f"What we wrote the {number}. time."} for number in range(SAVES)]
        return [request("POST", path, headers=who, body=urlencode(text)) for text in texts]

    def _save(self, version: int) -> bytes:
        texts = {"comment": f"What we wrote after version {version}.", "na_reason": ""}
        form = urlencode({"choice": str(version % 4), "version": version, **texts})
        headers = {"Cookie": self._cookies, "X-CSRFToken": CSRF, "Accept": "application/json"}
        return request("POST", self._path, headers=headers, body=form)


def lines(clients: Clients) -> list[Line]:
    """Let all clients write at once, each on a sheet of its own."""
    drafts = Assessment.objects.filter(cycle__phase=Phase.OPEN, status=Status.DRAFT)
    writers = [Writer(sheet) for sheet in drafts.select_related("entity").order_by("pk")[: clients.count]]
    before = AnswerRevision.objects.count()

    def steps() -> list[Step]:
        return [
            Step([writer.saves() for writer in writers]),
            Step([writer.updates(signed_in=True) for writer in writers]),
            Step([writer.updates(signed_in=False) for writer in writers]),
        ]

    loads = clients.rounds(steps)
    saved, as_person, bare = (median(percentile(load.milliseconds, 0.5) for load in one) for one in loads)
    expected = before + (ROUNDS + 1) * SAVES * clients.count
    assert AnswerRevision.objects.count() == expected, "a save left no history row"
    p95 = median(percentile(load.milliseconds, 0.95) for load in loads[0])
    same, nobody = "bare update, same person", "bare update, anonymous"
    return [
        Line("P3 save one answer, p50", saved, "ms", "≤ 3 ×", saved <= 3 * as_person, same, as_person),
        Line("P3 save one answer, p50", saved, "ms", "≤ 3 ×", saved <= 3 * bare, nobody, bare),
        Line("P3 save one answer, p95", p95, "ms", "≤ 50 ms", p95 <= 50),
    ]

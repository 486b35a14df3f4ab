"""P4 and P6: a published scorecard as bytes and as a page, beside bare views of the same bytes."""

from collections.abc import Iterable, Iterator
from itertools import islice, product

from django.conf import settings

from quintet.models import Phase
from scorecards.models import Basis, Scorecard
from scorecards.queries.reading import group_choices, published_figures
from tests.benchmarks.clients import Clients, Load, request
from tests.benchmarks.measuring import Line, medians_in_turn, percentile
from tests.benchmarks.serving import get

SECONDS = 0.4  # what one round of one step should take
FEWEST, MOST = 10, 1000  # requests per client and round


class Asking:
    """Many times the same request by every client; remembers what it saw after its first round."""

    def __init__(self, clients: Clients, sent: bytes, *, count: int, status: int = 200) -> None:
        self._clients, self._sent, self._count, self._status = clients, sent, count, status
        self._loads: list[Load] = []
        pace = self._ask(FEWEST).per_second
        self._times = int(min(MOST, max(FEWEST, pace * SECONDS / count)))

    def per_second(self) -> float:
        load = self._ask(self._times)
        self._loads.append(load)
        return load.per_second

    def p99(self) -> float:
        return percentile([value for load in self._loads[1:] for value in load.milliseconds], 0.99)

    def _ask(self, times: int) -> Load:
        return self._clients.ask([[self._sent] * times] * self._count, status=self._status)


def lines(clients: Clients, port: int, *, count: int) -> list[Line]:
    """Measure the latest scorecard of the last closed cycle."""
    scorecard = Scorecard.objects.filter(cycle__phase=Phase.CLOSED).order_by("cycle__code").last()
    assert scorecard
    return [*_of_bytes(clients, port, scorecard, count), *_of_pages(clients, scorecard)]


def _of_bytes(clients: Clients, port: int, scorecard: Scorecard, count: int) -> list[Line]:
    cycle = scorecard.cycle.code
    ours, bare = f"/api/v1/scorecards/{cycle}/", f"/bare/scorecards/{cycle}/"
    assert get(port, ours).body == get(port, bare).body == scorecard.payload.encode()
    known = {"If-None-Match": f'"{scorecard.sha256}"'}

    steps = [
        *(Asking(clients, request("GET", path), count=count) for path in (ours, bare)),
        *(
            Asking(clients, request("GET", path, headers=known), count=count, status=304)
            for path in (ours, bare)
        ),
    ]
    full, bare_full, same, bare_same = medians_in_turn(*(step.per_second for step in steps))
    slow, bare_slow = steps[0].p99(), steps[1].p99()
    beside = "bare view of the same bytes"
    return [
        Line("P4 scorecard JSON", full, "/s", "≥ 0.80 ×", full >= 0.8 * bare_full, beside, bare_full),
        Line("P4 scorecard JSON, 304", same, "/s", "≥ 0.90 ×", same >= 0.9 * bare_same, beside, bare_same),
        Line("P4 scorecard JSON, p99", slow, "ms", "≤ 2 ×", slow <= 2 * bare_slow, beside, bare_slow),
    ]


def _of_pages(clients: Clients, scorecard: Scorecard) -> list[Line]:
    ours, bare = f"/scorecards/{scorecard.cycle.code}/", f"/bare/pages/{scorecard.cycle.code}/"
    variants = _variants(scorecard)

    def of_one_client(paths: Iterable[str]) -> float:
        load = clients.ask([[request("GET", path) for path in paths]])
        return percentile(load.milliseconds, 0.5)

    first, warm, page = medians_in_turn(
        lambda: of_one_client(islice(variants, 3)),
        lambda: of_one_client([ours] * FEWEST),
        lambda: of_one_client([bare] * FEWEST),
    )
    beside = "bare page of the same text"
    return [
        Line("P6 scorecard page, warm", warm, "ms", "≤ 1.5 ×", warm <= 1.5 * page, beside, page),
        Line("P6 scorecard page, not asked before", first, "ms", "≤ 150 ms", first <= 150),
    ]


def _variants(scorecard: Scorecard) -> Iterator[str]:
    """Addresses of the page in other languages, groups and bases: each one is new to the server."""
    groups = [group.code for group in group_choices(published_figures(scorecard)) if group.code != "entities"]
    languages = [f"/{code}" for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    for group, language, basis in product(groups, languages, Basis.values):
        yield f"{language}/scorecards/{scorecard.cycle.code}/?group={group}&basis={basis}"

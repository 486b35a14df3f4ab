"""P4 and P6: a published scorecard as bytes and as a page, beside bare views of the same bytes."""

from collections.abc import Iterator
from itertools import islice, product
from statistics import median

from django.conf import settings

from quintet.models import Phase
from scorecards.models import Basis, Scorecard
from scorecards.queries.reading import group_choices, published_figures
from tests.benchmarks.clients import Clients, Step, asking, request
from tests.benchmarks.measuring import Line, percentile
from tests.benchmarks.serving import get

SECONDS = 0.4  # what one round of one step should take
FEWEST, MOST = 10, 1000  # requests per client and round


def lines(clients: Clients, port: int) -> list[Line]:
    """Measure the latest scorecard of the last closed cycle."""
    scorecard = Scorecard.objects.filter(cycle__phase=Phase.CLOSED).order_by("cycle__code").last()
    assert scorecard
    return [*_of_bytes(clients, port, scorecard), *_of_pages(port, scorecard)]


def _of_bytes(clients: Clients, port: int, scorecard: Scorecard) -> list[Line]:
    cycle = scorecard.cycle.code
    ours, bare = f"/api/v1/scorecards/{cycle}/", f"/bare/scorecards/{cycle}/"
    assert get(port, ours).body == get(port, bare).body == scorecard.payload.encode()
    known = {"If-None-Match": f'"{scorecard.sha256}"'}
    whole = [_step(clients, request("GET", path)) for path in (ours, bare)]
    unchanged = [_step(clients, request("GET", path, headers=known), status=304) for path in (ours, bare)]
    loads = clients.rounds(lambda: [*whole, *unchanged])
    full, bare_full, same, bare_same = (median(load.per_second for load in of_step) for of_step in loads)
    slow, bare_slow = (
        percentile([value for load in of_step for value in load.milliseconds], 0.99) for of_step in loads[:2]
    )
    beside = "bare view of the same bytes"
    return [
        Line("P4 scorecard JSON", full, "/s", "≥ 0.80 ×", full >= 0.8 * bare_full, beside, bare_full),
        Line("P4 scorecard JSON, 304", same, "/s", "≥ 0.90 ×", same >= 0.9 * bare_same, beside, bare_same),
        Line("P4 scorecard JSON, p99", slow, "ms", "≤ 2 ×", slow <= 2 * bare_slow, beside, bare_slow),
    ]


def _step(clients: Clients, sent: bytes, *, status: int = 200) -> Step:
    """The same request by every client, as often as fits into a part of a second."""
    few = Step([[sent] * FEWEST] * clients.count, status)
    _warming_up, load = clients.ask(few, few)
    times = int(min(MOST, max(FEWEST, load.per_second * SECONDS / clients.count)))
    return Step([[sent] * times] * clients.count, status)


def _of_pages(port: int, scorecard: Scorecard) -> list[Line]:
    ours, bare = f"/scorecards/{scorecard.cycle.code}/", f"/bare/pages/{scorecard.cycle.code}/"
    variants = _variants(scorecard)

    def steps() -> list[Step]:
        return [
            Step([[request("GET", path) for path in paths]])
            for paths in (islice(variants, 3), [ours] * FEWEST, [bare] * FEWEST)
        ]

    with asking(port, count=1) as client:
        loads = client.rounds(steps)
    first, warm, page = (median(percentile(load.milliseconds, 0.5) for load in of_step) for of_step in loads)
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

"""P7 and P10: what a first view weighs on the line, and what serving pages leaves in a worker's memory."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import brotli  # type: ignore[import-untyped]

from entities.models import User
from quintet.models import Assessment, Cycle, Phase
from tests.benchmarks.measuring import Line
from tests.benchmarks.serving import cookies_of, get, get_json, portal

HTML_KB, EVERYTHING_KB, MEGABYTES = 30, 100, 150
ROUNDS = 3


class Files(HTMLParser):
    """The addresses that a browser fetches together with a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        is_file = tag in ("script", "img") or (tag == "link" and named.get("rel") in ("stylesheet", "icon"))
        if is_file and (address := named.get("src") or named.get("href")):
            self.addresses.add(address)


def pages() -> list[tuple[str, str, User | None]]:
    """The pages whose first view is weighed: name, address, who asks."""
    closed = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    focal = User.objects.get(email__startswith="focal.undp@")
    sheet = Assessment.objects.get(cycle__phase=Phase.OPEN, entity__code="UNDP")
    return [
        ("home", "/", None),
        ("scorecard", f"/scorecards/{closed.code}/", None),
        ("framework", f"/frameworks/{closed.framework.slug}/", None),
        ("sign-in", "/accounts/login/", None),
        ("assessment form", f"/assessments/{sheet.pk}/DAT/", focal),
    ]


def lines(port: int) -> list[Line]:
    """Weigh the first view of each page: compressed, with everything it loads by itself."""
    return [line for name, path, who in pages() for line in _of_page(port, name, path, who)]


def memory(*, folder: Path) -> list[Line]:
    """Serve every page a few times with a fresh worker, then ask it what it holds."""
    addresses = [(path, {"Cookie": cookies_of(who)} if who else {}) for _name, path, who in pages()]
    with portal(workers=1, folder=folder) as port:
        for _round in range(ROUNDS):
            for path, headers in addresses:
                assert get(port, path, **headers).status == 200, path
        held = get_json(port, "/bare/worker/")
    heavy = ", ".join(held["heavy"]) or "nothing heavy imported"
    is_kept = held["megabytes"] <= MEGABYTES and not held["heavy"]
    return [Line(f"P10 memory of a worker ({heavy})", held["megabytes"], "MB", f"≤ {MEGABYTES} MB", is_kept)]


def _of_page(port: int, name: str, path: str, who: User | None) -> list[Line]:
    headers = {"Cookie": cookies_of(who)} if who else {}
    page = get(port, path, **headers)
    assert page.status == 200, f"{path}: {page.status}"
    assert page.headers.get("content-encoding"), f"{path} is not compressed"
    html = _plain(page.body, page.headers["content-encoding"])
    weight = len(page.body) / 1024
    whole = weight + sum(_weights(port, path, html).values()) / 1024
    return [
        Line(f"P7 {name}: HTML", weight, "KB", f"≤ {HTML_KB} KB", weight <= HTML_KB),
        Line(f"P7 {name}: everything", whole, "KB", f"≤ {EVERYTHING_KB} KB", whole <= EVERYTHING_KB),
    ]


def _weights(port: int, path: str, html: str) -> dict[str, int]:
    """The weight of each file of the page, of those its style sheets name too."""
    found: dict[str, int] = {}
    wanted = {urljoin(path, address) for address in Files(html).addresses}
    while wanted - found.keys():
        address = (wanted - found.keys()).pop()
        answered = get(port, address)
        assert answered.status == 200, f"{address}: {answered.status}"
        found[address] = len(answered.body)
        if answered.headers["content-type"].startswith("text/css"):
            text = _plain(answered.body, answered.headers.get("content-encoding", ""))
            named = re.findall(r"url\([\"']?(?!data:)([^\"')#]+)", text)
            wanted |= {urljoin(address, inner) for inner in named}
    return found


def _plain(body: bytes, encoding: str) -> str:
    decode = {"gzip": gzip.decompress, "br": brotli.decompress}.get(encoding, bytes)
    return decode(body).decode()

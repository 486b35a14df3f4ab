"""P8: what Lighthouse says of the first pages as a phone on a slow line gets them: 100 is best.

Lighthouse is a program for Node.js. Its packages come into `build/lighthouse` by npm when they are not there
yet; where that is not possible, nothing is measured, and the run says why.
"""

import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

from entities.models import User
from tests.benchmarks.measuring import Line
from tests.benchmarks.serving import cookies_of
from tests.benchmarks.weights import pages
from tests.processes import ROOT

VERSION, RUNS, BAR = "12", 3, 95
AGAIN, TIMES = "Please run Lighthouse again", 3  # it says so where its own recording failed, not the page
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
NAMES = ("home", "scorecard", "assessment form")
FOLDER = ROOT / "build" / "lighthouse"
PROGRAM = FOLDER / "node_modules" / ".bin" / "lighthouse"
CHROMIUM = Path("/usr/bin/chromium")  # the whole one: what people have is measured
CHROMIUM_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


def lines(port: int) -> tuple[list[Line], list[str]]:
    """The scores of each page by category, medians of a few runs; and what to say where there are none."""
    if why_not := _missing():
        return [], [f"P8 (Lighthouse) was not measured: {why_not}"]
    found: list[Line] = []
    notes: list[str] = []
    for name, path, who in (page for page in pages() if page[0] in NAMES):
        try:
            found += _of_page(port, name, path, who)
        except RuntimeError as error:  # what was measured before it is not lost
            notes.append(f"P8 (Lighthouse) was not measured of {name}: {error}")
    return found, notes


def _of_page(port: int, name: str, path: str, who: User | None) -> list[Line]:
    found = [_scores(f"http://127.0.0.1:{port}{path}", who) for _run in range(RUNS)]
    scores = {category: statistics.median(run[category] for run in found) for category in CATEGORIES}
    return [
        Line(f"P8 {name}: {category}", score, "of 100", f"≥ {BAR}", score >= BAR)
        for category, score in scores.items()
    ]


def _scores(address: str, who: User | None) -> dict[str, float]:
    """What one run says: Lighthouse's own phone and its own slow line."""
    options = ["--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"]
    options.append(f"--chrome-flags={CHROMIUM_FLAGS}")
    if who:
        options.append(f"--extra-headers={json.dumps({'Cookie': cookies_of(who)})}")
    said = json.loads(_recorded([str(PROGRAM), address, *options]))
    assert said["finalDisplayedUrl"] == address, f"{address} led to {said['finalDisplayedUrl']}"
    return {category: 100 * said["categories"][category]["score"] for category in CATEGORIES}


def _recorded(command: list[str]) -> str:
    """What Lighthouse prints; RuntimeError with its own words where it fails."""
    environment = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    for _time in range(TIMES):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
        if not done.returncode:
            return done.stdout
        if AGAIN not in done.stderr:
            break
    raise RuntimeError(done.stderr.strip())


def _missing() -> str | None:
    """What is missing for it; None when all is there, or could be installed."""
    if not CHROMIUM.exists():
        return "install chromium"
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "install nodejs and npm"
    if PROGRAM.exists():
        return None
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["npm", "install", "--prefix", FOLDER, *options, f"lighthouse@{VERSION}"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    return None if PROGRAM.exists() else f"npm could not install it: {done.stderr.strip()[-300:]}"

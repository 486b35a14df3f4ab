"""The committee paper of a published version as a tagged PDF: a page of HTML, typeset by a child process."""

import logging
import re
import subprocess
import sys
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi

from scorecards.queries.papers import Paper
from un20portal.lib.languages import WITHOUT_SPACES, reference_code

logger = logging.getLogger(__name__)
COMMAND = [sys.executable, "-E", "-s", "-m", "scorecards.interchange.typesetting"]
# nothing of ours: no secret, no address of a database; fonts are stamped with no time of today
ENVIRONMENT = {"LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0", "XDG_CACHE_HOME": "/tmp"}  # noqa: S108  where fontconfig may note what it found
ROOT = Path(__file__).resolve().parents[2]
TAGS = {"zh-hans": "zh-Hans"}  # as PDF readers know them (BCP 47)
# The number of a paragraph is a box of its own: a space behind it would be set.
BEHIND_ITS_NUMBER = re.compile(r'(<p class="numbered[^"]*">)\s+')
# Templates have spaces that some languages have not.
BETWEEN_SENTENCES = re.compile(r"(?<=[。！？：；])\s+(?=[^\s<])")
WALL_SECONDS = 120  # a busy machine; it takes a few


def paper_pdf(paper: Paper) -> bytes:
    """Return the paper in the active language. Equal contents give equal bytes, with the same fonts."""
    return _typeset(paper_html(paper).encode())


def paper_html(paper: Paper) -> str:
    """Return the page that is typeset."""
    active = get_language() or "en"
    language = reference_code(active)
    context = {
        "paper": paper,
        "language": language,
        "language_tag": TAGS.get(active, active),
        "direction": "rtl" if get_language_bidi() else "ltr",
    }
    page: str = render_to_string("scorecards/paper/document.html", context)
    if language in WITHOUT_SPACES:
        page = BETWEEN_SENTENCES.sub("", page)
    return BEHIND_ITS_NUMBER.sub(r"\1", page)


def _typeset(page: bytes) -> bytes:
    """Let the child process set the page; raises RuntimeError when it fails, TimeoutError when it hangs."""
    try:
        done = subprocess.run(  # noqa: S603  our own program, no part of the command is from outside
            COMMAND,
            check=False,
            input=page,
            capture_output=True,
            cwd=ROOT,
            env=ENVIRONMENT,
            timeout=WALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"a paper was not typeset in {WALL_SECONDS} seconds") from error
    if done.returncode:
        logger.error("a paper could not be typeset: %s", done.stderr.decode(errors="replace"))
        raise RuntimeError(f"typesetting failed with code {done.returncode}")
    return done.stdout

"""The committee papers of what is published: owed by the publication, written by a worker, kept as they are.

Nobody asks for a paper: every version has one in each language and format, so that reading changes nothing.
Writing them takes its time, so it is an errand; killed in the middle, it goes on with those that are missing.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import translation

from scorecards.models import PaperFile, PaperFormat, Scorecard
from scorecards.queries.papers import EDITION, PAPERS, Paper, missing_papers, paper_of
from scorecards.queries.work import owed
from scorecards.services.comparing import are_comparisons_due
from un20portal.lib.languages import site_code
from un20portal.outbox.services import PutOff, put

logger = logging.getLogger(__name__)
Writers = Mapping[str, Callable[[Paper], bytes]]


@transaction.atomic
def owe_papers(*, scorecard: Scorecard, at: datetime) -> bool:
    """Owe the papers of a version, unless they are owed or were given up; return whether that is new."""
    if owed(PAPERS, scorecard_id=scorecard.pk).exists():
        return False
    put(PAPERS, {"scorecard_id": scorecard.pk}, at=at)
    return True


@transaction.atomic
def owe_missing_papers(*, at: datetime) -> int:
    """Owe what is missing of any version: published before there were papers, or before a new edition."""
    complete = sum(map(len, missing_papers([]).values()))
    written = Counter(PaperFile.objects.filter(edition=EDITION).values_list("scorecard", flat=True))
    scorecards = Scorecard.objects.defer("payload").order_by("-pk")
    return sum(owe_papers(scorecard=one, at=at) for one in scorecards if written[one.pk] < complete)


def write_papers(*, scorecard_id: int, at: datetime, writers: Writers) -> None:
    """Write and store the papers of a version that are missing, one by one.

    Raises PutOff while a comparison is being decided: the paper says what moved. One that cannot be written
    does not keep back the others; its error is raised when these are stored. Where one hangs, no other of its
    format is tried in this round, and a task whose time is up ends here: else it would be killed, and nobody
    would hear of the failure.
    """
    if are_comparisons_due():
        raise PutOff("a comparison of cycles is still being decided")
    scorecard = Scorecard.objects.select_related("cycle__framework").defer("payload").get(pk=scorecard_id)
    done = PaperFile.objects.filter(scorecard=scorecard, edition=EDITION).values_list("language", "form")
    failures: list[Exception] = []
    hanging: set[str] = set()
    for language, forms in missing_papers(done).items():
        with translation.override(site_code(language)):
            paper = paper_of(scorecard)
            for form in (form for form in forms if form not in hanging):
                try:
                    content = writers[form](paper)
                except SoftTimeLimitExceeded:
                    raise
                except Exception as error:  # fonts or a library that are missing: the next one may need none
                    logger.exception("the paper %s.%s of a version could not be written", language, form)
                    failures.append(error)
                    if isinstance(error, TimeoutError):
                        hanging.add(form)
                else:
                    _store(scorecard, language, form, content, at=at)
    if failures:
        raise failures[0]


def _store(scorecard: Scorecard, language: str, form: str, content: bytes, *, at: datetime) -> None:
    """Store one paper, unless another worker has just stored it."""
    PaperFile.objects.get_or_create(
        scorecard=scorecard,
        language=language,
        form=PaperFormat(form),
        edition=EDITION,
        defaults={
            "content": content,
            "sha256": hashlib.sha256(content).hexdigest(),
            "n_bytes": len(content),
            "at": at,
        },
    )

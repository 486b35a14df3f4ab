"""The committee papers of a published version: which there are, and the files themselves."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from quintet.models import Cycle
from scorecards.domain.visibility import Audience
from scorecards.models import PaperFile, PaperFormat, Scorecard
from scorecards.queries.papers import paper_file, shelf_of
from scorecards.views.reading import chosen_scorecard
from un20portal.lib.languages import REFERENCE_LANGUAGES, reference_code
from un20portal.lib.parameters import refuse_unknown

REFRESH_SECONDS = 5
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SEALED = "default-src 'none'; sandbox"


@login_not_required
@require_safe
def papers(request: HttpRequest, cycle: str) -> HttpResponse:
    """The papers of a version in all languages, and how far those are that are still being written."""
    refuse_unknown(request.GET, ("version", "refresh"))
    return _page(request, _scorecard(request, cycle))


@login_not_required
@require_safe
def paper(request: HttpRequest, cycle: str, form: str) -> HttpResponse:
    """One paper as a file; while it is being written, the page that says so."""
    refuse_unknown(request.GET, ("version", "lang", "refresh"))
    scorecard, language = _scorecard(request, cycle), _language(request)
    found = paper_file(scorecard, language=language, form=form)
    if found is None:
        return _page(request, scorecard, wants_file=True)
    return _file(scorecard, found)


def _page(request: HttpRequest, scorecard: Scorecard, *, wants_file: bool = False) -> HttpResponse:
    """What there is. In place of a file: that it is on its way (202), or nobody is at it any more (503)."""
    shelf = shelf_of(scorecard, at=timezone.now())
    waits = not (shelf.is_complete or shelf.is_given_up)
    status = (503 if shelf.is_given_up else 202) if wants_file else 200
    refreshes = waits and request.GET.get("refresh") != "off"
    context = {
        "cycle": scorecard.cycle,
        "scorecard": scorecard,
        "shelf": shelf,
        "rows": _by_language(shelf.files, first=reference_code(get_language())),
        "forms": PaperFormat.choices,
        "refreshes": refreshes,
        "is_demo": scorecard.cycle.is_demo,
    }
    response = render(request, "scorecards/papers.html", context, status=status)
    if refreshes:
        response.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    if status == 202:
        response.headers["Retry-After"] = str(REFRESH_SECONDS)
    return response


def _by_language(files: Sequence[PaperFile], *, first: str) -> list[dict[str, Any]]:
    """A row for each language, the reader's `first`: its files by format, and when they came."""
    rows = []
    for language in sorted({file.language for file in files}, key=lambda code: _place(code, first)):
        found = {file.form: file for file in files if file.language == language}
        row = {"language": language, "files": [(found.get(form), name) for form, name in PaperFormat.choices]}
        rows.append({**row, "at": max(file.at for file in found.values())})
    return rows


def _place(language: str, first: str) -> tuple[bool, int]:
    return language != first, REFERENCE_LANGUAGES.index(language)


def _file(scorecard: Scorecard, found: PaperFile) -> HttpResponse:
    """The bytes, to be saved; those that not everybody reads are kept by no cache."""
    name = f"un20-scorecard-{scorecard.cycle.code}-v{scorecard.version}-{found.language}.{found.form}"
    is_open = scorecard.readers == Audience.PUBLIC
    return HttpResponse(
        bytes(found.content),
        headers={
            "Content-Type": TYPES[found.form],
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Language": found.language,
            "Content-Security-Policy": SEALED,
            "Cache-Control": "no-cache" if is_open else "no-store",
            "ETag": f'"{found.sha256}"',
        },
    )


def _scorecard(request: HttpRequest, cycle: str) -> Scorecard:
    return chosen_scorecard(request, get_object_or_404(Cycle, code=cycle))


def _language(request: HttpRequest) -> str:
    """The language that is asked for, by default that of the page; 404 for one that there is not."""
    asked = request.GET.get("lang")
    language = reference_code(get_language()) if asked is None else asked.partition("-")[0]
    if language not in REFERENCE_LANGUAGES:
        raise Http404
    return language

"""The portal's addresses, and bare views to measure it by: the same middleware, nothing else."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from quintet.models import Answer
from scorecards.models import Scorecard
from un20portal import urls as portal

HEAVY = ("numpy", "pandas", "plotly", "weasyprint", "matplotlib")


@login_not_required
@csrf_exempt
@require_POST
def update_row(request: HttpRequest, pk: int) -> HttpResponse:
    """Update one row and say so."""
    Answer.objects.filter(pk=pk).update(comment=request.POST["comment"])
    return JsonResponse({"saved": True})


@login_not_required
@require_safe
def scorecard_bytes(request: HttpRequest, cycle: str) -> HttpResponse:
    """The bytes of the latest published scorecard, held by the process and never checked."""
    content, sha256 = _scorecard(cycle)
    return HttpResponse(content, content_type="application/json", headers={"ETag": f'"{sha256}"'})


@login_not_required
@require_safe
def page(request: HttpRequest, cycle: str) -> HttpResponse:
    """The page of a scorecard as text, rendered once."""
    return HttpResponse(_page(f"/scorecards/{cycle}/"))


@login_not_required
@require_safe
def worker(request: HttpRequest) -> JsonResponse:
    """This process: its resident memory in MB, and which of the heavy packages it has imported."""
    status = Path("/proc/self/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return JsonResponse(
        {"megabytes": resident / 1024, "heavy": [name for name in HEAVY if name in sys.modules]}
    )


@cache
def _scorecard(cycle: str) -> tuple[bytes, str]:
    scorecard = Scorecard.objects.filter(cycle__code=cycle).order_by("version").last()
    assert scorecard
    return scorecard.payload.encode(), scorecard.sha256


@cache
def _page(address: str) -> bytes:
    response: Any = Client(headers={"host": "127.0.0.1"}).get(address)
    assert response.status_code == 200
    content: bytes = response.content
    return content


urlpatterns = [
    path("bare/answers/<int:pk>/", update_row),
    path("bare/scorecards/<slug:cycle>/", scorecard_bytes),
    path("bare/pages/<slug:cycle>/", page),
    path("bare/worker/", worker),
    *portal.urlpatterns,
]

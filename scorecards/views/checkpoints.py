"""The signed checkpoints as a page: what to keep outside, and the key that checks it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from scorecards.queries import publications
from un20portal.lib.pagination import page_of


@login_not_required
@require_safe
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    checkpoints = publications.checkpoints(request.user)
    context = {"page": page_of(request, checkpoints), "latest": checkpoints.first()}
    return render(request, "scorecards/checkpoint_list.html", context)

"""The questionnaire as a page to read and print."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from quintet.models import Framework
from quintet.queries.frameworks import framework_with_items


@login_not_required
@require_safe
def framework_list(request: HttpRequest) -> HttpResponse:
    return render(request, "quintet/framework_list.html", {"frameworks": Framework.objects.all()})


@login_not_required
@require_safe
def framework_detail(request: HttpRequest, slug: str) -> HttpResponse:
    framework = get_object_or_404(framework_with_items(slug))
    return render(request, "quintet/framework_detail.html", {"framework": framework})

"""Second ratings: the items of a sheet that a second person rates, and saving one rating."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from quintet import access
from quintet.forms.reviewing import SecondRatingForm
from quintet.models import Assessment, Item
from quintet.queries import second_rating, sheets
from quintet.services import second_rating as ratings
from un20portal.lib.errors import InvalidInput


@require_safe
def second_rating_list(request: HttpRequest, pk: int) -> HttpResponse:
    """What this person may rate without knowing the first rating, and what this person rated."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if not access.can_review(request.user):
        raise PermissionDenied
    return _page(request, sheet)


@require_POST
def save_second_rating(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if not access.can_review(request.user):
        raise PermissionDenied
    asked = get_object_or_404(sheets.items_of(sheet), code=item)
    form = SecondRatingForm(request.POST)
    if not form.is_valid():
        return _page(request, sheet, asked, form)
    rating = form.cleaned_data
    try:
        ratings.rate_second(assessment=sheet, item=asked, by=signed_in(request), at=timezone.now(), **rating)
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return _page(request, sheet, asked, form)
    messages.success(request, _("Your rating of %(item)s is kept.") % {"item": asked.code})
    return redirect("quintet:second-rating-list", pk=pk)


def _page(
    request: HttpRequest, sheet: Assessment, refused: Item | None = None, form: SecondRatingForm | None = None
) -> HttpResponse:
    is_open = access.can_rate_second(request.user, sheet)
    context = {
        "sheet": sheet,
        "ratings": second_rating.second_ratings(sheet, request.user, is_open=is_open),
        "is_open": is_open,
        "levels": sheet.cycle.framework.levels,
        "refused": refused,
        "form": form,
        "is_demo": sheet.is_demo,
    }
    return render(request, "quintet/second_rating_list.html", context, status=400 if form else 200)

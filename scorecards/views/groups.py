"""Custom groups: the task force lists, makes, changes and deletes them; to everybody else there are none."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from scorecards import access
from scorecards.forms import CustomGroupForm
from scorecards.models import CustomGroup
from scorecards.queries.grouping import custom_groups, latest_computed_cycle, units_to_choose
from scorecards.services import grouping
from un20portal.lib.errors import InvalidInput
from un20portal.lib.pagination import page_of


def _require_right(request: HttpRequest) -> None:
    """Before any group is looked up: a refusal does not tell whether there is one."""
    if not access.can_group(request.user):
        raise PermissionDenied


@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    _require_right(request)
    cycle = latest_computed_cycle()
    page = page_of(request, custom_groups(cycle).select_related("by"))
    return render(request, "scorecards/group_list.html", {"page": page, "cycle": cycle})


class GroupCreateView(View):
    """Name a set of units."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        _require_right(request)
        return _page(request, _form(None), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        _require_right(request)
        form = _form(None, request)
        if form.is_valid():
            try:
                group = grouping.create_group(**form.cleaned_data, by=signed_in(request), at=timezone.now())
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            else:
                messages.success(request, _("The group “%(name)s” is saved.") % {"name": group.name})
                return redirect("scorecards:group-list")
        return _page(request, form, None)


class GroupChangeView(View):
    """Give a group another name or other units."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        group = _group(request, code)
        return _page(request, _form(group), group)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        group = _group(request, code)
        form = _form(group, request)
        if form.is_valid():
            grouping.change_group(group=group, **form.cleaned_data, by=signed_in(request), at=timezone.now())
            messages.success(request, _("The group “%(name)s” is saved.") % form.cleaned_data)
            return redirect("scorecards:group-list")
        return _page(request, form, group)


@require_POST
def delete(request: HttpRequest, code: str) -> HttpResponse:
    group = _group(request, code)
    grouping.delete_group(group=group, by=signed_in(request))
    messages.success(request, _("The group “%(name)s” is deleted.") % {"name": group.name})
    return redirect("scorecards:group-list")


def _group(request: HttpRequest, code: str) -> CustomGroup:
    _require_right(request)
    return get_object_or_404(CustomGroup, code=code)


def _form(group: CustomGroup | None, request: HttpRequest | None = None) -> CustomGroupForm:
    units = units_to_choose(group, on=timezone.localdate())
    return CustomGroupForm(request.POST if request else None, group=group, units=units)


def _page(request: HttpRequest, form: CustomGroupForm, group: CustomGroup | None) -> HttpResponse:
    refused = _("The group was not saved: see what is marked below.")
    context = {"form": form, "group": group, "refused": refused}
    return render(request, "scorecards/group_form.html", context, status=400 if form.errors else 200)

"""An entity's own path: its figures, targets and weights by dimension, and questions of its own."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from entities.models import Entity
from quintet import access
from quintet.domain.tailoring import HIGHEST_WEIGHT
from quintet.forms.tailoring import OwnAnswerForm
from quintet.models import OwnAnswer, OwnItem
from quintet.queries import sheets
from quintet.queries import tailoring as paths
from quintet.queries.frameworks import current_framework
from quintet.queries.tailoring import DimensionPath, OwnPath
from quintet.services import tailoring
from un20portal.lib.errors import InvalidInput, StaleVersion
from un20portal.lib.wording import localised


@require_safe
def own_path(request: HttpRequest, entity: str) -> HttpResponse:
    """Where the entity stands on its own path, dimension by dimension."""
    mine = _entity(request, entity)
    path = paths.own_path(request.user, mine, current_framework())
    context = {"entity": mine, "path": path, "is_demo": _is_demo(path)}
    return render(request, "quintet/own_path.html", context)


class OwnPathDimensionView(View):
    """Targets and weights of one dimension: to read, and to set by the focal point, saved at once."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, entity: str, dimension: str) -> HttpResponse:
        return _dimension_page(request, entity, dimension)

    def post(self, request: HttpRequest, entity: str, dimension: str) -> HttpResponse:
        mine, (_path, found) = _entity(request, entity), _found(request, entity, dimension)
        try:
            count = tailoring.set_priorities(
                entity=mine,
                dimension=found.dimension,
                raw=_sent_priorities(request, found),
                by=signed_in(request),
                at=timezone.now(),
            )
        except (InvalidInput, StaleVersion) as refusal:
            return _dimension_page(request, entity, dimension, refusal)
        told = ngettext("Saved: %(count)s item changed.", "Saved: %(count)s items changed.", count)
        messages.success(request, told % {"count": count})
        return redirect("quintet:own-path-dimension", entity=mine.code, dimension=dimension)


@require_POST
def add_question(request: HttpRequest, entity: str, dimension: str) -> HttpResponse:
    """Add a question of the entity's own."""
    mine, (_path, found) = _entity(request, entity), _found(request, entity, dimension)
    levels = found.dimension.framework.levels
    try:
        item = tailoring.add_own_item(
            entity=mine,
            dimension=found.dimension,
            question=request.POST.get("question", ""),
            level_texts=[request.POST.get(f"level-{number}", "") for number in range(len(levels))],
            by=signed_in(request),
        )
    except InvalidInput as refusal:
        return _dimension_page(request, entity, dimension, refusal)
    messages.success(request, _("%(item)s is added.") % {"item": item.code})
    return redirect(reverse("quintet:own-path-dimension", args=[mine.code, dimension]) + "#own")


@require_POST
def retire_question(request: HttpRequest, entity: str, dimension: str, own: int) -> HttpResponse:
    mine = _entity(request, entity)
    item = get_object_or_404(OwnItem, entity=mine, dimension__code=dimension, pk=own)
    tailoring.retire_own_item(item=item, by=signed_in(request), at=timezone.now())
    messages.success(request, _("%(item)s is no longer asked.") % {"item": item.code})
    return redirect(reverse("quintet:own-path-dimension", args=[mine.code, dimension]) + "#own")


@require_POST
def save_own_answer(request: HttpRequest, pk: int, own: int) -> HttpResponse:
    """Answer a question of the entity's own; a refused answer comes back with both texts."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    items = OwnItem.objects.select_related("dimension__framework", "entity")
    item = get_object_or_404(items.filter(entity__in=paths.entities_with_paths(request.user)), pk=own)
    if item.entity_id != sheet.entity_id:
        raise Http404
    form = OwnAnswerForm(request.POST)
    try:
        tailoring.answer_own_item(
            assessment=sheet, item=item, **form.answer(), by=signed_in(request), at=timezone.now()
        )
    except (InvalidInput, StaleVersion) as refusal:
        current = OwnAnswer.objects.filter(assessment=sheet, item=item).select_related("updated_by").first()
        context = {"sheet": sheet, "item": item, "refusal": refusal, "sent": request.POST, "current": current}
        status = refusal.status
        return render(request, "quintet/own_answer_refused.html", context, status=status)
    messages.success(request, _("%(item)s is saved.") % {"item": item.code})
    place = [sheet.pk, item.dimension.code]
    return redirect(f"{reverse('quintet:assessment-form', args=place)}#{item.code}")


def _entity(request: HttpRequest, code: str) -> Entity:
    """The entity, if its own path exists for the person: contributors have no part in it."""
    entity = get_object_or_404(paths.own_entities(request.user).with_code(code))
    if not access.can_read_own_path(request.user, entity):
        raise PermissionDenied
    return entity


def _found(request: HttpRequest, entity: str, dimension: str) -> tuple[OwnPath, DimensionPath]:
    path = paths.own_path(request.user, _entity(request, entity), current_framework())
    found = next((one for one in path.dimensions if one.dimension.code == dimension), None)
    if found is None:
        raise Http404
    return path, found


def _dimension_page(
    request: HttpRequest, entity: str, dimension: str, refusal: InvalidInput | StaleVersion | None = None
) -> HttpResponse:
    """The page of one dimension; after a refusal with what was sent and what is wrong with it.

    Of items that somebody else set in between it shows what is stored now.
    """
    mine, (path, found) = _entity(request, entity), _found(request, entity, dimension)
    stored = {
        f"{name}-{line.item.code}": "" if value is None else str(value)
        for line in found.lines
        for name, value in (
            ("target", line.priority.target),
            ("weight", line.priority.weight),
            ("was", line.priority),
        )
    }
    sent = request.POST.dict()
    if isinstance(refusal, StaleVersion):
        choices = refusal.offered.items()
        sent = {f"{name}-{code}": row[name] for code, row in choices for name in ("target", "weight")}
    context = {
        "entity": mine,
        "path": path,
        "found": found,
        "levels": found.dimension.framework.levels,
        "weights": range(HIGHEST_WEIGHT + 1),
        "may_set": access.can_set_own_path(request.user, mine),
        "refusal": refusal,
        "errors": {error.field: localised(error) for error in refusal.errors} if refusal else {},
        "sent": {**stored, **sent},
        "is_demo": _is_demo(path),
    }
    return render(
        request, "quintet/own_path_dimension.html", context, status=refusal.status if refusal else 200
    )


def _sent_priorities(request: HttpRequest, found: DimensionPath) -> Mapping[str, Mapping[str, Any]]:
    """What the form says of each item; one that it does not name stays as it is."""
    names = ("target", "weight", "was")
    return {
        line.item.code: {name: request.POST.get(f"{name}-{line.item.code}", "") for name in names}
        for line in found.lines
        if f"target-{line.item.code}" in request.POST
    }


def _is_demo(path: OwnPath) -> bool:
    return any(sheet.is_demo for sheet in (path.last, path.current) if sheet)

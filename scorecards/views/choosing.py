"""What the address of a page asks for: the address is the view, and what is not understood is refused."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from quintet.models import Cycle
from scorecards.models import Basis
from scorecards.queries import reading
from scorecards.queries.reading import Figures
from scorecards.views.movement import version_number
from scorecards.views.reading import chosen_figures
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.parameters import MESSAGE, one_of, refuse_unknown

SHARED = ("group", "basis", "version")
UNPUBLISHED = ("provisional", "proposed")


@dataclass(frozen=True)
class Choice:
    """The figures that an address names: whose, of which basis, of which version."""

    cycle: Cycle
    figures: Figures
    basis: str
    version: str | None
    known: tuple[str, ...]

    def group_of(self, request: HttpRequest) -> str:
        """The one group that is asked for, by default the general one."""
        return self.checked("group", request.GET.get("group") or reading.default_group(self.figures))

    def checked(self, name: str, group: str) -> str:
        """A group of these figures; InvalidInput for another."""
        return one_of(name, group, self.figures.sizes)

    def query(self, **more: str) -> str:
        """The query string that leads to the same figures from another page."""
        version = {"version": self.version} if self.version else {}
        return urlencode({**more, "basis": self.basis, **version})


def choice_of(
    request: HttpRequest, code: str, known: Collection[str] = (), *, repeatable: Collection[str] = ()
) -> Choice:
    """Read what pages of figures share; 404 for what is not there for this reader, else InvalidInput."""
    cycle = get_object_or_404(Cycle.objects.select_related("framework"), code=code)
    version = request.GET.get("version") or None
    if version not in (None, *UNPUBLISHED) and version_number(version) is None:
        message = _("Give the number of a version, or leave it out for the latest.")
        raise InvalidInput(MESSAGE, errors=[FieldError("version", "unknown", message)])
    figures = chosen_figures(request, cycle)
    all_known = (*SHARED, *known)
    refuse_unknown(request.GET, all_known, repeatable=repeatable)
    basis = one_of("basis", request.GET.get("basis") or Basis.ACCEPTED.value, Basis.values)
    return Choice(cycle, figures, basis, version, all_known)


def this_view(request: HttpRequest, choice: Choice) -> str:
    """The query string of a view in short: without what a form sends empty, and with the version it shows.

    So it shows the same after the next publication.
    """
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if value and name != "version"
    ]
    return urlencode([*pairs, ("version", choice.version or choice.figures.version)])

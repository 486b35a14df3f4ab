"""What every view of the API does: the reader's language, known parameters only, an ETag on what is read."""

import hashlib
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, get_language_from_request
from rest_framework.request import Request
from rest_framework.views import APIView

from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.renderers import JSONRenderer


class ApiView(APIView):
    # The base of all API views; no docstring, for it would describe every operation in the schema.
    # A method that a view does not define is answered 405, OPTIONS and TRACE too.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    query_parameters: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        activate(get_language_from_request(request._request))
        super().initial(request, *args, **kwargs)
        _refuse_unknown_parameters(request, self.known_parameters())

    def known_parameters(self) -> set[str]:
        """The view's own parameters, those of its filters and those of its pages."""
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        pages = getattr(getattr(self, "pagination_class", None), "query_parameters", ())
        return {*self.query_parameters, *filters, *pages}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization"])
        if getattr(response, "exception", False):
            response.accepted_renderer = JSONRenderer()  # whatever the view renders, a problem is JSON
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            if hasattr(response, "add_post_render_callback"):
                response.add_post_render_callback(_add_etag)
            else:
                _add_etag(response)
        return response


def _refuse_unknown_parameters(request: Request, known: set[str]) -> None:
    """Raise InvalidInput for a query parameter that means nothing here, or that is given twice."""
    names = {"known": ", ".join(sorted(known)) or "–"}
    errors = []
    for name, values in request.query_params.lists():
        if name not in known:
            message = _("There is no such parameter. Known here: %(known)s.")
            errors.append(FieldError(name, "unknown_parameter", message, names))
        elif len(values) > 1:
            errors.append(FieldError(name, "repeated_parameter", _("Give this parameter once.")))
    if errors:
        raise InvalidInput(_("The query parameters are not understood."), errors=errors)


def _add_etag(response: HttpResponseBase) -> HttpResponseBase:
    """Name the bytes by their hash, unless the view named them already."""
    if "ETag" not in response.headers:
        content = getattr(response, "content", b"")
        response.headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
    return response

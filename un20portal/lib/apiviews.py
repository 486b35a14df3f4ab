"""What every view of the API does: the reader's language, known parameters only, an ETag on what is read."""

import hashlib
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, get_language_from_request
from rest_framework.request import Request
from rest_framework.views import APIView

from un20portal.lib.holding import held
from un20portal.lib.parameters import refuse_unknown
from un20portal.lib.renderers import JSONRenderer
from un20portal.lib.throttling import is_stranger_allowed

# A resource that is the same for all strangers: its answer is held by the process, and counted all the same.
held_resource = partial(held, language=get_language_from_request, is_allowed=is_stranger_allowed)


class ApiView(APIView):
    # The base of all API views; no docstring, for it would describe every operation in the schema.
    # A method that a view does not define is answered 405, OPTIONS and TRACE too.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    query_parameters: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        activate(get_language_from_request(request._request))
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self.known_parameters())

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


def _add_etag(response: HttpResponseBase) -> HttpResponseBase:
    """Name the bytes by their hash, unless the view named them already."""
    if "ETag" not in response.headers:
        content = getattr(response, "content", b"")
        response.headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
    return response

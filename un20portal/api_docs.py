"""The description of the API: its OpenAPI schema, and a page to read it and try it."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.generic import View
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView

from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView


class TokenScheme(OpenApiAuthenticationExtension):
    """How bearer tokens are described in the schema."""

    target_class = "entities.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of the portal: un20_…"}


class SchemaView(ApiView, SpectacularAPIView):
    """The operations that the caller may use; to anonymous readers, those on published data."""

    permission_classes = [PublishedForAll]
    serve_public = False


@method_decorator(login_not_required, name="dispatch")
class DocsView(View):
    """The schema as a page. Its script and styles come from this site only."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "api_docs.html")

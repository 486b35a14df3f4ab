"""The description of the API: its OpenAPI schema, and a page to read it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.generic import View
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
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
    """All operations, whoever asks: who is to write a program reads before there is a token."""

    permission_classes = [PublishedForAll]


@dataclass(frozen=True)
class Operation:
    """One operation of the schema, ready to be shown: names and descriptions resolved."""

    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Mapping[str, Any]]
    body: Sequence[tuple[str, str, bool]]
    answers: Sequence[str]


def operations_by_tag(schema: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Return the operations of an OpenAPI 3 schema by tag, in the order of the paths."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_operation(schema, method, path, operation))
    return dict(found)


def _operation(schema: Mapping[str, Any], method: str, path: str, raw: Mapping[str, Any]) -> Operation:
    content = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        description=raw.get("description", ""),
        parameters=[
            {**parameter, "type": _type(parameter["schema"])} for parameter in raw.get("parameters", [])
        ],
        body=_fields(schema, content.get("schema", {})),
        answers=sorted(raw["responses"]),
    )


def _fields(schema: Mapping[str, Any], described: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """The fields of a body as (name, type, whether it must be there)."""
    name = described.get("$ref", "").rpartition("/")[2]
    shape = schema["components"]["schemas"][name] if name else described
    required = shape.get("required", [])
    return [(key, _type(value), key in required) for key, value in shape.get("properties", {}).items()]


def _type(described: Mapping[str, Any]) -> str:
    """Name a type in a few words: its allowed values where they are few."""
    values = [str(value) for value in described.get("enum", []) if value is not None]
    kind = described.get("type") or described.get("$ref", "").rpartition("/")[2]
    return " | ".join(values) or str(kind or "any")


@method_decorator(login_not_required, name="dispatch")
class DocsView(View):
    """The schema as a page that needs no script: read by people and screen readers alike.

    It names all operations to everybody, those for people with a role too: who is to write a program for
    them reads before there is a token, and a name opens nothing. The schema for programs (`SchemaView`)
    keeps to what its caller may use.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "api_docs.html", {"tags": operations_by_tag(_whole_schema())})


@cache
def _whole_schema() -> dict[str, Any]:
    """The schema of all operations; it changes with the code only, so it is made once a process."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema

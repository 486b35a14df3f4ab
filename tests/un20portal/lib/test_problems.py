"""Refusals as problem+json: every kind of error has its status, and its language."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, OperationalError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions

from un20portal.lib.errors import FieldError, InvalidInput, KeyReused, NotAllowed, StaleVersion, WrongState
from un20portal.lib.problems import problem_response


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 400),
        (NotAllowed("x"), 403),
        (WrongState("x"), 409),
        (StaleVersion("x"), 412),
        (KeyReused("x"), 422),
        (exceptions.ValidationError("x"), 400),
        (exceptions.NotAuthenticated(), 401),
        (exceptions.UnsupportedMediaType("text/plain"), 415),
        (exceptions.Throttled(wait=3), 429),
        (Http404(), 404),
        (PermissionDenied(), 403),
        (RequestDataTooBig(), 413),
        (SuspiciousOperation(), 400),
        (ValidationError("x"), 400),
        (DataError(), 400),
        (OperationalError(), 503),
    ],
)
def test_every_refusal_is_a_problem(error: Exception, status: int) -> None:
    response = problem_response(error, {})
    assert response is not None
    assert response.status_code == response.data["status"] == status
    assert set(response.data) >= {"type", "title", "status", "detail", "errors"}
    assert response.content_type == "application/problem+json"


def test_what_nobody_foresaw_stays_an_error() -> None:
    assert problem_response(ZeroDivisionError(), {}) is None


def test_waiting_is_told() -> None:
    response = problem_response(exceptions.Throttled(wait=3), {})
    assert response is not None
    assert response["Retry-After"] == "4"


def test_fields_are_named_with_their_parameters() -> None:
    error = InvalidInput("No %(what)s.", {"what": "way"}, [FieldError("a", "bad", "Not %(n)s.", {"n": 3})])
    response = problem_response(error, {})
    assert response is not None
    assert response.data["detail"] == "No way."
    assert response.data["errors"] == [{"field": "a", "code": "bad", "message": "Not 3."}]


def test_nested_details_become_paths() -> None:
    response = problem_response(
        exceptions.ValidationError({"a": {"b": ["x"]}, "non_field_errors": ["y"]}), {}
    )
    assert response is not None
    assert [error["field"] for error in response.data["errors"]] == ["a.b", ""]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing/", "entities/%00/", "assessments/x/", "scorecards/a/b/c/d/"])
def test_an_unknown_address_is_a_problem_too(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

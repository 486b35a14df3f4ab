"""The pages of last resort: readable in every language, with nothing around them."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.translation import override

from un20portal import views


@pytest.mark.parametrize(("answer", "status"), [(views.bad_request, 400), (views.server_error, 500)])
@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fr", "ltr"), ("en", "ltr")])
def test_speak_and_run_as_the_reader_does(
    answer: Callable[[HttpRequest], HttpResponse], status: int, language: str, direction: str
) -> None:
    with override(language):
        response = answer(RequestFactory().get("/"))
    html = response.content.decode()
    assert response.status_code == status
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert ("bootstrap.rtl.min.css" in html) == (direction == "rtl")
    assert ("State of play" in html) == (language == "en")
    assert f'href="/{"" if language == "en" else language + "/"}"' in html

"""The pages of last resort: readable in every language, with nothing around them."""

from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.translation import override

from entities.models import User
from tests.factories import make_user
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


@pytest.mark.django_db
class TestWhatWasSentAfterTheSessionEnded:
    def test_is_shown_with_the_way_back(self, client: Client) -> None:
        form = {"comment": "Plan <approved> in May", "csrfmiddlewaretoken": "secret-token"}
        headers = {"referer": "http://testserver/frameworks/?a=b"}
        page = client.post("/assessments/1/answers/DAT-STR/", form, headers=headers)
        html = page.content.decode()
        assert page.status_code == 403
        assert "Nothing was saved." in html
        assert "Plan &lt;approved&gt; in May</textarea>" in html
        assert 'href="/accounts/login/?next=/frameworks/%3Fa%3Db"' in html
        assert "secret-token" not in html

    def test_leads_back_to_a_page_that_can_be_read(self, client: Client) -> None:
        headers = {"referer": "http://testserver/frameworks/"}
        answer = client.post("/assessments/1/submit/", headers=headers)
        assert answer.headers["Location"] == "/accounts/login/?next=/frameworks/"

    def test_is_kept_by_a_script_itself(self, client: Client) -> None:
        answer = client.post(
            "/assessments/1/answers/DAT-STR/", {"comment": "x"}, headers={"accept": "application/json"}
        )
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.django_db
def test_an_address_that_only_takes_forms_says_so(client: Client) -> None:
    client.force_login(make_user("reader"))
    answer = client.get("/fr/assessments/1/submit/")
    html = answer.content.decode()
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert 'lang="fr"' in html
    assert 'href="/fr/my/"' in html


@pytest.mark.django_db
class TestTheAccount:
    def sign_in(self, client: Client, person: User, prefix: str = "") -> str:
        form = {"login": person.email, "password": "correct horse battery"}
        return str(client.post(f"{prefix}/accounts/login/", form).headers["Location"])

    def test_stays_in_the_language_of_the_sign_in_page(self, client: Client) -> None:
        assert self.sign_in(client, make_user("reader"), "/ar") == "/ar/my/"

    def test_goes_to_the_persons_own_language_from_the_default_one(self, client: Client) -> None:
        person = make_user("reader")
        User.objects.update(preferred_language="fr")
        assert self.sign_in(client, person) == "/fr/my/"

    def test_stays_signed_in_after_a_new_password_and_nowhere_else(self, client: Client) -> None:
        person, elsewhere = make_user("reader"), Client()
        for one in (client, elsewhere):
            self.sign_in(one, person)
        form = {
            "oldpassword": "correct horse battery",
            "password1": "other horse battery!",
            "password2": "other horse battery!",
        }
        answer = client.post("/accounts/password/change/", form)
        assert answer.headers["Location"] == "/my/"
        assert client.get("/my/").status_code == 200
        assert elsewhere.get("/my/").status_code == 302

    def test_gets_a_mail_that_says_who_writes_and_what_to_do(
        self, client: Client, mailoutbox: list[EmailMessage]
    ) -> None:
        make_user("reader")
        client.post("/accounts/password/reset/", {"email": "reader@example.org"})
        [mail] = mailoutbox
        assert mail.subject == "UN 2.0 portal: choose a new password"
        assert "If you did not ask, do nothing" in mail.body
        assert "http://testserver/accounts/password/reset/key/" in mail.body

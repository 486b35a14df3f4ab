"""Ways in that no table of roles shows: redirects, sessions, hosts, guesses, closed accounts."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from entities.models import ApiToken, Entity, Membership, Role, User
from tests.factories import make_token, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LOGIN = "/accounts/login/"
EVIL = [
    "//evil.example", "///evil.example", "https:evil.example", "https://evil.example/", "/\\evil.example",
    "\\\\evil.example", "javascript:alert(1)", "http:///evil.example", "\t//evil.example",
]  # fmt: skip


@pytest.fixture
def focal(undp: Entity) -> User:
    return make_user("focal", Role.FOCAL_POINT, undp)


def sign_in(client: Client, email: str = "focal@example.org", password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


class TestRedirects:
    @pytest.mark.parametrize("target", EVIL)
    def test_sign_in_leads_to_this_site_only(self, client: Client, focal: User, target: str) -> None:
        response = client.post(LOGIN, {"login": focal.email, "password": PASSWORD, "next": target})
        assert response.status_code == 302
        assert urlsplit(response.headers["Location"])[:2] == ("", "")
        assert "evil" not in response.headers["Location"]

    @pytest.mark.parametrize("target", EVIL)
    def test_choosing_a_language_leads_to_this_site_only(self, client: Client, target: str) -> None:
        response = client.post("/accounts/language/", {"language": "fr", "next": target})
        assert response.status_code == 302
        assert urlsplit(response.headers["Location"])[:2] == ("", "")
        assert "evil" not in response.headers["Location"]

    @pytest.mark.parametrize("target", EVIL)
    def test_the_way_back_into_the_administration_does_too(self, client: Client, target: str) -> None:
        client.force_login(make_user("admin", Role.ADMINISTRATOR))
        response = client.get("/admin/login/", {"next": target})
        assert response.headers["Location"] == "/admin/"

    def test_an_administrator_comes_back_to_the_page_asked_for(self, client: Client) -> None:
        make_user("admin", Role.ADMINISTRATOR)
        asked = client.get("/admin/entities/user/")
        assert asked.status_code == 302
        signed = client.post(asked.headers["Location"], follow=True)
        response = client.post(
            signed.redirect_chain[-1][0] if signed.redirect_chain else asked.headers["Location"],
            {"login": "admin@example.org", "password": PASSWORD, "next": _next_of(signed)},
            follow=True,
        )
        assert response.request["PATH_INFO"] == "/admin/entities/user/"
        assert response.status_code == 200


def _next_of(response: Any) -> str:
    found = re.search(r'name="next"\s+value="([^"]+)"', response.content.decode())
    assert found, "the sign-in page forgets where one was going"
    return found[1].replace("&amp;", "&")


class TestHosts:
    @pytest.mark.parametrize("path", ["/", "/accounts/password/reset/", "/api/v1/entities/", "/my/"])
    def test_a_host_that_is_not_ours_is_refused(self, client: Client, path: str) -> None:
        assert client.get(path, headers={"host": "evil.example"}).status_code == 400

    def test_a_forwarded_host_means_nothing(self, client: Client) -> None:
        response = client.get("/my/", headers={"x-forwarded-host": "evil.example"})
        assert "evil" not in response.headers["Location"]


class TestSessions:
    def test_the_key_changes_at_sign_in_and_the_old_one_is_gone(self, client: Client, focal: User) -> None:
        session = client.session
        session["before"] = "sign-in"
        session.save()
        sign_in(client)
        assert client.cookies["sessionid"].value != session.session_key
        assert not Session.objects.filter(session_key=session.session_key).exists()

    def test_sign_out_ends_the_session_on_the_server(self, client: Client, focal: User) -> None:
        sign_in(client)
        kept = client.cookies["sessionid"].value
        client.post("/accounts/logout/")
        client.cookies["sessionid"] = kept
        assert client.get("/my/").status_code == 302

    def test_sign_out_is_no_link(self, client: Client, focal: User) -> None:
        sign_in(client)
        assert client.get("/accounts/logout/").status_code == 405
        assert client.get("/my/").status_code == 200

    def test_the_next_request_of_a_closed_account_fails(self, client: Client, focal: User) -> None:
        sign_in(client)
        token = {"Authorization": make_token(focal)}
        assert client.get("/my/").status_code == 200
        User.objects.filter(pk=focal.pk).update(is_active=False)
        assert client.get("/my/").status_code == 302
        assert client.get("/api/v1/assessments/").status_code == 401
        assert Client().get("/api/v1/assessments/", headers=token).status_code == 401

    def test_a_role_that_ends_is_gone_with_the_next_request(self, client: Client) -> None:
        sign_in_as = make_user("taskforce", Role.TASK_FORCE)
        client.force_login(sign_in_as)
        assert client.get("/validation/").status_code == 200
        Membership.objects.all().delete()
        assert client.get("/validation/").status_code == 403

    @pytest.mark.parametrize("ended", ["expires_at", "revoked_at"])
    def test_a_token_that_ended_opens_nothing(self, client: Client, focal: User, ended: str) -> None:
        token = {"Authorization": make_token(focal)}
        assert client.get("/api/v1/assessments/", headers=token).status_code == 200
        ApiToken.objects.update(**{ended: timezone.now()})
        assert client.get("/api/v1/assessments/", headers=token).status_code == 401


class TestGuessing:
    def test_known_and_unknown_addresses_get_the_same_answer(self, client: Client, focal: User) -> None:
        known = sign_in(client, focal.email, "wrong")
        unknown = sign_in(Client(), "nobody@example.org", "wrong")
        assert (known.status_code, _plain(known, focal.email)) == (
            unknown.status_code,
            _plain(unknown, "nobody@example.org"),
        )

    def test_so_does_a_forgotten_password(self, client: Client, focal: User) -> None:
        known = client.post("/accounts/password/reset/", {"email": focal.email})
        unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
        assert (known.status_code, known.headers["Location"]) == (302, unknown.headers["Location"])
        assert known.status_code == unknown.status_code

    @pytest.mark.parametrize("rotating", [False, True], ids=["plainly", "with forged addresses"])
    def test_guessing_ends_and_then_even_the_right_password_is_refused(
        self, client: Client, focal: User, rotating: bool
    ) -> None:
        for number in range(12):
            extra = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"} if rotating else {}
            sign_in(client, password=f"guess {number}", **extra)
        response = sign_in(client, **({"HTTP_X_FORWARDED_FOR": "198.51.100.1"} if rotating else {}))
        assert response.status_code in (200, 429)
        assert client.get("/my/").status_code == 302, "the guesser is in"

    def test_guessing_does_not_lock_the_owner_out(
        self, client: Client, focal: User, settings: Settings
    ) -> None:
        """Behind one proxy the address is the last one named: what a guesser puts before it means nothing."""
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        guesser, owner = "198.51.100.1, 203.0.113.7", "198.51.100.1"
        for number in range(6):
            sign_in(Client(), password=f"guess {number}", HTTP_X_FORWARDED_FOR=guesser)
        caches["throttle"].clear()  # a restart of Redis changes nothing
        locked = Client()
        sign_in(locked, HTTP_X_FORWARDED_FOR=guesser)
        assert locked.get("/my/").status_code == 302, "the guesser is in"
        sign_in(client, HTTP_X_FORWARDED_FOR=owner)
        assert client.get("/my/").status_code == 200, "the owner is locked out"

    def test_forged_addresses_do_not_lift_the_limit_of_the_api(self, client: Client) -> None:
        statuses = [
            client.get("/api/v1/cycles/", headers={"x-forwarded-for": f"203.0.113.{number}"}).status_code
            for number in range(62)
        ]
        assert statuses[:60] == [200] * 60
        assert statuses[-1] == 429

    def test_a_forgotten_password_can_be_set_anew_once(self, client: Client, focal: User) -> None:
        """The key in the message works as it was sent, although it holds hyphens itself."""
        from django.core import mail

        client.post("/accounts/password/reset/", {"email": focal.email})
        found = re.search(r"http://[^/\s]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
        assert found
        new = "four more words of theirs"
        form = client.get(found[1], follow=True).request["PATH_INFO"]
        client.post(form, {"password1": new, "password2": new})
        focal.refresh_from_db()
        assert focal.check_password(new)
        again = Client().get(found[1])
        assert again.status_code == 200, "no form for a key that was used"
        assert "password1" not in again.content.decode()


def _plain(response: Any, address: str) -> str:
    text = response.content.decode().replace(address, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)

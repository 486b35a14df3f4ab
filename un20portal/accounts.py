"""How people sign in: no self-registration, and a first page in the person's own language."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from entities.access import signed_in


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator or an invitation, never by the person."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        with translation.override(signed_in(request).preferred_language):
            return reverse("quintet:my")

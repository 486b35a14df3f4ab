"""Bearer tokens for programs. First in the list, so that an anonymous request is answered 401."""

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from entities.models import ApiToken, TokenScope, User
from un20portal.lib.canonical import sha256


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer un20_…`; a read token may not write (403)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() != "bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Write: Authorization: Bearer <token>."))
        tokens = ApiToken.objects.valid_at(timezone.now()).select_related("user")
        token = tokens.filter(sha256=sha256(words[1])).first()
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked: ask for a new one."))
        if token.scope == TokenScope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied(_("This token may only read."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="UN 2.0 portal"'

"""Making and checking API tokens: the secret is shown once, its hash is kept."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from entities.models import ApiToken, TokenScope, User
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

LONGEST_DAYS = 366


@transaction.atomic
def create_token(*, user: User, scope: str, days: int, at: datetime) -> str:
    """Return the secret of a new token that ends after `days` days (1 to 366); raise InvalidInput."""
    errors = []
    if scope not in TokenScope.values:
        allowed = {"allowed": ", ".join(TokenScope.values)}
        errors.append(FieldError("scope", "invalid", _("Choose one of: %(allowed)s."), allowed))
    if not 1 <= days <= LONGEST_DAYS:
        longest = {"longest": LONGEST_DAYS}
        errors.append(FieldError("days", "invalid", _("Choose 1 to %(longest)s days."), longest))
    if errors:
        raise InvalidInput(_("The token was not created."), errors=errors)
    secret = f"un20_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        user=user, sha256=sha256(secret), scope=scope, created_at=at, expires_at=at + timedelta(days=days)
    )
    return secret

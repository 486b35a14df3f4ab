"""The signed part of an invitation's address: made when the letter is sent, kept nowhere."""

from django.core import signing

from quintet.models import Invitation
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

SALT = "quintet.invitation"


def link_token(invitation: Invitation) -> str:
    """Return the token that stands for this invitation in an address."""
    return signing.dumps(invitation.pk, salt=SALT)


def invitation_behind(token: str) -> Invitation:
    """Return the invitation of a token that we signed; whether it can still be used is another question.

    Raises NotFound for a token that is not ours, and for an invitation that is gone.
    """
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        key = 0
    invitation = Invitation.objects.filter(pk=key).first()
    if invitation is None:
        raise NotFound(
            _("This link is not complete, or is none of ours: copy the whole address from the letter.")
        )
    return invitation

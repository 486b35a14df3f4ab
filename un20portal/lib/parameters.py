"""Parameters of an address, for API and pages: what is unknown, given twice or wrong is refused."""

from collections.abc import Collection, Iterable

from django.http import QueryDict

from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

MESSAGE = _("The query parameters are not understood.")


def refuse_unknown(
    parameters: QueryDict, known: Collection[str], *, repeatable: Collection[str] = ()
) -> None:
    """Raise InvalidInput for a parameter that means nothing here, or that is given too often."""
    names = {"known": ", ".join(sorted(known)) or "–"}
    errors = []
    for name, values in parameters.lists():
        if name not in known:
            message = _("There is no such parameter. Known here: %(known)s.")
            errors.append(FieldError(str(name), "unknown_parameter", message, names))
        elif len(values) > 1 and name not in repeatable:
            errors.append(FieldError(str(name), "repeated_parameter", _("Give this parameter once.")))
    if errors:
        raise InvalidInput(MESSAGE, errors=errors)


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return a value that must be one of the allowed ones; raise InvalidInput for another."""
    choices = list(allowed)
    if value in choices:
        return value
    message = _("Choose one of: %(allowed)s.")
    raise InvalidInput(
        MESSAGE, errors=[FieldError(name, "unknown", message, {"allowed": ", ".join(choices)})]
    )

"""What a document must say of itself, and when it is too old (rules R2 to R4). Plain Python."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from quintet.domain.answers import ANSWERED, AnswerValue, text_errors
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

MOST_ITEMS = 3  # rule R4
MOST_DOCUMENTS = 200  # of one sheet; with a document of its own each item has room for several
MONTHS_VALID = 24  # rule R3, for what has no end of its own
MONTHS_PLANNED = 60  # rule R3: with one, at most five years
OUTSIDE_LEVEL = 4  # rule R2: a statement from outside the responsible unit
EXPIRED, OLD, LAPSED, NOT_YET = "expired", "old", "lapsed", "not_yet"
USUAL_PORTS = {"http": 80, "https": 443}
LONGEST_TITLE, LONGEST_PAGE, LONGEST_URL = 200, 50, 2000


@dataclass(frozen=True)
class Details:
    """What a person says of a document; the page is that for one item."""

    title: str
    effective_on: date
    expires_on: date | None = None
    is_outside: bool = False
    page: str = ""


@dataclass(frozen=True)
class Support(Details):
    """A document beside an item, as the rules judge it: whether it supports other items, too."""

    is_shared: bool = False


@dataclass(frozen=True)
class CheckedFile:
    """A file whose contents were found to be what its name says."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: BinaryIO = field(repr=False)


def staleness(*, effective_on: date, expires_on: date | None, on: date) -> str:
    """Return why a document does not count on a day; "" where it does (rule R3).

    With an end of its own it counts until then (EXPIRED), at most five years (LAPSED); without one it counts
    24 months (OLD). NOT_YET is what takes effect later.
    """
    if effective_on > on:
        return NOT_YET
    if expires_on is not None:
        if expires_on < on:
            return EXPIRED
        return LAPSED if effective_on < _months_before(on, MONTHS_PLANNED) else ""
    return OLD if effective_on < _months_before(on, MONTHS_VALID) else ""


def needs_document(answer: AnswerValue, *, area: str, evidence_from: Mapping[str, int]) -> bool:
    """Whether a level counts only with a document: `evidence_from` names the first one of each area (R2)."""
    lowest = evidence_from.get(area)
    return answer.state == ANSWERED and lowest is not None and (answer.claimed or 0) >= lowest


def require_sound(details: Details) -> Details:
    """Return the details, tidied; raise InvalidInput naming everything that is wrong with them."""
    title, page = " ".join(details.title.split()), " ".join(details.page.split())
    errors = wrong_details(
        title=title, page=page, effective_on=details.effective_on, expires_on=details.expires_on
    )
    if errors:
        raise InvalidInput(_("The document was not saved."), errors=errors)
    return Details(title, details.effective_on, details.expires_on, details.is_outside, page)


def wrong_details(
    *, title: str, page: str, effective_on: date | None, expires_on: date | None
) -> list[FieldError]:
    """Say everything that is wrong with what was said so far: a day may not be known yet."""
    errors = [
        *text_errors("title", title, LONGEST_TITLE),
        *text_errors("page", page, LONGEST_PAGE),
    ]
    if not title:
        errors.append(FieldError("title", "missing", _("Give the title of the document.")))
    if expires_on is not None and effective_on is not None and expires_on < effective_on:
        message = _("The last day on which it is valid comes before its own day: change one of them.")
        errors.append(FieldError("expires_on", "before_effective", message))
    return errors


def require_web_address(url: str) -> str:
    """Return the address, trimmed; raise InvalidInput unless a browser opens it as a page of the web."""
    url = url.strip()
    if (message := _wrong_address(url)) is not None:
        raise InvalidInput(_("The document was not saved."), errors=[FieldError("url", "address", message)])
    return url


def document_address(url: str) -> str:
    """Return the address of the document itself: two links with the same one are one document (rule R4).

    A place within the document (#page=3), the case of the host and the usual port make no other one.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path or "/", parts.query, ""))


def _wrong_address(url: str) -> str | None:
    if len(url) > LONGEST_URL:
        return _("This address is too long: give a shorter one that leads to the document.")
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
        _port = parts.port
    except ValueError:
        is_web = False
    if not is_web or not url.isprintable() or any(sign in url for sign in ' "<>\\^`{|}'):
        return _("Give an address of the web: it begins with https:// or http://.")
    if "@" in parts.netloc:
        return _("Take the user name and password out of the address.")
    return None


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

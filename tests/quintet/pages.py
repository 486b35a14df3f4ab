"""Reading pages as a person does: as text, words and rows of tables."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from entities.models import User

ABOVE = {"my"}  # pages that join several floors


def page(client: Client, user: User, name: str, *arguments: object) -> str:
    """The page as text with single spaces."""
    client.force_login(user)
    answer = client.get(reverse(name if name in ABOVE else f"quintet:{name}", args=arguments))
    assert answer.status_code == 200
    return flat(answer)


def flat(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def words(html: str) -> str:
    """What a reader sees of it, with single spaces."""
    return " ".join(re.sub("<[^>]+>", " ", html).split()).replace(" / ", "/")


def rows(html: str) -> list[str]:
    """What a reader sees of each row of the tables on a page."""
    return [words(row) for row in re.findall(r"<tr\b.*?</tr>", html)]

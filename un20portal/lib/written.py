"""What a person typed into a form that was not taken: it is shown to them again, so that nothing is lost."""

import re

from django.http import HttpRequest

# Fields that people type words into; never passwords and one-time codes, nor days and what is chosen.
TYPED = re.compile(
    r"title|page|url|question|level-\d+|comment|reason|na_reason|note|words|name|email|codes"
    r"|problem|done|outcome|text|action|figure"
)


def is_typed(field: str) -> bool:
    return TYPED.fullmatch(field) is not None


def written(request: HttpRequest) -> str:
    """All texts that were typed, in the order of the form, with an empty line between them."""
    sent = request.POST
    texts = [text for field in sent if is_typed(field) for text in sent.getlist(field)]
    return "\n\n".join(text for text in texts if text.strip())

"""Every word that a template shows is marked for translation."""

import re

from tests.architecture import tree

NAMES = {"JSON", "SHA"}
NOT_SHOWN = [
    r"\{% comment %\}.*?\{% endcomment %\}",
    r"\{% blocktranslate.*?\{% endblocktranslate %\}",
    r"\{% block body_class %\}.*?\{% endblock %\}",
    r"\{[%{#].*?[%}#]\}",
    r"<!DOCTYPE[^>]*>",
    r"<(style|script|code)\b.*?</\1>",
]
SPOKEN_ATTRIBUTE = re.compile(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"')


def unmarked(template: str) -> set[str]:
    """The words of a template that nobody could translate."""
    for pattern in NOT_SHOWN:
        template = re.sub(pattern, " ", template, flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", " ", template) + " ".join(SPOKEN_ATTRIBUTE.findall(template))
    return set(re.findall(r"[A-Za-z][A-Za-z0-9]+", re.sub(r"&\w+;", " ", shown))) - NAMES


def test_it_finds_words_in_text_and_in_spoken_attributes() -> None:
    assert unmarked('<p title="Hint">Body: {{ x }}</p>{% translate "Fine" %}') == {"Hint", "Body"}
    assert (
        unmarked("{% blocktranslate %}Fine {{ x }}{% endblocktranslate %} {% comment %}Fine{% endcomment %}")
        == set()
    )


def test_templates_hold_marked_words_only() -> None:
    templates = [path for path in tree.files(".html") if tree.name(path).startswith("templates/")]
    found = {tree.name(path): words for path in templates if (words := unmarked(path.read_text()))}
    assert found == {}

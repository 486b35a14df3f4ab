"""Every word that a template shows is marked for translation."""

import ast
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
TRANSLATING = {"_", "gettext", "ngettext", "pgettext", "npgettext", "gettext_lazy"}
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


def hidden_from_the_catalogue(source: str) -> list[int]:
    """The lines where a text is to be translated inside of an f-string: the extractor does not look there."""
    return [
        call.lineno
        for string in ast.walk(ast.parse(source))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TRANSLATING
    ]


def test_it_finds_texts_inside_of_f_strings() -> None:
    assert hidden_from_the_catalogue("""\nf"{gettext('Group')} {n}" + gettext("Fine")""") == [2]


def test_texts_stand_where_the_extractor_finds_them() -> None:
    found = {
        tree.name(path): lines
        for path in tree.python_files(*tree.APPS)
        if (lines := hidden_from_the_catalogue(path.read_text()))
    }
    assert found == {}

"""Where files may be and what they must not contain."""

import re

import pytest

from tests import catalogues
from tests.architecture import tree

TOP_LEVEL = {
    "manage.py", "un20portal", "entities", "quintet", "scorecards", "roadmap", "templates", "static",
    "fixtures", "tests", "pyproject.toml", "docker-compose.yml", "README.md", "docs", "locale", "Makefile",
    "CHANGELOG.md", "CONTRIBUTING.md", "requirements", ".ci", "Dockerfile",
}  # fmt: skip
NAMES_OF_NOTHING = {"utils.py", "helpers.py", "misc.py", "common.py", "managers.py"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".txt",
    ".in",
    ".html",
    ".css",
    ".js",
    ".po",
    ".json",
    ".csv",
    "",
}
# put together here, so that this file does not find itself
PLACES_OF_A_MACHINE = re.compile(
    "|".join(["/ho" + "me/[a-z]", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/[a-z]"])
)
REGISTRIES = re.compile(
    "|".join(
        [
            "py" + r"pi\.",
            "python" + "hosted",
            "npm" + r"js\.",
            "arti" + "factory",
            "--index" + "-url",
            "find" + "-links",
        ]
    )
)
PACKED = {".css", ".js"}  # libraries name their home page in a comment
LOCK_LINE = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==\S+( ; .+)? \\")
TORN_TAG = re.compile(r"</?\s")  # what a formatter makes of a tag whose name is a choice
ENQUEUE = re.compile(r"\.(delay|apply_async)\(")


class TestFiles:
    def test_the_top_folder_holds_only_what_belongs_there(self) -> None:
        found = {path.relative_to(tree.ROOT).parts[0] for path in tree.files()}
        stray = {name for name in found - TOP_LEVEL if not name.startswith(".")}
        assert stray == set()

    def test_no_tag_of_a_template_is_torn_from_its_name(self) -> None:
        found = [tree.name(path) for path in tree.files(".html") if TORN_TAG.search(path.read_text())]
        assert found == []

    def test_package_files_are_empty(self) -> None:
        found = [tree.name(p) for p in tree.files(".py") if p.name == "__init__.py" and p.read_text()]
        assert found == ["quintet/models/__init__.py", "scorecards/models/__init__.py"], (
            "Django wants models in one place"
        )

    def test_no_module_has_a_name_that_says_nothing(self) -> None:
        assert [tree.name(path) for path in tree.python_files() if path.name in NAMES_OF_NOTHING] == []

    def test_every_module_says_what_lives_there(self) -> None:
        silent = [
            p for p in tree.python_files() if (text := p.read_text().lstrip()) and not _has_docstring(text)
        ]
        assert [tree.name(path) for path in silent] == []

    @pytest.mark.parametrize("pattern", [PLACES_OF_A_MACHINE, REGISTRIES], ids=["places", "registries"])
    def test_no_file_names_a_machine_or_a_registry(self, pattern: re.Pattern[str]) -> None:
        found = {
            tree.name(path): match[0]
            for path in tree.files(*TEXT - PACKED)
            if (match := pattern.search(path.read_text(errors="replace")))
        }
        found.pop("Makefile", None) if pattern is REGISTRIES else None
        assert found == {}

    def test_only_receivers_and_the_outbox_enqueue(self) -> None:
        elsewhere = [
            tree.name(path)
            for path in tree.python_files(*tree.APPS)
            if ENQUEUE.search(path.read_text()) and not _may_enqueue(tree.name(path))
        ]
        assert elsewhere == []

    def test_catalogues_have_no_broken_translation(self) -> None:
        assert catalogues.problems() == []


class TestLocks:
    @pytest.mark.parametrize("lock", ["base", "dev"])
    def test_every_package_is_pinned_with_hashes(self, lock: str) -> None:
        lines = (tree.ROOT / f"requirements/{lock}.txt").read_text().splitlines()
        assert lines
        for number, line in enumerate(lines):
            if line.startswith(" "):
                assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
            else:
                assert LOCK_LINE.fullmatch(line), line
                assert lines[number + 1].startswith("    --hash="), line

    def test_the_locks_agree_with_each_other(self) -> None:
        base, dev = pins("base"), pins("dev")
        assert {name: dev.get(name) for name in base} == base

    @pytest.mark.parametrize("lock", ["base", "dev"])
    def test_the_lock_holds_all_that_is_asked_for(self, lock: str) -> None:
        wanted = (tree.ROOT / f"requirements/{lock}.in").read_text().splitlines()
        names = {re.split(r"[\[~=<>! ]", line)[0].lower() for line in wanted if line and line[0] not in "#-"}
        assert names - set(pins(lock)) == set()


def pins(lock: str) -> dict[str, str]:
    text = (tree.ROOT / f"requirements/{lock}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


def _may_enqueue(name: str) -> bool:
    return name.startswith("un20portal/outbox/") or "/receivers" in name


def _has_docstring(text: str) -> bool:
    return text.startswith(('"""', "#!"))

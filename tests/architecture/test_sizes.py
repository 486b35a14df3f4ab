"""Nothing grows beyond what a reader can hold: files, functions, templates."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture import tree

FILE, TEST_FILE, FUNCTION, TEMPLATE = 400, 600, 60, 150


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the number of lines of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


class TestSizes:
    def test_files_are_short(self) -> None:
        def limit(path: Path) -> int:
            return TEST_FILE if tree.name(path).startswith("tests/") else FILE

        counts = {path: line_count(path) for path in tree.python_files()}
        assert {tree.name(path): lines for path, lines in counts.items() if lines > limit(path)} == {}

    def test_functions_are_short(self) -> None:
        too_long = {
            f"{tree.name(path)}:{function}": lines
            for path in tree.python_files()
            for function, lines in functions(path)
            if lines > FUNCTION
        }
        assert too_long == {}

    def test_templates_are_short(self) -> None:
        templates = [path for path in tree.files() if tree.name(path).startswith("templates/")]
        too_long = {tree.name(path): line_count(path) for path in templates if line_count(path) > TEMPLATE}
        assert too_long == {}

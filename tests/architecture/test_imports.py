"""The import contracts hold, name every module, and bite when somebody breaks them."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture import tree

NOT_NEEDED = shutil.ignore_patterns(".*", "var", "build", "static", "fixtures", "locale", "templates", "docs")
VIOLATIONS = [
    ("a module that is no room", "quintet/helpers.py", "", "quintet.helpers"),
    (
        "a lower floor that knows a higher one",
        "entities/queries.py",
        "import quintet.models\n",
        "entities is not allowed to import quintet",
    ),
    (
        "the basement that knows an app",
        "un20portal/lib/shortcuts.py",
        "import entities.models\n",
        "un20portal.lib is not allowed to import entities",
    ),
    (
        "a service that enqueues",
        "un20portal/outbox/services.py",
        "import un20portal.outbox.tasks\n",
        "un20portal.outbox.services is not allowed to import un20portal.outbox.tasks",
    ),
    (
        "a room that belongs to another app",
        "scorecards/queries.py",
        "import quintet.apps\n",
        "scorecards.queries is outside the app and must not import quintet.apps",
    ),
    (
        "a domain that knows Django",
        "quintet/domain/clock.py",
        "import django.utils.timezone\n",
        "quintet.domain is not allowed to import django",
    ),
    (
        "a service that knows the API's framework",
        "un20portal/outbox/services.py",
        "import un20portal.lib.api\n",
        "un20portal.outbox.services is not allowed to import rest_framework",
    ),
    (
        "settings read past django.conf",
        "quintet/queries/sheets.py",
        "import un20portal.settings\n",
        "quintet is not allowed to import un20portal.settings",
    ),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    # wide, so that no sentence of the report is broken into two lines
    environment = {"COLUMNS": "400", "PATH": str(program.parent)}
    return subprocess.run(
        [program, "--no-cache"], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.fixture
def copy_of_the_tree(tmp_path: Path) -> Path:
    return shutil.copytree(tree.ROOT, tmp_path / "copy", ignore=NOT_NEEDED)


def configuration() -> dict[str, Any]:
    return tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


class TestContracts:
    def test_hold(self) -> None:
        done = lint_imports(tree.ROOT)
        assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize(
        ("where", "code", "complaint"),
        [violation[1:] for violation in VIOLATIONS],
        ids=[violation[0] for violation in VIOLATIONS],
    )
    def test_bite(self, copy_of_the_tree: Path, where: str, code: str, complaint: str) -> None:
        with (copy_of_the_tree / where).open("a") as file:
            file.write(code)
        done = lint_imports(copy_of_the_tree)
        assert done.returncode != 0
        assert complaint in done.stdout

    def test_give_every_module_of_the_portal_a_floor(self) -> None:
        floors = next(c for c in configuration()["contracts"] if c["name"].startswith("Floors"))
        named = set(re.findall(r"un20portal\.\w+", " ".join(floors["layers"])))
        package = tree.ROOT / "un20portal"
        found = {f"un20portal.{path.stem}" for path in package.glob("*.py") if path.stem != "__init__"}
        found |= {f"un20portal.{path.parent.name}" for path in package.glob("*/__init__.py")}
        assert named == found

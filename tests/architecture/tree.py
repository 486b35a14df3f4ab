"""The project's files, as the architecture tests look at them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ["un20portal", "entities", "quintet", "scorecards", "roadmap"]
NOT_OURS = {".git", ".venv", "var", "build", "__pycache__"}


def files(*suffixes: str) -> list[Path]:
    """Return the files that belong to the project (with one of `suffixes`, when named), sorted."""
    return [path for path in _all_files() if not suffixes or path.suffix in suffixes]


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below `folders`, or all, without migrations."""
    inside = [path for path in files(".py") if "migrations" not in path.parts]
    return [path for path in inside if not folders or path.relative_to(ROOT).parts[0] in folders]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _all_files() -> list[Path]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        told = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):  # an unpacked release has no history
        return sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_foreign(path))
    return sorted(ROOT / line for line in told.split("\0") if line and (ROOT / line).is_file())


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return bool(NOT_OURS.intersection(parts)) or parts[0].endswith("_cache") or path.suffix == ".mo"

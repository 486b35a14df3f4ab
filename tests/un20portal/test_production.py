"""A production start is refused until its settings are safe, and says what to do."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.provision import NOT_INHERITED
from un20portal.production import check_checkpoint_key, unsafe_settings

pytestmark = pytest.mark.once  # each start has an environment of its own
ROOT = Path(__file__).resolve().parents[2]
STRONG_KEY = "k3Jx-9_QmV7tZpLw2RbNc8YfHs5DgTa1EuXoKi6WjBv4MqPzCr0yGhSd"
SAFE_ENVIRONMENT = {
    "ALLOWED_HOSTS": "portal.example.org",
    "DATABASE_URL": "postgres://portal@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": STRONG_KEY,
    "SITE_URL": "https://portal.example.org",
}
SAFE_SETTINGS = {
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": STRONG_KEY,
    "ALLOWED_HOSTS": ["portal.example.org"],
    "LOOPBACK_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SITE_URL": "https://portal.example.org",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "STATIC_ROOT": "/srv/portal/static",
    "STORAGES": {"evidence": {"OPTIONS": {"location": "/srv/portal/evidence"}}},
    "CELERY_TASK_TIME_LIMIT": 600,
    "CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 900},
}
UNSAFE = [
    ({"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, "E001"),
    ({"DEBUG": True}, "E002"),
    ({"CELERY_TASK_TIME_LIMIT": 900}, "E006"),
    ({"SECRET_KEY": ""}, "E007"),
    ({"SECRET_KEY": "x" * 80}, "E007"),
    ({"SECRET_KEY": STRONG_KEY[:49]}, "E007"),
    ({"STORAGES": {"evidence": {"OPTIONS": {"location": "/srv/portal/static/x"}}}}, "E009"),
    ({"ALLOWED_HOSTS": ["*"]}, "E011"),
    ({"ALLOWED_HOSTS": ["portal.example.org", "*"]}, "E011"),
    ({"ALLOWED_HOSTS": []}, "E011"),
    ({"REDIS_URL": ""}, "E012"),
    ({"SITE_URL": "http://portal.example.org"}, "E013"),
]


class TestUnsafeSettings:
    def test_finds_nothing_wrong_with_safe_settings(self) -> None:
        assert unsafe_settings(SAFE_SETTINGS) == []

    @pytest.mark.parametrize(("change", "code"), UNSAFE)
    def test_names_each_unsafe_setting(self, change: Mapping[str, Any], code: str) -> None:
        findings = unsafe_settings({**SAFE_SETTINGS, **change})
        assert [finding.split(":")[0] for finding in findings] == [code]

    def test_names_all_of_them_at_once(self) -> None:
        changes = {"DEBUG": True, "REDIS_URL": "", "SECRET_KEY": "short"}
        assert len(unsafe_settings({**SAFE_SETTINGS, **changes})) == 3

    def test_never_repeats_a_secret(self) -> None:
        weak = "hunter2-hunter2"
        assert weak not in " ".join(unsafe_settings({**SAFE_SETTINGS, "SECRET_KEY": weak}))

    def test_production_cannot_be_switched_off_for_a_public_host(self) -> None:
        findings = unsafe_settings({**SAFE_SETTINGS, "PRODUCTION": False})
        assert len(findings) == 1
        assert "portal.example.org" in findings[0]

    def test_this_machine_alone_needs_nothing(self) -> None:
        local = {**SAFE_SETTINGS, "PRODUCTION": False, "ALLOWED_HOSTS": ["localhost"], "DEBUG": True}
        assert unsafe_settings(local) == []


class TestTheKeyOfCheckpoints:
    def test_of_this_machine_signs(self) -> None:
        assert check_checkpoint_key() == []

    @pytest.mark.parametrize("key", ["", "hunter2"])
    def test_is_missed_and_never_repeated(self, settings: Settings, key: str) -> None:
        settings.CHECKPOINT_KEY = key
        [caution] = check_checkpoint_key()
        assert caution.id == "un20portal.W014"
        assert "CHECKPOINT_KEY_FILE" in str(caution.hint)
        assert "hunter2" not in f"{caution.msg} {caution.hint}"

    def test_missing_in_production_does_not_keep_the_portal_from_starting(self) -> None:
        done = start({})
        assert (done.returncode, "un20portal.W014" in done.stderr) == (0, True)

    def test_can_lie_in_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        path.write_text("07" * 32)
        done = start({"CHECKPOINT_KEY_FILE": str(path)})
        assert (done.returncode, "un20portal.W014" in done.stderr) == (0, False)


class TestStart:
    def test_accepts_a_safe_environment(self) -> None:
        assert start({}).returncode == 0

    @pytest.mark.parametrize(
        ("change", "advice"),
        [
            ({"DATABASE_URL": "sqlite:///portal.sqlite3"}, "set DATABASE_URL=postgres://"),
            ({"DATABASE_URL": None}, "set DATABASE_URL=postgres://"),
            ({"DEBUG": "true"}, "unset DEBUG"),
            ({"SECRET_KEY": "changeme"}, "SECRET_KEY must have 50 or more random characters"),
            ({"REDIS_URL": None}, "set REDIS_URL=redis://"),
            ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list the host names"),
            ({"PRODUCTION": "false"}, "set PRODUCTION=true"),
        ],
    )
    def test_refuses_what_is_unsafe_and_says_what_to_do(
        self, change: Mapping[str, str | None], advice: str
    ) -> None:
        done = start(change)
        assert done.returncode != 0
        assert "The portal does not start" in done.stderr
        assert advice in done.stderr

    def test_refuses_a_missing_secret_key(self) -> None:
        done = start({"SECRET_KEY": None})
        assert done.returncode != 0
        assert "SECRET_KEY" in done.stderr

    def test_the_demo_server_is_not_for_production(self) -> None:
        done = start({}, "serve", "--port", "1")
        assert done.returncode != 0
        assert "gunicorn" in done.stderr


def start(change: Mapping[str, str | None], *command: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in a fresh process with the safe environment and `change`; None removes a name."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    for name, value in {**SAFE_ENVIRONMENT, **change}.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    arguments = command or ("check",)
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip

"""docker-compose.yml: holds no secret, keeps its data, watches its health, and its commands really run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import servers
from tests.processes import PROGRAMS, ROOT, Process
from tests.provision import NOT_INHERITED

PORTAL = ["prepare", "web", "worker", "beat"]
SECRETS = ["SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"]
OPERATOR_CHOICES = {
    "SECRET_KEY": "k3Jx-9_QmV7tZpLw2RbNc8YfHs5DgTa1EuXoKi6WjBv4MqPzCr0yGhSd",
    "ALLOWED_HOSTS": "portal.example.org",
    "POSTGRES_PASSWORD": "chosen",
    "REDIS_PASSWORD": "chosen",
    "SITE_URL": "https://portal.example.org",
}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
NOT_IN_THE_IMAGE = shutil.ignore_patterns(".*", "var", "build", "tests", "__pycache__")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


class TestFile:
    def test_names_every_part(self, services: dict[str, dict[str, Any]]) -> None:
        assert set(services) == {*PORTAL, "db", "redis"}

    def test_demands_every_secret_from_outside(self) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        for secret in SECRETS:
            uses = [match for match in VARIABLE.finditer(text) if match["name"] == secret]
            assert uses, secret
            assert {match["kind"] for match in uses} == {"?"}, f"{secret} must have no default"

    def test_holds_no_secret(self, services: dict[str, dict[str, Any]]) -> None:
        for name, service in services.items():
            for variable, value in service.get("environment", {}).items():
                if re.search(r"KEY|PASSWORD|AUTH|_URL", variable):
                    secrets = re.findall(r":([^@/]*)@", VARIABLE.sub("", value)) or [VARIABLE.sub("", value)]
                    allowed = secrets == [""] or variable == "EMAIL_URL"
                    assert allowed, f"{name}: {variable}"

    def test_passes_on_every_choice_about_evidence(self, services: dict[str, dict[str, Any]]) -> None:
        settings = (ROOT / "un20portal" / "settings.py").read_text()
        choices = set(re.findall(r"\bEVIDENCE_\w+", " ".join(re.findall(r"env\.\w+\(\"\w+\"", settings))))
        assert len(choices) >= 8
        for name in PORTAL:
            assert choices <= set(services[name]["environment"]), name

    def test_watches_the_health_of_all_that_stay(self, services: dict[str, dict[str, Any]]) -> None:
        for name in set(services) - {"prepare"}:
            assert services[name]["healthcheck"]["test"], name
            assert services[name]["restart"] == "unless-stopped", name

    def test_starts_only_after_the_preparation(self, services: dict[str, dict[str, Any]]) -> None:
        for name in ["web", "worker", "beat"]:
            depends_on = services[name]["depends_on"]
            assert depends_on["prepare"] == {"condition": "service_completed_successfully"}
            assert depends_on["db"] == depends_on["redis"] == {"condition": "service_healthy"}

    def test_keeps_data_in_volumes(self, services: dict[str, dict[str, Any]]) -> None:
        volumes = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]
        for name in ["db", "redis", *PORTAL]:
            for mount in services[name]["volumes"]:
                assert mount.partition(":")[0] in volumes, f"{name}: {mount}"

    def test_redis_forgets_nothing(self, services: dict[str, dict[str, Any]]) -> None:
        assert "--appendonly yes" in services["redis"]["command"]
        assert "--maxmemory-policy noeviction" in services["redis"]["command"]

    def test_servers_are_new_enough_and_not_published(self, services: dict[str, dict[str, Any]]) -> None:
        assert int(services["db"]["image"].removeprefix("postgres:")) >= 15
        assert int(services["redis"]["image"].removeprefix("redis:")) >= 7
        assert "ports" not in services["db"]
        assert "ports" not in services["redis"]

    def test_the_image_does_not_run_as_root(self) -> None:
        assert "\nUSER portal\n" in (ROOT / "Dockerfile").read_text()


class Deployment:
    """What the file starts, without containers: the same commands with this machine's servers."""

    def __init__(self, services: dict[str, dict[str, Any]], folder: Path, database: str) -> None:
        self.services, self.logs = services, folder
        self.portal = folder / "portal"
        shutil.copytree(ROOT, self.portal, ignore=NOT_IN_THE_IMAGE)  # what the image copies
        self.port = servers.free_port()
        # only where the servers are and the port differ from the file
        self.here = {
            "DATABASE_URL": database,
            "REDIS_URL": os.environ["REDIS_URL"],
            "CACHE_URL": os.environ["CACHE_URL"],
            "PORT": str(self.port),
        }

    def environment(self, name: str) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
        inherited["PATH"] = f"{PROGRAMS}{os.pathsep}{inherited['PATH']}"
        named = {key: _filled_in(value) for key, value in self.services[name]["environment"].items()}
        return inherited | named | {key: value for key, value in self.here.items() if key in named}

    def command(self, name: str) -> list[str]:
        return shlex.split(self.services[name]["command"])

    def prepare(self) -> None:
        done = subprocess.run(
            self.command("prepare"),
            cwd=self.portal,
            env=self.environment("prepare"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, name: str) -> Process:
        return Process(
            self.command(name),
            environment=self.environment(name),
            log=self.logs / f"{name}.log",
            folder=self.portal,
        )

    def get(self, path: str, *, within: bool = False) -> tuple[int, str]:
        """Ask for the public name: like the proxy, which tells that the reader used TLS, or from within."""
        headers = {"Host": "portal.example.org"} | ({} if within else {"X-Forwarded-Proto": "https"})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def problem_at(self, path: str, *, within: bool = False) -> str | None:
        status, text = self.get(path, within=within)
        return None if status == 200 else f"{path} answers {status}: {text}"


@pytest.fixture
def deployment(services: dict[str, dict[str, Any]], tmp_path: Path, scratch_database: str) -> Deployment:
    return Deployment(services, tmp_path, scratch_database)


class TestCommands:
    def test_pages_are_ready_once_a_beat_came_through_redis_and_the_worker(
        self, deployment: Deployment
    ) -> None:
        deployment.prepare()
        with ExitStack() as stack:
            web, worker, beat = (_started(deployment, name, stack) for name in ["web", "worker", "beat"])
            web.wait_until(lambda: deployment.problem_at("/healthz"))
            web.wait_until(lambda: deployment.problem_at("/readyz", within=True))
            parts = json.loads(deployment.get("/readyz", within=True)[1])["parts"]
            assert parts == {"database": "ok", "migrations": "ok", "broker": "ok", "beat": "ok"}
            assert worker.is_running
            assert beat.is_running
            self._assert_home_page_and_its_files_come(deployment)

    def _assert_home_page_and_its_files_come(self, deployment: Deployment) -> None:
        status, page = deployment.get("/")
        assert status == 200, page
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert files
        assert {name: deployment.get(name)[0] for name in files} == dict.fromkeys(files, 200)


def _started(deployment: Deployment, name: str, stack: ExitStack) -> Process:
    process = deployment.start(name)
    stack.callback(process.stop)
    return process


def _filled_in(value: str) -> str:
    """Return `value` with the operator's choices, as docker compose would fill them in."""

    def choice(match: re.Match[str]) -> str:
        default = match["rest"] if match["kind"] == "-" else ""
        return OPERATOR_CHOICES.get(match["name"], default)

    return VARIABLE.sub(choice, value)

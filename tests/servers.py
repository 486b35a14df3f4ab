"""The real parts that tests use: found on this machine, or started from installed programs.

PostgreSQL and Redis: the addresses in TEST_DATABASE_URL and TEST_REDIS_URL; else servers on
loopback's standard ports that accept us; else private ones, which end with the test run. Programs
that are missing are installed where we may; else MissingPart says what to install.
"""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import redis

PATIENCE = 180  # seconds: on the slowest machine, whatever takes longer hangs
OLDEST_POSTGRESQL = 15
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
# Chromium without windows: it draws and does what Chromium does, for half of its processor time
CHROMIUM = Path("/usr/bin/chromium-headless-shell")
FONTS = {
    "fonts-noto-core": Path("/usr/share/fonts/truetype/noto"),
    "fonts-noto-cjk": Path("/usr/share/fonts/opentype/noto"),
}


class MissingPart(Exception):
    """A part that tests need cannot be had; the message says what to install."""


def database_url(stack: ExitStack) -> str:
    """Return the address of a PostgreSQL server where we may create databases; `stack` ends a private one."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        if problem := postgresql_problem(url):
            raise MissingPart(f"TEST_DATABASE_URL: {problem}")
        return url
    people = dict.fromkeys([getpass.getuser(), "postgres", "postgres:postgres"])
    candidates = [f"postgres://{person}@127.0.0.1:5432/postgres" for person in people]
    usable = next((url for url in candidates if postgresql_problem(url) is None), None)
    return usable or stack.enter_context(private_postgresql())


def redis_url(stack: ExitStack) -> str:
    """Return the address of a Redis server that answers; `stack` ends a private one."""
    if url := os.environ.get("TEST_REDIS_URL"):
        if problem := redis_problem(url):
            raise MissingPart(f"TEST_REDIS_URL: {problem}")
        return url
    url = "redis://127.0.0.1:6379/0"
    return url if redis_problem(url) is None else stack.enter_context(private_redis())


def require_browser() -> None:
    """Make sure of Chromium without windows and of fonts for the six languages."""
    missing = [package for package, folder in FONTS.items() if not folder.exists()]
    if not CHROMIUM.exists():
        missing.append("chromium-headless-shell")
    if missing:
        install(*missing)


def require_office() -> Path:
    """Return LibreOffice's program without windows: what people open and save workbooks with."""
    return office_program() or _after_installing("libreoffice-calc-nogui", office_program)


def office_program() -> Path | None:
    program = shutil.which("soffice")
    return Path(program) if program else None


def postgresql_problem(url: str) -> str | None:
    """Say why the server at `url` is of no use to tests, or None when it is."""
    try:
        connection = psycopg2.connect(url, connect_timeout=3)
    except psycopg2.Error as error:
        return f"no connection ({type(error).__name__})"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            may_create = cursor.fetchone()
        if connection.server_version < OLDEST_POSTGRESQL * 10_000:
            return f"PostgreSQL {OLDEST_POSTGRESQL} or newer is needed"
        return None if may_create and may_create[0] else "this role may not create databases"
    finally:
        connection.close()


def redis_problem(url: str) -> str | None:
    """Say why the server at `url` is of no use to tests, or None when it is."""
    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"no answer ({type(error).__name__})"
    finally:
        client.close()
    return None


class Server:
    """A server of our own at `url`, which may be killed and started again on the same files and port."""

    def __init__(
        self, url: str, command: list[str | Path], folder: Path, problem: Callable[[str], str | None]
    ) -> None:
        self.url, self._command, self._folder, self._problem = url, command, folder, problem
        self._log = folder / "log"

    def start(self) -> None:
        """Start it, for the first time or again, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True, cwd=self._folder
            )
        if last := wait_until_fine(lambda: self._problem(self.url)):
            raise MissingPart(f"a private server does not start: {last}\n{self._log.read_text()}")

    def kill(self) -> None:
        """`kill -9` it and its children: nothing that was in their memory alone is written any more."""
        family = [self._process.pid, *children_of(self._process.pid)]
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
        wait_until_fine(lambda: "still there" if any(map(_is_running, family)) else None)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def private_postgresql() -> Iterator[str]:
    """Run a PostgreSQL server of our own on a free port."""
    with postgresql_server("-c", "fsync=off") as server:
        yield server.url


@contextmanager
def postgresql_server(*options: str) -> Iterator[Server]:
    """Run a PostgreSQL server of our own with `options`; PostgreSQL refuses root, so `postgres` runs it."""
    programs = postgresql_programs()
    identity: list[str | Path] = list(AS_POSTGRES) if _is_root() else []
    with _scratch_folder() as folder:
        if _is_root():
            shutil.chown(folder, "postgres", "postgres")
        data, port = folder / "data", free_port()
        initdb = [*identity, programs / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust"]
        _run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], folder)
        where: list[str | Path] = ["-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        # the server ends with us even when we are killed; INT is its fast shutdown
        prefix = identity or ["setpriv"]
        command = [*prefix, "--pdeathsig", "INT", programs / "postgres", *where, *options]
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        with _running(Server(url, command, folder, postgresql_problem)) as server:
            yield server


@contextmanager
def private_redis(*options: str) -> Iterator[str]:
    """Run a Redis server of our own on a free port, without files unless `options` say otherwise."""
    with redis_server(*options) as server:
        yield server.url


@contextmanager
def redis_server(*options: str) -> Iterator[Server]:
    """Run a Redis server of our own that may be killed and started again."""
    program = _redis_program() or _after_installing("redis-server", _redis_program)
    with _scratch_folder() as folder:
        port = free_port()
        listening: list[str | Path] = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
        command = [program, *listening, "--save", "", "--appendonly", "no", *options]
        url = f"redis://127.0.0.1:{port}/0"
        command = ["setpriv", "--pdeathsig", "TERM", *command]
        with _running(Server(url, command, folder, redis_problem)) as server:
            yield server


def postgresql_programs() -> Path:
    """The folder of PostgreSQL's programs."""
    return _postgresql_programs() or _after_installing("postgresql", _postgresql_programs)


def install(*packages: str) -> None:
    """Install Debian packages as root or with a passwordless sudo; raise MissingPart where we may not."""
    what = " ".join(packages)
    advice = f"tests need {what}: as root, apt-get install {what}"
    if shutil.which("apt-get") is None:
        raise MissingPart(advice)
    if not _is_root() and (not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"]).returncode):
        raise MissingPart(advice)
    print(f"Installing {what} …", flush=True)  # noqa: T201  it takes a minute: say why
    sudo = [] if _is_root() else ["sudo", "-n"]
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL)
    if subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages]).returncode:
        raise MissingPart(advice)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def with_path(url: str, name: str | int) -> str:
    """Return the address of database `name` on the server at `url`."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(str(name), safe='')}"))


def wait_until_fine(problem: Callable[[], str | None], *, seconds: float = PATIENCE) -> str | None:
    """Ask until there is no problem any more; return the last problem when time is up."""
    deadline = time.monotonic() + seconds
    while (last := problem()) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    return last


def children_of(process: int) -> list[int]:
    """The processes that this one started and that still run."""
    return [child for child, (state, parent) in _processes() if parent == process and state != "Z"]


def _processes() -> Iterator[tuple[int, tuple[str, int]]]:
    """Every process of this machine with its state and its parent."""
    for found in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            state, parent, *_rest = found.read_text().rpartition(")")[2].split()
            yield int(found.parent.name), (state, int(parent))


def _is_running(process: int) -> bool:
    return dict(_processes()).get(process, ("Z", 0))[0] != "Z"


def _postgresql_programs() -> Path | None:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if program := shutil.which("postgres"):
        folders.append(Path(program).resolve().parent)
    complete = [folder for folder in folders if (folder / "initdb").exists()]
    newest = max(complete, key=_version, default=None)
    return newest if newest and _version(newest) >= OLDEST_POSTGRESQL else None


def _version(programs: Path) -> int:
    told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True).stdout
    number = re.search(r"\d+", told)
    return int(number[0]) if number else 0


def _redis_program() -> Path | None:
    program = shutil.which("redis-server")
    return Path(program) if program else None


def _after_installing(package: str, find: Callable[[], Path | None]) -> Path:
    install(package)
    found = find()
    if found is None:
        raise MissingPart(f"{package} is installed, but its programs are not where Debian puts them")
    return found


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="un20-tests-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _run(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise MissingPart(f"{command[0]} failed:\n{done.stderr}")


def _is_root() -> bool:
    return os.geteuid() == 0

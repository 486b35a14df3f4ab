"""A migrated database that test databases are copied from: migrations run once for this code, not by process.

Its name is a hash of all code of the portal and of the versions of what brings migrations. Django migrates
the copy all the same, which finds nothing to do. On PostgreSQL it is a database that nobody can connect to;
making one and copying one exclude each other on the whole server. On SQLite it is a file.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("un20portal", "entities", "quintet", "scorecards", "roadmap")
LIBRARIES = ("Django", "django-allauth")
LOCK = 20_260_101  # of PostgreSQL's advisory locks
PREFIX, UNFINISHED = "un20_migrated_", "un20_migrating_"
KEPT = 4  # beside the newest: other copies of the code may be tested on the same server


def code() -> str:
    """A name for all that a migration may do."""
    digest = hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode())
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


@contextmanager
def database_template() -> Iterator[str]:
    """The name of a PostgreSQL database to copy, which stays as long as the block."""
    session = psycopg2.connect(os.environ["TEST_DATABASE_URL"])
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT oid FROM pg_roles WHERE rolname = current_user")
            [(role,)] = cursor.fetchall()  # nobody may copy or drop what another role made
            name = f"{PREFIX}{role}_{code()}"
            cursor.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
            while not _exists(cursor, name):
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [LOCK])
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
                if not _exists(cursor, name):
                    _make(cursor, name)
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
                cursor.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
            yield name
    finally:
        session.close()  # and with it the lock


def copy_file_to(target: Path) -> None:
    """Put a migrated SQLite file there."""
    folder = Path(tempfile.gettempdir()) / f"un20-portal-lanes-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder / f"{PREFIX}{code()}.sqlite3"
    with (folder / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed
        if not found.exists():
            unfinished = folder / UNFINISHED
            unfinished.unlink(missing_ok=True)
            _migrate(f"sqlite:///{unfinished}")
            unfinished.replace(found)
            for path in sorted(folder.glob(f"{PREFIX}*"), key=_age)[KEPT + 1 :]:
                path.unlink()
        shutil.copyfile(found, target)


def _age(path: Path) -> float:
    return -path.stat().st_mtime


def let_commits_not_wait(name: str) -> None:
    """Commits of a PostgreSQL test database wait for no disk: it is dropped before any crash could matter."""
    session = psycopg2.connect(os.environ["TEST_DATABASE_URL"])
    session.autocommit = True
    with session.cursor() as cursor:
        _run(cursor, "ALTER DATABASE {} SET synchronous_commit = off", name)
    session.close()


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _make(cursor: Any, name: str) -> None:
    """Migrate under another name, so that what is there under its own is whole; drop the oldest ones."""
    for prefix, kept in ((PREFIX, KEPT), (UNFINISHED, 0)):
        cursor.execute(
            "SELECT datname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid"
            " WHERE rolname = current_user AND starts_with(datname, %s)"
            " ORDER BY pg_database.oid DESC OFFSET %s",
            [prefix, kept],
        )
        for (found,) in cursor.fetchall():
            _run(cursor, "DROP DATABASE {} WITH (FORCE)", found)
    unfinished = UNFINISHED + uuid.uuid4().hex[:12]
    _run(cursor, "CREATE DATABASE {}", unfinished)
    _migrate(servers.with_path(os.environ["TEST_DATABASE_URL"], unfinished))
    _run(cursor, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", unfinished)
    _run(cursor, "ALTER DATABASE {} RENAME TO {}", unfinished, name)


def _run(cursor: Any, statement: str, *names: str) -> None:
    cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _migrate(url: str) -> None:
    environment = dict(os.environ, DATABASE_URL=url)
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise servers.MissingPart(f"the database cannot be migrated:\n{done.stderr}")

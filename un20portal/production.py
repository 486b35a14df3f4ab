"""What production must not be: unsafe settings, named all at once, and tables that nothing guards."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings as portal_settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from un20portal.lib.append_only import TRIGGER, unguarded_tables
from un20portal.lib.signatures import read_private_key


def unsafe_settings(settings: Mapping[str, Any]) -> list[str]:
    """Name what is unsafe in `settings`, one sentence each with what to do; empty when all is well.

    Only a settings mapping goes in, so that a test can ask about any combination.
    """
    if not settings["PRODUCTION"]:
        foreign = sorted(set(settings["ALLOWED_HOSTS"]) - set(settings["LOOPBACK_HOSTS"]))
        if foreign:
            return [
                f"PRODUCTION is off although ALLOWED_HOSTS names {', '.join(foreign)}: set PRODUCTION=true."
            ]
        return []
    database = settings["DATABASES"]["default"]["ENGINE"]
    key = settings["SECRET_KEY"]
    findings = [
        (
            database.endswith("sqlite3"),
            "E001: SQLite is for trying things out: set DATABASE_URL=postgres://…",
        ),
        (settings["DEBUG"], "E002: DEBUG must be off: unset DEBUG."),
        (
            len(key) < 50 or len(set(key)) < 10,
            """E007: SECRET_KEY must have 50 or more random characters: \
python -c 'import secrets; print(secrets.token_urlsafe(48))'""",
        ),
        (
            "*" in settings["ALLOWED_HOSTS"] or not settings["ALLOWED_HOSTS"],
            "E011: ALLOWED_HOSTS must list the host names the portal answers to, without '*'.",
        ),
        (
            not settings["SITE_URL"].startswith("https://"),
            "E013: letters hold addresses of the portal: set SITE_URL=https://…",
        ),
        (
            _is_served(settings),
            "E009: files of evidence must not lie where static files are served: change EVIDENCE_DIR.",
        ),
        (not settings["REDIS_URL"], "E012: tasks need a broker: set REDIS_URL=redis://…"),
        (
            settings["CELERY_TASK_TIME_LIMIT"]
            >= settings.get("CELERY_BROKER_TRANSPORT_OPTIONS", {}).get("visibility_timeout", 10**9),
            "E006: the task time limit must be below the broker's visibility timeout.",
        ),
    ]
    return [sentence for is_unsafe, sentence in findings if is_unsafe]


def _is_served(settings: Mapping[str, Any]) -> bool:
    location = settings["STORAGES"]["evidence"]["OPTIONS"].get("location")
    root = Path(settings["STATIC_ROOT"]).resolve()
    return bool(location) and Path(location).resolve().is_relative_to(root)


def check_append_only_tables(
    *, databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Name the append-only tables without their trigger; only once no migration is left that may add it."""
    found: list[CheckMessage] = []
    for connection in [connections[alias] for alias in databases or ()]:
        if connection.vendor != "postgresql" or _has_pending_migrations(connection):
            continue
        found += [
            Error(
                f"Rows of {table} can be changed: its append-only trigger is missing or not ENABLE ALWAYS.",
                hint=f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRIGGER}; look who switched it off.",
                id="un20portal.E004",
            )
            for table in unguarded_tables(connection)
        ]
    return found


def check_checkpoint_key(**_options: object) -> list[CheckMessage]:
    """Name a key that cannot sign: the portal runs without, but then no copy outside tells of a cut chain."""
    try:
        read_private_key(portal_settings.CHECKPOINT_KEY)
    except ValueError:
        return [
            Caution(
                "Checkpoints are not signed: CHECKPOINT_KEY is missing, or no Ed25519 key.",
                hint="openssl genpkey -algorithm ed25519 -out FILE, and set CHECKPOINT_KEY_FILE=FILE.",
                id="un20portal.W014",
            )
        ]
    return []


def _has_pending_migrations(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

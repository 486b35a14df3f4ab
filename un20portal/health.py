"""Two questions an orchestrator asks: is this process alive, and can the portal do its work?

`/healthz` answers everybody and touches nothing else. `/readyz` asks every part and names each one's
state in a word; why a part fails goes to the log, never into the answer. It answers only those who ask
from within, past no proxy: strangers need not learn which part is down. In process (no REDIS_URL)
there is no broker, and a late beat is reported but no failure: work is done right after its commit,
and the sweep is only a second chance.
"""

import functools
import logging
from datetime import datetime, timedelta
from ipaddress import ip_address

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from un20portal.outbox.models import Heartbeat

BEAT_IS_LATE_AFTER = timedelta(seconds=90)  # six beats of 15 seconds
GOOD = {"ok", "in process"}
PROXIES_SAY = ("Forwarded", "X-Forwarded-", "X-Real-Ip", "Via")  # headers of who asks for somebody else
logger = logging.getLogger(__name__)


@login_not_required
@require_safe
@cache_control(no_store=True)
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@cache_control(no_store=True)
def readyz(request: HttpRequest) -> JsonResponse:
    if not _is_from_within(request):
        raise Http404
    parts = states(at=timezone.now())
    ready = is_ready(parts)
    body = {"status": "ok" if ready else "unavailable", "parts": parts}
    return JsonResponse(body, status=200 if ready else 503)


def states(*, at: datetime) -> dict[str, str]:
    """Return the state of each part in a word or two: database, migrations, broker, beat."""
    database = database_state()
    if database != "ok":
        return {"database": database, "migrations": "unknown", "broker": broker_state(), "beat": "unknown"}
    migrations = migrations_state()
    beat = beat_state(at=at) if migrations == "ok" else "unknown"
    return {"database": database, "migrations": migrations, "broker": broker_state(), "beat": beat}


def is_ready(parts: dict[str, str]) -> bool:
    """Return whether all parts are good; a late beat counts only where a broker carries the work."""
    required = dict(parts)
    if not settings.REDIS_URL:
        required.pop("beat")
    return GOOD.issuperset(required.values())


def database_state() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.exception("the database does not answer")
        return "unreachable"
    return "ok"


def migrations_state() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        logger.exception("the list of applied migrations cannot be read")
        return "unknown"
    return "ok" if _newest_migrations().issubset(applied) else "pending"


def broker_state() -> str:
    if not settings.REDIS_URL:
        return "in process"
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    try:
        client.ping()
    except (redis.RedisError, OSError):
        logger.exception("the broker does not answer")
        return "unreachable"
    finally:
        client.close()
    return "ok"


def beat_state(*, at: datetime) -> str:
    """Return whether the scheduler reached a worker lately: ok, late or never."""
    last = Heartbeat.objects.filter(name="beat").first()
    if last is None:
        return "never"
    return "ok" if at - last.at <= BEAT_IS_LATE_AFTER else "late"


def _is_from_within(request: HttpRequest) -> bool:
    """Whether nothing but a private network lies between: a proxy says for whom it asks."""
    if any(name.startswith(PROXIES_SAY) for name in request.headers):
        return False
    address = request.META.get("REMOTE_ADDR", "")
    try:
        return not address or ip_address(address).is_private  # a socket of this machine has no address
    except ValueError:
        return False


@functools.cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of every app, read from disk once: the code does not change while it runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())

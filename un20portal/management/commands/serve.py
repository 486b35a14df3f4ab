"""`manage.py serve [--port N]`: the portal on this machine only, one process, nothing else to start.

Pages, static files and scheduled tasks in one process, for trying the portal out. Production starts
gunicorn, a worker and beat instead (`docker-compose.yml`).
"""

import errno
import os
import signal
from contextlib import ExitStack
from typing import Any

from celery.beat import EmbeddedService, ScheduleEntry, Scheduler
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.servers.basehttp import WSGIServer, get_internal_wsgi_application, run
from django.db import connections

from un20portal.celery import app

HOST = "127.0.0.1"


class InProcessScheduler(Scheduler):
    """Keeps its schedule in memory and leaves no database connection open between two tasks."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        try:
            super().apply_entry(entry, producer)
        finally:
            connections.close_all()


class Command(BaseCommand):
    help = "Serve the portal on this machine, with scheduled tasks in the same process."
    requires_system_checks: list[str] = []  # the set-up before has checked; start in seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "`serve` is for trying things out; production runs gunicorn (docker-compose.yml)."
            )
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
        for number in [signal.SIGINT, signal.SIGTERM]:  # a shell in the background has INT ignored
            signal.signal(number, signal.default_int_handler)
        with ExitStack() as stack:
            if settings.CELERY_TASK_ALWAYS_EAGER:
                self._start_beat(stack)
            self._serve(options["port"])
        self.stdout.write("\nStopped.")

    def _start_beat(self, stack: ExitStack) -> None:
        app.loader.import_default_modules()  # else beat knows the tasks' names only
        beat = EmbeddedService(app, thread=True, scheduler_cls=InProcessScheduler)
        beat.start()
        stack.callback(beat.stop)

    def _serve(self, port: int) -> None:
        try:
            run(
                HOST,
                port,
                get_internal_wsgi_application(),
                threading=True,
                on_bind=self._announce,
                server_cls=WSGIServer,
            )
        except KeyboardInterrupt:
            return
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is taken: PORT={port + 1} make demo") from error
            raise

    def _announce(self, port: int | str) -> None:
        self.stdout.write(f"http://{HOST}:{port}  (Ctrl-C stops)")

"""The Celery application: workers and beat start from here; tasks live in each app's tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "un20portal.settings")
app = Celery("un20portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

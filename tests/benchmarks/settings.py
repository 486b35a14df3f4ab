"""The portal's own settings for benchmarks: addresses of bare views beside its own, no throttling."""

import os
from pathlib import Path

from un20portal.lib.storage import folder
from un20portal.settings import *  # noqa: F403
from un20portal.settings import REST_FRAMEWORK, STORAGES

ROOT_URLCONF = "tests.benchmarks.urls"
# A rate, however high, would keep the time of every request: the bare views have nothing like it.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"anon": None, "user": None}}
# Files as in production: collected once, compressed, with their hash in their name.
STATIC_ROOT = Path(os.environ["BENCHMARK_STATIC_ROOT"])
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "evidence": folder(os.environ["BENCHMARK_FILES"]),
}
WHITENOISE_USE_FINDERS = False

"""The portal's own settings for benchmarks: addresses of bare views beside its own, limits out of reach."""

import os
from pathlib import Path

from un20portal.lib.storage import folder
from un20portal.settings import *  # noqa: F403
from un20portal.settings import REST_FRAMEWORK, STORAGES

ROOT_URLCONF = "tests.benchmarks.urls"
# Strangers are counted as always. For persons the time of every request would be kept, however high the rate:
# the bare views have nothing like it.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"anon": "100000000/min", "user": None}}
# Files as in production: collected once, compressed, with their hash in their name.
STATIC_ROOT = Path(os.environ["BENCHMARK_STATIC_ROOT"])
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "evidence": folder(os.environ["BENCHMARK_FILES"]),
}
WHITENOISE_USE_FINDERS = False

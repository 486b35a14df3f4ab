"""Settings of the portal: everything that differs between places comes from the environment.

With nothing set, the portal runs on this machine only: SQLite, tasks in process, loopback hosts,
a secret key of its own. As soon as it is to answer to another host name it counts as production,
and `un20portal.production` refuses to start until the settings are safe.
"""

from importlib.util import find_spec
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from un20portal.lib.secret import local_checkpoint_key, local_secret_key
from un20portal.lib.storage import bucket, folder

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()

# --- where it runs -----------------------------------------------------------------------------
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)
PRODUCTION = env.bool("PRODUCTION", default=not set(ALLOWED_HOSTS) <= set(LOOPBACK_HOSTS))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="unset" if PRODUCTION else local_secret_key(VAR_DIR))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Signs checkpoints of what is published: an Ed25519 key, PEM or hexadecimal (docs/decisions/0016)
_key_file = env.str("CHECKPOINT_KEY_FILE", default="")
_local_key = "" if PRODUCTION else local_checkpoint_key(VAR_DIR)
CHECKPOINT_KEY = (
    Path(_key_file).read_text(encoding="utf-8")
    if _key_file
    else env.str("CHECKPOINT_KEY", default=_local_key, multiline=True)
)
CHECKPOINT_FORMER_KEYS = env.list("CHECKPOINT_FORMER_KEYS", default=[])  # public keys, hexadecimal
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- what it is made of ------------------------------------------------------------------------
INSTALLED_APPS = [
    "un20portal.apps.PortalConfig",
    "roadmap",
    "scorecards",
    "quintet",
    "entities",
    "un20portal.outbox",
    "un20portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "un20portal.lib.middleware.SafetyHeadersMiddleware",
    "un20portal.lib.middleware.CompressHtmlMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "un20portal.lib.middleware.SessionLimitMiddleware",
    "un20portal.lib.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "un20portal.lib.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "un20portal.urls"
WSGI_APPLICATION = "un20portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "un20portal.lib.deep_calls.RoomyTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "un20portal.context.portal",
            ],
            "builtins": ["un20portal.lib.templatetags.portal"],
        },
    },
]

# --- database ----------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # without it, 274 of 600 concurrent writes were refused
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {})["connect_timeout"] = 5  # else a server that is away costs minutes
    _database["OPTIONS"]["options"] = (
        "-c statement_timeout=60s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
        # else what a killed worker held stays held until the statement it waited in ends
        " -c client_connection_check_interval=1s"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "entities.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "entities.access.RolePermissions",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
]
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_ADAPTER = "un20portal.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # that mail would invite to sign up, which nobody can
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = (
    False  # the other sessions end by themselves: their hash is of the old one
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # the subjects name the portal, not its host
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("NUM_PROXIES", default=0)  # else all people share the proxy's limit
# "key" is an account asked for from one address (un20portal.accounts)
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "30/m/ip,5/5m/key"}

# --- sessions, cookies, headers ----------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_IDLE_SECONDS = 60 * 60
SESSION_ABSOLUTE_SECONDS = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "un20portal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$"]
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS, SECURE_HSTS_INCLUDE_SUBDOMAINS = 63_072_000, True
    if env.bool("BEHIND_TLS_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- languages and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ar", _("Arabic")),
    ("zh-hans", _("Chinese")),
    ("en", _("English")),
    ("fr", _("French")),
    ("ru", _("Russian")),
    ("es", _("Spanish")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["un20portal.lib.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files and uploads ------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
_plotly = find_spec("plotly")
if _plotly is None or not _plotly.submodule_search_locations:
    raise ImproperlyConfigured("The figures need plotly: install requirements/base.txt.")
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # the browser half of plotly, as shipped by the Python package; the Python half is not imported
    ("vendor/plotly", Path(_plotly.submodule_search_locations[0]) / "package_data"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "evidence": bucket(
        env.str("EVIDENCE_S3_BUCKET"),
        endpoint=env.str("EVIDENCE_S3_ENDPOINT", default=""),
        region=env.str("EVIDENCE_S3_REGION", default=""),
        access_key=env.str("EVIDENCE_S3_ACCESS_KEY", default=""),
        secret_key=env.str("EVIDENCE_S3_SECRET_KEY", default=""),
    )
    if env.str("EVIDENCE_S3_BUCKET", default="")
    else folder(env.str("EVIDENCE_DIR", default=str(VAR_DIR / "evidence"))),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION or env.bool("STATIC_MANIFEST", default=False)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
EVIDENCE_MAX_MB = env.int("EVIDENCE_MAX_MB", default=20)  # of one file
EVIDENCE_QUOTA_MB = env.int("EVIDENCE_QUOTA_MB", default=500)  # of all files of an entity
FILE_UPLOAD_HANDLERS = [
    "un20portal.lib.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
WHITENOISE_USE_FINDERS = not PRODUCTION
FILE_UPLOAD_PERMISSIONS = 0o640
REFERENCE_DIR = BASE_DIR / "fixtures"
# units; the scorecard of a larger cycle is composed by a worker, not while its proposer waits
SCORECARDS_COMPOSED_AT_ONCE = env.int("SCORECARDS_COMPOSED_AT_ONCE", default=500)

# --- tasks -------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL  # no server: the same tasks run in process
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
if REDIS_URL:
    # the parts of a chord alone leave a result here, which says that they are done
    CELERY_RESULT_BACKEND = REDIS_URL
    CELERY_RESULT_EXPIRES = 3600
    CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": {"max_retries": 1}}
    CELERY_REDIS_SOCKET_TIMEOUT = 10
    CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 2
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
        # a request that wakes a worker does not wait for a broker that is down: the sweep does the work
        "max_retries": 0,
    }
SCORECARDS_RANGE_UNITS = env.int("SCORECARDS_RANGE_UNITS", default=50_000)  # a cycle of more is split
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "un20portal.outbox.tasks.beat", "schedule": 15.0},
    "sweep the outbox": {"task": "un20portal.outbox.tasks.drain", "schedule": 30.0},
    "run errands": {"task": "un20portal.outbox.tasks.run_errands", "schedule": 30.0},
    "heal stale figures": {"task": "scorecards.tasks.heal", "schedule": crontab(minute=7)},
    "owe missing simulations": {
        "task": "scorecards.tasks.owe_missing_simulations",
        "schedule": crontab(hour=3, minute=13),
    },
    "owe missing comparisons": {
        "task": "scorecards.tasks.owe_missing_comparisons",
        "schedule": crontab(minute="*/10"),
    },
    "owe missing papers": {"task": "scorecards.tasks.owe_missing_papers", "schedule": crontab(minute="*/5")},
    "sign a checkpoint": {
        "task": "scorecards.tasks.sign_checkpoint",
        "schedule": crontab(hour=2, minute=11),
    },
    "end extensions": {"task": "quintet.tasks.end_extensions", "schedule": crontab(minute=2)},
    "sweep files of evidence": {
        "task": "quintet.tasks.sweep_evidence",
        "schedule": crontab(hour=3, minute=41),
    },
    "sweep workbooks of everything": {
        "task": "quintet.tasks.sweep_exports",
        "schedule": crontab(hour=3, minute=47),
    },
    "forget old idempotency keys": {
        "task": "un20portal.outbox.tasks.forget_old_keys",
        "schedule": crontab(hour=3, minute=23),
    },
    "forget workbooks that wait": {
        "task": "quintet.tasks.forget_waiting_workbooks",
        "schedule": crontab(hour=3, minute=37),
    },
}

# --- cache, mail, logs -------------------------------------------------------------------------
CACHES = {
    # attempts to sign in: limits that hold without Redis and survive its restart (docs/decisions/0010)
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "entities_attempt",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # requests to the API: they may go uncounted for as long as Redis is away
    "throttle": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("CACHE_URL", default=REDIS_URL),
        "KEY_PREFIX": "un20",
        "OPTIONS": {"socket_connect_timeout": 0.4, "socket_timeout": 0.4, "retry": Retry(NoBackoff(), 0)},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.str('PORT', default='8000')}")  # in letters
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="un20-portal@localhost")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "un20portal.lib.logs.OneLineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}

# --- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "entities.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["un20portal.lib.api.DenyUnlessDeclared"],
    "DEFAULT_PARSER_CLASSES": ["un20portal.lib.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["un20portal.lib.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "un20portal.lib.pagination.ReferencePagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "un20portal.lib.throttling.AnonymousThrottle",
        "un20portal.lib.throttling.PersonThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", default="60/min"),
        "user": env.str("THROTTLE_USER", default="300/min"),
    },
    "EXCEPTION_HANDLER": "un20portal.lib.problems.problem_response",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "UN 2.0 portal API",
    "VERSION": "1",
    "DESCRIPTION": "Published scorecards on the quintet of change; with a token, one's own assessments.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

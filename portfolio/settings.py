"""Every setting of an instance, read from the environment and from one folder, `DATA_DIR`.

There is no .env file and no base/dev/prod family: what the environment does not say has the default
written here. A secret `NAME` may come as `NAME_FILE`, the path of a file that holds it. A value
that cannot be meant ends the start with one sentence that names the variable.

Importing this module makes no file. A missing SECRET_KEY or ENCRYPTION_KEY is thrown together for
this process and listed in `UNSAVED_SECRETS`; `people.first_run.keep_secrets` writes those very
values to `DATA_DIR` when the instance is made, and `asgi.py` refuses to serve with an unsaved one.
"""

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from observability import logs
from portfolio.api import options
from portfolio.environment import (
    database,
    endpoint,
    flag,
    folder,
    hosts,
    number,
    origins,
    redis,
    stop,
    text,
    token,
    web_address,
)

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent


def secret(name: str, file: Path) -> str:
    """The environment's, else the file's, else one for this process alone that `keep_secrets` may
    write down.
    """
    found = text(name) or (file.read_text().strip() if file.is_file() else "")
    if not found:
        found = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        UNSAVED_SECRETS[name] = (file, found)
    return found


# Where things are ---------------------------------------------------------------------------------

#: One folder per person: database, keys, media, logs.
DATA_DIR = folder("DATA_DIR", "data")
#: Development aids: tracebacks on pages, one-click sign-in. Never on a network.
DEBUG = flag("DEBUG", False)
#: Where people and friends' instances reach this one. `runserver` fills in the address it serves.
BACKEND_URL = web_address("BACKEND_URL", "http://127.0.0.1:8000")
BACKEND_HOST = urlsplit(BACKEND_URL).hostname
HTTPS = BACKEND_URL.lower().startswith("https:")
#: Names a browser may call this instance by, on top of BACKEND_URL's and loopback.
ALLOWED_HOSTS = list(
    dict.fromkeys([BACKEND_HOST, "localhost", "127.0.0.1", "[::1]", *hosts("ALLOWED_HOSTS")])
)
#: How many proxies of one's own stand in front and set X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)
#: Web pages of other origins that may read the API. None by default.
CORS_ORIGINS = origins("CORS_ORIGINS")

# Who this is, and the relay -----------------------------------------------------------------------

#: False: the instance works alone and dials nobody.
ENABLE_COLLABORATION = flag("ENABLE_COLLABORATION", True)
#: The relay; the link dials ws(s) of it.
COLLABORATION_SERVICE_URL = web_address("COLLABORATION_SERVICE_URL", "http://localhost:9000")
#: A guard against the wrong folder: if given, it must be the identity's id.
BACKEND_USER_ID = text("BACKEND_USER_ID")
#: The name friends see. Empty: sign-up asks for it.
BACKEND_DISPLAY_NAME = text("BACKEND_DISPLAY_NAME")
#: True: positions come from the built-in sample broker.
USE_MOCK_SCHWAB_DATA = flag("USE_MOCK_SCHWAB_DATA", True)

#: Tests only: the named moment (`link.crash.POINTS`) at which this process kills itself.
CRASH_AT = text("CRASH_AT") if "PYTEST_CURRENT_TEST" in os.environ else ""

# Secrets ------------------------------------------------------------------------------------------

UNSAVED_SECRETS: dict[str, tuple[Path, str]] = {}
#: Signs sessions, links and live topics.
SECRET_KEY = secret("SECRET_KEY", DATA_DIR / "secret.key")
#: Seals broker tokens in the database.
ENCRYPTION_KEY = secret("ENCRYPTION_KEY", DATA_DIR / "encryption.key")
#: Browsers ignore ports: two instances on one host need different cookie names, known before the
#: database is, and different in containers whose folders have the same path.
COOKIE_MARK = sha256(f"cookies|{SECRET_KEY}|{DATA_DIR}".encode()).hexdigest()[:8]

# Django -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portfolio",
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
    "rest_framework",
    "servestatic",
]
MIDDLEWARE = [
    "portfolio.people.metering.metering",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "portfolio.api.cors.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portfolio.people.middleware.StorageMiddleware",
    "portfolio.people.middleware.GoneMiddleware",
    "portfolio.people.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "portfolio.urls"
ASGI_APPLICATION = "portfolio.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
TIME_ZONE = "UTC"
#: Pages speak English alone, and looking for translations is a tenth of drawing one.
USE_I18N = False

# Data ---------------------------------------------------------------------------------------------

#: SQLite in DATA_DIR unless an address says otherwise.
DATABASES = {"default": database(DATA_DIR)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a deferred one that turns to writing fails at once
        "timeout": 20,
        # NORMAL loses acknowledged commits on power loss; revoked data must leave the file.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON",
    }
#: Empty: one process, everything in its memory. Needed for more than one.
REDIS_URL = redis("REDIS_URL")
IN_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
if REDIS_URL:
    LAYER = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    CACHE = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
else:
    LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    CACHE = IN_MEMORY
#: What `{% cache %}` keeps of drawn rows: always in memory, and gone with the process.
DRAWN = {**IN_MEMORY, "LOCATION": "drawn", "OPTIONS": {"MAX_ENTRIES": 1000}}
CHANNEL_LAYERS, CACHES = {"default": LAYER}, {"default": CACHE, "template_fragments": DRAWN}

# Files --------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
#: Served straight from the source folders; an image that ran collectstatic has hashed ones.
COLLECTED = "collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").is_file()
SERVESTATIC_USE_FINDERS = not COLLECTED
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_ALLOW_ALL_ORIGINS = False
HASHED = "servestatic.storage.CompressedManifestStaticFilesStorage"
AS_IS = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": HASHED if COLLECTED else AS_IS},
}

# Signing in ---------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portfolio.people.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FORM_CLASS = "portfolio.people.forms.NameForm"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SESSION_COOKIE_NAME = f"session_{COOKIE_MARK}"
CSRF_COOKIE_NAME = f"csrf_{COOKIE_MARK}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BACKEND_URL]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Security headers ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# What /metrics tells, and to whom -----------------------------------------------------------------

#: Who shows it as a Bearer token may read /metrics from anywhere, and nobody else. Empty: programs
#: on this machine alone.
METRICS_TOKEN = token("METRICS_TOKEN")
#: True: what waits for each friend, under their id.
METRICS_FRIENDS = flag("METRICS_FRIENDS", False)

# API and log --------------------------------------------------------------------------------------

#: Both in `portfolio.api.options`, but for what the environment says.
REST_FRAMEWORK = {**options.REST_FRAMEWORK, "NUM_PROXIES": TRUSTED_PROXIES}
SPECTACULAR_SETTINGS = options.SPECTACULAR
#: How much is logged, and as lines for people or JSON. Commands log to the console; a serving
#: instance also to DATA_DIR/logs.
LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in logs.LEVELS:
    stop("LOG_LEVEL", "must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
LOG_FORMAT = text("LOG_FORMAT", "line")
if LOG_FORMAT not in logs.SHAPES:
    stop("LOG_FORMAT", "must be line or json")
#: Where traces go, by OTLP over HTTP, and under which name. Empty: there are none.
OTEL_EXPORTER_OTLP_ENDPOINT = endpoint("OTEL_EXPORTER_OTLP_ENDPOINT")
OTEL_SERVICE_NAME = text("OTEL_SERVICE_NAME", "portfolio-instance")
CONSOLE = {"console": {"class": "logging.StreamHandler"}}
LOGGING = logs.config(LOG_LEVEL, LOG_FORMAT, "portfolio", CONSOLE)
LOGGING_CONFIG = "observability.logs.set_up"

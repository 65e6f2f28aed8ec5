"""Every setting of the relay, read from the environment; docs/relay.md has the table.

There is no database, no secret and no folder: the relay remembers nothing. A value that cannot be
meant ends the start with one sentence that names the variable. Importing this makes no file.
"""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from collab_relay.names import normalise_audience
from collab_relay.protocol import BURST, RATE
from observability import logs

BASE_DIR = Path(__file__).resolve().parent.parent


def stop(name: str, must: str) -> NoReturn:
    raise SystemExit(f"The environment variable {name} {must}.")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, most: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= most):
        stop(name, f"must be a whole number from 1 to {most}")
    return int(value)


def names(name: str) -> list[str]:
    return [part for part in text(name).replace(",", " ").split() if part]


def choice(name: str, default: str, *others: str) -> str:
    value = text(name, default)
    if value not in (default, *others):
        stop(name, f"must be one of {', '.join((default, *others))}")
    return value


def token(name: str) -> str:
    """The variable, or what stands in the file that its _FILE names."""
    file = text(f"{name}_FILE")
    try:
        value = Path(file).read_text("utf-8").strip() if file else text(name)
    except (OSError, UnicodeDecodeError):
        stop(f"{name}_FILE", "names a file that cannot be read")
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", value):
        stop(name, "must be 16 or more of the characters A-Z a-z 0-9 - . _ ~ + / =")
    return value


def addresses(name: str) -> list[str]:
    try:
        return [normalise_audience(url) for url in names(name)]
    except ValueError:
        stop(name, "must be addresses like https://relay.example.org, with commas between them")


def endpoint(name: str) -> str:
    value = text(name)
    if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
        stop(name, "must be an address like http://collector:4318")
    return value


def networks(name: str) -> list[str]:
    try:
        found = names(name)
        for value in found:
            ip_network(value)
    except ValueError:
        stop(name, "must be addresses or networks like 10.0.0.1 or 10.0.0.0/8")
    return found


def redis(name: str) -> str:
    """What is wrong with it is not said: there may be a password in it."""
    try:
        parts = urlsplit(text(name))
        is_good = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if text(name) and not is_good:
        stop(name, "must be an address like redis://host:6379 or rediss://:password@host:6379")
    return text(name)


def readable(name: str) -> str:
    value = text(name)
    if value and not (Path(value).is_file() and os.access(value, os.R_OK)):
        stop(name, "names a file that cannot be read")
    return value


# What `runrelay` listens at when its argument does not say.
PORT = number("PORT", 9000, 65_535)

# The addresses by which instances call this relay: a token is for one of them. Empty: the address
# that is listened at, which only instances on this machine can use.
RELAY_URLS = addresses("RELAY_URLS")

# Events a second for each instance, and how many at once; ten times as much for each address.
RELAY_RATE = number("RELAY_RATE", RATE, 1_000_000)
RELAY_BURST = number("RELAY_BURST", BURST, 10_000_000)

# A file with the ids that are let in, one a line; read again on SIGHUP. Empty: everybody.
RELAY_ALLOWED_USERS = readable("RELAY_ALLOWED_USERS")

# Who shows it may read /metrics from anywhere, and nobody else. Empty: programs on this machine.
METRICS_TOKEN = token("METRICS_TOKEN")

# Redis, by which several processes are one relay. Empty: this process is all of it.
REDIS_URL = redis("REDIS_URL")

# Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Empty: none.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")

# Where traces go, by OTLP over HTTP, and under which name. Empty: there are none.
OTEL_EXPORTER_OTLP_ENDPOINT = endpoint("OTEL_EXPORTER_OTLP_ENDPOINT")
OTEL_SERVICE_NAME = text("OTEL_SERVICE_NAME", "portfolio-relay")

# The log goes to standard output and to this file: lines for people, or JSON.
LOG_LEVEL = choice("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL")
LOG_FORMAT = choice("LOG_FORMAT", "line", "json")
LOG_FILE = Path(text("LOG_DIR", ".")).absolute() / "collaboration-service.log"

DEBUG = False
# The Host header decides nothing here: tokens name the relay, and no page is made of it.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["collab_relay"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "collab_relay.urls"
DATABASES: dict[str, dict[str, str]] = {}
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_192  # of a POST to /api/register

HANDLERS: dict[str, dict[str, object]] = {
    "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
    # Reopened when it is moved away, so any log rotation works. Made by the first line.
    "file": {
        "class": "logging.handlers.WatchedFileHandler",
        "filename": LOG_FILE,
        "encoding": "utf-8",
        "delay": True,
    },
}
LOGGING = logs.config(LOG_LEVEL, LOG_FORMAT, "collab_relay", HANDLERS)
# It tells of each second without Redis, at length; `cluster` tells of the first.
LOGGING["loggers"]["channels_redis"] = {"level": "CRITICAL"}
LOGGING_CONFIG = "observability.logs.set_up"

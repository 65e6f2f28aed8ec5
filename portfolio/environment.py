"""How a variable of the environment is read.

A secret `NAME` may come as `NAME_FILE`, the path of a file that holds it. A value that cannot be
meant ends the start with one sentence that names the variable: never a traceback, and never a
guess. Pure but for reading; it makes no file. Imported by `settings` alone.
"""

import importlib.util
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from environ import Env

FLAGS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")
DRIVERS = ("psycopg", "psycopg2")
SQLITE, POSTGRES = "django.db.backends.sqlite3", "django.db.backends.postgresql"


def stop(name: str, must: str) -> NoReturn:
    raise SystemExit(f"The environment variable {name} {must}.")


def text(name: str, default: str = "") -> str:
    file = os.environ.get(f"{name}_FILE")
    try:
        return (Path(file).read_text() if file else os.environ.get(name, default)).strip()
    except OSError as error:
        stop(f"{name}_FILE", f"names a file that cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        stop(f"{name}_FILE", "names a file that is not text")


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in FLAGS:
        stop(name, "must be true or false")
    return FLAGS[value]


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit():
        stop(name, "must be a whole number, 0 or more")
    return int(value)


def names(name: str, fits: Callable[[str], bool], must: str) -> list[str]:
    """What stands between commas."""
    found = [part.strip() for part in text(name).split(",") if part.strip()]
    if not all(map(fits, found)):
        stop(name, must)
    return found


def token(name: str) -> str:
    """What a program shows as `Authorization: Bearer ...`; empty when there is none."""
    value = text(name)
    if value and not TOKEN.fullmatch(value):
        stop(name, "must be 16 or more of the characters A-Z a-z 0-9 - . _ ~ + / =")
    return value


def hosts(name: str) -> list[str]:
    must = "must be names like planner.example.org, with commas between them"
    return names(name, lambda value: bool(HOST.fullmatch(value)), must)


def origins(name: str) -> list[str]:
    must = "must be addresses like https://app.example.org, with commas between them"
    return names(name, _is_origin, must)


def web_address(name: str, default: str) -> str:
    """An http(s) address without a path, so that it can be put before one."""
    value = text(name, default).rstrip("/")
    if not _is_origin(value):
        stop(name, "must be an address like https://planner.example.org, without a path")
    return value


def endpoint(name: str) -> str:
    """An http(s) address, perhaps with a path."""
    value = text(name)
    parts = _parts(value)
    if value and not (parts and parts.scheme in ("http", "https") and parts.hostname):
        stop(name, "must be an address like http://collector:4318")
    return value


def redis(name: str) -> str:
    value = text(name)
    parts = _parts(value)
    if value and not (parts and parts.scheme in ("redis", "rediss") and parts.hostname):
        stop(name, "must be an address like redis://cache:6379/0")
    return value


def folder(name: str, default: str) -> Path:
    """A folder that may be written, or that can be made."""
    path = Path(text(name, default)).expanduser().resolve()
    try:
        found = next(it for it in (path, *path.parents) if it.exists())
    except PermissionError:
        stop(name, "names a folder that you may not open")
    if not found.is_dir():
        stop(name, "must be a folder, and something on its way is a file")
    if found == path and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        stop(name, "names a folder that you may not write")
    return path


def database(data_dir: Path) -> dict[str, object]:
    """DATABASE_URL; without it a file in `data_dir`, the one folder that is made when missing."""
    found = _database(text("DATABASE_URL", f"sqlite:///{data_dir}/db.sqlite3"))
    if found.get("ENGINE") not in (SQLITE, POSTGRES) or not found.get("NAME"):
        stop("DATABASE_URL", "must be an address like sqlite:///folder/file or postgres://name")
    parent = Path(str(found["NAME"])).resolve().parent
    if found["ENGINE"] == SQLITE and parent != data_dir and not parent.is_dir():
        stop("DATABASE_URL", "names a folder that does not exist")
    if found["ENGINE"] == POSTGRES and not any(map(importlib.util.find_spec, DRIVERS)):
        stop(
            "DATABASE_URL",
            "names PostgreSQL, whose driver is missing: `pip install 'psycopg[binary]'`",
        )
    return found


def _database(url: str) -> dict[str, object]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return dict(Env.db_url_config(url))
    except Exception:  # the parser answers a bad address with whatever it stumbles over
        return {}


def _is_origin(value: str) -> bool:
    parts = _parts(value)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    return not (parts.path or parts.query or parts.fragment or parts.username)


def _parts(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        return None if parts.port == 0 else parts
    except ValueError:
        return None

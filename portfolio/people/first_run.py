"""What makes a folder an instance, once: the folder, its secrets, its identity; and what serving
asks of it.

Promise: a fresh DATA_DIR becomes a whole instance by `manage.py runserver` alone. Secrets are made
only while the database holds no identity; later a missing one is a lost one, and stops the start
with a sentence rather than quietly signing everybody out. Safe to call at every start.
"""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError

from observability import logs
from portfolio.link import identity
from portfolio.models import Identity
from portfolio.people import tokens


def make_folder() -> Path:
    """DATA_DIR, for its person alone; `ImproperlyConfigured` where none can be made."""
    folder = Path(settings.DATA_DIR)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = f"DATA_DIR, {folder}, cannot be made: {error.strerror}."
        raise ImproperlyConfigured(why) from error
    return folder


def keep_secrets() -> None:
    """Writes down the secrets that this process made up. Needs a migrated database."""
    if settings.UNSAVED_SECRETS and _has_identity():
        raise ImproperlyConfigured(_lost())
    for _name, (file, value) in settings.UNSAVED_SECRETS.items():
        _write_new(file, value)
    settings.UNSAVED_SECRETS.clear()


def make_instance(verbosity: int = 0) -> None:
    """From an empty folder to an instance that may be served: schema, secrets, identity."""
    make_folder()
    call_command("migrate", interactive=False, verbosity=verbosity)
    keep_secrets()
    identity.ensure()


def ready() -> None:
    """For a serving process, which nobody catches: it has its secrets and its identity, or it ends
    with one sentence. Sessions signed with a key that is gone at the next start are nobody's wish.
    """
    if settings.UNSAVED_SECRETS:
        raise SystemExit(_lost() if _has_identity() else "Run `manage.py migrate` first.")
    try:
        identity.ensure()
    except identity.IdentityError as error:
        raise SystemExit(str(error)) from None
    except DatabaseError as error:
        raise SystemExit(f"No usable database ({error}). Run `manage.py migrate` first.") from None


def log_to_file() -> None:
    """Beside the console, DATA_DIR/logs/instance.log: five files of 2 MB."""
    folder = make_folder() / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    handler = RotatingFileHandler(folder / "instance.log", maxBytes=2_000_000, backupCount=4)
    handler.setFormatter(logs.SHAPES[settings.LOG_FORMAT]())
    logging.getLogger().addHandler(handler)


def show_first_link() -> None:
    """Shows the sign-up link while nobody has signed up: on the console alone, never in the log."""
    if not tokens.anybody():
        link = tokens.first_person_url(settings.BACKEND_URL)
        sys.stderr.write(f"\nNobody has signed up yet. This link works once:\n\n    {link}\n\n")


def _has_identity() -> bool:
    """False as well where nothing was migrated yet."""
    try:
        return Identity.objects.exists()
    except DatabaseError:
        return False


def _lost() -> str:
    files = ", ".join(str(file) for file, _value in settings.UNSAVED_SECRETS.values())
    variables = ", ".join(settings.UNSAVED_SECRETS)
    return f"The database has an owner, but {files} is missing: restore it, or set {variables}."


def _write_new(file: Path, value: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ImproperlyConfigured(f"Another process has just made {file}. Start again.") from error
    with os.fdopen(descriptor, "w") as opened:
        opened.write(value + "\n")

"""Daphne's `runserver`, made whole: one command turns an empty folder into a running instance.

It makes DATA_DIR, migrates, makes secrets and identity, and takes the address it serves as
BACKEND_URL unless that is set. An address it cannot listen at ends it before any of this. The first
person's sign-up link is shown by `asgi.py`. Files are watched for changes only with DEBUG: this is
how people run their instance, too.
"""

import os
import socket
from typing import Any
from urllib.parse import urlsplit

from daphne.management.commands.runserver import Command as Daphne
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from portfolio.link.identity import IdentityError
from portfolio.people import first_run

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "0": "127.0.0.1"}  # noqa: S104 - read, not bound


class Command(Daphne):  # type: ignore[misc] # daphne ships no types
    help = "Runs this instance; an empty DATA_DIR becomes one."

    def run(self, **options: Any) -> None:
        """Called once the address is known, in the process that starts the server or watches it."""
        options["use_reloader"] = options["use_reloader"] and settings.DEBUG
        self._take_address()
        if os.environ.get("RUN_MAIN") != "true":
            self._probe()
            try:
                first_run.make_instance(verbosity=options["verbosity"])
            except (ImproperlyConfigured, IdentityError) as error:
                raise CommandError(str(error)) from error
        super().run(**options)

    def _probe(self) -> None:
        """Daphne notices a taken port after everything is made and shown, and ends well."""
        family = socket.AF_INET6 if self.use_ipv6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.addr, int(self.port)))
            except OverflowError:
                raise CommandError(f"{self.port} is no port: the last one is 65535.") from None
            except OSError as error:
                where = f"{f'[{self.addr}]' if self._raw_ipv6 else self.addr}:{self.port}"
                raise CommandError(f"Cannot listen at {where}: {error.strerror}.") from error

    def _take_address(self) -> None:
        """Into the environment as well: the child that serves while files are watched reads it
        there.
        """
        if os.environ.get("BACKEND_URL"):
            return
        host = EVERY_ADDRESS.get(self.addr, f"[{self.addr}]" if self._raw_ipv6 else self.addr)
        url = f"http://{host}:{self.port}"
        os.environ["BACKEND_URL"] = settings.BACKEND_URL = url
        settings.CSRF_TRUSTED_ORIGINS = [url]
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, urlsplit(url).hostname]

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        """Nothing: `observability.requests` tells of each request, without what may be a token."""

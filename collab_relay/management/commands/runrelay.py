"""`manage.py runrelay [address:port]`: the relay, until SIGTERM or Ctrl-C."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collab_relay import settings
from collab_relay.asgi import build
from collab_relay.server import Server, listen, raise_file_limit
from collab_relay.service import Relay, own_urls

_ADDRESS = re.compile(r"\A(?:(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]+):)?(?P<port>\d{1,5})\Z")


class Command(BaseCommand):
    help = "Run the relay that carries sealed events between instances."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "address",
            nargs="?",
            default=f"127.0.0.1:{settings.PORT}",
            help="port or address:port, by default 127.0.0.1:$PORT (9000); "
            "0.0.0.0:9000 listens to the network: put TLS before it",
        )

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        host, port = parse_address(address)
        _check_log()
        try:
            listener = listen(host, port)
        except OSError as error:
            raise CommandError(f"Cannot listen at {address}: {error.strerror}.") from error
        port = listener.getsockname()[1]
        relay = Relay.from_settings(own_urls(port))
        server = Server(relay, build(relay), settings.TRUSTED_PROXIES)
        raise_file_limit()
        self._announce(host, port)
        try:
            server.run([listener])
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _announce(self, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Relay listens at http://{shown}:{port}, log in {settings.LOG_FILE}")
        if not settings.RELAY_URLS:
            self.stdout.write(
                "RELAY_URLS is not set: only instances of this machine can connect, "
                f"with http://127.0.0.1:{port} or http://localhost:{port}."
            )
        self.stdout.flush()


def parse_address(address: str) -> tuple[str, int]:
    found = _ADDRESS.match(address)
    if not found or int(found["port"]) > 65_535:
        raise CommandError(f"{address} is not a port or address:port, like 127.0.0.1:9000.")
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


def _check_log() -> None:
    """The first line makes the file; better to know before."""
    try:
        with settings.LOG_FILE.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(
            f"Cannot write {settings.LOG_FILE} (LOG_DIR): {error.strerror}."
        ) from error

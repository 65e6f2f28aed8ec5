"""`manage.py runrelay [address:port]`: the relay, until SIGTERM or Ctrl-C."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collab_relay import settings
from collab_relay.asgi import build
from collab_relay.listening import listen, raise_file_limit
from collab_relay.server import Server
from collab_relay.service import Relay, own_urls
from collab_relay.tls import Certificate
from observability import tracing

FILES = 4_096  # with fewer, somebody should know
OWN_FILES = 64  # log, libraries, and who is just being turned away
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
            "0.0.0.0:9000 listens to the network: put TLS before it, or name a certificate",
        )
        parser.add_argument(
            "--certfile",
            default="",
            help="speak TLS with the certificate, and its chain, in this file (PEM); "
            "read again on SIGHUP",
        )
        parser.add_argument(
            "--keyfile", default="", help="its key, when that is not in the same file"
        )

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        host, port = parse_address(address)
        certificate = certificate_of(options["certfile"], options["keyfile"])
        _check_log()
        try:
            listener = listen(host, port)
        except OSError as error:
            raise CommandError(f"Cannot listen at {address}: {error.strerror}.") from error
        port = listener.getsockname()[1]
        scheme = "https" if certificate else "http"
        relay = Relay.from_settings(own_urls(port, scheme))
        server = Server(relay, build(relay), settings.TRUSTED_PROXIES, certificate)
        tracing.set_up(settings.OTEL_EXPORTER_OTLP_ENDPOINT, settings.OTEL_SERVICE_NAME)
        self._announce(scheme, host, port)
        self._warn_of_files(raise_file_limit())
        try:
            server.run([listener])
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _announce(self, scheme: str, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Relay listens at {scheme}://{shown}:{port}, log in {settings.LOG_FILE}")
        if not settings.RELAY_URLS:
            self.stdout.write(
                "RELAY_URLS is not set: only instances of this machine can connect, "
                f"with {scheme}://127.0.0.1:{port} or {scheme}://localhost:{port}."
            )
        self.stdout.flush()

    def _warn_of_files(self, most: int) -> None:
        if most >= FILES:
            return
        self.stdout.write(
            f"This user may have {most} files open, so there is room for about "
            f"{max(0, most - OWN_FILES)} instances. For more raise the limit: `ulimit -Hn` in a "
            "shell, LimitNOFILE= in a systemd unit."
        )
        self.stdout.flush()


def parse_address(address: str) -> tuple[str, int]:
    found = _ADDRESS.match(address)
    if not found or int(found["port"]) > 65_535:
        raise CommandError(f"{address} is not a port or address:port, like 127.0.0.1:9000.")
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


def certificate_of(file: str, key_file: str) -> Certificate | None:
    if not file:
        if key_file:
            raise CommandError("--keyfile needs --certfile.")
        return None
    certificate = Certificate(file, key_file)
    try:
        certificate.check()
    except OSError as error:
        raise CommandError(f"Cannot use the certificate in {file}: {error.strerror}.") from error
    return certificate


def _check_log() -> None:
    """The first line makes the file; better to know before."""
    try:
        with settings.LOG_FILE.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(
            f"Cannot write {settings.LOG_FILE} (LOG_DIR): {error.strerror}."
        ) from error

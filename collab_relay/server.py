"""uvicorn, set up for the relay: bound memory, a clean end, patience with nobody.

Promises: messages above 64 KiB are refused while they arrive; a peer that is gone is noticed
within 40 seconds, one that stopped reading is dropped by the kernel a little later, a TLS handshake
and a plain HTTP connection have ten seconds each; on SIGTERM every instance is told when to come
back, and the process ends within five seconds. SIGHUP reads RELAY_ALLOWED_USERS and the certificate
again.
"""

import asyncio
import gc
import signal
import socket
import ssl
from functools import partial
from ipaddress import ip_network
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from observability.logs import get_logger

from .lasting import for_ever
from .service import Relay
from .tls import Certificate
from .websocket import STRANGERS, Heartbeat, Socket

log = get_logger(__name__)

HTTP_SECONDS = 10.0
HTTP_BYTES = 65_536  # of bodies on one connection: Django would put them on the disk, however long


class ShortHttp(HttpToolsProtocol):
    """A plain HTTP connection ends after ten seconds, however slowly its request arrives, or with
    a body that is too long.

    What it sends is read in turns: making a WebSocket of it costs as much as many events.
    """

    relay: Relay
    _unread, _room = b"", HTTP_BYTES

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(HTTP_SECONDS, transport.abort)
        if self.client and not self.relay.is_welcome(self.client[0]):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if not self._unread:
            self.flow.pause_reading()
            STRANGERS.wait(self._go_on)
        self._unread += data

    def _go_on(self) -> bool:
        data, self._unread = self._unread, b""
        if not self.transport.is_closing():
            self.flow.resume_reading()
            super().data_received(data)
        return False

    def on_body(self, body: bytes) -> None:
        self._room -= len(body)
        if self._room >= 0:
            super().on_body(body)
        elif not self.transport.is_closing():
            self.send_400_response("Too long.")

    def handle_websocket_upgrade(self) -> None:
        self._patience.cancel()  # the transport is the WebSocket's from here on
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # the other half of a cycle

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """`certificate` where the relay speaks TLS itself."""

    def __init__(
        self,
        relay: Relay,
        application: Any,
        proxies: list[str],
        certificate: Certificate | None = None,
    ) -> None:
        self._heartbeat = Heartbeat()
        super().__init__(_config(application, proxies, certificate, self._heartbeat))
        self.relay, self._certificate = relay, certificate

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        await self.relay.open()
        loop = asyncio.get_running_loop()
        for listener in sockets or []:
            self.servers.append(
                await loop.create_server(
                    self._protocol,
                    sock=listener,
                    backlog=self.config.backlog,
                    ssl=self.config.ssl,
                    ssl_handshake_timeout=HTTP_SECONDS if self.config.ssl else None,
                )
            )
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        self._beating = loop.create_task(for_ever(self._heartbeat.go_on))
        # What exists now stays: without it each collection would walk all of Django again.
        gc.collect()
        gc.freeze()

    def _protocol(self) -> asyncio.Protocol:
        protocol = ShortHttp(self.config, self.server_state, self.lifespan.state)
        protocol.relay = self.relay
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self.relay.farewell()
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        try:
            self.relay.read_allowed()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            log.warning("RELAY_ALLOWED_USERS cannot be read; the old list stays", why=why)
        try:
            if self._certificate and self.config.ssl:
                self._certificate.renew(self.config.ssl)
                log.info("The certificate was read again")
        except OSError as error:
            log.warning("The certificate cannot be used; the old one stays", why=error.strerror)


def _config(
    application: Any, proxies: list[str], certificate: Certificate | None, heartbeat: Heartbeat
) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        http=ShortHttp,
        ws=partial(Socket, heartbeat=heartbeat),  # type: ignore[arg-type]  # it is only called
        loop="auto",  # uvloop where it is installed
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=as_seen(proxies),
        timeout_graceful_shutdown=2,
    )
    config.load()
    if certificate:
        config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.load_into(config.ssl)
    return config


def as_seen(proxies: list[str]) -> list[str]:
    """And how an IPv4 address looks to a relay that listens at [::]."""
    networks = map(ip_network, proxies)
    mapped = [
        f"::ffff:{net.network_address}/{96 + net.prefixlen}" for net in networks if net.version == 4
    ]
    return proxies + mapped

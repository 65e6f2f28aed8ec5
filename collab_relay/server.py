"""uvicorn, set up for the relay: bound memory, a clean end, patience with nobody.

Promises: messages above 64 KiB are refused while they arrive; a peer that is gone is noticed
within 40 seconds, one that stopped reading is dropped by the kernel a little later, a plain HTTP
connection lives ten seconds; on SIGTERM every instance is told when to come back, and the process
ends within five seconds. SIGHUP reads RELAY_ALLOWED_USERS again.
"""

import asyncio
import gc
import resource
import signal
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from .logs import log
from .protocol import MESSAGE_BYTES
from .service import Relay

HTTP_SECONDS = 10.0
FRAGMENTS = 1_000  # of one message: of empty ones there is no end
UNREAD_MILLISECONDS = 45_000
PING_SECONDS = 20.0


class ShortHttp(HttpToolsProtocol):
    """A plain HTTP connection ends after ten seconds, however slowly its request arrives."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(HTTP_SECONDS, self._end)

    def _end(self) -> None:
        # After an upgrade the transport belongs to the WebSocket protocol.
        if not self.transport.is_closing() and self.transport.get_protocol() is self:
            self.transport.abort()


class Socket(WebSocketsSansIOProtocol):
    """Nothing that is no message yet may pile up either."""

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        if len(self.frames) > FRAGMENTS:
            self.transport.abort()

    def handle_ping(self) -> None:
        super().handle_ping()
        # Pongs are written whether or not anybody reads; `writable` is what a full buffer clears.
        if not self.writable.is_set():
            self.transport.abort()


class Server(uvicorn.Server):
    def __init__(self, relay: Relay, application: Any, proxies: list[str]) -> None:
        super().__init__(_config(application, proxies))
        self.relay = relay

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
        # What exists now stays: without it each collection would walk all of Django again.
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self.relay.farewell()
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        try:
            self.relay.read_allowed()
        except OSError as error:
            log("RELAY_ALLOWED_USERS cannot be read; the old list stays", why=error.strerror)


def _config(application: Any, proxies: list[str]) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=ShortHttp,
        ws=Socket,
        loop="auto",  # uvloop where it is installed
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        timeout_graceful_shutdown=2,
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted sockets inherit it. Closing one whose peer reads nothing would wait for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def raise_file_limit() -> None:
    """As many sockets as this user may have; the usual 1,024 would be 1,000 instances."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

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
from collections import deque
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, apply_mask  # type: ignore[attr-defined]  # C where it is built
from websockets.http11 import Request
from websockets.protocol import State

from observability.logs import get_logger

from .consumer import STRAIGHT, Peer
from .protocol import MESSAGE_BYTES
from .service import Relay
from .tls import Certificate

log = get_logger(__name__)

HTTP_SECONDS = 10.0
FRAGMENTS = 1_000  # of one message: of empty ones there is no end
PING_SECONDS = 20.0
WHOLE_TEXT, MASKED = 0x81, 0x80  # the first byte of a frame that is a message; a bit of the second
SHORTEST, LONGEST = 6, 14  # bytes of the header of a client's frame, its mask included


class ShortHttp(HttpToolsProtocol):
    """A plain HTTP connection ends after ten seconds, however slowly its request arrives."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(HTTP_SECONDS, transport.abort)

    def handle_websocket_upgrade(self) -> None:
        self._patience.cancel()  # the transport is the WebSocket's from here on
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)


class Inbox:
    """What uvicorn uses of asyncio.Queue, in a quarter of its memory: one reader, one thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[Any] = deque()
        self._waiting: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def empty(self) -> bool:
        return not self._messages

    async def get(self) -> Any:
        while not self._messages:
            self._waiting = self._loop.create_future()
            await self._waiting
        return self._messages.popleft()


class Socket(WebSocketsSansIOProtocol):
    """Until somebody has signed in, ASGI; then messages go straight to their `peer`, and its to
    `write`. Nothing that is no message yet may pile up either.

    Frames are cut here. A text in one frame, which nearly all are, is done with; the parser of
    websockets, which goes through a generator for each part of a header, gets any other, whole.
    """

    peer: Peer | None = None
    _rest = b""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.queue = Inbox(self.loop)  # type: ignore[assignment]  # only these three methods are used

    def attach(self, peer: Peer) -> None:
        """Somebody has signed in; what the handshake left is of no use any more."""
        self.peer = peer
        del self.request, self.response
        self.scope["headers"] = []

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[STRAIGHT] = self

    def data_received(self, data: bytes) -> None:
        data, at = self._rest + data, 0
        self._rest = b""
        while self.conn.state is State.OPEN:
            start, end = _payload(data, at)
            if end - start > MESSAGE_BYTES or not (end > len(data) or data[at + 1] & MASKED):
                break  # the parser says what is wrong with it
            if end > len(data):
                self._rest = data[at:]
                return
            if self.peer is not None and data[at] == WHOLE_TEXT and not self.frames:
                self.peer.take(_text(apply_mask(data[start:end], data[start - 4 : start])))
            else:
                super().data_received(data[at:end])
            at = end
        super().data_received(data[at:])

    def send_receive_event_to_app(self) -> None:
        if self.peer is None:
            return super().send_receive_event_to_app()
        data, self.frames = b"".join(self.frames), []
        self.peer.take(_text(data) if self.curr_msg_data_type == "text" else None)

    def write(self, messages: Iterable[bytes]) -> None:
        """Text messages, whole; none once the socket is closing."""
        if not (self.close_sent or self.disconnected):
            self.transport.write(b"".join(part for m in messages for part in (_head(len(m)), m)))

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.peer is not None:
            self.peer.flush()

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        if len(self.frames) > FRAGMENTS:
            self.transport.abort()

    def handle_ping(self) -> None:
        super().handle_ping()
        # Pongs are written whether or not anybody reads; `writable` is what a full buffer clears.
        if not self.writable.is_set():
            self.transport.abort()


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _payload(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of this client's frame begins and ends (RFC 6455, 5.2). While its header
    is not all there: nowhere, past the end of the data.
    """
    there = len(data) - at
    size = data[at + 1] & 0x7F if there >= SHORTEST else 0
    if there < SHORTEST or (size == 127 and there < LONGEST):
        return len(data) + 1, len(data) + 1
    if size < 126:
        return at + 6, at + 6 + size
    if size == 126:
        return at + 8, at + 8 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at + 14, at + 14 + int.from_bytes(data[at + 2 : at + 10], "big")


def _head(size: int) -> bytes:
    """Before one whole text message of a server (RFC 6455, 5.2)."""
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


class Server(uvicorn.Server):
    """`certificate` where the relay speaks TLS itself."""

    def __init__(
        self,
        relay: Relay,
        application: Any,
        proxies: list[str],
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__(_config(application, proxies, certificate))
        self.relay, self._certificate = relay, certificate

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
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
        # What exists now stays: without it each collection would walk all of Django again.
        gc.collect()
        gc.freeze()

    def _protocol(self) -> asyncio.Protocol:
        return ShortHttp(self.config, self.server_state, self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self.relay.farewell()
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        try:
            self.relay.read_allowed()
        except OSError as error:
            log.warning(
                "RELAY_ALLOWED_USERS cannot be read; the old list stays", why=error.strerror
            )
        try:
            if self._certificate and self.config.ssl:
                self._certificate.renew(self.config.ssl)
                log.info("The certificate was read again")
        except OSError as error:
            log.warning("The certificate cannot be used; the old one stays", why=error.strerror)


def _config(
    application: Any, proxies: list[str], certificate: Certificate | None
) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        http=ShortHttp,
        ws=Socket,
        loop="auto",  # uvloop where it is installed
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=as_seen(proxies),
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
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

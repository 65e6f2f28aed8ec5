"""The socket to the relay: dial, authenticate, whole messages in and out.

The relay is not trusted: a message is at most 64 KiB in at most 64 fragments, whatever lengths it
announces, and the certificate is checked as usual. Silence for `SILENCE` seconds means the
connection is dead. `send` may be called from one thread while another waits in `receive`; both
raise `Closed` when it is over.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import websocket
from websocket import ABNF, WebSocket, WebSocketException

from collab_relay import protocol
from portfolio.access import me
from portfolio.link import identity

F = TypeVar("F")
CONNECT_WAIT = 5.0
SILENCE = 45.0
MAX_FRAGMENTS = 64


class Closed(Exception):
    """The connection is over. `code` is the close code, 1006 when there was none."""

    def __init__(self, code: int = protocol.Close.LOST) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class _CappedBuffer(websocket._abnf.frame_buffer):
    """The library believes any announced length; this one refuses before it reads."""

    def recv_length(self) -> None:
        super().recv_length()
        if (self.length or 0) > protocol.MESSAGE_BYTES:
            raise WebSocketException("a frame larger than any message")


class _Capped(WebSocket):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.frame_buffer = _CappedBuffer(self._recv, True)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the relay said before the first event."""

    hello: protocol.Hello
    connected: protocol.Connected
    more: Sequence[Any] = ()  # frames that came in the same message as `connected`
    trip: float = 0.0  # seconds from my answer to `connected`
    skew: float = 0.0  # the relay's clock less mine, in seconds


class RelaySocket:
    """One authenticated connection."""

    def __init__(self, address: str, user_id: str) -> None:
        """`address`: http(s) of the relay. `OSError` or `WebSocketException` when it cannot be
        reached.
        """
        url = "ws" + urlsplit(address)._replace(path=f"/ws/{user_id}").geturl().removeprefix("http")
        self._audience = protocol.normalise_audience(address)
        self._ws = _Capped(
            sockopt=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            fire_cont_frame=True,
            enable_multithread=True,
        )
        self._ws.settimeout(CONNECT_WAIT)
        # The library reads headers without end; each byte has its own time.
        end = threading.Timer(CONNECT_WAIT, self.close)
        end.start()
        try:
            self._ws.connect(  # type: ignore[no-untyped-call] # the library has no types here
                url, subprotocols=[protocol.SUBPROTOCOL], redirect_limit=0
            )
        finally:
            end.cancel()

    def authenticate(self, friends: Sequence[str], invites: Sequence[str]) -> Welcome:
        """Answer the relay's nonce and say who may reach me. `Closed` when it refuses."""
        hello, more = self._expect(protocol.Hello)
        if more:
            raise Closed(protocol.Close.VERSION)
        skew = hello.time - time.time()
        who = me()
        self.send(
            protocol.Authenticate(
                token=identity.relay_token(self._audience, hello.nonce, int(hello.time)),
                display_name=who.display_name,
                backend_url=who.backend_url,
                friends=list(friends),
                invites=list(invites),
            )
        )
        answered = time.monotonic()
        connected, more = self._expect(protocol.Connected)
        self._ws.settimeout(SILENCE)
        return Welcome(hello, connected, more, time.monotonic() - answered, skew)

    def send(self, *frames: protocol.FromInstance) -> None:
        for text in protocol.pack(map(protocol.encode_frame, frames)):
            self.send_text(text)

    def send_text(self, text: str) -> None:
        """One whole message."""
        try:
            self._ws.send(text)
        except (OSError, WebSocketException) as error:
            raise Closed from error

    def receive(self) -> bytes:
        """The next whole message."""
        parts: list[bytes] = []
        while True:
            opcode, frame = self._next()
            if opcode == ABNF.OPCODE_CLOSE:
                raise Closed(_code_of(_bytes(frame.data)))
            parts.append(_bytes(frame.data))
            if len(parts) > MAX_FRAGMENTS or sum(map(len, parts)) > protocol.MESSAGE_BYTES:
                raise Closed(protocol.Close.TOO_BIG)
            if frame.fin:
                return b"".join(parts)

    def close(self) -> None:
        """Wakes whoever waits in `receive`."""
        self._ws.shutdown()  # type: ignore[no-untyped-call] # the library has no types here

    def _next(self) -> tuple[int, ABNF]:
        try:
            opcode, frame = self._ws.recv_data_frame()
            return opcode, frame
        except (OSError, WebSocketException) as error:
            raise Closed from error

    def _expect(self, kind: type[F]) -> tuple[F, list[Any]]:
        """The frame that must come now, and those that came with it: the relay sends what a
        connection is due in one message.
        """
        frames = protocol.decode_from_relay(self.receive())
        if frames and isinstance(frames[0], kind):
            return frames[0], frames[1:]
        raise Closed(protocol.Close.VERSION)


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def _code_of(data: bytes) -> int:
    return int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005

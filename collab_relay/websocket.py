"""A WebSocket of the relay: ASGI until somebody has signed in, then straight to their `Peer`.

Promises: nothing that is no message yet piles up; a socket whose end was decided is gone five
seconds later, whatever the other side does; one that is silent for two turns of the `Heartbeat` is
closed. An idle one holds no task, no timer and no buffer.

uvicorn makes one where a request wants to become a WebSocket, and hands it transport and request.
"""

import asyncio
from collections.abc import Iterable
from itertools import cycle
from typing import Any, Protocol

import uvicorn
from uvicorn.server import ServerState

from observability.logs import get_logger

from . import framing
from .framing import (
    CLOSE,
    CONTINUED,
    FAILED,
    FINAL,
    NOT_ALLOWED,
    OPCODE,
    PING,
    PONG,
    RESTART,
    WHOLE_TEXT,
    Broken,
    Fragments,
)
from .guest import Guest, Message
from .turns import Turns, clock

log = get_logger(__name__)

MOMENT = 0.0003  # seconds of one tick for one connection; who needs more gets it in turns
TALKERS = Turns()
STRANGERS = Turns(most=1)  # a message of theirs is a signature to check
CLOSE_SECONDS = 5.0  # then the socket is given up, whatever is still unread
PING_SECONDS = 20


class Peer(Protocol):
    """Somebody who has signed in, as a socket sees them: see `consumer`."""

    def take(self, text: str | None) -> None: ...
    def flush(self) -> None: ...
    def gone(self) -> None: ...


class Socket(asyncio.Protocol):
    """`is_full`: what is written now would have to wait. `is_closing`: it would not be sent."""

    transport: asyncio.Transport

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: Message,
        heartbeat: "Heartbeat",
    ) -> None:
        self._connections: set[Any] = server_state.connections
        self._heartbeat = heartbeat
        self._guest: Guest | None = Guest(self, config.loaded_app, server_state.tasks)
        self._peer: Peer | None = None
        self._rest = b""
        self._fragments: Fragments | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_heard, self._has_turn = True, False
        self.is_full = self.is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # of TCP or TLS
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._heartbeat.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
        if self._peer is not None:
            self._peer.gone()
        elif self._guest is not None:
            self._guest.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def is_open(self) -> bool:
        return not (self.is_closing or self.transport.is_closing())

    def attach(self, peer: Peer) -> list[str | None]:
        """Somebody has signed in, and gets the messages from now on; those that are waiting."""
        guest, self._guest, self._peer = self._guest, None, peer
        self._heartbeat.add(self)
        self.read_on()
        return guest.waiting() if guest else []

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._guest is not None and not self._guest.has_begun:
            return self._guest.begin(data)
        self._is_heard = True
        self._rest += data
        if self._has_turn:
            return
        if self._guest is not None or self._hear():
            self._has_turn = True
            self.transport.pause_reading()
            (STRANGERS if self._guest else TALKERS).wait(self._go_on)

    def _go_on(self) -> bool:
        """A turn of one who had too much to say for one tick, or has not signed in."""
        if self._hear():
            return True
        self._has_turn = False
        if self._guest is None or self._guest.inbox.empty() or self.is_closing:
            self.read_on()
        return False

    def _hear(self) -> bool:
        """The frames that are there, for a moment; whether there may be more."""
        data, at, until = self._rest, 0, clock() + MOMENT
        try:
            while not self.transport.is_closing() and (frame := framing.cut(data, at)):
                first, payload, at = frame
                if first == WHOLE_TEXT and self._fragments is None:
                    self._take(_text(payload))
                else:
                    self._take_frame(first, payload)
                if at < len(data) and clock() > until:
                    break
        except Broken as broken:
            self._break_off(broken.code)
        except Exception:
            log.exception("A message could not be handled")
            self._break_off(FAILED)
        self._rest = b"" if self.transport.is_closing() else data[at:]
        return bool(self._rest) and clock() > until

    def _take(self, text: str | None) -> None:
        """A message; None when it is no text."""
        if self._peer is not None:
            self._peer.take(text)
        elif self._guest is not None and not self.is_closing:
            self._guest.inbox.put_nowait({"type": "websocket.receive", "text": text})
            self.transport.pause_reading()

    def _take_frame(self, first: int, payload: bytes) -> None:
        opcode = first & OPCODE
        if opcode == CLOSE:
            self._end(framing.answer_to_closing(payload))
        elif opcode == PING:
            self._answer(payload)
        elif opcode != PONG:
            self._take_fragment(first, payload)

    def _answer(self, payload: bytes) -> None:
        # A pong is due whether or not anybody reads: who does not would have them pile up.
        if self.is_full:
            self.transport.abort()
        elif not self.is_closing:
            self.transport.write(framing.control(PONG, payload))

    def _take_fragment(self, first: int, payload: bytes) -> None:
        opcode = first & OPCODE
        if (opcode == CONTINUED) == (self._fragments is None):
            raise Broken(NOT_ALLOWED)
        fragments = self._fragments or Fragments(opcode)
        fragments.add(payload)
        self._fragments = None if first & FINAL else fragments
        if first & FINAL:
            self._take(_text(fragments.data) if fragments.is_text else None)

    # What goes

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        if self._peer is not None:
            self._peer.flush()

    def write(self, messages: Iterable[bytes]) -> None:
        """Text messages, whole; none once the socket is closing."""
        if not self.is_closing:
            parts = (part for text in messages for part in (framing.head(len(text)), text))
            self.transport.write(b"".join(parts))

    def close(self, code: int, reason: str = "") -> None:
        """Behind what was written; the other side has five seconds to answer."""
        if self.is_open:
            self.is_closing = True
            self.transport.write(framing.closing(code, reason))
            self.give_up_soon()
            self.read_on()

    def give_up_soon(self) -> None:
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def beat(self) -> None:
        """Ask whether the other side is there; close when nothing has come since the last time."""
        if self.is_closing:
            return
        if self._is_heard:
            self._is_heard = False
            self.transport.write(framing.control(PING, b""))
        else:
            self._break_off(FAILED, "no answer to a ping")

    def shutdown(self) -> None:
        """The server ends."""
        self._break_off(RESTART)

    def _break_off(self, code: int, reason: str = "") -> None:
        """Close, and hear no answer."""
        self.close(code, reason)
        self.transport.close()

    def _end(self, answer: bytes) -> None:
        """The other side closes, or answers our closing."""
        if not self.is_closing:
            self.is_closing = True
            self.transport.write(answer)
            self.give_up_soon()
        self.transport.close()

    def read_on(self) -> None:
        """But not while what has come waits for its turn: more would pile up."""
        if not (self._has_turn or self.transport.is_closing()):
            self.transport.resume_reading()


def _text(data: bytes | bytearray) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


class Heartbeat:
    """Sees to every socket once in PING_SECONDS, and to as many in any second of these."""

    def __init__(self) -> None:
        turns: list[set[Socket]] = [set() for _ in range(PING_SECONDS)]
        self._turns, self._places, self._looks = turns, cycle(turns), cycle(turns)

    def add(self, socket: Socket) -> None:
        next(self._places).add(socket)

    def discard(self, socket: Socket) -> None:
        for turn in self._turns:
            turn.discard(socket)

    def look(self) -> None:
        for socket in list(next(self._looks)):
            socket.beat()

    async def go_on(self) -> None:
        """For a second."""
        await asyncio.sleep(1)
        self.look()

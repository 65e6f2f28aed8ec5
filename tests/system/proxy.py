"""A network between instances and a relay that can be made to misbehave.

Plain TCP, one thread and loop of its own. It records every byte both ways (websocket frames
unmasked, handshakes included), and it can cut, also in the middle of a frame, refuse, stall one
way, delay, send byte by byte, double and reorder messages, or send what was recorded again later
on another connection. The recording is a tape of whole websocket messages in the order in which
they passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

Way = Literal["up", "down"]  # up: from an instance to the relay
TEXT = 1


@dataclass(frozen=True)
class Passed:
    """One websocket frame (opcode, payload without its mask), or the bytes of a handshake."""

    connection: int
    way: Way
    opcode: int | None  # None: of the HTTP handshake
    payload: bytes


@dataclass
class Rules:
    """What happens to a message on its way; read anew for each."""

    delay: float = 0.0
    copies: int = 1  # 2: everything arrives twice
    in_bytes: bool = False  # each byte a segment of its own
    shuffled: int = 1  # so many texts are held and go on in the opposite order
    cut_at: int = 0  # the next text of more bytes ends there, and the connection with it


@dataclass
class Wire:
    """One connection through the proxy: to the relay, to the instance."""

    number: int
    writers: dict[Way, asyncio.StreamWriter]
    lost: bool = False
    held: dict[Way, list[bytes]] = field(default_factory=lambda: {"up": [], "down": []})


@dataclass
class Proxy:
    """Listens on `port` once started, forwards to `target` on this machine."""

    target: int
    port: int
    tape: list[Passed] = field(default_factory=list)
    rules: dict[Way, Rules] = field(default_factory=lambda: {"up": Rules(), "down": Rules()})
    refuses: bool = False
    _wires: dict[int, Wire] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: dict[Way, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        for event in self._open.values():
            event.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # From the test's thread -------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()
        self._do(self._listen())

    def stop(self) -> None:
        self.cut()
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self) -> None:
        """Every connection ends now, without a goodbye."""
        self._do(self._cut())

    def lose(self) -> None:
        """What is open now stays open and carries nothing any more, either way; new ones do."""
        for wire in list(self._wires.values()):
            wire.lost = True

    def stall(self, way: Way) -> None:
        """Nothing more passes this way; the connection stays open."""
        self._loop.call_soon_threadsafe(self._open[way].clear)

    def flow(self, way: Way) -> None:
        self._loop.call_soon_threadsafe(self._open[way].set)

    def heal(self) -> None:
        """A good network from now on; what was held back goes down with its connections."""
        self.rules.update({"up": Rules(), "down": Rules()})
        self.refuses = False
        self.flow("up")
        self.flow("down")
        self.cut()

    def replay(self, way: Way, messages: list[bytes]) -> None:
        """Send these text messages once more, on every connection that is open."""
        self._do(self._replay(way, messages))

    def texts(self, way: Way | None = None) -> list[bytes]:
        """The recorded text messages, in order."""
        return [it.payload for it in list(self.tape) if it.opcode == TEXT and way in (None, it.way)]

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # In the loop ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self._server.close()
        await asyncio.sleep(0)

    async def _cut(self) -> None:
        for wire in self._wires.values():
            for writer in wire.writers.values():
                writer.transport.abort()

    async def _replay(self, way: Way, messages: list[bytes]) -> None:
        for wire in self._wires.values():
            for message in messages:
                wire.writers[way].write(framed(message, masked=way == "up"))

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.refuses:
            back.transport.abort()
            return
        try:
            far, on = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            back.transport.abort()
            return
        self._count += 1
        wire = self._wires[self._count] = Wire(self._count, {"up": on, "down": back})
        await asyncio.gather(self._carry(wire, "up", near), self._carry(wire, "down", far))
        self._wires.pop(wire.number, None)

    async def _carry(self, wire: Wire, way: Way, reader: asyncio.StreamReader) -> None:
        """Until one side ends; then both do."""
        writer = wire.writers[way]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.tape.append(Passed(wire.number, way, None, head))
            writer.write(head)
            if b"websocket" in head.lower():
                while True:
                    raw, opcode, text = await unframed(reader)
                    self.tape.append(Passed(wire.number, way, opcode, text))
                    if not wire.lost:
                        await self._pass(way, wire, raw, is_text=opcode == TEXT)
            while rest := await reader.read(65_536):  # plain HTTP: a body, an answer
                self.tape.append(Passed(wire.number, way, None, rest))
                if not wire.lost:
                    writer.write(rest)
        for each in wire.writers.values():
            each.close()

    async def _pass(self, way: Way, wire: Wire, raw: bytes, is_text: bool) -> None:
        rules = self.rules[way]
        await self._open[way].wait()
        if rules.delay:
            await asyncio.sleep(rules.delay)
        if is_text and 0 < rules.cut_at < len(raw):
            rules.cut_at, raw = 0, raw[: rules.cut_at]
            wire.writers[way].write(raw)
            await wire.writers[way].drain()
            raise ConnectionAbortedError
        held = wire.held[way]
        held += [raw] * (rules.copies if is_text else 1)
        if len(held) >= rules.shuffled or not is_text:
            await self._write(wire.writers[way], b"".join(held[::-1]), rules.in_bytes)
            held.clear()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, in_bytes: bool) -> None:
        for at in range(0, len(data), 1 if in_bytes else len(data)):
            writer.write(data[at : at + 1] if in_bytes else data)
            await writer.drain()


async def unframed(reader: asyncio.StreamReader) -> tuple[bytes, int, bytes]:
    """The next frame: as it came, its opcode, its payload without the mask (RFC 6455, 5.2)."""
    raw = await reader.readexactly(2)
    opcode, masked, size = raw[0] & 0x0F, bool(raw[1] & 0x80), raw[1] & 0x7F
    if size > 125:
        more = await reader.readexactly(2 if size == 126 else 8)
        raw, size = raw + more, int.from_bytes(more, "big")
    mask = await reader.readexactly(4) if masked else b"\0\0\0\0"
    payload = await reader.readexactly(size)
    raw += (mask if masked else b"") + payload
    return raw, opcode, _masked(payload, mask) if masked else payload


def framed(text: bytes, masked: bool) -> bytes:
    """One whole text message as a frame; a client's must be masked, here by zeros."""
    size, bit = len(text), 0x80 if masked else 0
    if size < 126:
        head = bytes([0x80 | TEXT, bit | size])
    elif size < 65_536:
        head = bytes([0x80 | TEXT, bit | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | TEXT, bit | 127]) + size.to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + text


def _masked(payload: bytes, mask: bytes) -> bytes:
    pattern = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(
        len(payload), "big"
    )

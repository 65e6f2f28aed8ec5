"""The sockets of a relay, with frames made by hand."""

import asyncio
import socket
import time
from typing import Any

import pytest

from collab_relay import protocol as p
from collab_relay.guest import STRAIGHT, Message
from collab_relay.websocket import CLOSE_SECONDS, MOMENT, PING_SECONDS, Socket

from .client import Identity, authenticate, connect, dial
from .conftest import RelayProcess
from .raw import masked, payloads, signed_in, upgraded
from .served import REQUEST, Served, serve


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(b"", b"\x89\xfd\0\0\0\0" + b"x" * 125, id="pings, with nobody reading"),
        pytest.param(b"\x01\x80\0\0\0\0", b"\x00\x80\0\0\0\0", id="empty fragments"),
    ],
)
def test_what_is_no_message_cannot_pile_up(relay: RelayProcess, first: bytes, then: bytes) -> None:
    with upgraded(relay) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # it would grow to 32 MB
        raw.sendall(first)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            raw.sendall(then * (30_000_000 // len(then)))


PING = masked(b'{"type":"ping"}')
LONG_PING = masked(b'{"type":"ping","pad":"' + b"x" * 300 + b'"}')


def test_a_message_may_come_byte_by_byte(relay: RelayProcess, alice: Identity) -> None:
    with signed_in(relay, alice) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in LONG_PING + PING:
            raw.sendall(bytes([byte]))
        assert payloads(raw, b"pong", times=2).count(b"pong") == 2
        for cut in (1, 2, 5, 7, len(LONG_PING) + 3):
            both = LONG_PING + PING
            raw.sendall(both[:cut])
            time.sleep(0.01)
            raw.sendall(both[cut:] + masked(b'{"type":"last"}'))
            assert payloads(raw, b"unknown_type").count(b"pong") == 2


def test_a_message_may_come_in_fragments_with_pings_between(
    relay: RelayProcess, alice: Identity
) -> None:
    with signed_in(relay, alice) as raw:
        parts = masked(b'{"type":', 0x01), masked(b"hi", 0x89), masked(b'"ping"}', 0x80)
        raw.sendall(b"".join(parts) + PING + masked(b'{"type":"last"}'))
        found = payloads(raw, b"unknown_type")
        assert (found.count(b"pong"), found.count(b"\x8a\x02hi")) == (2, 1)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b'\x81\x0f{"type":"ping"}' + PING, 1002, id="not masked"),
        pytest.param(b"\x81\xff" + (65_537).to_bytes(8) + b"mask", 1009, id="too long"),
        pytest.param(b"\x81\xff" + (2**62).to_bytes(8) + b"mask", 1009, id="far too long"),
        pytest.param(masked(b"{}", 0xC1), 1002, id="compressed"),
        pytest.param(masked(b"{}", 0x83), 1002, id="no such frame"),
        pytest.param(masked(b"{", 0x01) + PING, 1002, id="a message within another"),
        pytest.param(masked(b'{"type":"\xff"}'), 4400, id="not UTF-8"),
        pytest.param(masked(b"{}", 0x82), 4400, id="not text"),
    ],
)
def test_a_frame_that_must_not_be_closes(
    relay: RelayProcess, alice: Identity, frame: bytes, code: int
) -> None:
    with signed_in(relay, alice) as raw:
        raw.sendall(frame)
        found = payloads(raw, code.to_bytes(2))
        assert found[found.index(code.to_bytes(2)) - 2] == 0x88
        assert b"pong" not in found


async def test_what_comes_behind_the_token_is_not_lost(
    relay: RelayProcess, alice: Identity
) -> None:
    async with dial(relay.url, alice.id) as client:
        hello = await client.wait(p.Hello)
        await client.send(authenticate(relay.url, alice, hello))
        for _ in range(3):
            await client.send(p.Ping())
        await client.wait(p.Connected)
        for _ in range(3):
            await client.wait(p.Pong)
        assert await client.settle() == []


async def test_who_stops_reading_for_a_while_gets_all(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice], keeps_credit=False) as b,
    ):
        b.socket.transport.pause_reading()
        for ref in range(19):
            await a.event(bob.id, '"' + "x" * 50_000 + '"', ref=ref)
            assert not (await a.wait(p.EventAck)).undelivered
        b.socket.transport.resume_reading()
        assert [len((await b.wait(p.IncomingEvent)).data) for _ in range(19)] == [50_002] * 19
        await b.send(p.Received(count=19))
        await b.settle()


class Echo:
    """A peer that says everything again."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None})
        await receive()
        self.socket: Socket = scope["extensions"][STRAIGHT]
        for text in self.socket.attach(self):
            self.take(text)

    def take(self, text: str | None) -> None:
        self.socket.write([(text or "nothing").encode()])

    def flush(self) -> None:
        raise AssertionError("this socket was never full")

    def gone(self) -> None:
        self.ended.set()


async def test_who_has_signed_in_needs_no_application() -> None:
    echo = Echo()
    async with serve(echo) as it:
        await it.request(*REQUEST)
        it.writer.write(masked(b"token") + masked(b"one") + masked(b"two"))
        assert await it.reader.readexactly(10) == b"\x81\x03one\x81\x03two"
        assert it.state.tasks == set()
        it.writer.write(masked(b"three"))
        assert await it.reader.readexactly(7) == b"\x81\x05three"
        it.socket.close(4000, "enough")
        echo.take("nor after the close")
        assert await it.reader.readexactly(10) == b"\x88\x08\x0f\xa0enough"
        assert not echo.ended.is_set()
        it.writer.write(masked(b"\x0f\xa0", 0x88))
        assert await it.reader.read() == b""
        await echo.ended.wait()
        assert it.state.connections == set()


async def beats(it: Served, times: int) -> bytes:
    """What the client gets after so many looks at the sockets."""
    for _ in range(times):
        it.heartbeat.look()
    return await it.reader.readexactly(2)


async def test_one_that_answers_is_asked_once_in_a_turn() -> None:
    async with serve(Echo()) as it:
        await it.request(*REQUEST)
        it.writer.write(masked(b"token") + masked(b"one"))
        assert await it.reader.readexactly(5) == b"\x81\x03one"
        for _ in range(3):
            assert await beats(it, PING_SECONDS) == b"\x89\x00"
            it.writer.write(masked(b"", 0x8A))
            await it.settle()


async def test_one_that_is_silent_for_two_turns_is_closed() -> None:
    echo = Echo()
    async with serve(echo) as it:
        await it.request(*REQUEST)
        it.writer.write(masked(b"token") + masked(b"one"))
        assert await it.reader.readexactly(5) == b"\x81\x03one"
        assert await beats(it, 2 * PING_SECONDS) == b"\x89\x00"
        assert await it.reader.read() == b"\x88\x15\x03\xf3no answer to a ping"
        await echo.ended.wait()
        it.heartbeat.look()


@pytest.mark.long
def test_one_that_is_not_there_any_more_is_closed(relay: RelayProcess, alice: Identity) -> None:
    with signed_in(relay, alice) as raw:
        raw.settimeout(50)
        began = time.monotonic()
        assert payloads(raw, b"no answer to a ping").count(b"\x89\x00") == 1
        assert PING_SECONDS <= time.monotonic() - began < 2 * PING_SECONDS + 5


@pytest.mark.long
def test_a_close_that_nobody_answers_is_the_end(relay: RelayProcess, alice: Identity) -> None:
    with signed_in(relay, alice) as raw:
        raw.settimeout(20)
        raw.sendall(masked(b"no JSON"))
        payloads(raw, p.Close.NOT_JSON.to_bytes(2))
        began = time.monotonic()
        while raw.recv(1_000):
            pass
        assert CLOSE_SECONDS - 1 < time.monotonic() - began < CLOSE_SECONDS + 5


async def test_who_has_much_to_say_is_heard_in_turns() -> None:
    """And to the end, in order: here each message takes more than a tick has for one connection."""
    ticks, heard = 0, list[tuple[int, str | None]]()

    class Talker:
        def take(self, text: str | None) -> None:
            heard.append((ticks, text))
            time.sleep(2 * MOMENT)

        def flush(self) -> None: ...
        def gone(self) -> None: ...

    async def application(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None})
        scope["extensions"][STRAIGHT].attach(Talker())

    async with serve(application) as served:
        await served.request(*REQUEST)
        served.writer.write(b"".join(masked(b"%d" % number) for number in range(40)))
        while len(heard) < 40:
            ticks += 1
            await asyncio.sleep(0)
        await served.settle()
    assert [text for _, text in heard] == [str(number) for number in range(40)]
    assert len({tick for tick, _ in heard}) == 40


@pytest.mark.parametrize("at", [0, 3])
async def test_a_message_that_fails_costs_its_sender_the_connection(
    caplog: pytest.LogCaptureFixture, at: int
) -> None:
    """Also in a turn of its own; what it was is not in the log."""

    class Failing(Echo):
        def take(self, text: str | None) -> None:
            time.sleep(2 * MOMENT)
            if text == str(at):
                raise ValueError("canary")

    peer = Failing()
    async with serve(peer) as it:
        await it.request(*REQUEST)
        it.writer.write(masked(b"token"))
        await it.settle()
        it.writer.write(b"".join(masked(b"%d" % number) for number in range(6)))
        assert await it.reader.read() == b"\x88\x02\x03\xf3"
        await peer.ended.wait()
    assert [record.getMessage() for record in caplog.records] == ["A message could not be handled"]


async def test_nothing_is_read_while_what_has_come_waits_for_its_turn() -> None:
    """Though somebody signs in meanwhile."""
    peer = Echo()
    async with serve(peer) as it:
        await it.request(*REQUEST)
        it.writer.write(masked(b"token"))
        await it.settle()
        socket, transport = it.socket, it.socket.transport
        socket.data_received(masked(b"one"))
        waiting = 2_000
        socket.data_received(masked(b"x") * waiting)
        assert not transport.is_reading()
        socket.read_on()
        assert not transport.is_reading()
        assert (await it.reader.readexactly(5 + 3 * waiting))[-3:] == b"\x81\x01x"
        await it.settle()
        assert transport.is_reading()

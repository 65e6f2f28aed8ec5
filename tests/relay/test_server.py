"""The server around the relay: patience, and a clean end."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from uvicorn.middleware.proxy_headers import _TrustedHosts

from collab_relay import protocol as p
from collab_relay.server import as_seen

from .client import Identity, authenticate, connect, dial
from .conftest import RelayProcess


async def test_on_sigterm_everybody_is_told_another_time_to_come_back(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path)
    async with AsyncExitStack() as stack:
        people = [Identity(str(n)) for n in range(10)]
        clients = [await stack.enter_async_context(connect(relay.url, who)) for who in people]
        guest = await stack.enter_async_context(dial(relay.url, "x"))
        stalled = await stack.enter_async_context(connect(relay.url, Identity("Stalled")))
        stalled.socket.transport.pause_reading()
        began = time.monotonic()
        relay.process.send_signal(signal.SIGTERM)
        waits = []
        for client in clients:
            code, frames = await client.closed()
            assert (code, type(frames[-1])) == (p.Close.RESTART, p.Closing)
            waits.append(frames[-1].retry_after)
        assert (await guest.closed())[0] == p.Close.RESTART
        await asyncio.to_thread(relay.process.wait, 5)
        assert time.monotonic() - began < 5
    assert len(set(waits)) == 10
    assert 0 <= min(waits) < max(waits) <= 11 / 250  # a few are back at once, 250 a second
    assert "Traceback" not in relay.stop()


async def test_half_a_request_is_dropped_with_the_process_unharmed(relay: RelayProcess) -> None:
    host, port = relay.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost:")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"\x00\xff" * 50 + b"\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def upgraded(relay: RelayProcess, path_id: str = "x") -> socket.socket:
    """A WebSocket in the raw, that reads nothing after the handshake."""
    host, port = relay.url.removeprefix("http://").split(":")
    raw = socket.create_connection((host, int(port)), timeout=5)
    raw.sendall(
        b"GET /ws/"
        + path_id.encode()
        + b" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n"
        b"Sec-WebSocket-Protocol: " + p.SUBPROTOCOL.encode() + b"\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return raw


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(b"", b"\x89\xfd\0\0\0\0" + b"x" * 125, id="pings, with nobody reading"),
        pytest.param(b"\x01\x80\0\0\0\0", b"\x00\x80\0\0\0\0", id="empty fragments"),
    ],
)
def test_what_is_no_message_cannot_pile_up(relay: RelayProcess, first: bytes, then: bytes) -> None:
    with upgraded(relay) as raw:
        raw.sendall(first)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            raw.sendall(then * (30_000_000 // len(then)))


def masked(payload: bytes, first: int = 0x81) -> bytes:
    """One frame of a client."""
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0xFE]) + size.to_bytes(2)
    mask = b"\x01\x02\x03\x04"
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def payloads(raw: socket.socket, enough: bytes, times: int = 1) -> bytes:
    """All that comes, heads and all, until `enough` has so many times."""
    found = b""
    while found.count(enough) < times:
        part = raw.recv(65_536)
        assert part, found
        found += part
    return found


@contextmanager
def signed_in(relay: RelayProcess, me: Identity) -> Iterator[socket.socket]:
    with upgraded(relay, me.id) as raw:
        text = payloads(raw, b"}}")
        [hello] = p.decode_from_relay(text[text.index(b"{") :])
        assert isinstance(hello, p.Hello)
        raw.sendall(masked(p.encode(authenticate(relay.url, me, hello)).encode()))
        payloads(raw, b'"connected"')
        yield raw


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


@pytest.mark.long
def test_a_request_that_never_ends_is_dropped(relay: RelayProcess) -> None:
    host, port = relay.url.removeprefix("http://").split(":")
    began = time.monotonic()
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost:")
        raw.settimeout(15)
        with suppress(ConnectionResetError):
            assert raw.recv(100) == b""
    assert 9 < time.monotonic() - began < 12


def test_a_trusted_proxy_is_known_by_either_spelling() -> None:
    """A relay that listens at [::] sees IPv4 addresses as IPv6 ones."""
    trusted = _TrustedHosts(as_seen(["127.0.0.1", "10.1.0.0/16", "2001:db8::/32"]))
    seen = ("127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "10.1.2.3", "2001:db8::5")
    assert [name in trusted for name in seen] == [True] * 5
    assert [name in trusted for name in ("::ffff:127.0.0.2", "10.2.0.1", "::1")] == [False] * 3

"""The server around the relay: patience, and a clean end."""

import asyncio
import signal
import socket
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from collab_relay import protocol as p
from collab_relay.server import UNREAD_MILLISECONDS, listen

from .client import Identity, connect, dial
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
    assert 0 <= min(waits) < max(waits) <= 11 / 50  # a few are back at once, fifty a second
    assert "Traceback" not in relay.stop()


async def test_half_a_request_is_dropped_with_the_process_unharmed(relay: RelayProcess) -> None:
    host, port = relay.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost:")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"\x00\xff" * 50 + b"\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def upgraded(relay: RelayProcess) -> socket.socket:
    """A WebSocket in the raw, that reads nothing after the handshake."""
    host, port = relay.url.removeprefix("http://").split(":")
    raw = socket.create_connection((host, int(port)), timeout=5)
    raw.sendall(
        b"GET /ws/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n"
        b"Sec-WebSocket-Protocol: " + p.SUBPROTOCOL.encode() + b"\r\n\r\n"
    )
    assert raw.recv(4096).startswith(b"HTTP/1.1 101")
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


def test_listening_sockets_hand_on_how_long_unread_data_may_lie() -> None:
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                option = getattr(socket, "TCP_USER_TIMEOUT", None)
                if option is not None:
                    found = accepted.getsockopt(socket.IPPROTO_TCP, option)
                    assert found == UNREAD_MILLISECONDS
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", listener.getsockname()[1])

"""The server around the relay: patience, and a clean end."""

import asyncio
import signal
import socket
import time
import urllib.request
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from uvicorn.middleware.proxy_headers import _TrustedHosts

from collab_relay import protocol as p
from collab_relay.server import as_seen

from .client import Identity, connect, dial
from .conftest import RelayProcess


async def test_on_sigterm_everybody_is_told_another_time_to_come_back(
    tmp_path: Path, long_run: bool
) -> None:
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
        await asyncio.to_thread(relay.process.wait, 30)
        assert time.monotonic() - began < (5 if long_run else 20)
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


def test_a_body_without_end_is_not_kept(tmp_path: Path) -> None:
    """Whoever cannot sign in would fill the disk with it."""
    relay = RelayProcess(tmp_path)
    host, port = relay.url.removeprefix("http://").split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=20) as raw:
            raw.sendall(b"POST /api/register HTTP/1.1\r\nHost: x\r\n")
            raw.sendall(b"Content-Length: 99999999\r\n\r\n")
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                raw.sendall(b"x" * 30_000_000)
        urllib.request.urlopen(f"{relay.url}/health", timeout=20).close()
    finally:
        said = relay.stop() + relay.log
    assert ("Traceback" in said, "ERROR" in said) == (False, False)


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

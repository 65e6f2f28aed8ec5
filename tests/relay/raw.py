"""A client below the library: sockets, and frames made by hand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from collab_relay import protocol as p

from .client import Identity, authenticate
from .conftest import RelayProcess


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

"""One step at a time to another machine: its name, the connection, TLS, its answer; each within a
deadline.

Promise: nothing here waits beyond the deadline, a moment of `time.monotonic`, and everything that
goes wrong is an `OSError`. Certificates and host names are checked, as always. Who may be called is
for the caller to decide: see `addresses`. Threads: any; all of it blocks.
"""

from __future__ import annotations

import io
import queue
import socket
import ssl
import threading
import time
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.client import HTTPResponse
from typing import IO, Any

Resolved = tuple[socket.AddressFamily, Any]  # the pair that a socket is made and connected with


def resolve(host: str, port: int, deadline: float) -> list[Resolved]:
    """The addresses of a name. The system's resolver knows no deadline, so it gets a thread."""
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError("not a name"))

    threading.Thread(target=look_up, daemon=True, name="resolve").start()
    try:
        found = answers.get(timeout=left(deadline))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return [(entry[0], entry[4]) for entry in found]


def connect(family: socket.AddressFamily, address: Any, deadline: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(left(deadline))
        sock.connect(address)
        sock.settimeout(left(deadline))
    except OSError:
        sock.close()
        raise
    return sock


def secure(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """The same connection with TLS, within the time that the socket has; closed when that fails."""
    try:
        return _tls().wrap_socket(sock, server_hostname=host)
    except OSError:
        sock.close()
        raise


def answer(sock: socket.socket, deadline: float, most: int) -> HTTPResponse:
    """The answer to what was asked with `Connection: close`, complete, however slowly it drips;
    `HTTPException` when it is none.
    """
    found = HTTPResponse(_Recorded(_read(sock, deadline, most)))  # type: ignore[arg-type]  # it only calls makefile
    found.begin()
    return found


def date(answer: HTTPResponse) -> int | None:
    """The other side's clock, if it says."""
    try:
        return int(parsedate_to_datetime(answer.getheader("Date", "")).timestamp())
    except (ValueError, OverflowError):
        return None


def _read(sock: socket.socket, deadline: float, most: int) -> bytes:
    """All that comes until the other side closes; every wait counts against the one deadline."""
    data = b""
    while len(data) <= most:
        sock.settimeout(left(deadline))
        more = sock.recv(16_384)
        if not more:
            return data
        data += more
    raise TooMuch


class TooMuch(OSError):
    """More came than anybody has to say here."""


class _Recorded:
    """What was read, in the shape `HTTPResponse` reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> IO[bytes]:
        return io.BytesIO(self._data)


def left(deadline: float) -> float:
    """Seconds until then; `TimeoutError` when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()

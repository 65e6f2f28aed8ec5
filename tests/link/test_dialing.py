"""Each step to another machine ends within its deadline, with a connection or an OSError."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from portfolio.link import dialing


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def test_name_becomes_addresses() -> None:
    found = dialing.resolve("localhost", 80, soon())
    assert ("127.0.0.1", 80) in [address for _family, address in found]


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a" * 64 + ".example", "\udcff"])
def test_name_that_is_none_is_an_oserror(name: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011  # the promise is the class and no more
        dialing.resolve(name, 80, soon())


def test_resolver_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hangs.wait(10))
    with pytest.raises(TimeoutError):
        dialing.resolve("slow.example", 80, soon(0.05))
    hangs.set()


def test_connect(listener: socket.socket) -> None:
    with closing(dialing.connect(socket.AF_INET, listener.getsockname(), soon())) as sock:
        assert sock.getpeername() == listener.getsockname()


def test_nothing_is_tried_after_the_deadline(listener: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        dialing.connect(socket.AF_INET, listener.getsockname(), time.monotonic())


def test_secure_wants_tls(listener: socket.socket) -> None:
    def talk() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    threading.Thread(target=talk, daemon=True).start()
    sock = dialing.connect(socket.AF_INET, listener.getsockname(), soon())
    with pytest.raises(ssl.SSLError):
        dialing.secure(sock, "127.0.0.1")
    assert sock.fileno() == -1


@pytest.mark.parametrize(("sent", "status"), [(b"HTTP/1.1 204 No\r\n\r\n", 204)])
def test_answer_is_read_to_its_end(sent: bytes, status: int) -> None:
    here, there = socket.socketpair()
    there.sendall(sent)
    there.close()
    with closing(here):
        assert dialing.answer(here, soon(), 100).status == status


def test_answer_that_is_too_long_is_cut() -> None:
    here, there = socket.socketpair()
    there.sendall(b"x" * 101)
    with closing(here), closing(there), pytest.raises(dialing.TooMuch):
        dialing.answer(here, soon(), 100)

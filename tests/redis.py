"""A real Redis for a test: on a free port, keeping nothing, with or without a password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

COMPLAINT = "No redis-server: ./dev test gets one by apt-get as root, or install it (apt, brew)."


class RedisServer:
    """`start` and `kill` as often as a test likes; it comes back empty at the same port."""

    def __init__(self, program: str, password: str = "") -> None:
        self._program, self._password = program, password
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        user = f":{self._password}@" if self._password else ""
        return f"redis://{user}127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        options = ["--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        if self._password:
            options += ["--requirepass", self._password]
        self._process = subprocess.Popen(
            [self._program, *map(str, options)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, "redis-server ended"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(5)[:1] in (b"+", b"-")
        except OSError:
            return False


def find_redis() -> str:
    """The program; the test is skipped without one, and fails where that would hide something."""
    found = os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
    if not found and os.environ.get("CI") == "true":
        pytest.fail(COMPLAINT)
    return found or pytest.skip(COMPLAINT)


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of one while it runs."""
    server = RedisServer(find_redis())
    server.start()
    try:
        yield server.url
    finally:
        server.kill()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """The Redis that the tests of one file share."""
    server = RedisServer(find_redis())
    server.start()
    yield server
    server.kill()

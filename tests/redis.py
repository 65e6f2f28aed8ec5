"""A Redis of a test's own: the real server on a free port of this machine, nothing kept on disk.

Without `redis-server` on the PATH (Debian: redis-server) the tests that need it are skipped and say
so, except where CI says that everything is there: then its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 20.0  # to start


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Its address while it runs."""
    program = shutil.which("redis-server")
    if program is None:
        missing = "redis-server is not installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    port = _free_port()
    settings = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no")
    with (folder / "redis.log").open("w") as log:
        server = subprocess.Popen([program, *settings], cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(SECONDS)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_it_answers(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as asking:
                asking.sendall(b"PING\r\n")
                if asking.recv(7) == b"+PONG\r\n":
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"Redis does not answer on port {port}")

"""A real relay in a process of its own, and three people."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis import redis as redis

from .client import Identity
from .processes import World, three

_addresses = itertools.count(1)
ROOT = Path(__file__).resolve().parent.parent.parent


class RelayProcess:
    """`manage.py runrelay` on a free port, with its log and what it printed."""

    def __init__(
        self,
        folder: Path,
        address: str = "127.0.0.1:0",
        program: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
        files: int = 0,
        **environment: str,
    ) -> None:
        """`options` of `runrelay`; `files` that it may open, unless 0."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        few, manage = ["prlimit", f"--nofile={files}"] if files else [], str(ROOT / "manage.py")
        self.process = subprocess.Popen(
            [*few, sys.executable, *(program or (manage, "runrelay", address, *options))],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.first_line = self.process.stdout.readline()
        self.url = self.first_line.split(",")[0].removeprefix("Relay listens at ")

    @property
    def log(self) -> str:
        return (self.folder / "collaboration-service.log").read_text()

    def stop(self) -> str:
        """End it; the rest of what it printed."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.rest()

    def rest(self) -> str:
        """What it prints until it ends; `communicate` would miss what came with the first line."""
        with self.process:
            assert self.process.stdout
            return "" if self.process.stdout.closed else self.process.stdout.read()


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """The relay that the tests of one file share; it must end without complaint.

    It takes this machine for a proxy, so that a test may come from an `address` of its own.
    """
    process = RelayProcess(tmp_path_factory.mktemp("relay"), TRUSTED_PROXIES="127.0.0.1")
    yield process
    said = process.stop()
    assert "Traceback" not in said + process.log
    assert "ERROR" not in said


@pytest.fixture
def alice() -> Identity:
    return Identity("Alice")


@pytest.fixture
def bob() -> Identity:
    return Identity("Bob")


@pytest.fixture
def charlie() -> Identity:
    return Identity("Charlie")


@pytest.fixture
def address() -> str:
    """An address that no other test comes from."""
    return f"203.0.113.{next(_addresses)}"


@pytest.fixture
def world() -> World:
    """Three processes of one relay, x, y and z, with nobody connected."""
    return three()

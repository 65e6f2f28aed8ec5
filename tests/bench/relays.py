"""The two relays as processes: ours, with everything on, and the original on Socket.IO.

Each keeps to one core (where there are two) and says what it has used of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bench.crowd import Crowd
from tests.bench.dialects import Dialect, Ours, SocketIO
from tests.house import ROOT

HERE = Path(__file__).resolve().parent / "socketio"
BUILT = ROOT / ".cache" / "socketio"
CORES = sorted(os.sched_getaffinity(0))
START_SECONDS = 30.0
LISTENS = re.compile(r"http://[\d.]+:(\d+)")


class Missing(Exception):
    """The original cannot be built here. The text says why."""


def build_original() -> None:
    """`npm ci` into .cache, unless it is there; Missing."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("Node 20 and npm are needed for the original: nodejs.org, or your system's")
    lock = HERE / "package-lock.json"
    done = BUILT / "installed"
    BUILT.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json", "server.js"):
        shutil.copy(HERE / file, BUILT / file)
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", f"--cache={BUILT}/npm"]
    said = subprocess.run(npm, cwd=BUILT, capture_output=True, text=True, check=False)
    if said.returncode:
        raise Missing(f"npm ci failed: {said.stderr.strip()[-300:]}")
    shutil.copy(lock, done)


class Relay:
    """One relay's process. Started again it takes the same port."""

    def __init__(
        self,
        name: str,
        speaks: type[Dialect],
        folder: Path,
        command: Callable[[int], list[str]],
        environment: Callable[[int], dict[str, str]],
    ) -> None:
        self.name, self._speaks, self._folder = name, speaks, folder
        self._command, self._environment = command, environment
        self._output = folder / "output"
        self.port = 0

    def start(self) -> None:
        """Until it listens."""
        self.launch()
        until = time.monotonic() + START_SECONDS
        while not self.listens():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} did not start: {self._output.read_text()}")
            time.sleep(0.005)

    def launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self._output.open("w") as file:
            self._process = subprocess.Popen(
                self._command(self.port),
                cwd=self._folder,
                env=kept | self._environment(self.port),
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, CORES[:1]),
            )
        self._watch = psutil.Process(self._process.pid)

    def listens(self) -> bool:
        """Whether it has said so; then `url` and `port` are known."""
        found = LISTENS.search(self._output.read_text())
        if found:
            self.url, self.port = found[0], int(found[1])
        return bool(found)

    def ended(self) -> bool:
        return self._process.poll() is not None

    def crowd(self) -> Crowd:
        return Crowd(self._speaks(self.url), "127.0.0.1", self.port)

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of the processor that its threads have used, system calls included: as the
        scheduler counts them, in nanoseconds, where others count in hundredths.
        """
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9

    def memory(self) -> float:
        """Resident MB."""
        return float(self._watch.memory_info().rss) / 1e6

    def terminate(self) -> None:
        self._process.terminate()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def ours(folder: Path, limited: bool = False) -> Relay:
    """With buckets that are kept; unless `limited`, too large to be in the way of measuring."""
    manage = [sys.executable, str(ROOT / "manage.py"), "runrelay"]
    buckets = {} if limited else {"RELAY_RATE": "1000000", "RELAY_BURST": "10000000"}
    return Relay(
        "ours",
        Ours,
        folder / "ours",
        lambda port: [*manage, f"127.0.0.1:{port}"],
        lambda port: buckets,
    )


def original(folder: Path) -> Relay:
    """Missing, when it cannot be built."""
    build_original()
    server = str(BUILT / "server.js")
    return Relay(
        "Socket.IO",
        SocketIO,
        folder / "original",
        lambda port: ["node", server],
        lambda port: {"PORT": str(port), "NODE_ENV": "production"},
    )

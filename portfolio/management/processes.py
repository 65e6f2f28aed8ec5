"""Programs that run side by side under one roof: started, shown, watched and stopped together.

Promise: what a program says is kept in its log file and shown with its name before each line, but
for what is `quiet`; one that ends by itself is started again, unless it never got going; and none
is left behind, whether the roof is asked to stop or killed (see `leash`). It does not know what
the programs are.

Threads: `start`, `mind` and `stop` belong to the main thread; one thread a program copies lines.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
HALF_BAKED = 5.0  # seconds: what ends sooner than this would do so again
PATIENCE = 6.0  # seconds between "please stop" and "stop"
COLOURS = (36, 33, 35, 32, 34)


class Ended(Exception):
    """A program ended before it got going. The message names it and its log file."""


def on_leash(command: list[str]) -> list[str]:
    return [sys.executable, "-I", str(LEASH), str(os.getpid()), *command]


def show(text: str) -> None:
    """On standard output, for as long as anybody reads it: the programs go on without a reader."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


@dataclass
class Program:
    """One program, its environment and its log file. `port` is where it answers /health; lines that
    begin as `quiet` says are logged alone.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    port: int
    quiet: re.Pattern[str] | None = None
    colour: int = 0
    width: int = 0
    began: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    copier: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own manage.py
            on_leash(self.command),
            env={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl+C is for the roof, which stops them in order
        )
        self.copier = threading.Thread(target=self._copy, args=[self.process], daemon=True)
        self.copier.start()

    def _copy(self, process: subprocess.Popen[bytes]) -> None:
        """Until it ends; leaving a Popen closes its pipes and waits for it."""
        with self._lock, self.log.open("a") as log, process:
            for line in process.stdout or ():
                text = line.decode(errors="replace").rstrip("\n")
                print(text, file=log, flush=True)
                if not (self.quiet and self.quiet.match(text)):
                    show(f"{self._label()} {text}")

    def _label(self) -> str:
        label = f"{self.name:{self.width}} |"
        return f"\033[{self.colour}m{label}\033[0m" if sys.stdout.isatty() else label

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self.process.poll() if self.process else None

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def check(self) -> None:
        """Starts it again if it has ended; `Ended` if it had hardly begun."""
        if self.code is None:
            return
        if time.monotonic() - self.began < HALF_BAKED:
            raise Ended(f"{self.name} ended with {self.code}: see above, or {self.log}")
        show(f"{self.name} ended with {self.code} and is started again.")
        self.start()


class Roof:
    """Programs that are started and stopped together."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.programs = list(programs)
        for number, program in enumerate(self.programs):
            program.width = max(len(each.name) for each in self.programs)
            program.colour = COLOURS[number % len(COLOURS)]
            program.log.parent.mkdir(parents=True, exist_ok=True)
            program.log.write_text("")

    def start(self, seconds: float = 30.0) -> None:
        """Starts all and returns when all answer; `Ended` if one does not come up, with so much
        time for each.
        """
        for program in self.programs:
            program.start()
        late = time.monotonic() + seconds * len(self.programs)
        for program in self.programs:
            while not program.healthy():
                program.check()
                if time.monotonic() > late:
                    raise Ended(f"{program.name} does not answer: see {program.log}")
                time.sleep(0.05)

    def mind(self) -> None:
        """Until a signal ends it; `Ended` if a program cannot be kept running."""
        while True:
            time.sleep(0.5)
            for program in self.programs:
                program.check()

    def stop(self) -> None:
        """Asks all to stop, the first started last, and sees that they do."""
        running = [p.process for p in reversed(self.programs) if p.process]
        for process in running:
            if process.poll() is None:
                process.terminate()
        late = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.1, late - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        for program in self.programs:
            if program.copier:
                program.copier.join()

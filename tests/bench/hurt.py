"""What one instance can cost another: Alice and Bob talk while somebody else does what it can.

A hundred events a second go from Alice to Bob through our relay with its usual limits, which has a
core to itself; the attacker (`attackers`) is a process beside it. Quiet and attacked stretches
alternate, and what counts is how much later the slowest of a hundred events arrives: at most 5 ms.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from tests.bench.attackers import KINDS
from tests.bench.crowd import Crowd
from tests.bench.dialects import stamped
from tests.bench.relays import CORES, Relay, ours
from tests.bench.report import Figure
from tests.house import ROOT

STRETCH, PACE = 3.0, 0.01
MOST = 5.0  # ms later, at p99
START = 1.0  # until an attack is at its height


def measured(folder: Path, rounds: int, kinds: list[str]) -> Iterator[Figure]:
    for kind in kinds or list(KINDS):
        relay = ours(folder / kind.replace(" ", "-"), limited=True)
        relay.start()
        for process in (relay.pid, os.getpid()):
            first(process)
        crowd = relay.crowd()
        try:
            crowd.grow(2)
            yield attacked(relay, crowd, kind, rounds)
        finally:
            crowd.leave()
            relay.stop()


def attacked(relay: Relay, crowd: Crowd, kind: str, rounds: int) -> Figure:
    quiet, loud, thrown, busy = [], [], [], []
    for _ in range(rounds):
        quiet.append(talk(crowd))
        with attack(kind, relay.url) as said:
            until = time.perf_counter() + START
            while time.perf_counter() < until:
                crowd.turn(0.01)
            cpu = relay.cpu()
            loud.append(talk(crowd))
            busy.append((relay.cpu() - cpu) / STRETCH)
        thrown.append(int(said[0].replace(",", "")) / (START + STRETCH))
    before, during = median(quiet), median(loud)
    note = (
        f"{before:.1f} -> {during:.1f} ms; {median(thrown):,.0f} a second, "
        f"relay {100 * median(busy):.0f} % busy, {relay.memory():.0f} MB"
    )
    return Figure(f"{kind}: p99 later by", max(0.0, during - before), MOST, "ms", note)


def talk(crowd: Crowd) -> float:
    """p99 of the way from Alice to Bob, in milliseconds."""
    crowd.delays, (alice, event) = [], (crowd.links[0], crowd.dialect.event(0, 1))
    began, number = time.perf_counter(), 0
    while number * PACE < STRETCH:
        due = began + number * PACE
        if time.perf_counter() >= due:
            alice.event, alice.due = stamped(event), 1
            crowd.send(alice, 1, packed=False)
            number += 1
        crowd.turn(min(0.001, max(0.0, due - time.perf_counter())))
    crowd.drain()
    return 1e3 * quantiles(crowd.delays, n=100)[98]


def first(process: int) -> None:
    """Before all other work of this machine, where we may; else its noise is in the figures."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(process, os.SCHED_FIFO, os.sched_param(10))


def beside() -> None:
    os.sched_setaffinity(0, CORES[-1:])
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextlib.contextmanager
def attack(kind: str, url: str) -> Iterator[list[str]]:
    """While it lasts; then how much it was."""
    said: list[str] = []
    command = [sys.executable, "-m", "tests.bench.attackers", kind, url, str(START + STRETCH)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=pipe,
        stdout=pipe,
        text=True,
        preexec_fn=beside,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        yield said
        said.append(process.stdout.readline().strip())

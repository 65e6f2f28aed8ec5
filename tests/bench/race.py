"""`./dev bench relay`: our relay and the original, in turn, with the same client.

One core is the relay's and one the client's. Where the system allows it, as it does root, both come
before all other processes, and rest for as long as they worked. Others disturb whoever is at it
even so: each figure is taken several times in turn, and the median of the rounds' ratios counts.
Saturation is also counted by the second of processor that the relay has used: what a core of its
own would carry. How busy both were stands beside it: where the client is less so than the relay, it
is not the client that is measured. Delays are taken in many slices of a third of a second.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.bench import relays, stretches
from tests.bench.relays import CORES, Relay
from tests.bench.stretches import Numbers, Running, running
from tests.bench.versus import AT_LEAST, AT_MOST, Versus, compare, sliced

T = TypeVar("T", Relay, Running)
Rows = Iterator[Versus]
SATURATED = ((1, 1, 1.0), (4, 1, 1.6), (16, 1, 2.2), (32, 16, 5.0))
PACED = ((500, 1.0, 1.0), (5_000, None, 1.2))
SLICES = 10  # of delays, in each round
SIZES = (100, 1_000, 5_000)


def race(folder: Path, rounds: int) -> Rows:
    """Every figure, as it is found."""
    pair = contestants(folder)
    gc.freeze()
    come_first()
    if len(CORES) > 1:
        os.sched_setaffinity(0, CORES[1:2])
    with ExitStack() as stack:
        both = [stack.enter_context(running(relay)) for relay in pair]
        yield from saturated(both, rounds)
        yield from latency(both, rounds)
    yield from filled(pair, max(1, rounds // 2))
    yield from returned(pair, max(1, rounds // 2))
    yield from routing(pair[0], rounds)


def come_first() -> None:
    """And so do the relays that are started from now on."""
    first = os.sched_param(os.sched_get_priority_min(os.SCHED_RR))
    try:
        os.sched_setscheduler(0, os.SCHED_RR, first)
    except PermissionError:
        print("Other processes come first, too: only root may change that.", file=sys.stderr)


def contestants(folder: Path) -> list[Relay]:
    found = [relays.ours(folder)]
    try:
        found.append(relays.original(folder))
    except relays.Missing as missing:
        print(f"Ours alone, with nothing to compare it with: {missing}.", file=sys.stderr)
    return found


class Rounds:
    """What one measurement gave for each contestant, by name; `[name]` is ours and theirs."""

    def __init__(self, pair: list[T], measure: Callable[[T], Numbers], rounds: int) -> None:
        self._found: list[list[Numbers]] = [[] for _ in pair]
        for number in range(rounds):
            places = list(range(len(pair)))
            for place in places if number % 2 else reversed(places):  # who begins takes turns too
                began = time.monotonic()
                self._found[place].append(measure(pair[place]))
                time.sleep(time.monotonic() - began)

    def __getitem__(self, name: str) -> tuple[list[float], list[float]]:
        ours, *theirs = ([numbers[name] for numbers in each] for each in self._found)
        return ours, theirs[0] if theirs else []

    def shares(self, name: str) -> str:
        return " and ".join(f"{median(values):.0%}" for values in self[name] if values)


def saturated(pair: list[Running], rounds: int) -> Rows:
    for outstanding, batch, goal in SATURATED:
        measure = partial(stretches.saturate, outstanding=outstanding, batch=batch)
        found = Rounds(pair, measure, rounds)
        what = f"{outstanding} outstanding" + (f", arrays of {batch}" if batch > 1 else "")
        busy = f"busy: relay {found.shares('relay busy')}, client {found.shares('client busy')}"
        yield compare(f"{what}: one core carries", "events/s", *found["carries"], AT_LEAST, goal)
        yield compare(f"{what}: by the clock", "events/s", *found["clock"], note=busy)
    ours, *theirs = ([one.relay.memory()] for one in pair)
    yield compare("resident after that", "MB", ours, *(theirs or [[]]), AT_MOST, 0.7)


def latency(pair: list[Running], rounds: int) -> Rows:
    for rate, middle, slow in PACED:
        found = Rounds(pair, partial(stretches.paced, rate=rate), SLICES * rounds)
        yield sliced(f"{rate:,} a second: p50", "ms", *found["p50"], AT_MOST, middle)
        yield sliced(f"{rate:,} a second: p99", "ms", *found["p99"], AT_MOST, slow)
        yield compare(f"{rate:,} a second: processor for each", "us", *found["cost"])


def filled(pair: list[Relay], rounds: int) -> Rows:
    found = Rounds(pair, stretches.fill, rounds)
    yield compare("resident, nobody connected", "MB", *found["empty"])
    yield compare(f"resident, {stretches.IDLE:,} idle", "MB", *found["full"], AT_MOST, 0.7)
    yield _absolute("each idle connection", "KB", found["each"], 25)
    yield compare("connections: by the clock", "1/s", *found["a second"])
    yield compare("connections: one core carries", "1/s", *found["carries"])


def returned(pair: list[Relay], rounds: int) -> Rows:
    found = Rounds(pair, stretches.come_back, rounds)
    who = f"{stretches.RETURNING:,} instances"
    yield _absolute(f"{who} back after its restart", "s", found["back"], 5)
    yield _absolute(f"{who} back, from SIGTERM on", "s", found["since the end"])
    yield _absolute("of these refused", "", found["refused"], 0)


def _absolute(
    name: str, unit: str, both: tuple[list[float], list[float]], goal: float | None = None
) -> Versus:
    """A goal for ours alone: the worst round counts."""
    ours, theirs = both
    other = max(theirs) if theirs else None
    return Versus(name, unit, max(ours), other, None, AT_MOST if goal is not None else "", goal)


def routing(relay: Relay, rounds: int) -> Rows:
    """The hundred talk while others are connected: ours beside itself with nobody else."""
    carries = dict.fromkeys(SIZES, 0.0)
    with running(relay) as one:
        for size in SIZES:
            one.crowd.grow(size)
            found = [stretches.saturate(one, 4)["carries"] for _ in range(rounds)]
            carries[size] = median(found)
    for size in SIZES:
        ratio = carries[SIZES[0]] / carries[size]
        yield Versus(
            f"routing with {size:,} connected",
            "us",
            1e6 / carries[size],
            None,
            ratio,
            AT_MOST,
            1.15,
            "processor for an event, beside that with 100 connected",
        )

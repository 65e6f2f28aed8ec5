"""What is measured on one relay at a time, each for a second or more: functions to numbers.

Events count when they were delivered and acknowledged; each stretch ends when all have been, so the
next begins with nothing under way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import cycle
from statistics import median, quantiles

from tests.bench.crowd import Crowd, Link
from tests.bench.dialects import GROUP, stamped
from tests.bench.relays import Relay

WARM_UP, SATURATED, PACED = 0.3, 1.5, 0.3
IDLE = 5_000
SETTLE = 2.0
RETURNING = 1_000
Numbers = dict[str, float]


@dataclass
class Running:
    """A relay at work, and who is connected to it."""

    relay: Relay
    crowd: Crowd


@contextmanager
def running(relay: Relay, number: int = GROUP) -> Iterator[Running]:
    relay.start()
    crowd = relay.crowd()
    try:
        crowd.grow(number)
        yield Running(relay, crowd)
    finally:
        crowd.leave()
        relay.stop()


def saturate(one: Running, outstanding: int, batch: int = 1) -> Numbers:
    """Each of the hundred keeps so many events under way and sends when `batch` of them are due."""
    crowd, relay = one.crowd, one.relay
    for link in crowd.talkers(outstanding):
        _send_due(crowd, link, batch)
    _keep_sending(crowd, batch, WARM_UP)
    cpu, own, acked, began = relay.cpu(), time.process_time(), crowd.acked, time.perf_counter()
    _keep_sending(crowd, batch, SATURATED)
    took, events = time.perf_counter() - began, crowd.acked - acked
    used, busy = relay.cpu() - cpu, time.process_time() - own
    crowd.drain()
    return {
        "clock": events / took,
        "carries": events / used,
        "relay busy": used / took,
        "client busy": busy / took,
    }


def _keep_sending(crowd: Crowd, batch: int, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for link in crowd.turn(0.1):
            _send_due(crowd, link, batch)


def _send_due(crowd: Crowd, link: Link, batch: int) -> None:
    while link.due >= batch:
        crowd.send(link, link.due if batch == 1 else batch, packed=batch > 1)


def paced(one: Running, rate: int) -> Numbers:
    """So many events a second whatever comes back; how long each was under way, in milliseconds.

    The client never sleeps: it is there when something arrives.
    """
    crowd, number = one.crowd, 0
    senders = cycle(crowd.talkers(0))
    cpu, began = one.relay.cpu(), time.perf_counter()
    crowd.delays = delays = []
    while number < rate * PACED:
        crowd.turn(0)
        if time.perf_counter() >= began + number / rate:
            _send_now(crowd, next(senders))
            number += 1
    crowd.drain()
    crowd.delays = None
    cost = 1e6 * (one.relay.cpu() - cpu) / number
    return {"p50": 1e3 * median(delays), "p99": 1e3 * quantiles(delays, n=100)[98], "cost": cost}


def _send_now(crowd: Crowd, link: Link) -> None:
    template, link.event = link.event, stamped(link.event)
    crowd.send(link, 1, packed=False)
    link.event, link.due = template, 0


def fill(relay: Relay) -> Numbers:
    """A fresh relay and thousands who only connect: how fast, and what each costs."""
    with running(relay, number=0) as one:
        empty = relay.memory()
        cpu, began = relay.cpu(), time.perf_counter()
        one.crowd.grow(IDLE)
        took, used = time.perf_counter() - began, relay.cpu() - cpu
        until = time.perf_counter() + SETTLE
        while time.perf_counter() < until:
            one.crowd.turn(0.1)
        full = relay.memory()
    return {
        "empty": empty,
        "full": full,
        "each": 1e3 * (full - empty) / IDLE,
        "a second": IDLE / took,
        "carries": IDLE / used,
    }


def come_back(relay: Relay) -> Numbers:
    """A thousand instances and a restart: from the relay's first answer until all are in again.

    Each dials when its own client would: told so by the relay, or after a back-off.
    """
    with running(relay, RETURNING) as one:
        back = Returning(one.crowd)
        began = time.perf_counter()
        relay.terminate()
        while not relay.ended():
            one.crowd.turn(0.01)
        relay.launch()
        while not relay.listens():
            back.go_on()
        up, back.refused = time.perf_counter(), 0
        while len(one.crowd.links) < RETURNING:
            back.go_on()
        now = time.perf_counter()
        return {"back": now - up, "since the end": now - began, "refused": back.refused}


class Returning:
    """Who is to dial again, and when. `refused`: connections that the relay has ended."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._due: list[tuple[float, int, int]] = []
        self.refused = 0
        crowd.lost = self._lost

    def _lost(self, link: Link) -> None:
        self.refused += 1
        self._later(link.number, 0, link.last)

    def _later(self, number: int, tries: int, last: bytes = b"") -> None:
        wait = self._crowd.dialect.wait(last, tries)
        heappush(self._due, (time.perf_counter() + wait, number, tries + 1))

    def go_on(self) -> None:
        while self._due and self._due[0][0] <= time.perf_counter():
            _, number, tries = heappop(self._due)
            try:
                self._crowd.dial(number)
            except ConnectionRefusedError:
                self._later(number, tries)
        self._crowd.turn(0.005)

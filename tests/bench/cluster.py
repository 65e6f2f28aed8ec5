"""What an event costs when sender and recipient sit at different relay processes, and what Redis
pays for it.

Six pairs, each with 32 events of 512 characters under way; where there is more than one process, a
pair spans two. Counted by the processor time that relays and Redis used: by the clock, client and
relays share the same few cores, which says more about those.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from collab_relay import protocol as p
from tests.bench.report import Figure
from tests.redis import RedisServer, find_redis
from tests.relay.client import Client, Identity, connect
from tests.relay.conftest import RelayProcess

SECONDS, PAIRS, UNDER_WAY = 6.0, 6, 32
BOX = p.Raw(b'{"box":"' + b"x" * 500 + b'"}')
GOALS = {1: 10.0, 2: 40.0, 3: 40.0}  # microseconds of relays per event
LIMITS = {"RELAY_RATE": "1000000", "RELAY_BURST": "10000000"}


@dataclass
class Count:
    arrived: int = 0


def measured(folder: Path) -> Iterator[Figure]:
    for number in GOALS:
        yield from _one(folder / str(number), number)


def _one(folder: Path, number: int) -> Iterator[Figure]:
    redis = RedisServer(find_redis())
    redis.start()
    more = {"REDIS_URL": redis.url} if number > 1 else {}
    relays = [RelayProcess(folder / str(n), **LIMITS, **more) for n in range(number)]
    try:
        time.sleep(2.5)  # until they have heard of one another
        pids = [relay.process.pid for relay in relays]
        before, of_redis = sum(map(used, pids)), used(redis.pid)
        arrived = asyncio.run(_race([relay.url for relay in relays]))
        cost, redis_cost = sum(map(used, pids)) - before, used(redis.pid) - of_redis
    finally:
        for relay in relays:
            relay.stop()
        redis.kill()
    note = f"{arrived / SECONDS:,.0f} a second by the clock"
    yield Figure(f"{number} relays, per event", 1e6 * cost / arrived, GOALS[number], "us", note)
    if number > 1:
        carries = f"one core of Redis carries {arrived / max(redis_cost, 0.01):,.0f} a second"
        yield Figure(
            f"{number} relays, Redis per event", 1e6 * redis_cost / arrived, 5.0, "us", carries
        )


async def _race(urls: list[str]) -> int:
    count, until = Count(), time.monotonic() + SECONDS
    places = [(urls[n % len(urls)], urls[(n + 1) % len(urls)]) for n in range(PAIRS)]
    await asyncio.gather(*(_pair(here, there, until, count) for here, there in places))
    return count.arrived


async def _pair(here: str, there: str, until: float, count: Count) -> None:
    alice, bob = Identity("Alice"), Identity("Bob")
    async with connect(there, bob, [alice]) as b, connect(here, alice, [bob]) as a:
        await asyncio.gather(_send(a, bob, until), _take(b, until, count))


async def _send(a: Client, bob: Identity, until: float) -> None:
    event = p.CollabEvent(to_users=[bob.id], data=BOX, ref=1)
    while time.monotonic() < until:
        await a.send(*[event] * UNDER_WAY)
        acknowledged = 0
        while acknowledged < UNDER_WAY:
            await a.read()
            acknowledged += sum(isinstance(frame, p.EventAck) for frame in a.inbox)
            a.inbox.clear()


async def _take(b: Client, until: float, count: Count) -> None:
    while time.monotonic() < until:
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await b.read()
        count.arrived += sum(isinstance(frame, p.IncomingEvent) for frame in b.inbox)
        b.inbox.clear()


def used(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

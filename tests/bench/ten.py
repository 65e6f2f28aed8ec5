"""Ten instances that are all friends, with hundreds of ideas and a thread of 5,000 comments: how
long until all agree, what that costs, and how quick the pages are then. See `tests.system.life`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil

from tests.bench import inside, pages
from tests.bench.report import Figure
from tests.system import life, oracle
from tests.system.cluster import Cluster, Instance, Server
from tests.system.life import Life, Size

SIZE = Size()
ACTS = 100
PATIENCE = 900.0
EVENTS = "select count(*) from portfolio_incoming"
PATHS = {
    "Dashboard": "/dashboard/",
    "My Ideas": "/ideas/",
    "Shared With Me": "/ideas/shared/",
    "Friends": "/friends/",
    "Notifications": "/notifications/",
    "Activity": "/activity/",
}


def measured(folder: Path) -> Iterator[Figure]:
    circle = life.prepare(folder, SIZE)
    sessions = [inside.call(one, "session") for one in circle.instances.values()]
    for one in circle.instances.values():
        one.environment["DEBUG"] = "false"
    try:
        yield from _together(circle)
        for one, session in zip(circle.instances.values(), sessions, strict=True):
            one.enter(session)
        yield from _lived(circle)
        yield from _memory(circle)
        circle.alice.stop()
        yield from _pages(circle.alice)
    finally:
        circle.end()


def _together(circle: Cluster) -> Iterator[Figure]:
    """From the start of the processes until everybody has all that is shared with them."""
    began = time.monotonic()
    life.start(circle)
    oracle.assert_converged(circle, PATIENCE)
    seconds, events = time.monotonic() - began, _events(circle)
    note = f"{len(circle.instances)} started at once, {events:,} events"
    yield Figure("ten: started -> all agree", seconds, 120, "s", note)
    rate = f"{events / seconds:,.0f} events a second"
    yield Figure("ten: an event, of all at once", 1000 * seconds / events, 10, "ms", rate)


def _lived(circle: Cluster) -> Iterator[Figure]:
    """People act, one after the other, until it has reached everybody."""
    before, began, lived = _events(circle), time.monotonic(), Life(circle, Random(4))
    for _ in range(ACTS):
        lived.act()
    acted = time.monotonic()
    oracle.assert_converged(circle, PATIENCE)
    seconds, events = time.monotonic() - acted, _events(circle) - before
    note = f"{ACTS} acts in {acted - began:.0f} s, {events:,} events"
    yield Figure("ten: last act -> all agree", seconds, 3, "s", note)


def _events(circle: Cluster) -> int:
    return sum(int(str(one.query(EVENTS)[0][0])) for one in circle.instances.values())


def _memory(circle: Cluster) -> Iterator[Figure]:
    of = {one.name: resident(one) for one in circle.instances.values()}
    most = max(of, key=lambda name: of[name])
    note = f"{most}; all ten {sum(of.values()):,.0f} MB"
    yield Figure("ten: memory of an instance, max", of[most], 120, "MB", note)
    yield Figure("ten: memory of the relay", resident(circle.relay), 60, "MB")


def resident(server: Server) -> float:
    """Megabytes."""
    assert server.process is not None
    return float(psutil.Process(server.process.pid).memory_info().rss) / 2**20


def _pages(one: Instance) -> Iterator[Figure]:
    long = "select position_id from portfolio_comment group by 1 order by count(*) desc limit 1"
    ((key,),) = one.query(long)
    idea = life.dashed(str(key))
    paths = {**PATHS, "Idea of 5,000 comments": f"/ideas/{idea}/"}
    found = inside.call(one, "visit_all", paths, module=pages.__name__)
    for page, seen in found.items():
        yield Figure(f"ten: page: {page}", seen["ms"], 50, "ms", f"{seen['queries']} queries")

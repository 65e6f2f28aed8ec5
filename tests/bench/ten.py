"""Ten instances that are all friends, with hundreds of ideas and two threads of 5,000 comments that
three read each: how long until all agree, what that costs, and how quick the pages are then. See
`tests.system.life`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.bench import inside, pages
from tests.bench.report import Figure
from tests.system import life, oracle
from tests.system.cluster import Cluster, Instance
from tests.system.life import Life, Size

SIZE = Size(readers=3)
INSTANCE, RELAY = 120, 60  # megabytes: what each may take
ACTS = 100
PATIENCE = 900.0
EVENTS = "select count(*) from portfolio_incoming"
LONG = (
    "select p.id, iif(p.owner_id is null, 'Own idea', 'Copy of an idea') from portfolio_comment c"
    " join portfolio_sharedposition p on p.id = c.position_id"
    " group by p.id order by count(*) desc limit 2"
)
PATHS = {
    "Dashboard": "/",
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
    of = {one.name: one.memory() for one in circle.instances.values()}
    most = max(of, key=lambda name: of[name])
    note = f"{most}; all ten {sum(of.values()):,.0f} MB"
    yield Figure("ten: memory of an instance, max", of[most], INSTANCE, "MB", note)
    yield Figure("ten: memory of the relay", circle.relay.memory(), RELAY, "MB")


def _pages(one: Instance) -> Iterator[Figure]:
    ideas = {f"{whose}, 5,000 comments": life.dashed(str(key)) for key, whose in one.query(LONG)}
    threads = {name: f"/ideas/{key}/" for name, key in ideas.items()}
    found = inside.call(one, "visit_all", PATHS | threads, module=pages.__name__)
    for page, seen in found.items():
        yield Figure(f"ten: page: {page}", seen["ms"], 50, "ms", f"{seen['queries']} queries")

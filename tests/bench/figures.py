"""What is measured: each function starts what it needs, yields figures and leaves nothing running.

Instances run as people run them, without DEBUG. Times across processes are of one machine's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import inside, pages, ten, waking
from tests.bench.people import Browser, Tab
from tests.bench.report import Figure, spread
from tests.system import acts, oracle
from tests.system import cluster as clusters
from tests.system.cluster import Cluster, Server, wait_for

Measured = Iterator[Figure]
COMMENTS, PACE, WARM_UP = 200, 0.1, 60
ACKED = "select 1 from portfolio_friend where out_epoch != '' and out_acked = out_next - 1"
SAVED = (
    "select c.text, o.at from portfolio_outgoing o join portfolio_comment c on c.uid = o.subject"
    " where o.name = 'comment_added'"
)


def prepare(folder: Path) -> Cluster:
    """Alice and Bob, friends, in production's settings."""
    pair = clusters.prepare(folder / "prepared", ("Alice", "Bob"))
    for one in pair.instances.values():
        one.environment["DEBUG"] = "false"
    return pair


@contextmanager
def running(prepared: Cluster, folder: Path) -> Iterator[tuple[Cluster, str, str]]:
    """Both at work on one shared idea: the cluster, Alice's id of the idea and Bob's."""
    pair = clusters.copy(prepared, folder)
    try:
        pair.start()
        alice = Browser(pair.alice)
        alice.get("/ideas/")
        alice.post("/ideas/samples/")
        idea = acts.own_ideas(pair.alice)[0]
        alice.post(f"/ideas/{idea}/share/", friends=[acts.friend_key(pair.alice, "Bob")])
        yield pair, idea, acts.copy_of(pair.bob, idea)
    finally:
        pair.end()


def travel(prepared: Cluster, folder: Path) -> Measured:
    """Saved at Alice's -> on Bob's screen; then what both and the relay hold in memory."""
    with running(prepared, folder) as (pair, idea, copy):
        alice, tab = Browser(pair.alice), Tab(Browser(pair.bob), f"/ideas/{copy}/")
        alice.get(f"/ideas/{idea}/")
        for number in range(-WARM_UP, COMMENTS):
            began = time.monotonic()
            alice.post(f"/ideas/{idea}/comments/", text=f"Seen mark-{number + WARM_UP}- yet?")
            time.sleep(max(0.0, PACE - (time.monotonic() - began)))
        wait_for(lambda: len(tab.marks) == WARM_UP + COMMENTS, what="all comments in the tab")
        saved = {int(str(text).split("-")[1]): _moment(at) for text, at in pair.alice.query(SAVED)}
        taken = [tab.marks[mark] - saved[mark] for mark in sorted(saved) if mark >= WARM_UP]
        tab.close()
        yield from spread("saved -> in the friend's tab", taken, p50=15, p99=60)
        yield _memory("instance", max((pair.alice, pair.bob), key=Server.memory), ten.INSTANCE)
        yield _memory("relay", pair.relay, ten.RELAY)


def _moment(text: object) -> float:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC).timestamp()


def _memory(name: str, server: Server, goal: float) -> Figure:
    return Figure(f"memory of the {name}", server.memory(), goal, "MB", "after the comments")


def connecting(prepared: Cluster, folder: Path) -> Measured:
    """From dialing the relay to being let in."""
    with running(prepared, folder) as (pair, _idea, _copy):
        pair.bob.stop()
        times = inside.call(pair.bob, "connect", 20)
        yield Figure("connect and authenticate, max", 1000 * max(times), 100, "ms", "of 20")


def restart(prepared: Cluster, folder: Path) -> Measured:
    """The relay is killed and started again: from its first answer until both pills say Live."""
    with running(prepared, folder) as (pair, _idea, _copy):
        tabs = [Tab(Browser(one), "/friends/") for one in pair.instances.values()]
        found = []
        for _ in range(5):
            pair.relay.kill()
            wait_for(lambda: all(_says(tab, "offline") for tab in tabs), what="both offline")
            pair.relay.start()
            healthy = time.time()
            wait_for(lambda: all(_says(tab, "live") for tab in tabs), what="both live")
            found.append(max(0.0, max(tab.states[-1][0] for tab in tabs) - healthy))
        yield Figure("relay restarted -> all Live, max", max(found), 3, "s", "of 5")


def _says(tab: Tab, state: str) -> bool:
    return bool(tab.states) and tab.states[-1][1] == state


def catching_up(prepared: Cluster, folder: Path) -> Measured:
    """What Bob missed: as many as are kept one by one, and as many as make a new statement."""
    for events in (4_900, 10_000):
        seconds = _caught_up(prepared, folder / str(events), events)
        yield Figure(f"{events:,} missed events caught up", seconds, 15, "s")


def _caught_up(prepared: Cluster, folder: Path, events: int) -> float:
    with running(prepared, folder) as (pair, idea, _copy):
        wait_for(lambda: oracle.equal(pair.alice, pair.bob), what="a quiet beginning")
        pair.bob.stop()
        for _ in range(events // 700):
            inside.call(pair.alice, "write", idea, 700)
        inside.call(pair.alice, "write", idea, events % 700)
        pair.bob.start()
        began = time.monotonic()
        wait_for(lambda: pair.alice.query(ACKED), 180, "everything receipted")
        seconds = time.monotonic() - began
        wait_for(lambda: oracle.equal(pair.alice, pair.bob), 60, "equal")
        return seconds


def many_rows(prepared: Cluster, folder: Path) -> Measured:
    """Pages over 1,000 ideas each way and 5,000 comments, beside the same over ten."""
    alice = clusters.copy(prepared, folder).alice
    few = inside.call(alice, "measure", 10, 100, module=pages.__name__)
    many = inside.call(alice, "measure", 1_000, 5_000, module=pages.__name__)
    for page, found in many.items():
        before, after = few[page]["queries"], found["queries"]
        more = "" if before == after else f", {before} with few rows"
        yield Figure(f"page: {page}", found["ms"], 50, "ms", f"{after} queries{more}")
    grown = sum(few[page]["queries"] != found["queries"] for page, found in many.items())
    yield Figure("pages whose queries grow with rows", grown, 0, "")


FIGURES: dict[str, Callable[[Cluster, Path], Measured]] = {
    "travel": travel,
    "connecting": connecting,
    "restart": restart,
    "waking": lambda _prepared, folder: waking.measured(folder),
    "catching_up": catching_up,
    "many_rows": many_rows,
    "life": lambda _prepared, folder: ten.measured(folder),
}

"""The open tabs of this process, and the one thread that draws for them.

Promise: after `mark(topic)`, every tab that listens to it is handed a drawing made later than the
call, at most once for any number of calls in between, and never an older drawing after a newer one
(one thread draws, so there is one order). A new tab is first sent what differs from its page. Of a
list in parts a tab is sent those that it was not sent before, and the order of all; a tab that
misses one says so and gets the whole. A tab whose session lets nobody in any more, however it came
to that, is closed within `HEARTBEAT`.

Life cycle: the thread starts with the first tab and stays; it sleeps while nothing is marked, and
without tabs nothing wakes it.
Threads: `mark` and `say` may be called from any; sending hops to the loop the tab lives on. Only
`push.py` and `consumer.py` import this.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic
from typing import Any, TypeVar

from django.db import DatabaseError, close_old_connections

from observability import tracing
from observability.logs import get_logger, named
from portfolio import metrics
from portfolio.live import signed_in
from portfolio.live.fragments import NOTHING, Parts, digest, draw
from portfolio.live.topics import Topic

log = get_logger(__name__)

T = TypeVar("T")
SIGNED_OUT = 1000  # to htmx: stay away
HEARTBEAT = 30.0  # seconds between two looks whether the tabs' sessions still let somebody in


@dataclass(eq=False, slots=True)
class Tab:
    """One socket: what its page showed of each topic (digests), and how to reach it."""

    shown: dict[Topic, str]
    session: str  # the digest of its key
    loop: asyncio.AbstractEventLoop
    send: Callable[[str], Coroutine[Any, Any, None]]
    close: Callable[[int], Coroutine[Any, Any, None]]
    has: dict[Topic, Parts] = field(default_factory=dict)  # the drawing thread's alone


@dataclass(slots=True)
class _Due:
    """What the thread has to do next."""

    topics: dict[Topic, str] = field(default_factory=dict)  # each with the trace it is due by
    newcomers: list[Tab] = field(default_factory=list)
    again: list[tuple[Tab, Topic]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.topics or self.newcomers or self.again)


_tabs: set[Tab] = set()
_due = _Due()
_wake = Condition()
_thread: Thread | None = None
_begun: set[asyncio.Task[None]] = set()  # a loop alone would let go of them


def join(tab: Tab) -> None:
    """From here on the tab gets every change; first, whatever changed since its page was drawn."""
    global _thread
    with _wake:
        _tabs.add(tab)
        _due.newcomers.append(tab)
        if _thread is None or not _thread.is_alive():
            _thread = Thread(target=_draw_for_ever, name="live", daemon=True)
            _thread.start()
        _wake.notify()


def leave(tab: Tab) -> None:
    with _wake:
        _tabs.discard(tab)


def listening() -> int:
    """How many tabs are open."""
    with _wake:
        return len(_tabs)


def mark(topic: Topic) -> None:
    """The thing changed: draw it again for whoever listens. Costs nothing when nobody does."""
    with _wake:
        if any(topic in tab.shown for tab in _tabs):
            _due.topics[topic] = _due.topics.get(topic) or tracing.current()
            _wake.notify()


def again(tab: Tab, topic: Topic) -> None:
    """The tab has not what it was sent: the whole, once more."""
    with _wake:
        _due.again.append((tab, topic))
        _wake.notify()


def say(html: str, unless: Topic | None = None) -> None:
    """The same at once to every tab that does not show this topic."""
    for tab in _listeners():
        if unless not in tab.shown:
            _hand(tab, tab.send, html)
            metrics.PUSHES.labels(metrics.TOAST).inc()


def close(session: str, code: int) -> None:
    """Ends the sockets of one signed-in session, by its digest."""
    for tab in _listeners():
        if tab.session == session:
            _end(tab, code)


def rename(session: str, now: str) -> None:
    """A session goes on under another key: its tabs end with that one."""
    for tab in _listeners():
        if tab.session == session:
            tab.session = now


def _listeners() -> list[Tab]:
    with _wake:
        return list(_tabs)


def _draw_for_ever() -> None:
    looked_at = monotonic()
    while True:
        due = _take(looked_at + HEARTBEAT)
        close_old_connections()
        if monotonic() >= looked_at + HEARTBEAT:
            _close_ended()
            looked_at = monotonic()
        for tab in due.newcomers:
            for topic, seen in tab.shown.items():
                _draw(topic, [tab], seen)
        for tab, topic in due.again:
            tab.has.pop(topic, None)
            _draw(topic, [tab])
        for topic, trace in due.topics.items():
            with tracing.span("push", trace, fragment=topic.name):
                _draw_for_all(topic)
        close_old_connections()


def _take(look_at: float) -> _Due:
    """What is due; perhaps nothing, when it is time to look after the sessions."""
    global _due
    with _wake:
        while not _due:
            patience = max(0.0, look_at - monotonic()) if _tabs else None
            if not _wake.wait(patience) and _tabs:
                break
        taken, _due = _due, _Due()
        return taken


def _close_ended() -> None:
    """Tabs whose sessions let nobody in any more. A locked database closes none."""
    open_tabs = _listeners()
    try:
        working = signed_in.working() if open_tabs else set()
    except DatabaseError as error:
        log.warning("The sessions could not be read", why=named(error))
        return
    for tab in open_tabs:
        if tab.session not in working:
            _end(tab, SIGNED_OUT)


def _draw_for_all(topic: Topic) -> None:
    """Once for all that have the same parts of it, which they do as a rule."""
    alike: dict[int, list[Tab]] = defaultdict(list)
    for tab in _listeners():
        if topic in tab.shown:
            alike[id(tab.has.get(topic, NOTHING))].append(tab)
    for tabs in alike.values():
        _draw(topic, tabs)


def _draw(topic: Topic, tabs: list[Tab], seen: str = "") -> None:
    """For tabs that have the same parts. A fragment that cannot be drawn is its author's bug: it is
    logged, and the others go on.
    """
    try:
        drawn = draw(topic.name, topic.id, tabs[0].has.get(topic, NOTHING))
    except Exception:
        log.exception("Fragment could not be drawn", fragment=topic.name)
        return
    for tab in tabs:
        tab.has[topic] = drawn.parts or NOTHING
        if not seen or digest(drawn.html) != seen:
            _hand(tab, tab.send, drawn.html)
            metrics.PUSHES.labels(metrics.FRAGMENT).inc()


def _end(tab: Tab, code: int) -> None:
    """Once, however many say so."""
    leave(tab)
    _hand(tab, tab.close, code)


def _hand(tab: Tab, work: Callable[[T], Coroutine[Any, Any, None]], what: T) -> None:
    """To the loop the tab lives on. A loop that is gone takes its tabs with it."""
    try:
        tab.loop.call_soon_threadsafe(_begin, work, what)
    except RuntimeError:
        leave(tab)


def _begin(work: Callable[[T], Coroutine[Any, Any, None]], what: T) -> None:
    """On the loop, so that one which ends before its turn leaves no work that was never begun."""
    task = asyncio.ensure_future(work(what))
    _begun.add(task)
    task.add_done_callback(_begun.discard)

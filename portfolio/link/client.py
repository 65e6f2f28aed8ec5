"""The link: this instance's one connection to the relay, and everything that goes through it.

Promise: whatever is in the outbox reaches the friend as soon as both are there; whatever a friend
sends is committed before it is receipted; while the relay or a friend is away nothing here waits
for them. It keeps nothing of its own: all it knows can vanish at any moment and is read again from
the rows.

Life cycle: `start` once per serving process, from `asgi.py`. One process per DATA_DIR holds the
link, by a lock on a file that a kill releases. Threads: the engine (all rules, all transactions,
all sending) and, per connection, a reader that only puts whole messages into the engine's queue.
Other threads and processes only write rows and ring (`waking`). Imported by `asgi.py` and, for
`status`, `tell` and `refresh_friends`, by the packages above.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from random import SystemRandom

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from websocket import WebSocketException

from collab_relay.protocol import Close, ProtocolError
from portfolio.access import me
from portfolio.link import generation, status, waking
from portfolio.link.backoff import Backoff
from portfolio.link.connection import Closed, RelaySocket
from portfolio.link.hooks import Hooks
from portfolio.link.lock import LinkLock
from portfolio.link.messages import Message
from portfolio.link.session import Session
from portfolio.models import Friend

logger = logging.getLogger(__name__)

POLL = 0.1  # seconds between looks at what other processes wrote
LOCK_POLL = 2.0  # seconds between tries to become the one who holds the link
QUEUE = 2048  # what is read and not yet handled; credit keeps an honest relay far below

Job = Callable[[Session, float], None]  # what another thread wants the engine to do
Item = bytes | Closed | Job | None  # a message, the end of it, a job, or just a ring

TROUBLE = (Closed, OSError, WebSocketException, ProtocolError, DatabaseError)


class Link:
    """The engine. One per serving process; see the module's docstring."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._lock = LinkLock()
        self._backoff = Backoff(SystemRandom())
        self._stop = threading.Event()
        self._queue: queue.Queue[Item] = queue.Queue(QUEUE)
        self._rung = threading.Event()
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        waking.listen(self.ring)
        if self._lock.acquire():  # before anything is served
            self._check()
        self._thread.start()

    def stop(self) -> None:
        """Ends the engine, and waits for the step that it is in."""
        self._stop.set()
        waking.silence(self.ring)
        self._put(None)
        self._thread.join(10)

    def ring(self) -> None:
        """From any thread: there may be something to send."""
        if not self._rung.is_set():
            self._rung.set()
            self._put(None)

    def do(self, job: Job) -> None:
        """From any thread: run this in the engine, if there is a connection."""
        self._put(job)

    # The engine -------------------------------------------------------------------------------

    def _run(self) -> None:
        if not self._lock.held:
            self._wait_for_lock()
        while not self._stop.is_set():
            self._pause(self._connection())
        self._lock.release()
        connection.close()

    def _wait_for_lock(self) -> None:
        while not self._stop.wait(LOCK_POLL):
            if self._lock.acquire():
                return self._check()

    def _check(self) -> None:
        if generation.check():
            logger.warning("This database is a restored backup: confirm the shares to go on.")

    def _connection(self) -> float:
        """One connection, from dialing to its end. Returns how long to wait before the next."""
        began, code = time.monotonic(), int(Close.LOST)
        try:
            self._converse()
        except Closed as closed:
            code = closed.code
            logger.info("The connection to the relay ended (%s).", code)
        except TROUBLE as error:
            logger.warning("The link stumbled: %s: %s", type(error).__name__, error)
        except Exception:  # a bug costs this connection, never the link
            logger.exception("The link failed")
        retry_after = self._session.retry_after if self._session else None
        self._end(time.monotonic() - began)
        return self._backoff.wait(time.monotonic(), code, retry_after)

    def _converse(self) -> None:
        self._queue = queue.Queue(QUEUE)
        socket = RelaySocket(settings.COLLABORATION_SERVICE_URL, me().user_id)
        try:
            self._session = session = Session.open(socket, self._hooks, time.monotonic())
            reader = threading.Thread(
                target=_read, args=(socket, self._queue), name="link-reader", daemon=True
            )
            reader.start()
            while not self._stop.is_set():
                session.step(time.monotonic())
                self._handle(self._next(session), session)
        finally:
            socket.close()

    def _handle(self, item: Item, session: Session) -> None:
        if isinstance(item, bytes):
            session.take(item, time.monotonic())
        elif isinstance(item, Closed):
            raise item
        elif item is not None:
            item(session, time.monotonic())

    def _next(self, session: Session) -> Item:
        """The next thing to do; None when a deadline came or another process may have written."""
        seen = _data_version()
        while not self._stop.is_set():
            wait = min(POLL, session.deadline(time.monotonic()) - time.monotonic())
            try:
                item = self._queue.get(timeout=max(wait, 0.001))
            except queue.Empty:
                if _data_version() != seen:  # another process: perhaps friends, too
                    return Session.refresh
                if wait < POLL:
                    return None
                continue
            if item is None:
                self._rung.clear()
            return item
        return None

    def _end(self, lasted: float) -> None:
        self._backoff.succeeded(lasted if self._session else 0.0)
        if self._session is not None:
            self._session.close()
            self._session = None
        connection.close()
        if status.report("offline"):
            self._hooks.on_state()

    def _pause(self, seconds: float) -> None:
        """Wait before dialing again; the pill goes on counting what queues up meanwhile."""
        until = time.monotonic() + seconds
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left)
            except queue.Empty:
                return
            if item is None:
                self._rung.clear()
                self._hooks.on_state()

    def _put(self, item: Item) -> None:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            logger.warning("The link is busy; a job was put off.")


def _read(socket: RelaySocket, items: queue.Queue[Item]) -> None:
    """The reader: whole messages into the queue, then how it ended."""
    try:
        while True:
            items.put(socket.receive())
    except Closed as closed:
        items.put(closed)


def _data_version() -> int:
    """Changes when anybody else has written to the database: microseconds on SQLite."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])
    return int(time.monotonic())  # PostgreSQL: look once a second


# For the packages above ---------------------------------------------------------------------------

_link: Link | None = None


def start(hooks: Hooks) -> Link | None:
    """Begin, if collaboration is on. Once per process."""
    global _link
    if settings.ENABLE_COLLABORATION and _link is None:
        _link = Link(hooks)
        _link.start()
    return _link


def tell(friend: Friend, message: Message) -> bool:
    """Say something that may be lost. False when the friend cannot be reached through the relay
    now.
    """
    if _link is None or friend.user_id not in status.online():
        return False
    _link.do(lambda session, _now: session.tell(friend.user_id, message))
    return True


def refresh_friends() -> None:
    """After commit: friends or invites have changed."""
    if _link is not None:
        link = _link
        transaction.on_commit(lambda: link.do(Session.refresh))


def resend(friend: Friend) -> None:
    """Stream again from the last receipt, whatever is on its way."""
    if _link is not None:
        _link.do(lambda session, now: session.meet(friend.user_id, now))

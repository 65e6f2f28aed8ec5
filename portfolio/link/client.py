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

import queue
import secrets
import threading
import time
from collections.abc import Callable
from random import SystemRandom

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from websocket import WebSocketException

from collab_relay.protocol import Close, ProtocolError
from observability.logs import bound, get_logger, named
from portfolio import metrics
from portfolio.access import me
from portfolio.link import generation, status, troubles, waking
from portfolio.link.backoff import Backoff
from portfolio.link.connection import Closed, RelaySocket
from portfolio.link.hooks import Hooks
from portfolio.link.lock import LinkLock
from portfolio.link.messages import Message
from portfolio.link.session import Session
from portfolio.models import Friend

log = get_logger(__name__)

POLL = 0.1  # seconds between looks at what other processes wrote
LOCK_POLL = 2.0  # seconds between tries to become the one who holds the link
UNHANDLED = 64  # messages that are read before the engine has handled them; then the relay waits

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
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._room = threading.Semaphore(UNHANDLED)
        self._seen, self._look_at = 0, 0.0  # of what other processes wrote
        self._rung = threading.Event()
        self._session: Session | None = None
        self.checked = False  # whether this database is a restored backup
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
        self._queue.put(None)
        self._thread.join(10)

    def ring(self) -> None:
        """From any thread: there may be something to send."""
        if not self._rung.is_set():
            self._rung.set()
            self._queue.put(None)

    def do(self, job: Job) -> None:
        """From any thread: run this in the engine, if there is a connection."""
        self._queue.put(job)

    def hurry(self) -> None:
        """From any thread: do not wait any longer before dialing again."""
        self._queue.put(_at_once)

    # The engine -------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._hold_lock()
                with bound(connection=secrets.token_hex(4)):
                    self._pause(self._connection())
            except Exception:  # nobody else holds the lock: this thread has to go on
                log.exception("The link failed")
                connection.close()
                self._stop.wait(LOCK_POLL)
        self._lock.release()
        connection.close()

    def _hold_lock(self) -> None:
        while not self.checked and not self._stop.is_set():
            if self._lock.acquire():
                self._check()
            else:
                self._stop.wait(LOCK_POLL)

    def _check(self) -> None:
        if generation.check():
            log.warning("This database is a restored backup: confirm the shares to go on")
        self.checked = True

    def _connection(self) -> float:
        """One connection, from dialing to its end. Returns how long to wait before the next."""
        began, code, trouble = time.monotonic(), int(Close.LOST), ""
        reason = metrics.OTHER
        if self._stop.is_set():
            return 0.0
        try:
            self._converse()
        except Closed as closed:
            code, trouble = closed.code, troubles.of_close(closed.code)
            reason = metrics.CODES.get(code, metrics.OTHER)
            log.info("Relay connection ended", code=code)
        except TROUBLE as error:
            trouble, reason = troubles.of_error(error), metrics.UNREACHABLE
            log.warning("Relay not reached", why=named(error))
        except Exception as error:  # a bug costs this connection, never the link
            trouble, reason = troubles.of_error(error), metrics.FAILED
            log.exception("The link failed")
        retry_after = self._session.retry_after if self._session else None
        self._end(time.monotonic() - began, trouble)
        metrics.ENDS.labels(reason).inc()
        return self._backoff.wait(time.monotonic(), code, retry_after)

    def _converse(self) -> None:
        self._queue, self._room = queue.SimpleQueue(), threading.Semaphore(UNHANDLED)
        self._rung.clear()  # its token went with the old queue
        self._seen = _data_version()  # before anything is read
        socket = RelaySocket(settings.COLLABORATION_SERVICE_URL, me().user_id)
        try:
            self._session = session = Session.open(socket, self._hooks, time.monotonic())
            log.info("Relay connected", friends=len(session.friends))
            reader = threading.Thread(
                target=_read,
                args=(socket, self._queue, self._room),
                name="link-reader",
                daemon=True,
            )
            reader.start()
            while not self._stop.is_set():
                session.step(time.monotonic())
                self._handle(self._next(session), session)
        finally:
            socket.close()
            self._room.release()  # the reader may wait for it

    def _handle(self, item: Item, session: Session) -> None:
        if isinstance(item, bytes):
            self._room.release()
            session.take(item, time.monotonic())
        elif isinstance(item, Closed):
            raise item
        elif item is not None:
            item(session, time.monotonic())

    def _next(self, session: Session) -> Item:
        """The next thing to do; None when a deadline came."""
        while not self._stop.is_set():
            now = time.monotonic()
            if now >= self._look_at and self._others_wrote(now):
                return Session.refresh
            due = session.deadline(now)
            try:
                item = self._queue.get(timeout=max(min(due, self._look_at) - now, 0.001))
            except queue.Empty:
                if due <= time.monotonic():
                    return None
                continue
            if item is None:
                self._rung.clear()
            return item
        return None

    def _others_wrote(self, now: float) -> bool:
        """Since the last look: another process, or a thread whose ring came to nothing. What is
        read from here on is read after the look, so no write falls between.
        """
        self._look_at = now + POLL
        before, self._seen = self._seen, _data_version()
        return self._seen != before

    def _end(self, lasted: float, trouble: str) -> None:
        self._backoff.succeeded(lasted if self._session else 0.0)
        if self._session is not None:
            self._session.close()
            self._session = None
        connection.close()
        if status.report("offline", trouble=trouble):
            self._hooks.on_state()

    def _pause(self, seconds: float) -> None:
        """Wait before dialing again; the pill goes on counting what queues up meanwhile."""
        until = time.monotonic() + seconds
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left)
            except queue.Empty:
                return
            if item is _at_once:
                return
            if item is None:
                self._rung.clear()
                self._hooks.on_state()


def _read(socket: RelaySocket, items: queue.SimpleQueue[Item], room: threading.Semaphore) -> None:
    """The reader: whole messages into the queue, then how it ended."""
    end = Closed()
    try:
        while True:
            message = socket.receive()
            room.acquire()
            items.put(message)
    except Closed as closed:
        end = closed
    finally:
        items.put(end)


def _at_once(_session: Session, _now: float) -> None:
    """Ends a pause. Nothing to do while there is a connection."""


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


def has_checked() -> bool:
    """Whether this process holds the link and knows that its database is no restored backup."""
    return _link is not None and _link.checked


def dial_again() -> None:
    """Do not wait any longer: a person has mended something, or wants to know."""
    if _link is not None:
        _link.hurry()


def refresh_friends() -> None:
    """After commit: friends or invites have changed."""
    if _link is not None:
        link = _link
        transaction.on_commit(lambda: link.do(Session.refresh))


def resend(friend: Friend) -> None:
    """Stream again from the last receipt, whatever is on its way."""
    if _link is not None:
        _link.do(lambda session, now: session.meet(friend.user_id, now))

"""The stream: one ordered, numbered stream of events per friend and direction, as pure rules.

Promise: if the caller keeps cursors and rows in one transaction and does what these two
classes answer, every event is taken exactly once and in order, or the receiver is told to
start over with the sender's current state; whatever the network loses, doubles, reorders,
holds back or replays, and whoever is killed or restored from a backup.
It does no I/O: no socket, clock, database or randomness of its own. Durable truth comes in as
a cursor (a copy of the row's columns) and goes out as a new cursor to be stored.
Life cycle: a `Sender` and a `Receiver` per friend and process; what they hold may vanish at
any instant and costs only repeats. Times are seconds of one monotonic clock.
Threads: one object belongs to one thread, the link's. Imported by `link` alone.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from math import inf
from random import Random

from portfolio.link.messages import MAX_BYTES, Event, Receipt, Start, Sync

WINDOW_EVENTS = 32
WINDOW_BYTES = 512 * 1024
RECEIPT_WAIT = 10.0  # seconds until events without a receipt go again; doubles
SYNC_WAIT = 2.0  # seconds until a sync without an answer goes again; doubles
LONGEST_WAIT = 300.0
EPOCH_WAIT = 60.0  # seconds between two new epochs for the same friend


@dataclass(frozen=True, slots=True)
class SendCursor:
    """The durable outgoing columns: rows `acked + 1 .. next - 1` wait for a receipt."""

    epoch: str
    next: int
    acked: int
    acked_id: str | None


@dataclass(frozen=True, slots=True)
class ReceiveCursor:
    """The durable incoming columns; `epoch` is None until the first answered sync."""

    epoch: str | None
    have: int
    id: str | None


NOWHERE = ReceiveCursor(None, 0, None)  # stored after a restore; a sync from it asks for all


@dataclass(frozen=True, slots=True)
class Fits:
    """The friend is on this stream: store the moved cursor (it is a receipt), answer `start`."""

    cursor: SendCursor


@dataclass(frozen=True, slots=True)
class Announce:
    """The friend does not know the epoch that we have just minted: answer `start` again."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Two histories: mint a new epoch with its rows, call `minted`, then answer `start`."""


class Verdict(Enum):
    """What to do with an event that came."""

    TAKE = auto()  # store it, apply it and advance in one transaction, then send the receipt
    REPEAT = auto()  # known: send the receipt again
    ASK = auto()  # a gap or a fork: forget the event and sync
    DROP = auto()  # of another epoch: forget the event and sync


class Sender:
    """Our half towards one friend: which rows may go now, and what a sync or receipt means."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._minted: str | None = None  # the newest epoch that this very process minted
        self._minted_at = -inf
        self._paused_until = -inf
        self._tries = 0  # flights lost in a row
        self._flight: dict[int, int] = {}  # seq -> size, oldest first
        self._retry_at: float | None = None
        self.connected()

    def connected(self) -> None:
        """On a new connection: nothing is streamed before the friend's first sync on it."""
        self._synced = False
        self._open: str | None = None  # the epoch being streamed
        self._land()

    def offline(self) -> None:
        """The relay does not have the friend: closed until they are back and sync."""
        self.connected()

    def pause(self, until: float) -> None:
        """Nothing goes to this friend before then."""
        self._paused_until = max(self._paused_until, until)

    def dropped(self, seq: int, now: float) -> None:
        """The relay said `busy` or `rate` to this event: later again, from `acked + 1`."""
        if seq in self._flight:  # the others of the same flight say nothing new
            self._tries += 1
            self._land()
            self.pause(now + self._rng.uniform(0, _doubled(1.0, self._tries)))

    def on_sync(
        self, cursor: SendCursor, sync: Sync, known_id: str | None, now: float
    ) -> Fits | Announce | Reset | None:
        """What the friend's sync calls for; `known_id` is the id of row `sync.have` in the
        current epoch, None if there is no such row. None: stay silent, the friend asks again."""
        self._synced = True
        if self._fits(cursor, sync, known_id):
            moved = replace(cursor, acked=sync.have, acked_id=sync.id if sync.have else None)
            self._stream(moved.epoch)
            return Fits(moved)
        if cursor.epoch == self._minted and not cursor.acked and sync.epoch != cursor.epoch:
            self._stream(cursor.epoch)
            return Announce()
        return Reset() if now - self._minted_at >= EPOCH_WAIT else None

    def minted(self, epoch: str, now: float) -> None:
        """The caller has committed a new epoch and all its rows."""
        self._minted, self._minted_at = epoch, now
        if self._synced:
            self._stream(epoch)

    def start(self, cursor: SendCursor, sync: Sync) -> Start:
        """The answer to a sync; goes before any event."""
        return Start(epoch=cursor.epoch, echo=sync.nonce, seq=cursor.next - 1)

    def on_receipt(
        self, cursor: SendCursor, receipt: Receipt, known_id: str | None, now: float
    ) -> SendCursor | None:
        """The moved cursor to store, or None if the receipt says nothing new; `known_id` is
        the id of row `receipt.seq` in the current epoch, None if there is no such row."""
        ours = receipt.epoch == cursor.epoch and cursor.acked < receipt.seq < cursor.next
        if not ours or known_id is None or known_id != receipt.id:
            return None
        self._flight = {seq: size for seq, size in self._flight.items() if seq > receipt.seq}
        self._tries = 0
        self._retry_at = now + self._patience() if self._flight else None
        return replace(cursor, acked=receipt.seq, acked_id=receipt.id)

    def is_lost(self, cursor: SendCursor) -> bool:
        """The epoch that is being streamed was dropped: nothing goes before the friend syncs, who
        has no reason to unless we say where we stand."""
        return self._open not in (None, cursor.epoch)

    def window(self, cursor: SendCursor, now: float) -> range:
        """The rows that may go now, in this order. Report each with `sent` and ask again until
        the answer is empty: it offers only as many as fit for certain."""
        if self._open != cursor.epoch or now < self._paused_until:
            return range(0)
        self._paused_until = -inf
        if self._retry_at is not None and now >= self._retry_at:
            self._tries += 1
            self._land()
        first = max(self._sent, cursor.acked) + 1
        return range(first, min(first + self._room(), cursor.next))

    def sent(self, seq: int, size: int, now: float) -> None:
        """Row `seq`, of `size` bytes of JSON, is on its way."""
        self._flight[seq] = size
        self._sent = seq
        if self._retry_at is None:
            self._retry_at = now + self._patience()

    @property
    def deadline(self) -> float | None:
        """When `window` is worth asking again although nothing happened; None: never."""
        if self._open is None:
            return None
        return self._paused_until if self._paused_until > -inf else self._retry_at

    def _fits(self, cursor: SendCursor, sync: Sync, known_id: str | None) -> bool:
        if sync.epoch != cursor.epoch or not cursor.acked <= sync.have < cursor.next:
            return False
        known = cursor.acked_id if sync.have == cursor.acked else known_id
        return sync.have == 0 or (known is not None and sync.id == known)

    def _stream(self, epoch: str) -> None:
        self._open = epoch
        self._tries = 0
        self._land()

    def _land(self) -> None:
        """Nothing counts as being on its way any more: again from `acked + 1`."""
        self._flight = {}
        self._sent = 0
        self._retry_at = None

    def _room(self) -> int:
        room = (WINDOW_BYTES - sum(self._flight.values())) // MAX_BYTES
        return min(WINDOW_EVENTS - len(self._flight), room)

    def _patience(self) -> float:
        """Jitter lies above the first wait: a receipt always gets its chance."""
        return self._rng.uniform(RECEIPT_WAIT, _doubled(RECEIPT_WAIT, self._tries))


class Receiver:
    """Our half from one friend: what to do with an event, and when to say where we stand."""

    def __init__(self) -> None:
        self.disconnected()

    def disconnected(self) -> None:
        """The connection or the friend went, or the friend came back: the next sync is free."""
        self._nonce: str | None = None  # of the one unanswered sync
        self._goal: tuple[str, int] | None = None  # epoch and seq of the answered one
        self._again = -inf  # no sync before this
        self._tries = 0  # syncs without progress
        self._wanted = False
        self._fresh = True  # until the friend has answered on this connection

    def sync(self, cursor: ReceiveCursor, now: float, nonce: str) -> Sync | None:
        """Where we stand, or None if it is too early to say so again. `nonce` is fresh each
        time: an answer held back is worth nothing once we have asked again. To repair, sync
        from `NOWHERE` and keep the stored cursor: no event is taken twice."""
        if now < self._again:
            self._wanted = self._nonce is None  # an answer that is due will tell anyway
            return None
        self._nonce, self._wanted = nonce, False
        self._again = now + _doubled(SYNC_WAIT, self._tries)
        self._tries += 1
        return Sync(
            epoch=cursor.epoch, have=cursor.have, id=cursor.id, nonce=nonce, fresh=self._fresh
        )

    def on_start(self, cursor: ReceiveCursor, start: Start) -> ReceiveCursor | None:
        """The cursor to store (the same one if the epoch is), or None: not our answer.
        A nonce is good for one answer. With a new cursor, forget the epoch's rows: a restored
        backup may hold some, and all of them come again."""
        if self._nonce is None or start.echo != self._nonce:
            return None
        self._nonce, self._fresh = None, False
        self._goal = (start.epoch, start.seq)
        if start.epoch != cursor.epoch:
            return ReceiveCursor(start.epoch, 0, None)
        if start.seq == cursor.have:
            self._progress()
        return cursor

    def on_event(self, cursor: ReceiveCursor, event: Event) -> Verdict:
        """Exactly the next row of the known history is taken."""
        if event.epoch != cursor.epoch:
            return Verdict.DROP
        if event.seq <= cursor.have:
            return Verdict.REPEAT
        if event.seq > cursor.have + 1 or event.prev != cursor.id:
            return Verdict.ASK
        return Verdict.TAKE

    def advance(self, cursor: ReceiveCursor, event: Event) -> ReceiveCursor:
        """The cursor after a taken event, to be stored in the transaction of its effect."""
        self._progress()
        return replace(cursor, have=event.seq, id=event.id)

    def receipt(self, cursor: ReceiveCursor) -> Receipt:
        """For everything up to the cursor; only after COMMIT."""
        if cursor.epoch is None or cursor.id is None:
            raise ValueError("there is nothing to receipt yet")
        return Receipt(epoch=cursor.epoch, seq=cursor.have, id=cursor.id)

    def caught_up(self, cursor: ReceiveCursor) -> bool:
        """True once per answered sync, as soon as the cursor has reached its `seq`: what we
        show is then no older than the answer, and the answer no older than our question."""
        if self._goal is None or cursor.epoch != self._goal[0] or cursor.have < self._goal[1]:
            return False
        self._goal = None
        return True

    @property
    def deadline(self) -> float | None:
        """When to call `sync` again although nothing happened; None: never."""
        return self._again if self._wanted or self._nonce is not None else None

    def _progress(self) -> None:
        """Getting somewhere, so a gap from here on may be reported at once; but while an
        answer is due, only when it is overdue."""
        self._tries = 0
        if self._nonce is None and not self._wanted:
            self._again = -inf


def _doubled(first: float, times: int) -> float:
    return min(LONGEST_WAIT, first * float(1 << min(times, 10)))

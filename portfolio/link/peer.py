"""One friend as the link sees them: both halves of the stream between rows and boxes.

A `Peer` turns what came from a friend into transactions (`hear`) and what is due into sealed boxes
(`boxes`). It knows neither socket nor frames; the client does. Life cycle: made when the client
reads the list of friends, may vanish at any moment. Threads: the link's alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import SystemRandom
from typing import Any

import msgspec
from django.db import transaction

from observability import tracing
from portfolio.link import crash, generation, identity, inbox, outbox, sealing
from portfolio.link.events import FriendRemoved
from portfolio.link.hooks import Hooks, Stated
from portfolio.link.messages import (
    MAX_BYTES,
    Answer,
    Event,
    Get,
    Message,
    Receipt,
    Signal,
    Start,
    Sync,
)
from portfolio.link.messages import decode as decode_messages
from portfolio.link.messages import encode as encode_messages
from portfolio.link.stream import Fits, Receiver, Reset, SendCursor, Sender, Verdict
from portfolio.models import Friend, Outgoing

EPHEMERAL = (Get, Answer, Signal)
RENEW = 6 * 3600.0  # seconds: only an answered sync renews leases, however quiet it is
MAX_SAID = 128  # messages waiting for their boxes
MAX_GETS = 32  # of one box
_rng = SystemRandom()


@dataclass(frozen=True, slots=True)
class Box:
    """Sealed messages for one friend: of which kinds, and which event is the first of them."""

    sealed: str
    kinds: frozenset[str]
    seq: int | None
    ephemeral: bool


class Peer:
    def __init__(self, friend: Friend, hooks: Hooks) -> None:
        self.friend = friend
        self.hooks = hooks
        self.online = False
        self.sender = Sender(_rng)
        self.receiver = Receiver()
        self._said: list[Message] = []
        self._renew_at = 0.0
        self._owes_card = False
        self._unanswered: Sync | None = None  # came before the person confirmed a restore

    # Meeting ----------------------------------------------------------------------------------

    def meet(self, now: float) -> None:
        """The friend can be reached: say where we stand; they say it too before any stream."""
        self.online = True
        self.sender.connected()
        self.receiver.disconnected()
        self.ask(now)
        self.hooks.on_meeting(self.friend)

    def part(self) -> None:
        """The friend, or the connection, has gone."""
        self.online = False
        self.sender.offline()
        self.receiver.disconnected()
        self._said.clear()
        self._unanswered = None

    def ask(self, now: float) -> None:
        """Sync, unless one was asked just now. Nothing is taken from one who is leaving."""
        self._reload()
        self._renew_at = now + RENEW
        if self.friend.state == Friend.State.LEAVING:
            return self.receiver.disconnected()
        sync = self.receiver.sync(inbox.asking_from(self.friend), now, secrets.token_hex(16))
        if sync:
            card = identity.card() if sync.fresh or self._owes_card else None
            self._owes_card = False
            self.say(msgspec.structs.replace(sync, card=card))

    def misheard(self, now: float) -> None:
        """A box of theirs did not open, perhaps for a key of long ago: say the one of now."""
        self._owes_card = True
        self.ask(now)

    def confirmed(self, now: float) -> None:
        """What a restore left unanswered, once the person has confirmed the shares."""
        sync = self._unanswered
        if sync is not None and not generation.awaits_confirmation():
            self._unanswered = None
            self._answer(sync, now)

    # Hearing ----------------------------------------------------------------------------------

    def hear(self, box: str, now: float) -> int:
        """Open a box of this friend and do what its messages say; how many there were.
        `SealingError` or `MessageError` when it is not theirs.
        """
        payload = sealing.open_box(box, identity.keys(), self.friend.user_id)
        heard = decode_messages(payload)
        if self.friend.state == Friend.State.KNOCKING:
            if not any(isinstance(message, Sync) for message in heard):
                return len(heard)  # who let me in syncs first; a goodbye of former times
            self.hooks.on_heard(self.friend)
            self._reload()
        for kind in dict.fromkeys(map(type, heard)):  # each once: one box, so much work
            _HEARD[kind](self, [message for message in heard if type(message) is kind], now)
        return len(heard)

    def _events(self, events: list[Event], now: float) -> None:
        self._reload()
        if self.friend.state == Friend.State.LEAVING:
            return self._repeat(events)
        received = inbox.receive(self.friend.pk, events, self.receiver, self.hooks)
        if received.receipt:
            self.say(self.receiver.receipt(received.cursor))
        if received.ask:
            self.ask(now)

    def _repeat(self, events: list[Event]) -> None:
        """To one who is leaving: nothing is taken, but the goodbye may need its receipt again."""
        cursor = inbox.cursor_of(self.friend)
        if any(self.receiver.on_event(cursor, event) is Verdict.REPEAT for event in events):
            self.say(self.receiver.receipt(cursor))

    def _receipts(self, receipts: list[Receipt], now: float) -> None:
        receipt = receipts[-1]
        cursor = self._reload()
        known = outbox.id_at(self.friend, receipt.seq) if receipt.epoch == cursor.epoch else None
        moved = self.sender.on_receipt(cursor, receipt, known, now)
        if moved:
            self._receipted(moved)

    def _receipted(self, moved: SendCursor) -> None:
        with transaction.atomic():
            subjects = outbox.receipted(self.friend, moved)
            crash.point("receipt_before_commit")
        crash.point("receipt_after_commit")
        self.hooks.on_delivery(self.friend, subjects)

    def _syncs(self, syncs: list[Sync], now: float) -> None:
        sync = syncs[-1]
        if sync.card:  # before the answer is sealed: they may not have their former key any more
            self.hooks.on_card(self.friend, sync.card)
        if sync.fresh:  # they stream nothing before they know where we stand
            self.ask(now)
        if generation.awaits_confirmation():
            self._unanswered = sync
        else:
            self._answer(sync, now)

    def _answer(self, sync: Sync, now: float) -> None:
        cursor = self._reload()
        known = outbox.id_at(self.friend, sync.have) if sync.epoch == cursor.epoch else None
        verdict = self.sender.on_sync(cursor, sync, known, now)
        if verdict is None:
            return
        if isinstance(verdict, Fits):
            if verdict.cursor != cursor:
                self._receipted(verdict.cursor)
        elif isinstance(verdict, Reset):
            self._mint(now)
        self.say(self.sender.start(self._reload(), sync))

    def _mint(self, now: float) -> None:
        with transaction.atomic():
            self.friend = Friend.objects.select_for_update().get(pk=self.friend.pk)
            cursor = outbox.mint(self.friend, self._stated())
            crash.point("mint_before_commit")
        crash.point("mint_after_commit")
        self.sender.minted(cursor.epoch, now)

    def _stated(self) -> Iterator[Stated]:
        if self.friend.state == Friend.State.LEAVING:
            return iter([(FriendRemoved(), None)])
        return self.hooks.restate(self.friend)

    def _starts(self, starts: list[Start], _now: float) -> None:
        inbox.started(self.friend.pk, starts[-1], self.receiver, self.hooks)

    def _gets(self, gets: list[Get], _now: float) -> None:
        for get in gets[:MAX_GETS]:
            self.say(*self.hooks.on_get(self.friend, get))

    def _answers(self, answers: list[Answer], _now: float) -> None:
        for answer in answers:
            self.hooks.on_answer(self.friend, answer)

    def _signals(self, signals: list[Signal], _now: float) -> None:
        for signal in signals:
            self.hooks.on_signal(self.friend, signal)

    # Saying -----------------------------------------------------------------------------------

    def say(self, *messages: Message) -> None:
        """With the next boxes. What finds no room is lost, as it may be on its way: each is said
        again, or asked for again.
        """
        self._said.extend(messages[: max(0, MAX_SAID - len(self._said))])

    def boxes(self, cursor: SendCursor, now: float) -> Iterator[Box]:
        """All that is to be said now, and the events that are due, in as few boxes as hold them."""
        self._stream(cursor, now)
        said, self._said = self._said, []
        for ephemeral, group in groupby(said, lambda message: isinstance(message, EPHEMERAL)):
            for batch in _batches(group):
                yield self._box(batch, ephemeral)

    def asks_at(self) -> float:
        """When to sync although nothing happens."""
        due = self.receiver.deadline
        return self._renew_at if due is None else min(due, self._renew_at)

    def deadline(self) -> float | None:
        """When something is due although nothing happens."""
        times = [self.sender.deadline, self.asks_at()] if self.online else []
        return min((time for time in times if time is not None), default=None)

    def _stream(self, cursor: SendCursor, now: float) -> None:
        if self.sender.is_lost(cursor):
            self.meet(now)
        while self.online and (seqs := self.sender.window(cursor, now)):
            rows = outbox.rows(self.friend.pk, cursor.epoch, seqs)
            for row in rows:
                self.say(_event(row))
                self.sender.sent(row.seq, len(row.body), now)
            if len(rows) < len(seqs):  # dropped meanwhile: the next sync starts anew
                return

    def _box(self, batch: Sequence[Message], ephemeral: bool) -> Box:
        friend = self.friend
        sealed = sealing.seal(
            encode_messages(batch), identity.keys(), friend.user_id, friend.box_key
        )
        kinds = frozenset(type(message).__name__.lower() for message in batch)
        seq = next((message.seq for message in batch if isinstance(message, Event)), None)
        return Box(sealed, kinds, seq, ephemeral)

    def _reload(self) -> SendCursor:
        self.friend = Friend.objects.get(pk=self.friend.pk)
        return outbox.cursor_of(self.friend)


_HEARD: dict[type[Message], Callable[[Peer, list[Any], float], None]] = {
    Event: Peer._events,
    Receipt: Peer._receipts,
    Sync: Peer._syncs,
    Start: Peer._starts,
    Get: Peer._gets,
    Answer: Peer._answers,
    Signal: Peer._signals,
}


def _event(row: Outgoing) -> Event:
    body, origin = tracing.detached(row.body)
    with tracing.span("send", origin, "PRODUCER", event=row.name, seq=row.seq):
        return Event(
            epoch=row.epoch,
            seq=row.seq,
            prev=row.prev or None,
            id=row.event_id,
            at=row.at.isoformat(timespec="milliseconds"),
            name=row.name,
            body=msgspec.Raw(body.encode()),
            trace=tracing.current() or msgspec.UNSET,
        )


def _batches(said: Iterable[Message]) -> Iterator[list[Message]]:
    """As many messages to a box as it holds, in order."""
    batch: list[Message] = []
    size = 2
    for message in said:
        more = len(msgspec.json.encode(message)) + 1
        if batch and size + more > MAX_BYTES:
            yield batch
            batch, size = [], 2
        batch.append(message)
        size += more
    if batch:
        yield batch

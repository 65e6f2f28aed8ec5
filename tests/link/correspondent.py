"""Bob without a database: real keys, real boxes and the real stream rules over a list.

What the product says to him he opens and keeps; what he says is sealed as his instance would. So a
test holds one side of a conversation in its hands and the product's own database is only Alice's.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from random import Random

import msgspec
from msgspec import Raw

from portfolio.link import events, identity, outbox, sealing
from portfolio.link.hooks import Hooks
from portfolio.link.identity import Keys
from portfolio.link.messages import Event, Message, Receipt, Start, Sync, decode, encode
from portfolio.link.peer import Peer
from portfolio.link.stream import ReceiveCursor, Receiver, Sender, Verdict
from portfolio.models import Friend
from tests.link.people import card_of, new_keys


@dataclass
class Applied:
    """Hooks that write down what they were called with."""

    events: list[tuple[str, events.Body]] = field(default_factory=list)
    delivered: list[set[object]] = field(default_factory=list)
    cards: list[tuple[str, str]] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    leases: int = 0
    meetings: int = 0
    stated: list[tuple[events.Body, None]] = field(default_factory=list)
    error: Exception | None = None

    def hooks(self) -> Hooks:
        return Hooks(
            handlers={name: self._take for name in events.EVENTS},
            batch=nullcontext,
            restate=lambda _friend: iter(self.stated),
            on_delivery=lambda _friend, subjects: self.delivered.append(set(subjects)),
            on_state=lambda: None,
            on_lease=self._lease,
            on_meeting=self._meet,
            on_get=lambda _friend, _get: [],
            on_answer=lambda _friend, _answer: None,
            on_signal=lambda _friend, signal: self.signals.append(signal.name),
            on_refused=lambda friend, why: self.refused.append((friend.display_name, why)),
            on_card=lambda friend, card: self.cards.append((friend.display_name, card)),
            on_heard=lambda friend: Friend.objects.filter(pk=friend.pk).update(
                state=Friend.State.FRIEND
            ),
            on_knock=lambda _user_id, _payload: None,
            knocks=list,
            invites=list,
        )

    def _take(self, friend: Friend, body: events.Body) -> None:
        if self.error is not None:
            raise self.error
        self.events.append((friend.display_name, body))

    def _lease(self, _friend: Friend) -> None:
        self.leases += 1

    def _meet(self, _friend: Friend) -> None:
        self.meetings += 1


@dataclass
class Correspondent:
    """Bob."""

    keys: Keys = field(default_factory=new_keys)
    heard: list[Message] = field(default_factory=list)
    receiver: Receiver = field(default_factory=Receiver)
    sender: Sender = field(default_factory=lambda: Sender(Random(7)))
    cursor: ReceiveCursor = field(default_factory=lambda: ReceiveCursor(None, 0, None))
    taken: list[Event] = field(default_factory=list)

    def befriended(self, state: str = Friend.State.FRIEND, name: str = "Bob") -> Friend:
        """His row in Alice's database."""
        return Friend.objects.create(
            user_id=self.keys.user_id,
            display_name=name,
            backend_url="http://127.0.0.1:8001",
            box_key=self.keys.box_key,
            card=card_of(self.keys),
            state=state,
        )

    def seal(self, *messages: Message) -> str:
        mine = identity.keys()
        return sealing.seal(encode(messages), self.keys, mine.user_id, mine.box_key)

    def hear(self, peer: Peer, now: float) -> list[Message]:
        """Open all that is due to him; answers what the stream's rules call for."""
        answers: list[Message] = []
        row = Friend.objects.get(pk=peer.friend.pk)
        for box in peer.boxes(outbox.cursor_of(row), now):
            payload = sealing.open_box(box.sealed, self.keys, identity.keys().user_id)
            for message in decode(payload):
                self.heard.append(message)
                answers += self._answer(message)
        return answers

    def sync(self, now: float, nonce: str = "n1") -> Sync:
        sync = self.receiver.sync(self.cursor, now, nonce)
        assert sync is not None
        return sync

    def _answer(self, message: Message) -> list[Message]:
        if isinstance(message, Start):
            self.cursor = self.receiver.on_start(self.cursor, message) or self.cursor
        if not isinstance(message, Event):
            return []
        if self.receiver.on_event(self.cursor, message) is Verdict.TAKE:
            self.taken.append(message)
            self.cursor = self.receiver.advance(self.cursor, message)
        return [self.receiver.receipt(self.cursor)] if self.cursor.id else []


def event(epoch: str, seq: int, prev: str | None, body: events.Body, name: str = "") -> Event:
    """A row of Bob's stream; its id is e<seq>."""
    return Event(
        epoch=epoch,
        seq=seq,
        prev=prev,
        id=f"e{seq}",
        at="2026-01-02T03:04:05Z",
        name=name or body.name,
        body=Raw(msgspec.json.encode(body)),
    )


def last_receipt(heard: list[Message]) -> Receipt:
    return next(message for message in reversed(heard) if isinstance(message, Receipt))

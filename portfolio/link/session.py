"""One connection's conversation: frames in, frames out, from `connected` to the close.

The client gives it messages and asks for deadlines; it routes frames to the friends' `Peer`s,
returns credit, keeps the pace that the relay granted, and sends everything of one step together.
Threads: the link's alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from collab_relay import protocol
from collab_relay.protocol import CollabEvent
from observability.logs import get_logger, named
from portfolio import metrics
from portfolio.link import crash, identity, outbox, sealing, status
from portfolio.link.allowance import Allowance
from portfolio.link.connection import RelaySocket, Welcome
from portfolio.link.hooks import Hooks
from portfolio.link.messages import Message, MessageError
from portfolio.link.pacing import Credit, Pace
from portfolio.link.peer import Box, Peer
from portfolio.link.stream import SendCursor
from portfolio.models import Friend

log = get_logger(__name__)

KNOCK_AGAIN = 900.0  # seconds
MAX_HELD, MAX_REFS = 64, 4096  # frames that wait for their tokens, before streams stop filling


class _Data(msgspec.Struct):
    box: str


_read_data = msgspec.json.Decoder(_Data).decode


@dataclass
class Session:
    socket: RelaySocket
    hooks: Hooks
    pace: Pace
    friends: dict[str, Peer] = field(default_factory=dict)
    invites: set[str] = field(default_factory=set)
    retry_after: float | None = None  # what `closing` said
    _allowances: dict[str, Allowance] = field(default_factory=dict)  # of who has said something
    _credit: Credit = field(default_factory=Credit)
    _held: deque[tuple[bytes, frozenset[str]]] = field(default_factory=deque)
    _refs: dict[int, tuple[Peer, int | None]] = field(default_factory=dict)
    _ref: int = 0
    _knock_at: float = 0.0
    _knocking: set[tuple[str, str]] = field(default_factory=set)  # whom, with which secret

    @classmethod
    def open(cls, socket: RelaySocket, hooks: Hooks, now: float) -> Session:
        """Authenticate, and meet whoever is there."""
        friends = {friend.user_id: Peer(friend, hooks) for friend in Friend.objects.listed()}
        invites = set(hooks.invites())
        welcome = socket.authenticate(list(friends), sorted(invites))
        status.met(welcome.trip, welcome.skew)
        session = cls(socket, hooks, Pace.of(welcome.hello.limits, now), friends, invites)
        session._met(welcome, now)
        session._take(welcome.more, 0, now)
        return session

    def close(self) -> None:
        for peer in self.friends.values():
            peer.part()

    # In ---------------------------------------------------------------------------------------

    def take(self, message: bytes, now: float) -> None:
        """One whole message from the relay."""
        self._take(protocol.decode_from_relay(message), len(message), now)

    def _take(self, frames: Sequence[Any], size: int, now: float) -> None:
        if frames:
            self._credit.take(len(frames), size, now)
        for frame in frames:
            try:
                _TAKEN[type(frame)](self, frame, now)
            except Friend.DoesNotExist:  # gone since
                self.refresh(now)

    def _event(self, frame: protocol.IncomingEvent, now: float) -> None:
        """In its turn: a friend who says much keeps no other one waiting."""
        if frame.from_user not in self.friends:
            return
        allowance = self._allowances.setdefault(frame.from_user, Allowance.full(now))
        try:
            if allowance.came(_read_data(frame.data).box):
                log.warning("Boxes dropped: more than is heard", user_id=frame.from_user)
        except msgspec.MsgspecError:
            log.warning("Frame dropped: it holds no box", user_id=frame.from_user)
        self._hear(frame.from_user, allowance, now)

    def _hear(self, user_id: str, allowance: Allowance, now: float) -> None:
        while (peer := self.friends.get(user_id)) and (box := allowance.next(now)) is not None:
            try:
                allowance.spent(peer.hear(box, now))
            except sealing.SealingError:
                log.warning("Box dropped: it does not open", user_id=user_id)
                metrics.UNREADABLE.inc()
                peer.misheard(now)
            except Friend.DoesNotExist:  # gone since, perhaps by this very box
                self.refresh(now)
            except (MessageError, msgspec.MsgspecError) as error:
                log.warning("Box dropped", user_id=user_id, why=named(error))

    def _acknowledged(self, frame: protocol.EventAck, now: float) -> None:
        peer, seq = self._refs.pop(frame.ref, (None, None))
        if peer is None:
            return
        why = frame.undelivered.get(peer.friend.user_id)
        if why is not None:
            metrics.UNDELIVERED.labels(why if why in metrics.WHYS else metrics.OTHER).inc()
        if why == protocol.Why.RATE:
            self.pace.empty(now, frame.retry_after or 1.0)
        if why == protocol.Why.OFFLINE:
            peer.sender.offline()
        elif why is not None and seq is not None:
            peer.sender.dropped(seq, now)

    def _came(self, frame: protocol.UserOnline, now: float) -> None:
        if peer := self.friends.get(frame.user_id):
            peer.meet(now)
            self.report()

    def _went(self, frame: protocol.UserOffline, _now: float) -> None:
        if peer := self.friends.get(frame.user_id):
            peer.part()
            self._allowances.get(frame.user_id, Allowance.full(0.0)).waiting.clear()
            self.report()

    def _knocked(self, frame: protocol.IncomingKnock, now: float) -> None:
        try:
            payload = sealing.open_box(frame.box, identity.keys(), frame.from_user)
        except sealing.SealingError:
            return
        self.hooks.on_knock(frame.from_user, payload)
        self.refresh(now)

    def _closing(self, frame: protocol.Closing, _now: float) -> None:
        self.retry_after = frame.retry_after

    def _complaint(self, frame: protocol.Error, _now: float) -> None:
        log.warning("The relay did not take a frame", code=frame.code)

    def _nothing(self, frame: object, _now: float) -> None:
        """A pong, or a frame of a later version: it counts for credit, and that is all."""

    def _met(self, welcome: Welcome, now: float) -> None:
        for user_id in welcome.connected.online:
            if peer := self.friends.get(user_id):
                peer.meet(now)
        self.report()

    # Out --------------------------------------------------------------------------------------

    def step(self, now: float) -> None:
        """Send what is due: credit, knocks, syncs, streams."""
        if self._credit.due(now):
            self.socket.send(protocol.Received(count=self._credit.frames))
            self._credit = Credit()
        if now >= self._knock_at:
            self._knock(now)
        for user_id, allowance in list(self._allowances.items()):
            self._hear(user_id, allowance, now)
        cursors = self._cursors()
        for peer in self.friends.values():
            if len(self._held) > MAX_HELD:
                break
            self._speak(peer, cursors, now)
        self._flush(now)

    def tell(self, user_id: str, message: Message) -> None:
        """Something that may be lost."""
        if peer := self.friends.get(user_id):
            peer.say(message)

    def meet(self, user_id: str, now: float) -> None:
        """As if the friend had just come: both sides say where they stand."""
        if (peer := self.friends.get(user_id)) and peer.online:
            peer.meet(now)

    def refresh(self, now: float) -> None:
        """Friends or invites have changed: tell the relay from whom frames may come."""
        rows = {friend.user_id: friend for friend in Friend.objects.listed()}
        gone = [user_id for user_id in self.friends if user_id not in rows]
        new = [user_id for user_id in rows if user_id not in self.friends]
        for user_id in gone:
            self.friends.pop(user_id).part()
            self._allowances.pop(user_id, None)
        for row in rows.values():
            self._renew(row, now)
        self._declare(new, gone, set(self.hooks.invites()))
        knocking = set(Friend.objects.knocking().values_list("user_id", "invite_secret"))
        if not knocking <= self._knocking:
            self._knock_at = now
        self._knocking = knocking
        self.report()

    def deadline(self, now: float) -> float:
        """When `step` is to be called although nothing happens."""
        times = [self._knock_at, *(peer.deadline() for peer in self.friends.values())]
        times += [self._credit.deadline, self.pace.next(now) if self._held else None]
        times += [allowance.due(now) for allowance in self._allowances.values()]
        return min(time for time in times if time is not None)

    def report(self) -> None:
        online = frozenset(user_id for user_id, peer in self.friends.items() if peer.online)
        if status.report("live", online):
            self.hooks.on_state()

    def _renew(self, row: Friend, now: float) -> None:
        """The friend as the rows have it now; another row is another friendship, met anew."""
        peer = self.friends.get(row.user_id)
        if peer is None or peer.friend.pk != row.pk:
            online = peer is not None and peer.online
            peer = self.friends[row.user_id] = Peer(row, self.hooks)
            if online:
                peer.meet(now)
        peer.friend = row
        peer.confirmed(now)

    def _declare(self, new: list[str], gone: list[str], invites: set[str]) -> None:
        if new or gone:
            self.socket.send(protocol.Friends(add=new, remove=gone))
        if invites != self.invites:
            add, remove = sorted(invites - self.invites), sorted(self.invites - invites)
            self.socket.send(protocol.Invites(add=add, remove=remove))
            self.invites = invites

    def _knock(self, now: float) -> None:
        self._knock_at = now + KNOCK_AGAIN
        for knock in self.hooks.knocks():
            self.socket.send(
                protocol.Knock(to_user=knock.user_id, invite=knock.invite, box=knock.box)
            )

    def _cursors(self) -> dict[int, SendCursor]:
        """Where every stream stands, in one query."""
        return {friend.pk: outbox.cursor_of(friend) for friend in Friend.objects.listed()}

    def _speak(self, peer: Peer, cursors: dict[int, SendCursor], now: float) -> None:
        cursor = cursors.get(peer.friend.pk)
        if cursor is None:  # gone since
            return
        if peer.online and now >= peer.asks_at():
            peer.ask(now)
        for box in peer.boxes(cursor, now):
            self._held.append((protocol.encode_frame(self._frame(peer, box)), box.kinds))

    def _frame(self, peer: Peer, box: Box) -> CollabEvent:
        data = msgspec.Raw(msgspec.json.encode(_Data(box.sealed)))
        if box.ephemeral:
            return CollabEvent(to_users=[peer.friend.user_id], data=data, ephemeral=True)
        self._ref += 1
        self._refs[self._ref] = (peer, box.seq)
        self._refs.pop(self._ref - MAX_REFS, None)
        log.debug("Box sent", user_id=peer.friend.user_id, ref=self._ref, seq=box.seq)
        return CollabEvent(to_users=[peer.friend.user_id], data=data, ref=self._ref)

    def _flush(self, now: float) -> None:
        due: list[bytes] = []
        kinds: set[str] = set()
        while self._held and self.pace.allow(now):
            frame, inside = self._held.popleft()
            due.append(frame)
            kinds |= inside
        _crash_points(kinds, "before_send")
        for text in protocol.pack(due):
            self.socket.send_text(text)
        _crash_points(kinds, "after_send")


def _crash_points(kinds: set[str], moment: str) -> None:
    for kind in kinds:
        crash.point(f"{kind}_{moment}")


_TAKEN: dict[type, Callable[[Session, Any, float], None]] = {
    protocol.IncomingEvent: Session._event,
    protocol.EventAck: Session._acknowledged,
    protocol.UserOnline: Session._came,
    protocol.UserOffline: Session._went,
    protocol.IncomingKnock: Session._knocked,
    protocol.Closing: Session._closing,
    protocol.Error: Session._complaint,
    protocol.Pong: Session._nothing,
    protocol.Refused: Session._nothing,
    protocol.Hello: Session._nothing,
    protocol.Connected: Session._nothing,
}

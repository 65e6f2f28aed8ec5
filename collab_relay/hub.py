"""What a frame does, and where it goes: frame -> [(connection, frame)].

Promises: a frame passes only between two connected ids that list each other; to a stranger, and
about one, everybody is offline. Knocks alone pass to non-friends, and only with the hash of an
invite that the recipient listed. What a connection is owed is bounded by credit; one that does
not read is told of as `busy`, then closed, and never delays another. Friends see somebody leave
only after ten seconds, so a reconnect is not news.

It does not authenticate (`tokens`), open sockets or encode (`consumer`). Who is there, and who are
friends, is known to the `directory`.

Life cycle: `join`, `handle` for each message, `leave`; `tick` about once a second. Pure: `now`
is passed in, what is to be sent or closed is returned. One thread. The relay alone imports it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from .connection import FRAME_BYTES, Connection
from .counts import Counts
from .directory import Directory, Others, Person
from .limits import Buckets
from .protocol import (
    DATA_BYTES,
    FRIENDS,
    INVITES,
    KNOCKS_PER_HOUR,
    OFFLINE_SECONDS,
    Close,
    Code,
    CollabEvent,
    Connected,
    Error,
    EventAck,
    Friends,
    FromInstance,
    FromRelay,
    IncomingEvent,
    IncomingKnock,
    Invites,
    Knock,
    Ping,
    Pong,
    Received,
    Refused,
    Why,
)

_NOT_EXPECTED = Refused(Code.NOT_EXPECTED, "not at this time")
Output = tuple[Person, FromRelay | Close]  # only a connection is closed


class Hub:
    """`friends` is the longest list; `epoch` turns `now` into the time of day, for `pong`."""

    def __init__(self, friends: int = FRIENDS, epoch: float = 0.0) -> None:
        self._most, self._epoch = friends, epoch
        self.directory = Directory()
        self.online = self.directory.here
        self._friend = self.directory.friend
        self.others: Others = Others()
        self.counts = Counts()
        self.messages = self.events_came = self.events_routed = self.joined = 0
        self.knocks = Buckets(KNOCKS_PER_HOUR / 3600, KNOCKS_PER_HOUR)
        self._now = 0.0
        self._out: list[Output] = []

    def join(self, connection: Connection, now: float) -> list[Output]:
        """An authenticated connection with its lists; an older one of the same id is replaced."""
        self._begin(now)
        user_id = connection.id
        if older := self.online.get(user_id):
            older.is_closing = True
            self._out.append((older, Close.REPLACED))
            self.counts.drops[Close.REPLACED] += 1
        told = self.directory.enter(connection)
        self.joined += 1
        connection.friends.discard(user_id)
        connection.shown = {friend.id for friend in self.directory.friends(connection)}
        connected = Connected(
            user_id=user_id,
            message="Connected to collaboration service",
            active_users=self.others.active(len(self.online)),
            online=sorted(connection.shown),
        )
        self._out.append((connection, connected))
        for other in {*told, *connection.friends}:
            self._settle(other, user_id)
        return self._out

    def handle(
        self, connection: Connection, frames: Iterable[FromInstance | Refused], now: float
    ) -> list[Output]:
        """The frames of one message, in order."""
        self._begin(now)
        self.messages += 1
        for frame in frames:
            if connection.is_closing:
                break
            if type(frame) is CollabEvent:  # as nearly all are: they have a number of their own
                self._event(connection, frame)
            else:
                self.counts.frames[type(frame)] += 1
                _HANDLERS.get(type(frame), Hub._refused)(self, connection, frame)
        return self._out

    def leave(self, connection: Connection, now: float) -> list[Output]:
        """The connection is gone. Harmless when it was already replaced or closed."""
        self._begin(now)
        self.counts.left += not connection.is_closing
        self._forget(connection)
        return self._out

    def tick(self, now: float) -> list[Output]:
        """Tell friends who stayed away, and close who takes nothing."""
        self._begin(now)
        for user_id, told in self.directory.gone(now):
            for other in told:
                self._settle(other, user_id)
        for connection in [c for c in self.online.values() if c.credit.is_stalled(now)]:
            self._close(connection, Close.SLOW)
        return self._out

    def friends_of(self, user_id: str) -> list[Person]:
        """The mutual friends online of somebody online."""
        connection = self.online.get(user_id)
        return self.directory.friends(connection) if connection else []

    def tell(self, viewers: Iterable[str], subject_id: str, now: float) -> list[Output]:
        """What changed about somebody at another process, if anything did."""
        self._begin(now)
        for viewer_id in viewers:
            self._settle(viewer_id, subject_id)
        return self._out

    def let_in(self, target: Connection, knock: IncomingKnock, now: float) -> list[Output]:
        """A knock from another process, where it was paid for."""
        self._begin(now)
        self._let_in(target, knock)
        return self._out

    def drop(self, connection: Connection, code: Close, now: float) -> list[Output]:
        """Close the connection for a reason from outside."""
        self._begin(now)
        self._close(connection, code)
        return self._out

    def _close(self, connection: Connection, code: Close) -> None:
        self._out.append((connection, code))
        self.counts.drops[code] += 1
        self._forget(connection)

    def _begin(self, now: float) -> None:
        self._now = now
        self._out = []

    def _event(self, sender: Connection, frame: CollabEvent) -> None:
        self.events_came += 1
        targets = frame.to_users
        if len(targets) > 1:
            targets = list(dict.fromkeys(targets))
        wait = self._charge(sender, len(targets))
        if wait:
            self.counts.refused[CollabEvent] += 1
        undelivered: dict[str, str] = {}
        for target in targets:
            why = Why.RATE if wait else self._pass(sender, target, frame)
            if why is not None:
                undelivered[target] = why
                self.counts.undelivered[why] += 1
        if not frame.ephemeral:
            ack = EventAck(
                ref=frame.ref,
                delivered_to=len(targets) - len(undelivered),
                total_recipients=len(targets),
                undelivered=undelivered,
                retry_after=round(wait, 3) if wait else None,
            )
            self._reply(sender, ack)

    def _pass(self, sender: Connection, target: str, frame: CollabEvent) -> Why | None:
        """Hand the event on; why not, if not."""
        friend = self._friend(sender, target)
        if friend is None:
            return Why.OFFLINE
        size = len(frame.data)
        if size > DATA_BYTES:
            return Why.TOO_BIG
        if not friend.credit.lend(size + FRAME_BYTES, self._now):
            return Why.BUSY
        self._out.append((friend, IncomingEvent(from_user=sender.id, data=frame.data)))
        self.events_routed += 1
        return None

    def _knock(self, sender: Connection, frame: Knock) -> None:
        """Never answered: a stranger learns nothing, not even whether anybody is there."""
        target = self.online.get(frame.to_user)
        if self._charge(sender, 1) or target is sender:
            self.counts.refused[Knock] += 1
            return
        knock = IncomingKnock(from_user=sender.id, invite=frame.invite, box=frame.box)
        if target is None:
            return self.others.knock(frame.to_user, knock)
        self._let_in(target, knock)

    def _let_in(self, target: Connection, knock: IncomingKnock) -> None:
        size = len(knock.box) + FRAME_BYTES
        if (
            knock.invite in target.invites
            and target.credit.has_room(size)
            and self.knocks.of(target.id, self._now).take_if_any(self._now)
        ):
            target.credit.owe(size, self._now)
            self._out.append((target, knock))
        else:
            self.counts.refused[Knock] += 1

    def _friends(self, connection: Connection, frame: Friends) -> None:
        changed = ({*frame.add} | {*frame.remove}) - {connection.id}
        self._charge(connection, max(1, len(changed)))
        friends = (connection.friends | changed) - {*frame.remove}
        if len(friends) > self._most:
            return self._error(connection, frame, Code.TOO_MANY, f"at most {self._most} friends")
        was, connection.friends = connection.friends, friends
        self.others.changed(connection, friends - was, was - friends)
        for other in changed:
            self._settle(connection.id, other)
            self._settle(other, connection.id)

    def _invites(self, connection: Connection, frame: Invites) -> None:
        self._charge(connection, 1)
        invites = (connection.invites | {*frame.add}) - {*frame.remove}
        if len(invites) > INVITES:
            return self._error(connection, frame, Code.TOO_MANY, f"at most {INVITES} invites")
        connection.invites = invites

    def _received(self, connection: Connection, frame: Received) -> None:
        """Costs nothing: each was paid for by a frame to this connection."""
        self.counts.credit_waits += connection.credit.waits
        if not connection.credit.returned(frame.count, self._now):
            self._charge(connection, 1)
            return self._error(connection, frame, Code.BAD_CREDIT, "more than was sent")
        while connection.untold and connection.credit.has_room(FRAME_BYTES):
            self._settle(connection.id, connection.untold.pop())
        self.others.returned(connection)

    def _ping(self, connection: Connection, frame: Ping) -> None:
        self._charge(connection, 1)
        self._reply(connection, Pong(timestamp=int((self._now + self._epoch) * 1000)))

    def _refused(self, connection: Connection, frame: Any) -> None:
        self._charge(connection, 1)
        why = frame if isinstance(frame, Refused) else _NOT_EXPECTED
        self._error(connection, frame, why.code, why.message)

    def _charge(self, sender: Connection, count: int) -> float:
        """Seconds to wait; 0.0 when it is paid for. Who goes on regardless is closed."""
        wait = sender.bucket.take(count, self._now)
        if not wait:
            return sender.shared.take(count, self._now)
        if sender.bucket.exhausted:
            self._close(sender, Close.RATE)
        return wait

    def _reply(self, connection: Connection, frame: FromRelay) -> None:
        """Anything but an event: sent whatever the credit, but not for ever."""
        if connection.is_closing:
            return
        self._out.append((connection, frame))
        if not connection.credit.lend(FRAME_BYTES, self._now):
            connection.credit.owe(FRAME_BYTES, self._now)
            if connection.credit.is_overdrawn(connection.bucket.burst):
                self._close(connection, Close.SLOW)

    def _error(self, connection: Connection, frame: Any, code: Code, message: str) -> None:
        self.counts.refused[type(frame)] += 1
        self._reply(connection, Error(code=code, message=message))

    def _forget(self, connection: Connection) -> None:
        connection.is_closing = True
        if self.directory.leave(connection, self._now + OFFLINE_SECONDS):
            self.others.left(connection)

    def _settle(self, viewer_id: str, subject_id: str) -> None:
        """Tell the viewer what changed about the subject, if anything did; once there is credit."""
        viewer = self.online.get(viewer_id)
        if viewer and not viewer.credit.has_room(FRAME_BYTES):
            return viewer.untold.add(subject_id)
        news = self.directory.news(viewer, subject_id) if viewer else None
        if viewer and news:
            self._reply(viewer, news)


_HANDLERS: dict[type, Callable[[Hub, Connection, Any], None]] = {
    Knock: Hub._knock,
    Friends: Hub._friends,
    Invites: Hub._invites,
    Received: Hub._received,
    Ping: Hub._ping,
}

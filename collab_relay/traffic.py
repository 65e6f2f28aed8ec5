"""What is handed on between processes: events, knocks, room for more, and a question of REST's.

Promises: what another process hands on is checked against the recipient's own list, invites and
credit again. Past the credit an event is dropped, and the sender's process told that there is no
room, until there is.

It does not know who is friends with whom elsewhere (`neighbours`). Pure; one thread.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from .bus import Ask, Knocked, Passed, Room, Told, Who
from .connection import FRAME_BYTES, Connection
from .elsewhere import Arrival, Away, who_is
from .hub import Hub, Output
from .lines import Lines
from .protocol import IncomingEvent, IncomingKnock


class Traffic:
    """`arrivals` are those of `neighbours`: what is for them waits until they have joined."""

    def __init__(self, hub: Hub, lines: Lines, arrivals: dict[str, Arrival], epoch: int) -> None:
        self._hub, self._lines, self._arrivals = hub, lines, arrivals
        self.knocks: list[tuple[str, IncomingKnock]] = []  # for somebody who is not here
        self.on_told: Callable[[int, list[Who]], None] = _nobody_asked
        self._full: dict[str, set[str]] = {}  # who has no room here -> processes that know
        self._question = epoch

    # From here

    def knock(self, to_user: str, knock: IncomingKnock) -> None:
        self.knocks.append((to_user, knock))
        self._lines.on_post()

    def knock_at(self, process: str, to_user: str, knock: IncomingKnock) -> None:
        """That is where the recipient is."""
        message = Knocked(knock.from_user, to_user, knock.invite, knock.box)
        self._lines.post(process, message, len(knock.box))

    def returned(self, connection: Connection) -> None:
        if connection.id in self._full and connection.credit.has_room(0):
            for process in self._full.pop(connection.id):
                self._lines.post(process, Room(connection.id, False))

    def left(self, connection: Connection) -> None:
        self._full.pop(connection.id, None)

    def ask(self, process: str, user_id: str) -> int:
        """A question; the answer, the friends of somebody there, comes to `on_told`."""
        self._question += 1
        self._lines.post(process, Ask(self._question, user_id))
        return self._question

    # From elsewhere

    def take(self, process: str, message: Any, now: float) -> list[Output]:
        return _HANDLERS[type(message)](self, process, message, now)

    def _passed(self, process: str, message: Passed, now: float) -> list[Output]:
        target = self._hub.online.get(message.to_user)
        if target is None:
            return self._hold(process, message)
        if message.from_user not in target.friends:
            return []
        if target.credit.lend(len(message.data) + FRAME_BYTES, now):
            frame = IncomingEvent(from_user=message.from_user, data=Raw(message.data))
            return [(target, frame)]
        self._full.setdefault(target.id, set()).add(process)
        self._lines.post(process, Room(target.id, True))
        return []

    def _knocked(self, process: str, message: Knocked, now: float) -> list[Output]:
        target = self._hub.online.get(message.to_user)
        if target is None:
            return self._hold(process, message)
        knock = IncomingKnock(from_user=message.from_user, invite=message.invite, box=message.box)
        return self._hub.let_in(target, knock, now)

    def _room(self, process: str, message: Room, _now: float) -> list[Output]:
        person = self._hub.directory.elsewhere.get(message.id)
        if isinstance(person, Away) and person.process == process:
            person.is_full = message.is_full
        return []

    def _asked(self, process: str, message: Ask, _now: float) -> list[Output]:
        people = [who_is(friend, 0) for friend in self._hub.friends_of(message.id)]
        self._lines.post(process, Told(message.question, people), 100 * len(people))
        return []

    def _told(self, _process: str, message: Told, _now: float) -> list[Output]:
        self.on_told(message.question, message.people)
        return []

    def _hold(self, process: str, message: Passed | Knocked) -> list[Output]:
        if arrival := self._arrivals.get(message.to_user):
            arrival.hold(process, message)
        return []


def _nobody_asked(question: int, people: list[Who]) -> None: ...


_HANDLERS: dict[type, Callable[[Traffic, str, Any, float], list[Output]]] = {
    Passed: Traffic._passed,
    Knocked: Traffic._knocked,
    Room: Traffic._room,
    Ask: Traffic._asked,
    Told: Traffic._told,
}

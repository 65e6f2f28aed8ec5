"""Several processes as one relay: who of the others' people is a friend of somebody here.

Promises: somebody elsewhere is in the directory only while they and somebody here list each other,
as each of their processes has said; a stranger's process learns nothing. Of two connections of an
id the one with the higher number stays, wherever they are. A process that is silent for five
seconds, or of which something was lost, is forgotten, and all here are introduced anew: friends who
are found again are told of again, because what passed meanwhile may be lost; nobody is offline for
it before ten quiet seconds have passed since the last sign.

It reads and writes nothing: who is to be introduced waits in `questions` for whoever knows where
the friends are (`cluster`), what is to be sent in `lines`. Pure; one thread.
"""

from collections.abc import Callable, Iterable
from typing import Any

from .bus import Batch, Counts, Gone, Introduce, Known, Part, Replaced, Who
from .connection import Connection
from .directory import Others
from .elsewhere import Arrival, Away, by_process, known_to, who_is
from .hub import Hub, Output
from .lines import Lines
from .protocol import OFFLINE_SECONDS, Close, IncomingKnock
from .traffic import Traffic


class Neighbours(Others):
    """`name` is this process's. Numbers begin at `epoch`, which is higher after each start."""

    def __init__(self, hub: Hub, name: str, epoch: int, now: float) -> None:
        self.hub, self.lines = hub, Lines(name, epoch, now)
        self.numbers: dict[str, int] = {}  # of those here
        self.questions: list[tuple[str, list[str]]] = []  # who is to be introduced to whom
        self.departed: list[tuple[Connection, int]] = []
        self._arrivals: dict[str, Arrival] = {}
        self.traffic = Traffic(hub, self.lines, self._arrivals, epoch)
        self._lost: dict[str, tuple[int, float]] = {}  # what may be out of date -> number, until
        self._question = epoch
        self._now = now
        self._out: list[Output] = []
        hub.others = self

    # Coming

    def arrive(self, connection: Connection, number: int) -> Arrival:
        """Somebody has signed in here: `introduce` them, then let them `join`."""
        self._question += 1
        number = max(number, self._number(connection.id) + 1)  # also if Redis says otherwise
        arrival = Arrival(connection, number, self._question)
        if before := self._arrivals.get(connection.id):
            self.abandon(before)
        self._arrivals[connection.id] = arrival
        return arrival

    def introduce(self, user_id: str, places: dict[str, str]) -> None:
        """Somebody here, or arriving, to these friends at these processes."""
        arrival, number = self._arrivals.get(user_id), self.numbers.get(user_id)
        if arrival is not None:
            who, question = arrival.who, arrival.question
        elif number is not None:
            who, question = who_is(self.hub.online[user_id], number), 0
        else:
            return
        for process, friends in by_process(places).items():
            if process == self.lines.name:
                continue
            self.lines.post(process, Introduce(who, friends, question), 44 * len(friends))
            if arrival is not None:
                arrival.ask(process, waits=process in self.lines)

    def replace_at(self, process: str, arrival: Arrival) -> None:
        """The connection before this one is there."""
        self.lines.post(process, Replaced(arrival.connection.id, arrival.number))

    def introduce_all(self) -> None:
        people = self.hub.online.values()
        self.questions = [(one.id, sorted(one.friends)) for one in people if one.friends]
        self.lines.on_post()

    def join(self, arrival: Arrival, now: float) -> list[Output]:
        self._begin(now)
        connection = arrival.connection
        if self._arrivals.get(connection.id) is not arrival:
            connection.is_closing = True
            return [(connection, Close.REPLACED)]
        del self._arrivals[connection.id]
        if older := self.hub.online.get(connection.id):
            self.left(older)
        self.numbers[connection.id] = arrival.number
        for process, who in arrival.people.values():
            self._see(process, who, [connection])
        self._out += self.hub.join(connection, now)
        for process, message in arrival.held:
            self._take(process, message)
        if arrival.is_incomplete:
            self.questions.append((connection.id, sorted(connection.friends)))
        return self._out

    def abandon(self, arrival: Arrival) -> None:
        """Who was arriving has gone, or somebody newer has come."""
        user_id = arrival.connection.id
        if self._arrivals.get(user_id) is arrival:
            del self._arrivals[user_id]
        for process in arrival.told:
            self.lines.post(process, Gone(user_id, arrival.number))
        arrival.ready()

    # What the hub says

    def changed(self, connection: Connection, added: set[str], removed: set[str]) -> None:
        if added:
            self.questions.append((connection.id, sorted(added)))
            self.lines.on_post()
        for person in known_to(connection, removed, self.hub.directory):
            self.lines.post(person.process, Part(connection.id, [person.id]))
            person.drop(connection.id, self.hub.directory)

    def left(self, connection: Connection) -> None:
        number = self.numbers.pop(connection.id, 0)
        known = known_to(connection, connection.friends, self.hub.directory)
        for person in known:
            person.drop(connection.id, self.hub.directory)
        for process in {person.process for person in known}:
            self.lines.post(process, Gone(connection.id, number))
        self.traffic.left(connection)
        self.departed.append((connection, number))
        self.lines.on_post()

    def active(self, here: int) -> int:
        return self.lines.all_counts(Counts(here)).active

    def returned(self, connection: Connection) -> None:
        self.traffic.returned(connection)

    def knock(self, to_user: str, knock: IncomingKnock) -> None:
        self.traffic.knock(to_user, knock)

    # What the others say

    def receive(self, batch: Batch, now: float) -> list[Output]:
        self._begin(now)
        heard = self.lines.to(batch.sender).hear(batch, now)
        if heard.was_lost or heard.begins_anew:
            self._forget(batch.sender, now)
            self.lines.on_post()
        if heard.begins_anew:
            self.introduce_all()
        for message in batch.messages if heard.is_of_use else ():
            self._take(batch.sender, message)
        return self._out

    def replaced(self, user_id: str, number: int, now: float) -> list[Output]:
        """There is a connection with this number somewhere: an older one here is closed."""
        self._begin(now)
        self._replaced("", Replaced(user_id, number))
        return self._out

    def tick(self, now: float) -> list[Output]:
        """Give up who is silent."""
        self._begin(now)
        for line in self.lines.silent(now):
            self._forget(line.name, line.heard)
        self._lost = {who: lost for who, lost in self._lost.items() if lost[1] > now}
        return self._out

    def counts(self) -> Counts:
        """Of this process."""
        return Counts(len(self.hub.online), self.hub.joined, self.hub.events_routed)

    def _take(self, process: str, message: Any) -> None:
        if handler := _HANDLERS.get(type(message)):
            handler(self, process, message)
        else:
            self._out += self.traffic.take(process, message, self._now)

    def _introduced(self, process: str, message: Introduce) -> None:
        who = message.who
        here = [one for name in message.friends if (one := self._connection(name))]
        listing = [one for one in here if who.id in one.friends]
        self._see(process, who, listing)
        for one in listing:
            if arrival := self._arrivals.get(one.id):
                arrival.told.add(process)
        people = [who_is(one, self._number(one.id)) for one in listing]
        known = Known(who.id, who.number, message.question, people)
        self.lines.post(process, known, 100 * len(people))

    def _knew(self, process: str, message: Known) -> None:
        arrival = self._arrivals.get(message.id)
        if arrival is not None and arrival.number != message.number:
            arrival = None
        if arrival is None and self.numbers.get(message.id) != message.number:
            if message.people:
                self.lines.post(process, Gone(message.id, message.number))
            return
        connection = arrival.connection if arrival else self.hub.online[message.id]
        for who in message.people:
            if who.id in connection.friends:
                self._see(process, who, [connection])
            else:
                self.lines.post(process, Part(message.id, [who.id]))
        if arrival and arrival.question == message.question:
            arrival.answered(process)

    def _parted(self, process: str, message: Part) -> None:
        for name in message.friends:
            if arrival := self._arrivals.get(name):
                arrival.part(process, message.id)
        person = self.hub.directory.elsewhere.get(message.id)
        if isinstance(person, Away) and person.process == process:
            person.friends.difference_update(message.friends)
            self._tell(message.friends, message.id)
            person.tidy(self.hub.directory)

    def _went(self, _process: str, message: Gone) -> None:
        for arrival in self._arrivals.values():
            arrival.forget(message.id, message.number)
        person = self.hub.directory.elsewhere.get(message.id)
        if isinstance(person, Away) and person.number <= message.number:
            self.hub.directory.leave(person, self._now + OFFLINE_SECONDS)

    def _replaced(self, _process: str, message: Replaced) -> None:
        arrival = self._arrivals.get(message.id)
        if arrival and arrival.number < message.number:
            self.abandon(arrival)
        older = self.hub.online.get(message.id)
        if older and self.numbers[message.id] < message.number:
            self._out += self.hub.drop(older, Close.REPLACED, self._now)

    # The directory

    def _see(self, process: str, who: Who, viewers: list[Connection]) -> None:
        """Somebody at another process and these here, or arriving, list each other."""
        self._replaced(process, Replaced(who.id, who.number))
        directory = self.hub.directory
        person = directory.elsewhere.get(who.id)
        known = person.number if isinstance(person, Away) else 0
        if max(known, self._number(who.id)) > who.number:
            return
        if not isinstance(person, Away) or known < who.number:
            person = Away(who, process, self.lines)
            told = {*directory.appear(person)} - {one.id for one in viewers}
            directory.wait(who.id, told, self._now + OFFLINE_SECONDS)
        fresh = {one.id for one in viewers if not self._arriving(one, process, who)}
        if self._lost.get(who.id, (0, 0.0))[0] == who.number:
            directory.doubt(fresh - person.friends, who.id)
        person.friends |= fresh
        self._tell(fresh, who.id)
        person.tidy(directory)

    def _arriving(self, viewer: Connection, process: str, who: Who) -> bool:
        """Whether the viewer has yet to join, and will know then."""
        arrival = self._arrivals.get(viewer.id)
        if arrival is None or arrival.connection is not viewer:
            return False
        arrival.know(process, who)
        return True

    def _forget(self, process: str, heard: float) -> None:
        """All that is known of those at this process, as of when it was heard last."""
        until = heard + OFFLINE_SECONDS
        for arrival in self._arrivals.values():
            arrival.forget_process(process)
        for person in list(self.hub.directory.elsewhere.values()):
            if isinstance(person, Away) and person.process == process:
                self._lost[person.id] = person.number, until
                self.hub.directory.leave(person, until)

    def _tell(self, viewers: Iterable[str], subject: str) -> None:
        self._out += self.hub.tell(viewers, subject, self._now)

    def _connection(self, user_id: str) -> Connection | None:
        """Of somebody who is here, or arriving."""
        arrival = self._arrivals.get(user_id)
        return arrival.connection if arrival else self.hub.online.get(user_id)

    def _number(self, user_id: str) -> int:
        arrival = self._arrivals.get(user_id)
        return arrival.number if arrival else self.numbers.get(user_id, 0)

    def _begin(self, now: float) -> None:
        self._now, self._out = now, []


_HANDLERS: dict[type, Callable[[Neighbours, str, Any], None]] = {
    Introduce: Neighbours._introduced,
    Known: Neighbours._knew,
    Part: Neighbours._parted,
    Gone: Neighbours._went,
    Replaced: Neighbours._replaced,
}

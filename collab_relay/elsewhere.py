"""Somebody at another process, and somebody who is about to be introduced to the others.

Promises: an `Away` stands in the directory where a connection would, so routing treats both alike;
an `Arrival` gathers what the others say of one who has signed in, until `connected` can name the
friends who are there.

They decide nothing: that is `neighbours`. Pure.
"""

from collections.abc import Callable, Iterable
from typing import Any

from .bus import Knocked, Passed, Who
from .connection import Connection
from .directory import Directory
from .lines import Lines
from .protocol import FromRelay, IncomingEvent

HELD = 256  # messages for somebody who is about to join


class Away:
    """Somebody at another process; `friends` are those here. Its own `credit`, too: there is room
    until that process says otherwise.
    """

    __slots__ = (
        "_lines",
        "backend_url",
        "display_name",
        "friends",
        "id",
        "is_full",
        "number",
        "process",
    )

    def __init__(self, who: Who, process: str, lines: Lines) -> None:
        self.id, self.number = who.id, who.number
        self.display_name, self.backend_url = who.display_name, who.backend_url
        self.process, self._lines = process, lines
        self.friends: set[str] = set()
        self.is_full = False

    @property
    def credit(self) -> "Away":
        return self

    def lend(self, size: int, now: float) -> bool:
        return not self.is_full

    def put(self, frame: FromRelay) -> None:
        """Hand an event on to their process."""
        if isinstance(frame, IncomingEvent):
            data = bytes(frame.data)
            self._lines.post(self.process, Passed(frame.from_user, self.id, data), len(data))

    def drop(self, friend: str, directory: Directory) -> None:
        """They and somebody here do not list each other any more."""
        self.friends.discard(friend)
        self.tidy(directory)

    def tidy(self, directory: Directory) -> None:
        """Nobody's friend here is nobody's business here."""
        if not self.friends and directory.elsewhere.get(self.id) is self:
            del directory.elsewhere[self.id]


def known_to(connection: Connection, names: Iterable[str], directory: Directory) -> list[Away]:
    """Who of these is elsewhere and lists the connection."""
    people = [person for name in names if (person := directory.elsewhere.get(name))]
    return [one for one in people if isinstance(one, Away) and connection.id in one.friends]


class Arrival:
    """Somebody who has signed in; `ready` is called when all who were asked have answered."""

    def __init__(self, connection: Connection, number: int, question: int) -> None:
        self.connection, self.number, self.question = connection, number, question
        self.told: set[str] = set()  # processes that have heard of this connection
        self.ready: Callable[[], None] = _nothing
        self.people: dict[str, tuple[str, Who]] = {}  # friends elsewhere, each with their process
        self.held: list[tuple[str, Passed | Knocked]] = []
        self._waiting: set[str] = set()
        self._is_doubtful = False

    @property
    def who(self) -> Who:
        return who_is(self.connection, self.number)

    @property
    def is_incomplete(self) -> bool:
        """Somebody has not answered, or was lost after that."""
        return self._is_doubtful or bool(self._waiting)

    def ask(self, process: str, waits: bool = True) -> None:
        self.told.add(process)
        if waits:
            self._waiting.add(process)

    def answered(self, process: str) -> None:
        self._waiting.discard(process)
        if not self._waiting:
            self.ready()

    def know(self, process: str, who: Who) -> None:
        known = self.people.get(who.id)
        if known is None or known[1].number <= who.number:
            self.people[who.id] = process, who

    def forget(self, user_id: str, number: int) -> None:
        """That connection of a friend has ended."""
        known = self.people.get(user_id)
        if known and known[1].number <= number:
            del self.people[user_id]

    def part(self, process: str, user_id: str) -> None:
        """A friend at that process is none any more."""
        if user_id in self.people and self.people[user_id][0] == process:
            del self.people[user_id]

    def forget_process(self, process: str) -> None:
        self.people = {k: v for k, v in self.people.items() if v[0] != process}
        self._is_doubtful = self._is_doubtful or process in self.told

    def hold(self, process: str, message: Passed | Knocked) -> None:
        """Until they have joined."""
        if len(self.held) < HELD:
            self.held.append((process, message))


def who_is(person: Any, number: int) -> Who:
    return Who(person.id, number, person.display_name, person.backend_url)


def by_process(places: dict[str, str]) -> dict[str, list[str]]:
    """Whom there is at each place."""
    found: dict[str, list[str]] = {}
    for friend, process in places.items():
        found.setdefault(process, []).append(friend)
    return found


def _nothing() -> None: ...

"""Who is where, and who was told so: the directory of one process.

Promises: two people are friends only while each lists the other. Somebody is `here` with one
connection, or `elsewhere`, connected to another process of the same relay (`neighbours`), never
both. Who was told that somebody is there hears of the end only after ten quiet seconds, and of a
return within them not at all.

It writes to nobody: `news` says what a viewer is to be told, and `hub` tells it. Of who is gone it
keeps nothing but the names of those ten seconds. Pure; one thread. A relay of one process has
nobody elsewhere and pays nothing for those who might be.
"""

from collections.abc import Iterable
from typing import Protocol

from .connection import Connection
from .protocol import FromRelay, IncomingKnock, UserOffline, UserOnline


class Room(Protocol):
    """Whether events may be handed on, as `connection.Credit` knows it."""

    def lend(self, size: int, now: float) -> bool: ...


class Elsewhere(Protocol):
    """Somebody at another process. `friends` are those here whom they list."""

    id: str
    display_name: str
    backend_url: str
    friends: set[str]

    @property
    def credit(self) -> Room: ...

    def put(self, frame: FromRelay) -> None: ...


Person = Connection | Elsewhere


class Others:
    """What the other processes of the relay are told; there are none (`neighbours` else)."""

    def changed(self, connection: Connection, added: set[str], removed: set[str]) -> None:
        """Somebody here lists others from now on."""

    def left(self, connection: Connection) -> None:
        """Somebody is here no more."""

    def active(self, here: int) -> int:
        """How many are connected to any process."""
        return here

    def returned(self, connection: Connection) -> None:
        """Somebody here has returned credit."""

    def knock(self, to_user: str, knock: IncomingKnock) -> None:
        """For somebody who is not here."""


class Directory:
    def __init__(self) -> None:
        self.here: dict[str, Connection] = {}
        self.elsewhere: dict[str, Elsewhere] = {}
        self._leaving: dict[str, tuple[float, tuple[str, ...]]] = {}  # id -> until, who was told

    def friend(self, connection: Connection, other: str) -> Person | None:
        """The other, if they are mutual friends."""
        person = self.here.get(other) or self.elsewhere.get(other)
        if person and other in connection.friends and connection.id in person.friends:
            return person
        return None

    def friends(self, connection: Connection) -> list[Person]:
        """All mutual friends who are there, by id."""
        names = sorted(connection.friends)
        return [person for name in names if (person := self.friend(connection, name))]

    def enter(self, connection: Connection) -> tuple[str, ...]:
        """Somebody is here, and nowhere else any more; who had been told of them."""
        told = self._told_of(connection.id)
        self.here[connection.id] = connection
        return told

    def appear(self, person: Elsewhere) -> tuple[str, ...]:
        """The same of somebody at another process."""
        told = self._told_of(person.id)
        self.elsewhere[person.id] = person
        return told

    def leave(self, person: Person, until: float) -> bool:
        """Gone, though perhaps back before `until`. False when another has taken their place."""
        place: dict[str, Connection] | dict[str, Elsewhere]
        place = self.here if isinstance(person, Connection) else self.elsewhere
        if place.get(person.id) is not person:
            return False
        del place[person.id]
        waiting = self._leaving.pop(person.id, (0.0, ()))[1]
        self.wait(person.id, {*waiting, *self._watchers(person)}, until)
        return True

    def wait(self, user_id: str, told: Iterable[str], until: float) -> None:
        """These were told of somebody who is somewhere, and perhaps of theirs still."""
        if names := tuple(told):
            self._leaving[user_id] = until, names

    def gone(self, now: float) -> list[tuple[str, tuple[str, ...]]]:
        """Who has stayed away, and who is to be told."""
        over = [who for who, (until, _) in self._leaving.items() if until <= now]
        return [(who, self._leaving.pop(who)[1]) for who in over]

    def news(self, viewer: Connection, subject_id: str) -> UserOnline | UserOffline | None:
        """What changed about the subject for the viewer, who is thereby told."""
        subject = self.friend(viewer, subject_id)
        if subject and subject_id not in viewer.shown:
            viewer.shown.add(subject_id)
            return UserOnline(user_id=subject_id, display_name=subject.display_name)
        if not subject and subject_id in viewer.shown and not self._waits(viewer.id, subject_id):
            viewer.shown.discard(subject_id)
            return UserOffline(user_id=subject_id)
        return None

    def doubt(self, viewers: Iterable[str], subject_id: str) -> None:
        """What was told of the subject may be out of date: whoever is there is news again."""
        for name in viewers:
            if viewer := self.here.get(name):
                viewer.shown.discard(subject_id)

    def _told_of(self, user_id: str) -> tuple[str, ...]:
        """Who was told that this id is online, wherever it was; it is there no more."""
        person = self.here.pop(user_id, None) or self.elsewhere.pop(user_id, None)
        told = self._leaving.pop(user_id, (0.0, ()))[1]
        return told + self._watchers(person) if person else told

    def _waits(self, viewer_id: str, subject_id: str) -> bool:
        """Whether the ten seconds are not over for this viewer."""
        leaving = self._leaving.get(subject_id)
        return leaving is not None and viewer_id in leaving[1]

    def _watchers(self, person: Person) -> tuple[str, ...]:
        return tuple(
            name
            for name in person.friends
            if (viewer := self.here.get(name)) and person.id in viewer.shown
        )

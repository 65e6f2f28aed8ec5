"""Who is at which place, and until when.

Promise: nobody stays on the board for longer than they were heard to be there, and each function
says which places look different after it. A place holds a bounded number of people.
Pure: time is passed in, never going back; not safe in several threads by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Literal

Word = Literal["typing", "looking", "left"]

LOOKS = 45.0  # seconds for which "looking" holds; said again every 20
TYPES = 6.0  # seconds for which "typing" holds; said again every 2.5
MOST = 50  # people at one place


@dataclass(slots=True)
class Mark:
    """One person at one place: what they are called, who told it, and until when it holds."""

    name: str
    via: str
    here: float = 0.0
    types: float = 0.0

    @property
    def end(self) -> float:
        """When it looks different by itself."""
        return min(self.here, self.types or self.here)


Person = tuple[str, str]  # id and name


@dataclass(frozen=True, slots=True)
class Scene:
    """One place: who types, and who is there and does not."""

    typing: tuple[Person, ...] = ()
    looking: tuple[Person, ...] = ()

    @property
    def people(self) -> dict[str, str]:
        return dict(self.typing + self.looking)

    @property
    def word(self) -> Word:
        """All of it in one word."""
        return "typing" if self.typing else "looking" if self.looking else "left"


@dataclass
class Board:
    _places: dict[str, dict[str, Mark]] = field(default_factory=dict)

    def put(
        self, place: str, who: str, word: Word, now: float, name: str = "", via: str = ""
    ) -> bool:
        """Somebody was heard there. True if the place looks different now."""
        before = self.at(place, now)
        people = self._places.setdefault(place, {})
        if word == "left":
            people.pop(who, None)
        elif who in people or len(people) < MOST:
            mark = people.setdefault(who, Mark(name, via))
            mark.name, mark.via, mark.here = name, via, now + LOOKS
            mark.types = now + TYPES if word == "typing" else 0.0
        self._tidy(place)
        return self.at(place, now) != before

    def linger(self, place: str, who: str, until: float) -> None:
        """They have left, but may be back in a moment, as when a page is loaded again."""
        mark = self._places.get(place, {}).get(who)
        if mark:
            mark.here, mark.types = min(mark.here, until), min(mark.types, until)

    def at(self, place: str, now: float) -> Scene:
        typing: list[Person] = []
        looking: list[Person] = []
        for who, mark in self._places.get(place, {}).items():
            if mark.here > now:
                (typing if mark.types > now else looking).append((who, mark.name))
        return Scene(tuple(typing), tuple(looking))

    def places(self) -> list[str]:
        return list(self._places)

    def expire(self, now: float) -> set[str]:
        """Whatever has ended by now ends; the places where something did."""
        changed = set()
        for place, people in self._places.items():
            for mark in people.values():
                if mark.end <= now:
                    changed.add(place)
                    mark.types = 0.0
        self._drop(lambda mark: mark.here <= now)
        return changed

    def keep(self, online: Container[str]) -> set[str]:
        """Only what was told by these; the places where somebody went."""
        return self._drop(lambda mark: mark.via not in online)

    def clear(self) -> set[str]:
        return self._drop(lambda _mark: True)

    def next(self) -> float | None:
        """When something ends by itself."""
        ends = (mark.end for people in self._places.values() for mark in people.values())
        return min(ends, default=None)

    def _drop(self, gone: Callable[[Mark], bool]) -> set[str]:
        changed = set()
        for place, people in list(self._places.items()):
            for who in [who for who, mark in people.items() if gone(mark)]:
                del people[who]
                changed.add(place)
            self._tidy(place)
        return changed

    def _tidy(self, place: str) -> None:
        if not self._places.get(place):
            self._places.pop(place, None)

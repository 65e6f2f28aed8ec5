"""What the fetcher remembers: the questions on their way, and how each friend can be asked.

Promise: a friend has at most `OUTSTANDING` questions to answer, for a friend who is asked for more
at once loses some of it; an answer counts once, and for the friend who was asked; a friend who
answers nothing is left alone for growing pauses, counted once for all questions that ran out
together. It asks nothing itself and writes no row; all of it may vanish at any moment.
Threads: any.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import inf
from random import SystemRandom
from uuid import UUID

from portfolio.link import messages
from portfolio.link.messages import Answer, MessageError

PATIENCE = 15.0  # seconds for an answer through the relay
LONGEST = 300.0  # seconds between two tries
OUTSTANDING = 8  # questions: the parts of so many answers find room at a friend (`link.peer`)
_rng = SystemRandom()


@dataclass
class Way:
    """How one friend can be asked, until the next meeting."""

    through_relay: bool = False
    failures: int = 0
    not_before: float = -inf

    def failed(self, now: float) -> None:
        self.failures += 1
        pause = min(LONGEST, 2.0 ** min(self.failures, 10))
        self.not_before = now + _rng.uniform(pause / 2, pause)


@dataclass
class Asked:
    """A question through the relay; its answer may come in parts."""

    friend_id: int
    copy_id: UUID
    share_id: UUID
    until: float
    parts: dict[int, Answer] = field(default_factory=dict)


class Questions:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._ways: dict[int, Way] = {}
        self._asked: dict[str, Asked] = {}

    def way(self, friend_id: int) -> Way:
        with self._lock:
            return self._ways.setdefault(friend_id, Way())

    def met(self, friend_id: int) -> None:
        """Nothing from before the meeting counts any more."""
        with self._lock:
            self._ways.pop(friend_id, None)
            for request in [key for key, it in self._asked.items() if it.friend_id == friend_id]:
                del self._asked[request]

    def may_ask(self, friend_id: int, copy_id: UUID) -> bool:
        """Whether it is time to ask this friend for this copy."""
        with self._lock:
            way = self._ways.get(friend_id, Way())
            open_ = [it.copy_id for it in self._asked.values() if it.friend_id == friend_id]
        has_room = not way.through_relay or len(open_) < OUTSTANDING
        return has_room and copy_id not in open_ and way.not_before <= self._clock()

    def ask(self, request: str, friend_id: int, copy_id: UUID, share_id: UUID) -> None:
        """This goes through the relay now."""
        until = self._clock() + PATIENCE
        with self._lock:
            self._asked[request] = Asked(friend_id, copy_id, share_id, until)

    def unsaid(self, request: str) -> None:
        """It did not go: the relay does not have the friend."""
        with self._lock:
            asked = self._asked.pop(request, None)
            if asked is not None:
                self._failed(asked.friend_id)

    def answered(self, friend_id: int, answer: Answer) -> tuple[Asked, Answer] | None:
        """The whole answer with its question, once. What nobody asked this friend is ignored."""
        with self._lock:
            asked = self._asked.get(answer.request)
            if asked is None or asked.friend_id != friend_id:
                return None
            asked.parts[answer.part] = answer
            try:
                whole = messages.joined(list(asked.parts.values()))
            except MessageError:
                del self._asked[answer.request]
                self._failed(friend_id)
                return None
            if whole is None:
                return None
            del self._asked[answer.request]
            return asked, whole

    def settle(self, friend_id: int, is_done: bool) -> None:
        """How the answer to a question was."""
        with self._lock:
            if is_done:
                way = self._ways.setdefault(friend_id, Way())
                way.failures, way.not_before = 0, -inf
            else:
                self._failed(friend_id)

    def give_up_old(self) -> None:
        now = self._clock()
        with self._lock:
            old = {key: it for key, it in self._asked.items() if it.until <= now}
            for request in old:
                del self._asked[request]
            for friend_id in {it.friend_id for it in old.values()}:
                self._failed(friend_id)

    def next_look(self, friends: Collection[int], idle: float) -> float:
        """After how many seconds something changes for these friends, or a question runs out."""
        now = self._clock()
        with self._lock:
            times = [way.not_before for key, way in self._ways.items() if key in friends]
            times += [asked.until for asked in self._asked.values()]
        return min([idle, *(max(at - now, 0.05) for at in times if at > now)])

    def _failed(self, friend_id: int) -> None:
        self._ways.setdefault(friend_id, Way()).failed(self._clock())

"""How much of the link one friend may keep busy, so that the others do not wait for them.

Promise: a friend's messages are heard as fast as they come until a generous burst is used up, then
at `RATE`; boxes that come sooner wait in order, unopened, up to as many as a stream has in flight,
and what comes beyond is lost, as anything may be on its way, and comes again. A box counts as many
messages as it holds, which is known when it is open, so one of many leaves a debt.
Pure: time is passed in. Threads: the link's alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from portfolio.link.pacing import Pace
from portfolio.link.stream import WINDOW_EVENTS

RATE = 100.0  # messages a second
BURST = 12_000.0  # messages at once: a state that has a thread of 10,000 comments in it
MOST_WAITING = WINDOW_EVENTS + 8  # boxes: a flight of events, and what is said beside it


@dataclass
class Allowance:
    pace: Pace
    waiting: deque[str] = field(default_factory=deque)
    overflows: bool = False

    @classmethod
    def full(cls, now: float) -> Allowance:
        return cls(Pace(RATE, BURST, BURST, now))

    def came(self, box: str) -> bool:
        """Behind what waits. True when it is the first that is lost since none waited."""
        self.overflows = self.overflows and bool(self.waiting)
        if len(self.waiting) < MOST_WAITING:
            self.waiting.append(box)
            return False
        is_news, self.overflows = not self.overflows, True
        return is_news

    def next(self, now: float) -> str | None:
        """The box to open now."""
        return self.waiting.popleft() if self.waiting and self.pace.allow(now) else None

    def spent(self, messages: int) -> None:
        """What the box held; one is counted already."""
        self.pace.owe(max(0, messages - 1))

    def due(self, now: float) -> float | None:
        """When `next` is worth asking although nothing came."""
        return self.pace.next(now) if self.waiting else None

"""What the relay counts while it works: plain numbers, read when somebody asks (`metrics`).

Promises: counting costs what adding to a number costs, so routing is as quick as without it; the
names that something is counted under are here from the start, and what is not among them is
`other`. No id, name or address is kept. Pure; one thread, the event loop's, so nothing is locked.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import inf

from .protocol import (
    Authenticate,
    Close,
    CollabEvent,
    Friends,
    Invites,
    Knock,
    Ping,
    Received,
    Refused,
    Why,
)

OTHER = "other"
KINDS = {
    CollabEvent: "collab_event",
    Knock: "knock",
    Friends: "friends",
    Invites: "invites",
    Received: "received",
    Ping: "ping",
    Authenticate: "authenticate",
    Refused: OTHER,
}
FAILURES = (  # close codes of who is not let in, and what `tokens` says is wrong with a token
    "rate",
    "slow",
    "version",
    "not_json",
    "too_big",
    "not_admitted",
    "of another id",
    "for another relay",
    "for another nonce",
    "living too long",
    "out of date",
    "not a token",
    "not an id",
    "not usable",
    "repeated",
)
SAMPLE = 32  # one message in so many is timed
ROUTING = (0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
LAG = (0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Buckets:
    """How often something took how long; `bounds` are the upper ends."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._slots = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self._slots[bisect_left(self._bounds, seconds)] += 1
        self.sum += seconds

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """Each upper end, and how many were no more than it."""
        total = 0
        for bound, count in zip((*self._bounds, inf), self._slots, strict=True):
            total += count
            yield bound, total


class Counts:
    def __init__(self) -> None:
        self.frames: dict[type, int] = dict.fromkeys(
            KINDS, 0
        )  # that came, of authenticated connections
        self.refused: dict[type, int] = dict.fromkeys(
            KINDS, 0
        )  # of these, those that had no effect
        self.undelivered = dict.fromkeys(map(str, Why), 0)  # events, by recipient
        self.drops = dict.fromkeys(Close, 0)  # connections that the relay closed
        self.failures = dict.fromkeys((*map(_word, FAILURES), OTHER), 0)  # to authenticate
        self.left = 0  # connections that ended by themselves
        self.credit_waits = 0  # connections that were owed all that they may be
        self.routing, self.lag = Buckets(ROUTING), Buckets(LAG)

    def fail(self, why: str) -> None:
        """Somebody was not let in; behind a colon there is more than anybody can know before."""
        word = _word(why.split(":")[0])
        self.failures[word if word in self.failures else OTHER] += 1


def _word(text: str) -> str:
    return text.replace(" ", "_")

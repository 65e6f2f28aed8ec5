"""When to dial again. Pure: time and chance are passed in.

Soon and often at first, because a restarted relay should find everybody within seconds; slowly
after ten minutes; every quarter of an hour when the relay said that coming back is useless until
something changes.
"""

from dataclasses import dataclass
from random import Random

from collab_relay.protocol import Close

FIRST = 0.5  # seconds; doubles
SOON_CAP = 2.0
SOON = 600.0  # seconds during which the cap is small
LATE_CAP = 30.0
REFUSED = 900.0  # mean seconds after a code that says "stay away"; no relay can ask for more
REPLACED = 60.0  # somebody else runs this identity: no tug-of-war
STABLE = 10.0  # a connection that lasted this long was a good one


@dataclass
class Backoff:
    rng: Random
    tries: int = 0
    since: float | None = None  # when the trouble began

    def succeeded(self, lasted: float) -> None:
        """A connection ended after this many seconds."""
        if lasted >= STABLE:
            self.tries, self.since = 0, None

    def wait(self, now: float, code: int, retry_after: float | None = None) -> float:
        """Seconds until the next try, after a close with this code."""
        self.since = now if self.since is None else self.since
        self.tries += 1
        if retry_after is not None:
            return min(retry_after, REFUSED)
        if code == Close.REPLACED:
            return self.rng.uniform(REPLACED, 2 * REPLACED)
        if Close.NOT_JSON <= code < 4500:
            return self.rng.uniform(REFUSED / 2, 1.5 * REFUSED)
        cap = SOON_CAP if now - self.since < SOON else LATE_CAP
        return self.rng.uniform(0, min(cap, FIRST * 2.0 ** min(self.tries, 10)))

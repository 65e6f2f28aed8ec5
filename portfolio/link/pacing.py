"""How fast this side may speak: the relay's bucket, kept here too, so that it never has to say
`rate`.

Pure: time is passed in.
"""

from dataclasses import dataclass

from collab_relay.protocol import Limits

MARGIN = 0.9  # the relay's clock and ours do not tick together


@dataclass
class Pace:
    """A token bucket; one token is one frame to one recipient."""

    rate: float
    burst: float
    tokens: float
    at: float

    @classmethod
    def of(cls, limits: Limits, now: float) -> "Pace":
        """A full bucket of what the relay granted."""
        burst = max(1.0, limits.burst * MARGIN)
        return cls(max(1.0, limits.rate * MARGIN), burst, burst, now)

    def allow(self, now: float) -> bool:
        """Take one token, if there is one."""
        if now > self.at:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
            self.at = now
        if now < self.at or self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def empty(self, now: float, seconds: float) -> None:
        """The relay said `rate`: nothing for this long."""
        self.tokens, self.at = 0.0, now + seconds

    def next(self, now: float) -> float:
        """When the next token is there."""
        return max(now, self.at) + max(0.0, 1 - self.tokens) / self.rate

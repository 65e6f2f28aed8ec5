"""How fast this side may speak, and when it says how much it has heard.

The relay's bucket is kept here too, so that it never has to say `rate`; what came is told it soon
enough that it never waits for that.

Pure: time is passed in.
"""

from dataclasses import dataclass

from collab_relay.protocol import (
    CREDIT_RETURN_BYTES,
    CREDIT_RETURN_FRAMES,
    CREDIT_RETURN_SECONDS,
    Limits,
)

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

    def owe(self, tokens: int) -> None:
        """So many more were used."""
        self.tokens -= tokens

    def empty(self, now: float, seconds: float) -> None:
        """The relay said `rate`: nothing for this long."""
        self.tokens, self.at = 0.0, now + seconds

    def next(self, now: float) -> float:
        """When the next token is there."""
        return max(now, self.at) + max(0.0, 1 - self.tokens) / self.rate


@dataclass
class Credit:
    """What was taken off the connection and not yet told."""

    frames: int = 0
    size: int = 0
    since: float | None = None

    def take(self, frames: int, size: int, now: float) -> None:
        self.frames, self.size = self.frames + frames, self.size + size
        self.since = now if self.since is None else self.since

    def due(self, now: float) -> bool:
        return self.since is not None and (
            self.frames >= CREDIT_RETURN_FRAMES
            or self.size >= CREDIT_RETURN_BYTES
            or now >= self.since + CREDIT_RETURN_SECONDS
        )

    @property
    def deadline(self) -> float | None:
        """When it is due although nothing more comes."""
        return None if self.since is None else self.since + CREDIT_RETURN_SECONDS

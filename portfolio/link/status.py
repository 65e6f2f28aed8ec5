"""What the pill and the page of the relay say: how the link is doing, why, and how much waits.

Written by the link's thread, read by anybody in the same process. A process that does not hold the
link says "connecting". Nothing in here is secret: states, times, counts and `troubles`' sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.utils import timezone

from portfolio import metrics
from portfolio.link import outbox

Name = Literal["live", "connecting", "offline", "off"]


@dataclass(frozen=True, slots=True)
class Status:
    """`queued`: events waiting for friends. `online`: user ids that the relay says are there."""

    state: Name
    queued: int
    online: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meeting:
    """How the last connection began. `trip`: seconds from my answer to the relay's welcome.
    `skew`: the relay's clock less mine, in seconds; the relay tells whole ones.
    """

    trip: float
    skew: float


@dataclass(frozen=True, slots=True)
class Standing:
    """`since`: when the state began. `trouble`: why there is no connection, in words."""

    state: Name
    since: datetime
    trouble: str
    meeting: Meeting | None


_state: Name = "connecting"
_since = timezone.now()
_trouble = ""
_meeting: Meeting | None = None
_online: frozenset[str] = frozenset()


def report(state: Name, online: frozenset[str] = frozenset(), trouble: str = "") -> bool:
    """The link's thread says how it is. True if that is news."""
    global _state, _since, _online, _trouble
    news = (state, online, trouble) != (_state, _online, _trouble)
    if state != _state:
        _since = timezone.now()
    _state, _online, _trouble = state, online, trouble
    return news


def met(trip: float, skew: float) -> None:
    """The link's thread says how a connection began."""
    global _meeting
    _meeting = Meeting(trip, skew)
    metrics.CONNECTIONS.inc()


def standing() -> Standing:
    """For the page of the relay."""
    state: Name = _state if settings.ENABLE_COLLABORATION else "off"
    return Standing(state, _since, _trouble, _meeting)


def online() -> frozenset[str]:
    """User ids of friends who can be reached through the relay now."""
    return _online


def status() -> Status:
    """For the pill, the share dialog and the friends page."""
    if not settings.ENABLE_COLLABORATION:
        return Status("off", 0, frozenset())
    return Status(_state, outbox.queued(), _online)

"""What the pill says: how the link is doing, and how much waits.

Written by the link's thread, read by anybody in the same process. A process that does not hold the
link says "connecting".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from portfolio.link import outbox

Name = Literal["live", "connecting", "offline", "off"]


@dataclass(frozen=True, slots=True)
class Status:
    """`queued`: events waiting for friends. `online`: user ids that the relay says are there."""

    state: Name
    queued: int
    online: frozenset[str]


_state: Name = "connecting"
_online: frozenset[str] = frozenset()


def report(state: Name, online: frozenset[str] = frozenset()) -> bool:
    """The link's thread says how it is. True if that is news."""
    global _state, _online
    news = (state, online) != (_state, _online)
    _state, _online = state, online
    return news


def online() -> frozenset[str]:
    """User ids of friends who can be reached through the relay now."""
    return _online


def status() -> Status:
    """For the pill, the share dialog and the friends page."""
    if not settings.ENABLE_COLLABORATION:
        return Status("off", 0, frozenset())
    return Status(_state, outbox.queued(), _online)

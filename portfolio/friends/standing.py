"""Whether a friend can be reached now, and else when they were last seen: `standing`.

Promise: one redraw per coming or going, of that friend alone and of the list. "Online" is the
relay's word: it may be wrong, and nothing depends on it. "Last seen" is when they went, or after a
start of this process when their instance last proved to be there; it is kept in memory and in the
row that the link writes anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from portfolio.link import status
from portfolio.live.fragments import Drawing, fragment
from portfolio.live.push import changed
from portfolio.models import Friend

_online: frozenset[str] = frozenset()  # at the last call of `moved`
_went: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """`online` is None where presence is not known: of those who are no friends yet, or no more."""

    online: bool | None
    seen: datetime | None


def of(friend: Friend) -> Standing:
    online = friend.user_id in status.online()
    known = filter(None, (friend.last_heard_at, _went.get(friend.user_id)))
    seen = timezone.now() if online else max(known, default=None)
    return Standing(online if friend.state == Friend.State.FRIEND else None, seen)


def moved() -> frozenset[str]:
    """Redraw whoever came or went since the last call; who came. In the link's thread."""
    global _online
    before, _online = _online, status.online()
    for user_id in before - _online:
        _went[user_id] = timezone.now()
    if moved := before ^ _online:
        changed("friends", "all")
        for pk in Friend.objects.filter(user_id__in=moved).values_list("pk", flat=True):
            changed("standing", pk)
            changed("friend", pk)
    return _online - before


@fragment("standing")
def standing(friend_id: str) -> Drawing | None:
    friend = Friend.objects.filter(pk=friend_id).first()
    if friend is None or friend.state != Friend.State.FRIEND:
        return None
    return "friends/_standing.html", {"standing": of(friend)}

"""What tabs see of the relay: how the connection stands, what waits for whom, what a check found.

The words are for the person whose instance it is; nothing of it is secret, and nothing a friend
said is in it but their names. Drawn from the link's own state and two queries, for any number of
friends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.conf import settings
from django.db.models import Min, Q

from portfolio.link import status
from portfolio.live.fragments import Drawing, fragment
from portfolio.models import Friend
from portfolio.people import relay

AGREES = 5  # seconds by which two clocks may differ without a word

HEADINGS: dict[status.Name, str] = {
    "live": "Connected",
    "connecting": "Looking for the relay",
    "offline": "Not connected",
    "off": "On its own",
}


@dataclass(frozen=True)
class Row:
    """What waits for one friend, and since when."""

    friend: Friend
    online: bool
    waiting: int
    oldest: datetime | None


@fragment("relay")
def relay_state(_me: str) -> Drawing:
    now = status.standing()
    context = {
        "now": now,
        "heading": HEADINGS[now.state],
        "address": settings.COLLABORATION_SERVICE_URL,
        "clock": clock_words(now.meeting.skew) if now.meeting else "",
        "trip": ceil(now.meeting.trip * 1000) if now.meeting else None,
        "rows": _rows(),
        "check": relay.last(),
    }
    return "people/_relay.html", context


def clock_words(skew: float) -> str:
    """`skew`: the relay's clock less ours, in seconds."""
    if abs(skew) < AGREES:
        return "Both clocks agree."
    length = f"{abs(skew):.0f} seconds" if abs(skew) < 120 else f"{abs(skew) / 60:.0f} minutes"
    side = "behind" if skew > 0 else "ahead of"
    return (
        f"Yours is {length} {side} the relay's: friends see your times so. Nothing else is harmed."
    )


def _rows() -> list[Row]:
    """Friends, those for whom something waits first."""
    unsent = Min("outgoing__at", filter=Q(outgoing__acked_at=None))
    friends = Friend.objects.accepted().annotate(oldest=unsent)
    rows = [_row(friend) for friend in friends]
    return sorted(rows, key=lambda row: row.waiting == 0)


def _row(friend: Friend) -> Row:
    waiting = friend.out_next - 1 - friend.out_acked if friend.out_epoch else 0
    oldest = getattr(friend, "oldest", None)
    return Row(friend, friend.user_id in status.online(), waiting, oldest)

"""What about a friendship is told to me, and which pages show it.

Promise: whoever begins to look like somebody I know is told of as that, at the moment they do.
Runs in the transaction of what it tells of. Imported by the actions.
"""

from __future__ import annotations

from portfolio.friends import alike
from portfolio.live.push import changed
from portfolio.models import Friend
from portfolio.notices.actions import ALIKE, CAME, Kind, record


def came(friend: Friend) -> None:
    """Somebody is a friend now; and if it could be somebody else, that too."""
    record(Kind.FRIEND, friend, detail=CAME)
    others = Friend.objects.filter(state__in=alike.BELIEVED).exclude(pk=friend.pk)
    if next(alike.claims(friend, others), None):
        record(Kind.FRIEND, friend, detail=ALIKE)


def redraw_ideas(friend: Friend) -> None:
    """After commit: wherever their name stands, or what either of us shares with the other."""
    for name in ("my_ideas", "shared_ideas", "news"):
        changed(name, "all")
    theirs = friend.positions.values_list("pk", flat=True)
    for position_id in (*theirs, *friend.shares.live().values_list("position_id", flat=True)):
        for name in ("idea", "shares", "thread"):
            changed(name, position_id)

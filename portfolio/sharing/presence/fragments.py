"""The line in a discussion that says who else is here: `presence`, with the id of a position.

Typing comes before looking, and friends have the names that I gave them. Nobody there is an empty
line, so that nothing jumps.
"""

from __future__ import annotations

from portfolio.live.fragments import Drawing, fragment
from portfolio.models import Friend, SharedPosition
from portfolio.sharing.presence.signals import PRESENCE

NAMED = 2  # more are a number


@fragment("presence")
def presence(position_id: str) -> Drawing:
    scene = PRESENCE.at(position_id)
    people = scene.typing or scene.looking
    if people and not SharedPosition.objects.shown().filter(pk=position_id).exists():
        people = ()
    names = _names(dict(people))
    context = {
        "typing": bool(scene.typing),
        "named": names if len(names) <= NAMED else [],
        "names": names,
    }
    return "sharing/_presence.html", context


def _names(people: dict[str, str]) -> list[str]:
    """As I call them, else as they were named; by name, so that the line keeps its order."""
    if not people:
        return []
    mine = {friend.user_id: friend.name for friend in Friend.objects.filter(user_id__in=people)}
    return sorted((mine.get(who, name) for who, name in people.items()), key=str.casefold)

"""Who claims to be somebody I know: the same name or the same address under another id.

A name and an address are claims; only the id is proof. So this says nothing about who is right: it
finds the pairs that a person should look at. Names are compared as people read them: capitals,
blanks and compatible letters make no difference.
Pure: rows are passed in.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portfolio.link.cards import CardData
from portfolio.models import Friend

BELIEVED = (Friend.State.FRIEND, Friend.State.KNOCKING)


@dataclass(frozen=True, slots=True)
class Alike:
    """`newer` claims what `older` has: "name", "address" or "name and address"."""

    newer: Friend
    older: Friend
    what: str


def claims(newer: Friend, known: Iterable[Friend]) -> Iterator[Alike]:
    """Whom of these the newer one resembles; the row may be one that is not saved."""
    for older in known:
        what = _common(newer, older)
        if what and older.user_id != newer.user_id:
            yield Alike(newer, older, what)


def claimed(who: CardData) -> Friend:
    """What a card says, to be compared with those I know; never saved."""
    return Friend(user_id=who.user_id, display_name=who.display_name, backend_url=who.backend_url)


def unsettled(friends: Iterable[Friend]) -> list[Alike]:
    """Every pair that is still a question: the newer one is neither verified nor named by me."""
    among: dict[str, list[Friend]] = defaultdict(list)
    for friend in sorted(friends, key=lambda one: (one.added_at, one.pk)):
        if friend.state in BELIEVED:
            for mark in _marks(friend):
                among[mark].append(friend)
    pairs = {
        (older.pk, newer.pk): (older, newer)
        for alike in among.values()
        for place, newer in enumerate(alike)
        for older in alike[:place]
        if not settled(newer) and older.user_id != newer.user_id
    }
    return [Alike(newer, older, _common(newer, older)) for older, newer in pairs.values()]


def settled(friend: Friend) -> bool:
    return bool(friend.verified_at or friend.nickname)


def _common(newer: Friend, older: Friend) -> str:
    both = _marks(newer) & _marks(older)
    words = [word for word in ("name", "address") if any(mark.startswith(word) for mark in both)]
    return " and ".join(words)


def _marks(friend: Friend) -> set[str]:
    names = {f"name:{_read(name)}" for name in (friend.display_name, friend.nickname) if name}
    return names | {f"address:{url}" for url in (friend.backend_url, friend.moved_to) if url}


def _read(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())

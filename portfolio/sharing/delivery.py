"""How far something of mine has come: read from the outbox, said in words.

A delivery is a state, which chooses the icon, and a label, which says the same in words: colour
and shape are never the only signal. What is "waiting" is written and safe and has not been
receipted by the friend's instance; "delivered" was receipted; "opened" means that the friend has
looked at the newest version, "seen" that somebody has read as far as this comment. A friend whom
this instance has never met on the link has no outbox rows yet, because the first meeting states
everything: that counts as waiting.

It writes nothing, and its number of queries does not grow with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from portfolio.friends import standing
from portfolio.friends.standing import Standing
from portfolio.link import status
from portfolio.link.events import CommentReacted
from portfolio.live.push import changed
from portfolio.models import Comment, Friend, Outgoing, Share, SharedPosition

State = Literal["sending", "waiting", "delivered", "opened", "seen"]


@dataclass(frozen=True, slots=True)
class Delivery:
    state: State
    label: str
    seen_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A friend who may read one position of mine, and how far it has come."""

    friend: Friend
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Choice:
    """A friend in the share dialog."""

    friend: Friend
    ticked: bool
    online: bool
    delivery: Delivery | None  # None: not shared with them now

    @property
    def standing(self) -> Standing:
        return standing.of(self.friend)


def readers(position: SharedPosition) -> list[Reader]:
    """Whom this position of mine is shared with, by name."""
    shares = position.shares.live().with_delivery().order_by("friend__display_name", "friend_id")
    return [Reader(share.friend, of_share(share, position.version)) for share in shares]


def choices(position: SharedPosition, ticked: Collection[int] | None = None) -> list[Choice]:
    """Everybody I could share with, by name. `ticked`: what a refused form had ticked."""
    shared = {reader.friend.pk: reader.delivery for reader in readers(position)}
    chosen, online = shared.keys() if ticked is None else ticked, status.online()
    return [
        Choice(friend, friend.pk in chosen, friend.user_id in online, shared.get(friend.pk))
        for friend in Friend.objects.accepted()
    ]


def of_share(share: Share, version: int) -> Delivery:
    """One share of `with_delivery()`; `version` is the position's newest."""
    if getattr(share, "waiting", False) or not share.friend.out_epoch:
        return Delivery("waiting", "Not delivered yet")
    if share.opened_version >= version:
        return Delivery("opened", "Opened")
    if share.opened_version:
        return Delivery("delivered", "Delivered, opened an earlier version")
    return Delivery("delivered", "Delivered, not opened yet")


def summary(found: Collection[Reader]) -> Delivery | None:
    """One line about all readers, what is missing first; None without readers."""
    names: dict[State, list[str]] = defaultdict(list)
    for reader in found:
        names[reader.delivery.state].append(reader.friend.name)
    if not found:
        return None
    if names["waiting"]:
        return Delivery("waiting", f"Waiting for {listed(names['waiting'])}")
    if not names["opened"]:
        return Delivery("delivered", "Delivered")
    whom = f" by {listed(names['opened'])}" if names["delivered"] else ""
    return Delivery("opened", f"Opened{whom}")


def recipients(position: SharedPosition) -> list[Friend]:
    """Who is to get what I say about it: its owner, or the friends who may read it."""
    if position.owner:
        return [position.owner]
    return list(
        Friend.objects.filter(shares__in=position.shares.live()).order_by("display_name", "id")
    )


def audience(position: SharedPosition) -> dict[Friend, int]:
    """The same, each with the newest comment's number that they have seen."""
    if position.owner:
        return {position.owner: position.seen_number}
    shares = position.shares.live().select_related("friend")
    ordered = shares.order_by("friend__display_name", "friend_id")
    return {share.friend: share.opened_number for share in ordered}


def waiting_for(subjects: Collection[UUID]) -> dict[UUID, set[int]]:
    """For each of these positions or comments, the friends (keys) who have not receipted it all."""
    found: dict[UUID, set[int]] = defaultdict(set)
    rows = Outgoing.objects.waiting().filter(subject__in=subjects)
    rows = rows.exclude(name=CommentReacted.name)  # what was put on a comment is not the comment
    for subject, friend_id in rows.values_list("subject", "friend_id"):
        if subject:
            found[subject].add(friend_id)
    return found


def of_comment(
    number: int | None, to: Mapping[Friend, int], waiting: Collection[int]
) -> Delivery | None:
    """A comment of mine; None when nobody is to get it. `to`: how far they have read; `number`: the
    owner has given it one.
    """
    missing = [friend for friend in to if friend.pk in waiting or not friend.out_epoch]
    seen = _names(friend for friend, read in to.items() if number and number <= read)
    if not to:
        return None
    if not number:
        return Delivery("sending", f"Sending to {listed(_names(to))}")
    if missing:
        return Delivery("waiting", f"Not delivered to {listed(_names(missing))} yet", tuple(seen))
    if not seen:
        return Delivery("delivered", f"Delivered to {listed(_names(to))}")
    rest = [name for name in _names(to) if name not in seen]
    others = f", delivered to {listed(rest)}" if rest else ""
    return Delivery("seen", f"Seen by {listed(seen)}{others}", tuple(seen))


def listed(names: Collection[str], most: int = 3) -> str:
    """ "Bob", "Bob and Carol", "Bob, Carol and 4 more"."""
    some = list(names)
    if len(some) > most:
        some = [*some[: most - 1], f"{len(some) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(some[:-1]), *some[-1:]]))


def _names(friends: Iterable[Friend]) -> list[str]:
    return [friend.name for friend in friends]


def arrived(subjects: Collection[UUID]) -> None:
    """Receipts came for events about these positions and comments: redraw their marks."""
    for position_id in (
        SharedPosition.objects.own().filter(pk__in=subjects).values_list("pk", flat=True)
    ):
        changed("shares", position_id)
    said = Comment.objects.filter(uid__in=subjects).order_by()
    for position_id in said.values_list("position_id", flat=True).distinct():
        changed("thread", position_id)
    changed("waiting", "all")

"""What tabs see of friends, drawn from an id alone: the list, one friend, one invitation.

`friends` (id "all") is everybody in order of how much they matter now: friends, those I wait for,
open invitations, the blocked. `friend` is what is known of one of them; both say who is online, as
the relay says it: that may be wrong, and nothing depends on it. `invite` is the code while it
works, then who accepted it. `cards` (id "all") says who has my card as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from portfolio.access import me
from portfolio.friends import actions, alike, standing
from portfolio.friends.checks import looks_private
from portfolio.friends.qr import picture
from portfolio.friends.standing import Standing
from portfolio.link import events, identity
from portfolio.live.fragments import Drawing, fragment
from portfolio.models import Friend, Invite, Mute, Outgoing, Share, SharedPosition

State = Friend.State

# Each counted by itself: in one join, 1,000 shares and 1,000 copies are a million rows.
_SHARED = Share.objects.live().order_by().filter(friend=OuterRef("pk")).values("friend")
_MUTES = Mute.objects.order_by().filter(friend=OuterRef("pk"), kind="", position=None)
_COPIES = SharedPosition.objects.order_by().filter(owner=OuterRef("pk")).values("owner")


@dataclass(frozen=True)
class Row:
    """One friend of the list."""

    friend: Friend
    standing: Standing
    shared: int
    copies: int
    muted: bool


@fragment("friends")
def friends(_all: str) -> Drawing:
    everybody = Friend.objects.annotate(
        shared=_count(_SHARED), copies=_count(_COPIES), muted=Exists(_MUTES)
    )
    rows = [_row(friend) for friend in everybody]
    context = {
        "friends": [row for row in rows if row.friend.state == State.FRIEND],
        "knocking": [row for row in rows if row.friend.state == State.KNOCKING],
        "leaving": [row for row in rows if row.friend.state == State.LEAVING],
        "blocked": [row for row in rows if row.friend.state == State.BLOCKED],
        "invites": Invite.objects.open(),
        "moved": [row.friend for row in rows if row.friend.moved_to and _is_friend(row.friend)],
        "alike": alike.unsettled(row.friend for row in rows),
    }
    return "friends/_friends.html", context


@fragment("friend")
def friend(friend_id: str) -> Drawing | None:
    found = Friend.objects.filter(pk=friend_id).first()
    if found is None:
        return None
    doubts = alike.unsettled(Friend.objects.all())
    context = {
        "friend": found,
        "standing": standing.of(found),
        "private": looks_private(found.backend_url),
        "digits": identity.safety_digits(me().user_id, found.user_id).split(),
        "muted": Mute.objects.filter(friend=found, kind="", position=None).exists(),
        "resembles": [doubt for doubt in doubts if doubt.newer == found],
        "resembled": [doubt for doubt in doubts if doubt.older == found],
    }
    return "friends/_friend.html", context


@fragment("invite")
def invite(invite_id: str) -> Drawing | None:
    found = Invite.objects.filter(pk=invite_id).first()
    if found is None:
        return None
    code = actions.code_of(found) if Invite.objects.open().filter(pk=found.pk).exists() else ""
    context = {
        "invite": found,
        "code": code,
        "picture": picture(code) if code else "",
        "friend": Friend.objects.accepted().filter(user_id=found.used_by).first(),
    }
    return "friends/_invite.html", context


@fragment("cards")
def cards(_all: str) -> Drawing:
    """Which friends hold my card as it is now: what began an epoch, or came later, is receipted."""
    card = Outgoing.objects.filter(friend=OuterRef("pk"), name=events.Card.name)
    everybody = Friend.objects.accepted().annotate(
        waits=Exists(card.waiting()) | Q(out_epoch=""),
        has_since=Subquery(card.order_by("-id").values("acked_at")[:1]),
    )
    rows = list(everybody)
    context = {"friends": rows, "waiting": sum(1 for row in rows if getattr(row, "waits", False))}
    return "friends/_cards.html", context


def _count(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)


def _row(friend: Friend) -> Row:
    shared, copies = getattr(friend, "shared", 0), getattr(friend, "copies", 0)
    return Row(friend, standing.of(friend), shared, copies, getattr(friend, "muted", False))


def _is_friend(friend: Friend) -> bool:
    return friend.state == State.FRIEND

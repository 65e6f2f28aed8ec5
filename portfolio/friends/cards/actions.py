"""A new card of a friend's, their move, and a new box key of mine: each function one transaction.

Promise: name and key of a friend's newer card hold at once, for they are signed by the id that I
know. A new address is a question: neither it nor the one before is called until I have answered,
and ideas come through the relay meanwhile. An answer holds until the friend names a third address.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from portfolio.access import me
from portfolio.friends import actions
from portfolio.friends.actions import redraw
from portfolio.link.cards import CardData
from portfolio.live.push import toast
from portfolio.models import Friend, Invite
from portfolio.notices.actions import MOVED, NEW_KEY, Kind, is_unread, record

ADDRESS = ("backend_url", "moved_to", "refused_url", "on_my_network")


# A friend's card ----------------------------------------------------------------------------------


@transaction.atomic
def renew(friend: Friend, who: CardData, card: str) -> None:
    """A friend's card has changed."""
    said = actions.on_card(who, card)
    address = said.pop("backend_url")
    new_key = friend.box_key != who.box_key
    for name, value in said.items():
        setattr(friend, name, value)
    asks = _ask_about(friend, str(address))
    friend.save(update_fields=[*said, *ADDRESS])
    if friend.state == Friend.State.FRIEND:
        _tell(friend, new_key, asks)
    redraw(friend)


def _ask_about(friend: Friend, address: str) -> bool:
    """Note where they say they are; True when that is a new question."""
    if address == friend.backend_url or not address:
        friend.backend_url, friend.moved_to, friend.refused_url = address, "", ""
    elif address not in (friend.moved_to, friend.refused_url):
        friend.moved_to, friend.refused_url = address, ""
        return True
    return False


def _tell(friend: Friend, new_key: bool, moved: bool) -> None:
    if new_key:
        record(Kind.FRIEND, friend, detail=NEW_KEY)
    if moved:
        is_news = not is_unread(friend, MOVED)
        record(Kind.FRIEND, friend, detail=MOVED)
        if is_news:
            toast(f"{friend.name} says that they have moved: see Friends")


@transaction.atomic
def agree_to_move(friend: Friend) -> None:
    """They are where they say they are. On my network? That is asked of each address anew."""
    _answer_move(friend, agreed=True)


@transaction.atomic
def refuse_move(friend: Friend) -> None:
    """No address of theirs is called. Ideas go on coming through the relay."""
    _answer_move(friend, agreed=False)


def _answer_move(friend: Friend, *, agreed: bool) -> None:
    friend = actions.hold(friend)
    said = friend.moved_to or friend.refused_url
    if not said:
        return
    friend.moved_to, friend.refused_url = "", "" if agreed else said
    if agreed:
        friend.backend_url, friend.on_my_network = said, False
    friend.save(update_fields=list(ADDRESS))
    redraw(friend)


# My box key ---------------------------------------------------------------------------------------


def outdated_invites() -> int:
    """How many open invitations a new key would close: their codes name the one before the last."""
    changed_at = me().box_key_at
    return Invite.objects.open().filter(created_at__lt=changed_at).count() if changed_at else 0


@transaction.atomic
def change_box_key() -> None:
    """A new key to seal for me; friends are told. What the last one opens still opens."""
    row = me()
    if row.box_key_at:
        outdated = Invite.objects.open().filter(created_at__lt=row.box_key_at)
        outdated.update(revoked_at=timezone.now())
    actions.update_card(row.display_name, row.backend_url, new_box_key=True)
    record(Kind.FRIEND, detail=NEW_KEY)

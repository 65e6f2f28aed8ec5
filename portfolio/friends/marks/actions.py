"""My own notes about a friend: each function one transaction; the friend is told of none.

Promise: a note is about this friendship. It ends with it: a new one, also with the same id, begins
unverified, with their own name and with notices. What a friend's own card changes (name, key,
address) leaves my notes alone.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from portfolio.friends import news
from portfolio.friends.actions import redraw, remove_friend
from portfolio.link.cards import clean_name
from portfolio.models import Friend
from portfolio.notices import actions as notices


@transaction.atomic
def rename(friend: Friend, nickname: str) -> None:
    """What I call them from now on; empty: what they call themselves."""
    friend.nickname = clean_name(nickname)
    friend.save(update_fields=["nickname"])
    news.redraw_ideas(friend)
    redraw(friend)


@transaction.atomic
def verify(friend: Friend, verified: bool) -> None:
    """We have compared the digits and they were the same; or I am not so sure any more."""
    friend.verified_at = timezone.now() if verified else None
    friend.save(update_fields=["verified_at"])
    redraw(friend)


@transaction.atomic
def mute(friend: Friend, muted: bool) -> None:
    """No notices of what they do; the activity list has it all the same."""
    (notices.mute if muted else notices.unmute)(friend=friend)
    redraw(friend)


@transaction.atomic
def allow_network(friend: Friend, allowed: bool) -> None:
    """Whether this friend's address may be a private one."""
    friend.on_my_network = allowed
    friend.save(update_fields=["on_my_network"])
    redraw(friend)


@transaction.atomic
def replace(old: Friend, new: Friend) -> None:
    """The same person with a new key: the old one goes, and the new one gets my name for them."""
    if not new.nickname:
        rename(new, old.nickname)
    remove_friend(old)

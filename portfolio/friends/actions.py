"""How friendships begin and end: each function one transaction, rows and events together.

Promise: an invitation works once, for a week, until revoked; a used one still works for whoever
used it. Accepting pins the card that came with the code, never one that came through the relay.
Removing a friend ends all shares and says so to the friend as the last event; blocking ends them at
once and says nothing. Either way, what they shared with me is gone from here when this returns.

Refusals are `checks.Invalid` and `codes.CodeError`. Threads: any.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portfolio.access import me
from portfolio.friends import checks, news
from portfolio.friends.codes import SECRET_BYTES, FriendCode, invite_hash, read_code, write_code
from portfolio.link import client, events, identity, outbox, status
from portfolio.link.addresses import origin
from portfolio.link.cards import CardData, read_card, to_text
from portfolio.live.push import changed, toast
from portfolio.models import Friend, Identity, Invite
from portfolio.models.turns import take_turn
from portfolio.notices.actions import LEFT, Kind, forget, record

INVITE_DAYS = 7
LEASE_DAYS = 30  # the longest a friend can keep a copy without hearing from its owner
State = Friend.State
_CARD_FIELDS = ("display_name", "backend_url", "box_key", "card", "card_revision")
_OWN_CARD = ("display_name", "backend_url", "box_key", "box_key_at")


# Beginning ----------------------------------------------------------------------------------------


@transaction.atomic
def invite() -> tuple[Invite, str]:
    """A new invitation, and the code to hand over."""
    checks.inviting(Invite.objects.open().count())
    secret = to_text(secrets.token_bytes(SECRET_BYTES))
    made = Invite.objects.create(
        secret=secret,
        hash=invite_hash(secret),
        expires_at=timezone.now() + timedelta(days=INVITE_DAYS),
    )
    redraw()
    return made, code_of(made)


def code_of(invite: Invite) -> str:
    """The code of an invitation, with my card as it is now. Reads only."""
    card = identity.card(invite.created_at)  # the same text whenever it is shown
    return write_code(me().backend_url, own_relay(), card, invite.secret)


def own_relay() -> str:
    return origin(settings.COLLABORATION_SERVICE_URL)


@transaction.atomic
def revoke_invite(invite: Invite) -> None:
    """From now on nobody gets in with it, not even who had begun to."""
    Invite.objects.filter(pk=invite.pk, revoked_at=None).update(revoked_at=timezone.now())
    changed("invite", invite.pk)
    redraw()


@transaction.atomic
def accept_code(text: str, *, on_my_network: bool = False, same_relay: bool = False) -> Friend:
    """Pin the card of the code and begin to knock. `same_relay`: the person says that both relay
    addresses are the same place.
    """
    code = read_code(text)
    check_code(code, same_relay=same_relay)
    friend = _pin(code.who, code.card, State.KNOCKING)
    friend.on_my_network, friend.invite_secret = on_my_network, code.secret
    friend.save(update_fields=["on_my_network", "invite_secret"])
    redraw()
    return friend


def check_code(code: FriendCode, *, same_relay: bool = False) -> None:
    """Whether this code may be accepted now. Reads only."""
    known = Friend.objects.filter(user_id=code.who.user_id).first()
    checks.accepting(
        code,
        own_id=me().user_id,
        own_relay=own_relay(),
        known=known.state if known else None,
        same_relay=same_relay,
    )
    checks.room_for_one_more(Friend.objects.listed().count())


@transaction.atomic
def welcome(who: CardData, card: str, invite: Invite) -> Friend | None:
    """Somebody answered an invitation of mine with its secret: friends. None for the blocked."""
    known = Friend.objects.filter(user_id=who.user_id).first()
    if known and known.state == State.BLOCKED:
        return None
    mine = Invite.objects.filter(pk=invite.pk, used_by__in=["", who.user_id])
    if not mine.update(used_by=who.user_id) or (known and known.state == State.FRIEND):
        return known
    checks.room_for_one_more(Friend.objects.listed().count())
    friend = _pin(who, card, State.FRIEND)
    toast(f"{friend.name} is your friend now", "success")
    news.came(friend)
    changed("invite", invite.pk)
    redraw()
    return friend


@transaction.atomic
def heard(friend: Friend) -> None:
    """The first box of somebody whose code I accepted: friends."""
    waiting = Friend.objects.knocking().filter(pk=friend.pk)
    if waiting.update(state=State.FRIEND, invite_secret=""):
        toast(f"{friend.name} is your friend now", "success")
        news.came(friend)
        redraw(friend)


@transaction.atomic
def pin(card: str, on_my_network: bool = True) -> Friend:
    """A friend at once, without code and knock, when both instances are mine to command: for the
    demo and for tests, through commands alone. The other side must pin my card as well.
    """
    friend = _pin(read_card(card), card, State.FRIEND)
    friend.on_my_network = on_my_network
    friend.save(update_fields=["on_my_network"])
    redraw()
    return friend


def _pin(who: CardData, card: str, state: str) -> Friend:
    """The row with this card. A friendship that was ending is over: a new one has new streams, and
    nothing of what I had noted about the old one.
    """
    Friend.objects.filter(user_id=who.user_id, state=State.LEAVING).delete()
    elsewhere = Friend.objects.filter(user_id=who.user_id).exclude(backend_url=who.backend_url)
    elsewhere.update(on_my_network=False)  # I said so of another address
    fresh = {"state": state, "invite_secret": "", "moved_to": "", "refused_url": ""}
    friend, _new = Friend.objects.update_or_create(
        user_id=who.user_id, defaults=on_card(who, card) | fresh
    )
    return friend


def on_card(who: CardData, card: str) -> dict[str, object]:
    said = (who.display_name, who.backend_url, who.box_key, card, who.revision)
    return dict(zip(_CARD_FIELDS, said, strict=True))


# Cards --------------------------------------------------------------------------------------------


@transaction.atomic
def update_card(display_name: str, backend_url: str, *, new_box_key: bool = False) -> None:
    """My name, address and box key from now on; every friend is told if anything is new. A key that
    a kill or a restored folder left untold is told as well.
    """
    row = Identity.objects.select_for_update().get()
    wanted = checks.own_card(display_name, backend_url)
    if new_box_key:
        identity.new_box_key()
    key = identity.keys().box_key
    if (*wanted, key) == (row.display_name, row.backend_url, row.box_key):
        return
    if key != row.box_key:  # an older version has not noted it: the same as ever, not changed
        row.box_key_at = timezone.now() if row.box_key or new_box_key else None
        row.box_key = key
    row.display_name, row.backend_url = wanted
    row.card_revision += 1
    row.save(update_fields=[*_OWN_CARD, "card_revision"])
    outbox.put_all(Friend.objects.accepted(), events.Card(card=identity.card()))
    changed("cards", "all")
    redraw()


def follow_settings() -> None:
    """At every start: the address is the settings'; the name belongs to the person."""
    update_card(me().display_name, settings.BACKEND_URL)


# Ending -------------------------------------------------------------------------------------------


@transaction.atomic
def remove_friend(friend: Friend) -> None:
    """End the friendship. The friend is told as the last thing, for a lease at most."""
    friend = hold(friend)
    if friend.state == State.KNOCKING:
        friend.delete()
    elif friend.state == State.FRIEND:
        _say_goodbye(friend)
        _leave(friend)
    redraw(friend)


@transaction.atomic
def was_removed(friend: Friend) -> None:
    """The friend has ended it. The row stays for a lease, so that they get their receipt."""
    if friend.state == State.FRIEND:
        toast(f"{friend.name} has ended your friendship")
        record(Kind.FRIEND, friend, detail=LEFT)
    outbox.drop(friend)
    _leave(friend)
    redraw(friend)


@transaction.atomic
def block_friend(friend: Friend) -> Friend:
    """End it at once and say nothing. What is kept of this id is the row that says so."""
    friend = hold(friend)
    _erase(friend)
    forget(friend)
    kept = {name: getattr(friend, name) for name in ("user_id", "nickname", *_CARD_FIELDS)}
    friend.delete()  # with cursors, events and shares
    blocked = Friend.objects.create(**kept, state=State.BLOCKED, removed_at=timezone.now())
    redraw()
    return blocked


@transaction.atomic
def unblock_friend(friend: Friend) -> None:
    """As if never met: it takes a new code to become friends again."""
    Friend.objects.filter(pk=friend.pk, state=State.BLOCKED).delete()
    redraw()


@transaction.atomic
def forget_removed() -> None:
    """After receipts, and once a day: drop whoever has receipted the end, or had a lease's time."""
    too_old = timezone.now() - timedelta(days=LEASE_DAYS)
    told = Q(outgoing__name=events.FriendRemoved.name, outgoing__acked_at__isnull=False)
    leaving = Friend.objects.filter(state=State.LEAVING)
    over = leaving.filter(told | Q(removed_at__lt=too_old)).values_list("pk", flat=True)
    if gone := list(over):
        Friend.objects.filter(pk__in=gone).delete()
        redraw()


def hold(friend: Friend) -> Friend:
    """The row as it is now, and for the rest of the caller's transaction."""
    take_turn()
    return Friend.objects.select_for_update().get(pk=friend.pk)


def _say_goodbye(friend: Friend) -> None:
    """Who is away gets the goodbye alone: what still waited for them is never sent."""
    if friend.user_id not in status.online():
        outbox.drop(friend)
    outbox.put(friend, events.FriendRemoved())


def _leave(friend: Friend) -> None:
    _erase(friend)
    friend.state, friend.removed_at = State.LEAVING, timezone.now()
    friend.on_my_network = False
    friend.save(update_fields=["state", "removed_at", "on_my_network"])


def _erase(friend: Friend) -> None:
    """All that either of us shared with the other, and the invitation that began it."""
    changed("friend", friend.pk)
    news.redraw_ideas(friend)
    friend.positions.all().delete()
    friend.withdrawals.all().delete()
    friend.incoming.exclude(body="").update(body="")
    friend.shares.live().update(revoked_at=timezone.now())
    Invite.objects.filter(used_by=friend.user_id).update(revoked_at=timezone.now())


def redraw(*friends: Friend) -> None:
    """After commit: pages show it, and the relay is told whom to let through."""
    changed("friends", "all")
    for friend in friends:
        changed("friend", friend.pk)
    client.refresh_friends()

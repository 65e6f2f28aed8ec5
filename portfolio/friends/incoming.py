"""What friends, and people who would like to be, say about the friendship itself.

Promise: `knocked` makes a friend only of somebody who holds the secret of an invitation of mine
that still works for them; everything else leaves no trace but a line in the log with their id.
Handlers run inside the receiving transaction and do no I/O.

Life cycle: the link calls these from its own thread, handed over in `asgi.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from django.db import transaction
from django.utils import timezone

from observability.logs import get_logger
from portfolio.access import me
from portfolio.friends import actions
from portfolio.friends.cards import actions as cards
from portfolio.friends.checks import Invalid
from portfolio.friends.codes import CodeError, invite_hash, proves, read_knock, write_knock
from portfolio.link import events, identity, sealing
from portfolio.link.cards import CardError, read_card
from portfolio.link.events import Body, Refused
from portfolio.link.hooks import Handler, Knock, Stated
from portfolio.models import Friend, Invite

log = get_logger(__name__)

MAX_INVITES = 100  # what a relay takes

heard = actions.heard


def knocked(from_user_id: str, payload: bytes) -> None:
    """Somebody I do not know asks to be my friend."""
    try:
        knock, who = read_knock(payload, from_user_id)
        invite = _invite_for(from_user_id, knock.hmac)
        if invite and actions.welcome(who, knock.card, invite):
            log.info("Knock taken: a new friend", user_id=from_user_id)
            return
    except (CodeError, Invalid):
        pass  # said below, in the same words for every reason
    log.info("Knock refused", user_id=from_user_id)


def knocks() -> list[Knock]:
    """What I say to the inviters of the codes I accepted, until one of them answers."""
    waiting = list(Friend.objects.knocking().exclude(invite_secret=""))
    if not waiting:
        return []
    card, keys = identity.card(), identity.keys()
    return [
        Knock(
            friend.user_id,
            invite_hash(friend.invite_secret),
            sealing.seal(
                write_knock(card, friend.invite_secret, keys.user_id),
                keys,
                friend.user_id,
                friend.box_key,
            ),
        )
        for friend in waiting
    ]


def invites() -> list[str]:
    """Hashes of invitations that a knock may name: open ones, and used ones of this week."""
    works = Invite.objects.filter(revoked_at=None, expires_at__gt=timezone.now())
    return list(works.values_list("hash", flat=True)[:MAX_INVITES])


@transaction.atomic
def card_came(friend: Friend, card: str) -> None:
    """With a sync: news of a friend who could not be told in the stream, since we had missed more
    than one of their keys.
    """
    try:
        _renew(actions.hold(friend), card)
    except Refused as error:
        log.info("Card not taken", user_id=friend.user_id, why=str(error))


def restate(friend: Friend, ideas: Callable[[Friend], Iterator[Stated]]) -> Iterator[Stated]:
    """What a new epoch begins with: my card as it is, then `ideas`. A lost card would cost the
    friend the way to me.
    """
    yield events.Card(card=identity.card()), None
    yield from ideas(friend)


def _invite_for(user_id: str, given: str) -> Invite | None:
    """The invitation whose secret this proves, if it is open or was used by this very id."""
    for invite in Invite.objects.filter(revoked_at=None, used_by__in=["", user_id]):
        if proves(invite.secret, user_id, given):
            return invite if invite.used_by or invite.expires_at > timezone.now() else None
    return None


def _card(friend: Friend, body: Body) -> None:
    """A friend's new card, in its place in the stream."""
    _renew(friend, cast(events.Card, body).card)  # the event's name chose the type


def _renew(friend: Friend, card: str) -> None:
    """Theirs, and not older than the one I have; `Refused` otherwise."""
    try:
        who = read_card(card)
    except CardError as error:
        raise Refused(str(error)) from None
    if who.user_id != friend.user_id or who.user_id == me().user_id:
        raise Refused("this is not your card")
    if who.revision < friend.card_revision:
        raise Refused("this card is older than the one before")
    if who.revision > friend.card_revision:
        cards.renew(friend, who, card)


def _friend_removed(friend: Friend, _body: Body) -> None:
    actions.was_removed(friend)


HANDLERS: Mapping[str, Handler] = {
    events.Card.name: _card,
    events.FriendRemoved.name: _friend_removed,
}

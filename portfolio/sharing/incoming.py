"""What friends' events do here: one table, and the owner's half of it.

Promise: only who may read a position of mine writes in its thread, each in their own name; I number
what they say and send it whole to every reader, its author included. An author may always delete,
also after a revoke. The reader's half is `copies.incoming`.
Runs in the link's thread, within the receiving transaction and a savepoint of its own, without I/O:
`Refused` goes back to the sender. Handed over in `asgi.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from observability.logs import get_logger
from portfolio.access import share_of
from portfolio.link import events
from portfolio.link.events import Refused, Unshared
from portfolio.live.push import changed
from portfolio.models import Comment, Friend, Share, SharedPosition
from portfolio.notices.actions import FULL, Kind, is_unread, record
from portfolio.sharing import news, wire
from portfolio.sharing.actions import next_number, send_comment
from portfolio.sharing.copies import incoming as copies
from portfolio.sharing.copies.found import anew, find_again
from portfolio.sharing.talk import incoming as talk

log = get_logger(__name__)

MAX_SAID = 2_000  # comments of one friend on one idea of mine, deleted ones among them


def comment_added(friend: Friend, body: events.CommentAdded) -> None:
    _said(friend, body, deleted=False)


def comment_edited(friend: Friend, body: events.CommentEdited) -> None:
    _said(friend, body, deleted=False)


def comment_deleted(friend: Friend, body: events.CommentDeleted) -> None:
    _said(friend, body, deleted=True)


def event_refused(friend: Friend, body: events.EventRefused) -> None:
    """A share that the friend has buried is closed here too; any other refusal is noted in the
    log.
    """
    sent = friend.outgoing.filter(epoch=body.epoch, seq=body.seq, event_id=body.id).first()
    if sent is None:
        return
    log.warning("Event refused by friend", user_id=friend.user_id, seq=body.seq, name=sent.name)
    about_share = sent.name in (events.PositionShared.name, events.PositionUpdated.name)
    if about_share and body.why == wire.REVOKED:
        # A share made after that event is another one.
        shares = Share.objects.live().filter(friend=friend, position=sent.subject)
        shares.filter(created_at__lte=sent.at).update(revoked_at=timezone.now())
        changed("shares", sent.subject)


def refused(friend: Friend, why: str) -> None:
    """What a friend sent was not taken. That there is too much of it, the person is told once until
    they have read it.
    """
    if why == wire.TOO_MANY and not is_unread(friend, FULL):
        record(Kind.FRIEND, friend, detail=FULL)


def _said(friend: Friend, body: wire.CommentEvent, deleted: bool) -> None:
    """On a position of mine a submission, on a copy the owner's word; `position_shared` keeps the
    two apart.
    """
    if copy := find_again(friend, body.position_id):
        return copies.told(copy, friend, body.comment, deleted)
    own = SharedPosition.objects.own().select_for_update().filter(pk=body.position_id).first()
    if own is None:
        raise Unshared(wire.NOT_SHARED)
    _submitted(own, friend, body.comment, deleted)


def _submitted(
    position: SharedPosition, friend: Friend, said: events.CommentBody, deleted: bool
) -> None:
    known = position.comments.filter(uid=said.id).first()
    if said.user.id != friend.user_id or (known and known.author != friend.user_id):
        raise Refused(wire.NOT_YOURS)
    is_reader = share_of(friend, position.pk) is not None
    if not is_reader and not deleted:
        raise Unshared(wire.REVOKED)
    if known is None:
        if is_reader:
            _check_room(position, friend)
            comment = _number(position, friend, said, deleted)
            send_comment(position, comment)
            if not deleted:
                news.commented(comment, friend)
        return
    before = news.mentions_me(known)
    is_news = _merge(known, said, deleted)
    send_comment(position, known, only=None if is_news else friend)
    news.edited(known, before, friend)


def _check_room(position: SharedPosition, friend: Friend) -> None:
    """Numbers are only given, so a short thread needs no counting."""
    theirs = position.comments.filter(author=friend.user_id)
    if position.last_number >= MAX_SAID and theirs.count() >= MAX_SAID:
        raise Refused(wire.TOO_MANY)


def _number(
    position: SharedPosition, friend: Friend, said: events.CommentBody, deleted: bool
) -> Comment:
    """Stored under its number, in the name that I know this friend by."""
    return Comment.objects.create(
        position=position,
        uid=said.id,
        author=friend.user_id,
        author_name=friend.display_name,
        text=copies.text_of(said, deleted),
        reply_to=said.reply_to,
        number=next_number(position),
        revision=said.revision,
        deleted=deleted,
        created_at=max(copies.moment(said.created_at), *_shared_at(position)),
    )


def _shared_at(position: SharedPosition) -> list[datetime]:
    """A comment comes after the shares that are here already, whatever its author's clock says: who
    reads it is told that it is new.
    """
    newest = position.shares.live().order_by("-created_at").values_list("created_at", flat=True)
    return list(newest[:1])


def _merge(known: Comment, said: events.CommentBody, deleted: bool) -> bool:
    """Take the author's newer word; delete beats edit. False when it says nothing new."""
    if said.revision <= known.revision and (known.deleted or not deleted):
        return False
    known.deleted = known.deleted or deleted
    known.text = copies.text_of(said, known.deleted)
    known.revision = max(known.revision, said.revision)
    known.edited_at = known.edited_at if known.deleted else timezone.now()
    known.save(update_fields=["deleted", "text", "revision", "edited_at"])
    return True


HANDLERS: dict[str, Callable[[Friend, Any], None]] = {
    "position_shared": anew(copies.position_shared),
    "position_updated": anew(copies.position_updated),
    "share_revoked": anew(copies.share_revoked),
    "comment_added": comment_added,
    "comment_edited": comment_edited,
    "comment_deleted": comment_deleted,
    "comment_reacted": talk.comment_reacted,
    "opened": anew(talk.opened),
    "event_refused": event_refused,
    "state": anew(copies.listed),
    "digest": copies.compared,
}

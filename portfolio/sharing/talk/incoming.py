"""What friends put on comments, and how far they read. Within the receiving transaction, no I/O.

Promise: only who may read a position of mine puts signs there, each in their own name; a higher
revision wins, and every reader is told. On a copy the owner's word is taken, except that signs of
mine which they show older than I hold them are sent to them again.
"""

from __future__ import annotations

from django.utils import timezone

from portfolio.access import me, share_of
from portfolio.link import events
from portfolio.link.events import Refused, Unshared
from portfolio.live.push import changed
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.sharing import news, wire
from portfolio.sharing.checks import Invalid
from portfolio.sharing.copies import actions as copies
from portfolio.sharing.copies.found import find
from portfolio.sharing.talk import signs
from portfolio.sharing.talk.actions import send


def comment_reacted(friend: Friend, body: events.CommentReacted) -> None:
    if copy := find(friend, body.position_id):
        return _told(copy, friend, body)
    own = SharedPosition.objects.own().select_for_update().filter(pk=body.position_id).first()
    if own is None:
        raise Unshared(wire.NOT_SHARED)
    _submitted(own, friend, body)


def opened(friend: Friend, body: events.Opened) -> None:
    """How far a reader of mine, or the owner of a copy, has read: for display."""
    if copy := find(friend, body.position_id):
        return _seen(copy, body)
    share = share_of(friend, body.position_id)
    if share is None or share.pk != body.share_id:
        raise Unshared(wire.NOT_SHARED)
    share.opened_version = min(body.version, share.position.version)
    share.opened_number = min(body.number, share.position.last_number)
    share.opened_at = timezone.now()
    share.save(update_fields=["opened_version", "opened_number", "opened_at"])
    changed("shares", share.position_id)
    changed("thread", share.position_id)


def _seen(copy: SharedPosition, body: events.Opened) -> None:
    if copy.share_id != body.share_id:
        raise Unshared(wire.NOT_SHARED)
    copy.seen_number = body.number
    copy.save(update_fields=["seen_number"])
    changed("thread", copy.pk)


def _told(copy: SharedPosition, friend: Friend, body: events.CommentReacted) -> None:
    comment = _comment(copy, body)
    held = _held(comment, body)
    if held and held.revision > body.revision and held.author == me().user_id:
        copies.submit_reaction(copy, held)
    else:
        put = held or Reaction(comment=comment, author=body.user.id)
        _keep(put, body, body.user.display_name, friend)
    changed("thread", copy.pk)
    changed("comment", comment.pk)


def _submitted(position: SharedPosition, friend: Friend, body: events.CommentReacted) -> None:
    if body.user.id != friend.user_id:
        raise Refused(wire.NOT_YOURS)
    if share_of(friend, position.pk) is None:
        raise Unshared(wire.REVOKED)
    comment = _comment(position, body)
    held = _held(comment, body)
    if held and held.revision >= body.revision:
        return send(position, held, only=friend)
    reacted = held or Reaction(comment=comment, author=friend.user_id)
    _keep(reacted, body, friend.display_name, friend)
    send(position, reacted)


def _comment(position: SharedPosition, body: events.CommentReacted) -> Comment:
    comment = next(iter(position.comments.filter(uid=body.comment_id).order_by()), None)
    if comment is None:
        raise Unshared(wire.NOT_HERE)
    return comment


def _held(comment: Comment, body: events.CommentReacted) -> Reaction | None:
    held = next(iter(comment.reactions.filter(author=body.user.id).order_by()), None)
    if held:
        held.comment = comment
    return held


def _keep(put: Reaction, body: events.CommentReacted, name: str, told_by: Friend) -> None:
    before = put.signs
    try:
        put.signs = signs.known(body.signs)
    except Invalid:
        raise Refused(wire.NOT_FIT) from None
    put.author_name, put.revision = name, body.revision
    put.save()
    news.reacted(put, before, told_by)

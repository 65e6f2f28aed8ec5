"""What friends put on comments. Within the receiving transaction, no I/O.

Promise: only who may read a position of mine puts signs there, each in their own name; a higher
revision wins, and every reader is told. On a copy the owner's word is taken, except that signs of
mine which they show older than I hold them are sent to them again.
"""

from __future__ import annotations

from portfolio.access import me, share_of
from portfolio.link import events
from portfolio.link.events import Refused, Unshared
from portfolio.live.push import changed
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.sharing import wire
from portfolio.sharing.checks import Invalid
from portfolio.sharing.copies import actions as copies
from portfolio.sharing.copies.incoming import find
from portfolio.sharing.talk import signs
from portfolio.sharing.talk.actions import send


def comment_reacted(friend: Friend, body: events.CommentReacted) -> None:
    if copy := find(friend, body.position_id):
        return _told(copy, body)
    own = SharedPosition.objects.own().select_for_update().filter(pk=body.position_id).first()
    if own is None:
        raise Unshared(wire.NOT_SHARED)
    _submitted(own, friend, body)


def _told(copy: SharedPosition, body: events.CommentReacted) -> None:
    comment = _comment(copy, body)
    held = _held(comment, body)
    if held and held.revision > body.revision and held.author == me().user_id:
        copies.submit_reaction(copy, held)
    else:
        _keep(held or Reaction(comment=comment, author=body.user.id), body, body.user.display_name)
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
    _keep(reacted, body, friend.display_name)
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


def _keep(reacted: Reaction, body: events.CommentReacted, name: str) -> None:
    try:
        reacted.signs = signs.known(body.signs)
    except Invalid:
        raise Refused(wire.NOT_FIT) from None
    reacted.author_name, reacted.revision = name, body.revision
    reacted.save()

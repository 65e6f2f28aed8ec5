"""What I put on comments, and how far I have read: each function one transaction, rows and events.

On my own position it goes to every reader at once; on a copy to its owner, who passes signs on.
Threads: any. Imported by views, API and the incoming half.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from portfolio.access import me
from portfolio.link import outbox
from portfolio.live.push import changed as redraw
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.notices.actions import Kind, record
from portfolio.sharing import delivery, wire
from portfolio.sharing.actions import hold
from portfolio.sharing.checks import Invalid
from portfolio.sharing.talk import looks, signs


@transaction.atomic
def toggle(comment: Comment, sign: str) -> Reaction:
    """Put a sign on a comment, or take it back when it is there."""
    position = hold(comment.position)
    put = comment.reactions.filter(author=me().user_id).first()
    return _replace(position, comment, put, set(put.signs if put else ()) ^ {sign})


@transaction.atomic
def react(comment: Comment, wanted: Iterable[str]) -> Reaction:
    """Exactly these signs of mine are on the comment."""
    position = hold(comment.position)
    put = comment.reactions.filter(author=me().user_id).first()
    return _replace(position, comment, put, wanted)


def _replace(
    position: SharedPosition, comment: Comment, put: Reaction | None, wanted: Iterable[str]
) -> Reaction:
    names, identity = signs.known(wanted), me()
    if position.comments.filter(pk=comment.pk, deleted=True).exists():
        raise Invalid({"": ["This comment was deleted."]})
    reacted = put or Reaction(comment=comment, author=identity.user_id, revision=0)
    if put and put.signs == names:
        return put
    reacted.author_name, reacted.signs = identity.display_name, names
    reacted.revision += 1
    reacted.save()
    send(position, reacted)
    if names:
        record(Kind.REACTION, position=position, comment_uid=comment.uid)
    return reacted


def send(position: SharedPosition, reacted: Reaction, only: Friend | None = None) -> None:
    """To the owner if it is a copy, else to everybody who may read it, or to one of them."""
    to = [only] if only else delivery.recipients(position)
    outbox.put_all(to, wire.reaction(position, reacted), reacted.comment.uid)
    redraw("thread", position.pk)
    redraw("comment", reacted.comment_id)


def look(position: SharedPosition) -> None:
    """I see it as it is now: its owner learns it, or of mine everybody who may read it. Nothing is
    written where nobody would learn anything.
    """
    if looks.is_news(position):
        _tell_look(position)


@transaction.atomic
def _tell_look(position: SharedPosition) -> None:
    row = hold(position)
    if not looks.is_news(row):
        return
    row.opened_number = looks.newest(row)
    row.opened_version = row.version if row.owner else row.opened_version
    row.save(update_fields=["opened_version", "opened_number"])
    if row.owner and row.share_id:
        outbox.put(row.owner, wire.opened(row, row.share_id), row.pk)
    for share in row.shares.live().select_related("friend"):
        outbox.put(share.friend, wire.opened(row, share.pk))
    redraw("seen", row.pk)

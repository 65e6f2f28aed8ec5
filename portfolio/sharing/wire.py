"""Rows as events: how a share and a comment are spelt for a friend.

A comment always travels whole, under the name of what it is by now: added, edited or deleted. So
any of its events alone brings the receiver up to date. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from portfolio.access import me
from portfolio.link import events
from portfolio.link.hooks import Stated
from portfolio.models import Comment, Reaction, Share, SharedPosition

CommentEvent = events.CommentAdded | events.CommentEdited | events.CommentDeleted

MAX_URL = 200

# What goes back as `event_refused.why`.
REVOKED = "revoked"  # that share has ended: the sender closes it
NOT_SHARED = "not shared"
NOT_YOURS = "not yours"
NOT_HERE = "not here"
NOT_FIT = "not fit to keep"
TOO_MANY = "too many"  # of this friend: they take some back first


def position_shared(share: Share) -> events.PositionShared:
    """The announcement; the content is fetched."""
    position = share.position
    url = f"{me().backend_url}/api/v1/positions/ideas/{position.uid}"
    return events.PositionShared(
        position_id=position.uid,
        share_id=share.pk,
        share_url=url[:MAX_URL],
        version=position.version,
        digest=position.digest,
        shared_at=share.created_at.isoformat(),
        lease_days=share.lease_days,
    )


def position_updated(share: Share, changed: list[str]) -> events.PositionUpdated:
    position = share.position
    return events.PositionUpdated(
        position_id=position.uid,
        share_id=share.pk,
        version=position.version,
        digest=position.digest,
        snapshot=position.snapshot,
        changed=[name[:40] for name in changed[:40]],
    )


def comment(position: SharedPosition, said: Comment) -> CommentEvent:
    """The comment as it is now."""
    body = events.CommentBody(
        id=said.uid,
        text=said.text,
        user=events.Author(id=said.author, display_name=said.author_name),
        created_at=said.created_at.isoformat(),
        revision=said.revision,
        number=said.number,
        reply_to=said.reply_to,
    )
    if said.deleted:
        return events.CommentDeleted(position_id=position.uid, comment=body)
    if said.revision > 1:
        return events.CommentEdited(position_id=position.uid, comment=body)
    return events.CommentAdded(position_id=position.uid, comment=body)


def withdrawn(position_uid: UUID, comment_uid: UUID, revision: int) -> events.CommentDeleted:
    """My comment is deleted, although I no longer hold anything else of it."""
    identity = me()
    body = events.CommentBody(
        id=comment_uid,
        text="",
        user=events.Author(id=identity.user_id, display_name=identity.display_name),
        created_at="",
        revision=revision,
    )
    return events.CommentDeleted(position_id=position_uid, comment=body)


def reaction(position: SharedPosition, reacted: Reaction) -> events.CommentReacted:
    """All signs of one person on a comment, as they are now."""
    return events.CommentReacted(
        position_id=position.uid,
        comment_id=reacted.comment.uid,
        user=events.Author(id=reacted.author, display_name=reacted.author_name),
        signs=reacted.signs,
        revision=reacted.revision,
    )


def opened(position: SharedPosition, share_id: UUID) -> events.Opened:
    """How far I have read, by version and by number."""
    return events.Opened(
        position_id=position.uid,
        share_id=share_id,
        version=position.version,
        number=position.opened_number,
    )


def thread(position: SharedPosition) -> Iterator[Stated]:
    """Every comment of a position of mine, in order, and what was put on them, with its subject."""
    for said in position.comments.in_order().iterator():
        yield comment(position, said), said.uid
    reactions = Reaction.objects.stated().filter(comment__position=position).order_by("pk")
    for reacted in reactions.select_related("comment").iterator():
        yield reaction(position, reacted), reacted.comment.uid

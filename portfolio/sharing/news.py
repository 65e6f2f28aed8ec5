"""Which words of friends are news to me, and how they are named in a notice.

Promise: a comment makes one notice, when it comes here for the first time: as an answer to me, a
mention of me, or a comment; never a repeat, what was said before the idea was shared with me, what
I said myself, or anybody I have blocked. An edit makes one if it mentions me only now. A sign makes
one when it is put on a comment of mine.
Runs in the transaction that keeps the comment. Imported by `actions`, `incoming` and `copies`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from portfolio.access import me
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.notices.actions import Kind, record
from portfolio.sharing.talk import text
from portfolio.sharing.talk.shown import people
from portfolio.sharing.talk.signs import SIGNS


def commented(said: Comment, told_by: Friend) -> None:
    """This comment was not here before; `told_by` wrote it, or tells of it as the idea's owner."""
    position = said.position
    if position.shared_at and said.created_at < position.shared_at:
        return
    author = told_by if said.author == told_by.user_id else _friend(said.author)
    if author is None and said.author == me().user_id:
        return
    if author is None or author.state != Friend.State.BLOCKED:
        stranger = "" if author else said.author_name
        teller = author or told_by
        kind = _kind(said)
        record(kind, teller, position=position, comment_uid=said.uid, who=stranger)


def mentions_me(said: Comment) -> bool:
    """The longest name that fits counts: `@Bob Smith` is not Bob."""
    if "@" not in said.text:
        return False
    mine = me().display_name
    if not text.mentioned(said.text, [mine]):
        return False
    return mine.lower() in text.mentioned(said.text, [mine, *people(said.position)])


def edited(said: Comment, mentioned_before: bool, told_by: Friend) -> None:
    """This comment was here before in other words: only that it mentions me now is news."""
    if not mentioned_before and mentions_me(said):
        commented(said, told_by)


def reacted(put: Reaction, before: Collection[str], told_by: Friend) -> None:
    """Signs on a comment of mine that were not there before."""
    said, more = put.comment, [name for name in put.signs if name not in before]
    if (
        not more
        or _is_waiting(said.position)
        or said.author != me().user_id
        or put.author == said.author
    ):
        return
    who = told_by if put.author == told_by.user_id else _friend(put.author)
    if who is None or who.state != Friend.State.BLOCKED:
        record(
            Kind.REACTION,
            who or told_by,
            position=said.position,
            comment_uid=said.uid,
            detail=", ".join(SIGNS[name].label for name in more),
            who="" if who else put.author_name,
        )


def _is_waiting(position: SharedPosition) -> bool:
    """A copy without content yet: what is told of it is from before."""
    return position.owner is not None and position.version == 0


def named(changed: Iterable[str]) -> str:
    """What has changed, as far as these are names: whatever else a friend writes there is left
    out.
    """
    return ", ".join(name for name in changed if name.isascii() and name.isidentifier())


def _kind(said: Comment) -> Kind:
    if said.reply_to and _is_mine(said.position, said.reply_to):
        return Kind.REPLY
    return Kind.MENTION if mentions_me(said) else Kind.COMMENT


def _is_mine(position: SharedPosition, uid: UUID) -> bool:
    return position.comments.filter(uid=uid, author=me().user_id).exists()


def _friend(user_id: str) -> Friend | None:
    return next(iter(Friend.objects.filter(user_id=user_id).order_by()), None)

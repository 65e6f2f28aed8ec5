"""Which words of friends are news to me, and how they are named in a notice.

Promise: a comment makes one notice, when it comes here for the first time; never an edit, a repeat,
what was said before the idea was shared with me, what I said myself, or anybody I have blocked.
Runs in the transaction that keeps the comment. Imported by `actions`, `incoming` and `copies`.
"""

from __future__ import annotations

from collections.abc import Iterable

from portfolio.access import me
from portfolio.models import Comment, Friend
from portfolio.notices.actions import Kind, record


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
        record(Kind.COMMENT, teller, position=position, comment_uid=said.uid, who=stranger)


def named(changed: Iterable[str]) -> str:
    """What has changed, as far as these are names: whatever else a friend writes there is left
    out.
    """
    return ", ".join(name for name in changed if name.isascii() and name.isidentifier())


def _friend(user_id: str) -> Friend | None:
    return next(iter(Friend.objects.filter(user_id=user_id).order_by()), None)

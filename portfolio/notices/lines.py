"""Notices in words: who did what to which idea, how often, and where to look.

`lines` turns any number of notices into lines with three queries at most: the names of ideas, the
rows of comments, and the friends if the caller has not joined them. The words stand in one table;
`{idea}` and `{friend}` mark where a name comes. What has no name any more is "an idea".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from portfolio.models import Comment, Notice
from portfolio.notices.actions import ALIKE, CAME, CREATED, FULL, LEFT, MOVED, NEW_KEY
from portfolio.notices.names import Named, named

Kind = Notice.Kind
NAMELESS = "an idea"

#: kind -> what it says once, and what it says of several; `{n}` is how many.
FRIENDS_DO: dict[str, tuple[str, str]] = {
    Kind.SHARED: ("shared {idea} with you", "shared {idea} with you"),
    Kind.CHANGED: ("changed {idea}", "changed {idea} {n} times"),
    Kind.REVOKED: ("took back an idea", "took back {n} ideas"),
    Kind.COMMENT: ("commented on {idea}", "wrote {n} comments on {idea}"),
    Kind.REPLY: ("answered you on {idea}", "answered you {n} times on {idea}"),
    Kind.MENTION: ("mentioned you on {idea}", "mentioned you {n} times on {idea}"),
    Kind.REACTION: ("reacted to you on {idea}", "reacted to you {n} times on {idea}"),
}
I_DO: dict[str, tuple[str, str]] = {
    Kind.SHARED: ("shared {idea} with {friend}", "shared {idea} with {friend}"),
    Kind.CHANGED: ("changed {idea}", "changed {idea} {n} times"),
    Kind.REVOKED: ("took {idea} back from {friend}", "took {idea} back from {friend}"),
    Kind.COMMENT: ("commented on {idea}", "wrote {n} comments on {idea}"),
    Kind.REACTION: ("put a sign on a comment on {idea}", "put {n} signs on comments on {idea}"),
}
#: What a detail says instead: of a friend, of me.
FRIENDS_DETAILS = {
    CAME: "is your friend now",
    ALIKE: "has the name or address of a friend you have already: compare the digits",
    LEFT: "has ended your friendship",
    MOVED: "says that they have moved",
    NEW_KEY: "has a new key",
    FULL: "sends more ideas or comments than are kept here: some were not taken",
}
MY_DETAILS = {CREATED: "created {idea}", NEW_KEY: "changed the key that friends seal with"}
SPECIAL = {Kind.CHANGED, Kind.FRIEND}  # whose details may be such words
SHOWS_DETAIL = {Kind.CHANGED, Kind.REACTION}  # behind the words: what has changed, which sign


@dataclass(frozen=True, slots=True)
class Line:
    """`before` and `after` stand around the idea's name, if the words name one."""

    notice: Notice
    who: str
    before: str
    idea: str
    after: str
    detail: str
    address: str

    @property
    def text(self) -> str:
        """The whole as one sentence, for programs."""
        said = f"{self.who} {self.before}{self.idea}{self.after}"
        return f"{said}: {self.detail}" if self.detail else said

    @property
    def is_unread(self) -> bool:
        return self.notice.for_me and self.notice.read_at is None


def lines(notices: Iterable[Notice]) -> list[Line]:
    """In the order given; the notices come with their friends joined."""
    rows = list(notices)
    ideas = named({row.position_id for row in rows if row.position_id})
    comments = _comments(rows)
    return [_line(row, ideas.get(row.position_id or UUID(int=0)), comments) for row in rows]


def _comments(rows: list[Notice]) -> dict[tuple[UUID, UUID], int]:
    uids = [row.comment_uid for row in rows if row.comment_uid]
    if not uids:
        return {}
    found = Comment.objects.filter(uid__in=uids).order_by()
    keys = found.values_list("position_id", "uid", "pk")
    return {(position, uid): pk for position, uid, pk in keys}


def _line(row: Notice, idea: Named | None, comments: dict[tuple[UUID, UUID], int]) -> Line:
    words = words_of(row).replace("{n}", str(row.count))
    words = words.replace("{friend}", row.friend.name if row.friend else "a friend")
    before, names_idea, after = words.partition("{idea}")
    return Line(
        notice=row,
        who=(row.friend.name if row.friend else row.who) if row.who else "You",
        before=before,
        idea=(idea.name if idea else NAMELESS) if names_idea else "",
        after=after,
        detail=row.detail if row.kind in SHOWS_DETAIL and row.detail != CREATED else "",
        address=_address(row, idea, comments),
    )


def words_of(row: Notice) -> str:
    """A detail that the table does not know speaks for itself."""
    details = FRIENDS_DETAILS if row.who else MY_DETAILS
    if row.kind in SPECIAL and row.detail in details:
        return details[row.detail]
    once, often = (FRIENDS_DO if row.who else I_DO).get(row.kind, (row.detail, row.detail))
    return once if row.count == 1 else often


def _address(row: Notice, idea: Named | None, comments: dict[tuple[UUID, UUID], int]) -> str:
    if idea is not None and row.position_id is not None:
        key = comments.get((row.position_id, row.comment_uid)) if row.comment_uid else None
        return f"{idea.address}#comment-{key}" if key else idea.address
    return reverse("friend", args=[row.friend_id]) if row.friend_id else ""

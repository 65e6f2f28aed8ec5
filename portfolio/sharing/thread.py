"""A discussion as the page draws it: windows of rows, each with all that its template needs.

A window holds the newest numbered comments before a number, oldest first; the newest window ends
with mine that have no number yet. Whatever the thread's length, a window costs the same few
queries, and `row` builds a single comment by the same code, so that a comment drawn alone equals
the one in the thread.

Reads only. It knows whose instance this is and not who looks at it: both are the same person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from portfolio.access import me
from portfolio.models import Comment, SharedPosition
from portfolio.sharing import delivery
from portfolio.sharing.delivery import Delivery

WINDOW = 50
QUOTE = 90  # characters of the answered comment's first line


@dataclass(frozen=True, slots=True)
class Quote:
    """What a comment answers; without `target` the answered comment is not here."""

    name: str
    text: str
    target: int | None


@dataclass(frozen=True, slots=True)
class Row:
    comment: Comment
    mine: bool
    delivery: Delivery | None
    quote: Quote | None

    @property
    def facts(self) -> tuple[object, ...]:
        """All that its drawing shows: two rows of the same facts look the same."""
        said = self.comment
        words = (said.author_name, said.text, said.deleted, said.created_at, said.edited_at)
        return said.pk, said.uid, said.position_id, *words, self.mine, self.delivery, self.quote


@dataclass(frozen=True, slots=True)
class Window:
    rows: list[Row]
    older: int | None  # ask for the comments before this number; None: there are none


def window(position: SharedPosition, before: int | None = None) -> Window:
    """At most WINDOW comments before this number; or the end of the thread."""
    if before is not None:
        return _window(position, position.comments.filter(number__lt=before))
    unnumbered = position.comments.filter(number=None).order_by("-id")[:WINDOW]
    return _window(position, position.comments.all(), list(reversed(unnumbered)))


def after(position: SharedPosition, number: int) -> Window:
    """What has left the newest window since somebody loaded older comments up to this number."""
    numbered = position.comments.exclude(number=None).order_by("-number")
    first = numbered.values_list("number", flat=True)[WINDOW - 1 : WINDOW].first()
    gap = position.comments.filter(number__gt=number, number__lt=first or 0)
    return Window(rows(position, gap.order_by("number")[: 4 * WINDOW]), None)


def row(comment: Comment) -> Row:
    return rows(comment.position, [comment])[0]


def rows(position: SharedPosition, comments: Iterable[Comment]) -> list[Row]:
    """The comments of one position with their delivery and quotes."""
    shown = list(comments)
    mine = me().user_id
    own = [comment.uid for comment in shown if comment.author == mine]
    waiting = delivery.waiting_for(own) if own else {}
    to = delivery.recipients(position) if own else []
    quotes = _quotes(position, shown)

    def build(comment: Comment) -> Row:
        is_mine, sent = comment.author == mine, comment.number is not None
        state = delivery.of_comment(sent, to, waiting.get(comment.uid, ())) if is_mine else None
        quote = quotes[comment.reply_to] if comment.reply_to else None
        return Row(comment, is_mine, state, quote)

    return [build(comment) for comment in shown]


def quote(position: SharedPosition, uid: UUID | None) -> Quote | None:
    """What a new comment is going to answer; None when it answers nothing that is here."""
    answered = position.comments.filter(uid=uid, deleted=False).first() if uid else None
    return _quote(answered) if answered else None


def _window(
    position: SharedPosition, wanted: QuerySet[Comment], tail: Sequence[Comment] = ()
) -> Window:
    """The last WINDOW of these, and then the tail."""
    found = list(wanted.exclude(number=None).order_by("-number")[: WINDOW + 1])
    shown = [*reversed(found[:WINDOW]), *tail]
    older = shown[0].number if len(found) > WINDOW else None
    return Window(rows(position, shown), older)


def _quotes(position: SharedPosition, shown: Sequence[Comment]) -> dict[UUID, Quote]:
    known = {comment.uid: comment for comment in shown}
    wanted = {comment.reply_to for comment in shown if comment.reply_to}
    if missing := wanted - known.keys():
        known |= {found.uid: found for found in position.comments.filter(uid__in=missing)}
    gone = Quote("", "A comment that is not here", None)
    return {uid: _quote(known[uid]) if uid in known else gone for uid in wanted}


def _quote(comment: Comment) -> Quote:
    if comment.deleted:
        return Quote(comment.author_name, "Deleted comment", comment.pk)
    line = next(iter(comment.text.strip().splitlines()), "")
    short = line if len(line) <= QUOTE else f"{line[:QUOTE].rstrip()}…"
    return Quote(comment.author_name, short, comment.pk)

"""A discussion as the page draws it: windows of rows, each with all that its template needs.

A window holds the newest numbered comments before a number, oldest first; the newest window ends
with mine that have no number yet. Whatever the thread's length, a window costs the same few
queries, and `row` builds a single comment by the same code, so that a comment drawn alone equals
the one in the thread.

Reads only. It knows whose instance this is and not who looks at it: both are the same person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from portfolio.access import me
from portfolio.models import Comment, SharedPosition
from portfolio.sharing import delivery, reading
from portfolio.sharing.delivery import Delivery
from portfolio.sharing.talk import shown as around
from portfolio.sharing.talk import text
from portfolio.sharing.talk.shown import Put
from portfolio.sharing.talk.signs import SIGNS, Sign

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
    name: str  # what I call its author
    put: list[Put]
    answers: int
    people: tuple[str, ...]  # whom it may mention, me first; empty when it mentions nobody

    @property
    def facts(self) -> tuple[object, ...]:
        """All that its drawing shows: two rows of the same facts look the same."""
        said = self.comment
        words = (self.name, said.text, said.deleted, said.created_at, said.edited_at)
        around = (self.mine, self.delivery, self.quote, tuple(self.put), self.answers, self.people)
        return said.pk, said.uid, said.position_id, *words, *around

    @property
    def seen_by(self) -> tuple[str, ...]:
        return self.delivery.seen_by if self.delivery else ()

    @property
    def html(self) -> SafeString:
        return text.render(self.comment.text, self.people, *self.people[:1])

    @property
    def signs(self) -> list[tuple[Sign, bool]]:
        """All that can be put on it, and whether I have."""
        mine = {put.sign for put in self.put if put.mine}
        return [(sign, sign in mine) for sign in SIGNS.values()]


@dataclass(frozen=True, slots=True)
class Window:
    rows: list[Row]
    older: int | None  # ask for the comments before this number; None: there are none


def window(position: SharedPosition, before: int | None = None) -> Window:
    """At most WINDOW comments before this number; or the end of the thread."""
    if before is not None:
        return _window(position, position.comments.filter(number__lt=before))
    unnumbered = position.comments.filter(number=None).order_by("-id")[:WINDOW]
    tail = list(reversed(unnumbered)) if position.owner_id else []  # mine are numbered at once
    return _window(position, position.comments.all(), tail, to_the_end=True)


def after(position: SharedPosition, number: int) -> Window:
    """What has left the newest window since somebody loaded older comments up to this number."""
    numbered = position.comments.exclude(number=None).order_by("-number")
    first = numbered.values_list("number", flat=True)[WINDOW - 1 : WINDOW].first()
    gap = position.comments.filter(number__gt=number, number__lt=first or 0)
    return Window(rows(position, gap.order_by("number")[: 4 * WINDOW]), None)


def row(comment: Comment) -> Row:
    return rows(comment.position, [comment])[0]


def rows(
    position: SharedPosition, comments: Iterable[Comment], *, to_the_end: bool = False
) -> list[Row]:
    """The comments of one position with all that is shown of them. `to_the_end`: nothing comes
    after them, so what answers them is among them.
    """
    shown, identity = list(comments), me()
    mine = identity.user_id
    called = around.nicknames()
    signs = around.put_on(shown, mine, called)
    answers = _answers(shown) if to_the_end else around.answers_since(position, shown)
    own = [comment.uid for comment in shown if comment.author == mine]
    waiting = delivery.waiting_for(own) if own else {}
    to = delivery.audience(position) if own else {}
    quotes = _quotes(position, shown, called)
    people: tuple[str, ...] = ()
    if any("@" in comment.text for comment in shown):
        people = (identity.display_name, *around.people(position))

    def build(comment: Comment) -> Row:
        is_mine, late = comment.author == mine, waiting.get(comment.uid, ())
        state = delivery.of_comment(comment.number, to, late) if is_mine else None
        quote = quotes[comment.reply_to] if comment.reply_to else None
        name = called.get(comment.author, comment.author_name)
        put, count = signs[comment.pk], answers[comment.uid]
        names = people if "@" in comment.text else ()
        return Row(comment, is_mine, state, quote, name, put, count, names)

    return [build(comment) for comment in shown]


def quote(position: SharedPosition, uid: UUID | None) -> Quote | None:
    """What a new comment is going to answer; None when it answers nothing that is here."""
    answered = position.comments.filter(uid=uid, deleted=False).first() if uid else None
    return _quote(answered, around.nicknames()) if answered else None


def _window(
    position: SharedPosition,
    wanted: QuerySet[Comment],
    tail: Sequence[Comment] = (),
    *,
    to_the_end: bool = False,
) -> Window:
    """The last WINDOW of these, and then the tail, read before them: what was given its number
    since stands among the numbered alone.
    """
    found = list(wanted.exclude(number=None).order_by("-number")[: WINDOW + 1])
    shown = [*reversed(found[:WINDOW]), *(said for said in tail if said not in found)]
    older = shown[0].number if len(found) > WINDOW else None
    return Window(rows(position, shown, to_the_end=to_the_end), older)


def _answers(shown: Sequence[Comment]) -> Counter[UUID]:
    return around.count([(said.uid, said.reply_to, said.deleted) for said in shown])


def _quotes(
    position: SharedPosition, shown: Sequence[Comment], called: dict[str, str]
) -> dict[UUID, Quote]:
    known = {comment.uid: comment for comment in shown}
    wanted = {comment.reply_to for comment in shown if comment.reply_to}
    if missing := wanted - known.keys():
        known |= {found.uid: found for found in position.comments.filter(uid__in=missing)}
    gone = Quote("", "A comment that is not here", None)
    return {uid: _quote(known[uid], called) if uid in known else gone for uid in wanted}


def _quote(comment: Comment, called: dict[str, str]) -> Quote:
    name = called.get(comment.author, comment.author_name)
    if comment.deleted:
        return Quote(name, "Deleted comment", comment.pk)
    line = reading.first_line(comment.text)
    short = line if len(line) <= QUOTE else f"{line[:QUOTE].rstrip()}…"
    return Quote(name, short, comment.pk)

"""What tabs see of sharing, drawn from an id alone: shares, thread, comment.

`shares` is the line that says who may read a position and how far it has come (on a copy: whose it
is), `thread` the newest window of its discussion, `comment` one row of it, `restored` the banner
of a restored backup. The page, the answer to a form and the live push draw them by these
functions. What is gone, hidden or past its lease is not drawn.
"""

from __future__ import annotations

from portfolio.link import generation
from portfolio.live.fragments import Drawing, fragment
from portfolio.models import Comment, Notice, SharedPosition
from portfolio.sharing import delivery
from portfolio.sharing import thread as threads
from portfolio.sharing.talk import looks


@fragment("shares")
def shares(position_id: str) -> Drawing | None:
    position = _position(position_id)
    if position is None:
        return None
    readers = [] if position.owner else delivery.readers(position)
    context = {
        "position": position,
        "readers": readers,
        "names": delivery.listed([reader.friend.name for reader in readers]),
        "summary": delivery.summary(readers),
    }
    return "sharing/_shares.html", context


@fragment("thread")
def thread(position_id: str) -> Drawing | None:
    position = _position(position_id)
    if position is None:
        return None
    return "sharing/_thread.html", {"position": position, "window": threads.window(position)}


@fragment("comment")
def comment(comment_id: str) -> Drawing | None:
    shown = Comment.objects.filter(position__in=SharedPosition.objects.shown())
    found = shown.select_related("position__owner").filter(pk=comment_id).first()
    return ("sharing/_comment.html", {"row": threads.row(found)}) if found else None


@fragment("seen")
def seen(position_id: str) -> Drawing | None:
    """Nothing to be seen, or what says that it was: once for all that is new, on a visible tab."""
    position = _position(position_id)
    if position is None:
        return None
    news = Notice.objects.unread().filter(position=position.pk)
    unread = sum(news.values_list("count", flat=True))
    wanted = unread > 0 or looks.is_news(position)
    context = {"position": position, "wanted": wanted, "unread": unread}
    return "sharing/_seen.html", context | {"number": looks.newest(position)}


@fragment("restored")
def restored(_me: str) -> Drawing | None:
    return ("sharing/_restored.html", {}) if generation.awaits_confirmation() else None


def _position(position_id: str) -> SharedPosition | None:
    return SharedPosition.objects.shown().select_related("owner").filter(pk=position_id).first()

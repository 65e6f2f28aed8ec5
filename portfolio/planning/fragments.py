"""What tabs see of planning, drawn from an id alone: idea, idea_versions, my_ideas, shared_ideas,
news.

`idea` is the page of an own idea or a copy but for what a person types into. `my_ideas` and
`shared_ideas` are the numbers in the tabs of the lists, and carry a digest of what the rows show:
when a push replaces one, the open list asks for its page again, with its own filters. `waiting` is
such a number for the dashboard, and `news` what friends did lately.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from portfolio.access import me
from portfolio.live.fragments import Drawing, digest, fragment
from portfolio.models import Friend, IdeaVersion, Notice, Outgoing, SharedPosition
from portfolio.notices.lines import lines
from portfolio.planning import lists
from portfolio.planning.shown import Shown

NEWEST = 5
LINES = 8


@fragment("idea")
def idea(position_id: str) -> Drawing:
    """Never None: a tab that is open on what is gone says so."""
    shown = SharedPosition.objects.shown().select_related("owner")
    position = shown.filter(pk=position_id).first()
    if position is None:
        return "planning/_gone.html", {}
    context = {"position": position, "shown": Shown(position), "changed": _changed(position)}
    return "planning/_idea.html", context


def _changed(position: SharedPosition) -> str:
    """What the owner of a copy said they changed last; a copy has no versions to tell it."""
    told = Notice.objects.filter(position=position, kind=Notice.Kind.CHANGED)
    return next(iter(told.values_list("detail", flat=True)[:1]), "") if position.owner else ""


@fragment("idea_versions")
def idea_versions(position_id: str) -> Drawing:
    versions = (
        IdeaVersion.objects.filter(idea=UUID(position_id)).select_related("by").order_by("-number")
    )
    newest = list(versions[: NEWEST + 1])
    context = {
        "versions": newest[:NEWEST],
        "more": newest[NEWEST:],
        "position_id": position_id,
        "author": me().display_name,
    }
    return "planning/_versions.html", context


@fragment("my_ideas")
def my_ideas(_all: str) -> Drawing:
    return "planning/_nudge.html", _nudge(SharedPosition.objects.own())


@fragment("shared_ideas")
def shared_ideas(_all: str) -> Drawing:
    return "planning/_nudge.html", _nudge(SharedPosition.objects.copies().shown())


@fragment("waiting")
def waiting(_all: str) -> Drawing:
    """How many of my events no friend has receipted yet."""
    return "planning/_nudge.html", {"number": Outgoing.objects.waiting().count()}


@fragment("news")
def news(_all: str) -> Drawing:
    newest = Notice.objects.for_me().select_related("friend")[:LINES]
    context = {"lines": lines(newest), "friends": Friend.objects.accepted().exists()}
    return "planning/_news.html", context


def _nudge(positions: QuerySet[SharedPosition]) -> dict[str, object]:
    facts = lists.facts(positions)
    return {
        "number": len(facts),
        "rows": digest(repr(facts)),
        "about": sum(1 for row in facts.values() if row.unread),
    }

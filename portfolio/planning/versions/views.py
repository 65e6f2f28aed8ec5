"""The pages of an idea's versions: all, one, two side by side, and the way back to one.

Mine alone: a friend's copy keeps no versions.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from portfolio import access
from portfolio.models import IdeaVersion, SharedPosition
from portfolio.planning import actions, lists
from portfolio.planning.answers import change
from portfolio.planning.shown import Shown
from portfolio.planning.snapshots import read
from portfolio.planning.versions import diff

MOST = 100  # to choose from


@require_safe
def versions(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    found = IdeaVersion.objects.filter(idea=position.pk).select_related("by")
    page = Paginator(found.order_by("-number"), lists.PAGE).get_page(request.GET.get("page"))
    context = {"position": position, "shown": Shown(position), "page": page}
    context["author"] = access.me().display_name
    return render(request, "planning/versions.html", context)


@require_safe
def version(request: HttpRequest, position_id: UUID, number: int) -> HttpResponse:
    """What the idea was then: the same drawing, of the version's snapshot."""
    position = access.own_position_of(request, position_id)
    found = _version(position, number)
    position.snapshot = found.snapshot
    context = {"position": position, "shown": Shown(position), "version": found}
    return render(request, "planning/version.html", context)


@require_safe
def compare(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Two versions side by side, the older one left; without a choice the newest two."""
    position = access.own_position_of(request, position_id)
    kept = IdeaVersion.objects.filter(idea=position.pk).order_by("-number")
    choices = list(kept.values_list("number", "changed")[:MOST])
    before, after = _chosen(request, kept)
    context = {
        "position": position,
        "shown": Shown(position),
        "before": before,
        "after": after,
        "difference": diff.between(read(before.snapshot), read(after.snapshot)),
        "choices": _with(choices, before, after),
    }
    return render(request, "planning/compare.html", context)


def _chosen(request: HttpRequest, kept: QuerySet[IdeaVersion]) -> tuple[IdeaVersion, IdeaVersion]:
    """What the address asks for; a number that no version has is as good as none."""
    asked = [_number(request.GET.get(name)) for name in ("from", "to")]
    after = kept.filter(number=asked[1]).first() or kept.latest("number")
    before = (
        kept.filter(number=asked[0]).first()
        or kept.filter(number__lt=after.number).first()
        or after
    )
    return (before, after) if before.number <= after.number else (after, before)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


def _with(choices: list[tuple[int, str]], *chosen: IdeaVersion) -> list[tuple[int, str]]:
    """The newest versions, and whatever else is shown."""
    more = {version.number: version.changed for version in chosen}
    return sorted({**more, **dict(choices)}.items(), reverse=True)


@require_POST
def restore(request: HttpRequest, position_id: UUID, number: int) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    _version(position, number)
    action = partial(actions.restore_version, position.idea, number, request.user)
    return change(request, position, action, f"Back to version {number}")


def _version(position: SharedPosition, number: int) -> IdeaVersion:
    found = IdeaVersion.objects.filter(idea=position.pk, number=number).first()
    if found is None:
        raise Http404
    return found

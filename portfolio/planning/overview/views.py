"""The dashboard, the lists, and what is done to all that are ticked: one action, answer and undo.

The address holds every filter, so the back button and a bookmark show the same list. A refused
change comes back with status 422, ticks and words kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio.live.answers import answer
from portfolio.live.first import drawn_first
from portfolio.models import Friend, Idea, Share, Tag
from portfolio.planning import actions, lists, undo
from portfolio.planning.answers import toast
from portfolio.planning.overview import dashboard
from portfolio.sharing.checks import Invalid

REFUSED = 422
MOST_TAGS, MOST_FRIENDS = 100, 200  # to choose from
HEX = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@require_safe
@drawn_first("my_ideas:all", "shared_ideas:all", "waiting:all", "news:all")
def home(request: HttpRequest) -> HttpResponse:
    """The dashboard. A tab that is open on it asks for it again when a number in it has changed."""
    expiries, more = dashboard.upcoming()
    counts = dashboard.counts()
    context = {
        "parts": dashboard.attention(),
        "expiries": expiries,
        "more": more,
        "counts": counts,
        "bare": not any(count.number for count in counts)
        and not lists.shared(lists.Filters()).exists(),
        "today": timezone.localdate(),
        "friends": Friend.objects.accepted().exists(),
    }
    return render(request, "planning/dashboard.html", context)


# Lists --------------------------------------------------------------------------------------------


@require_safe
@drawn_first("my_ideas:all")
def my_ideas(request: HttpRequest) -> HttpResponse:
    return _remembered(request, _mine(request, request.GET))


@require_safe
@drawn_first("shared_ideas:all")
def shared_ideas(request: HttpRequest) -> HttpResponse:
    filters = lists.Filters.read(request.GET)
    context = {
        **_context(request.GET, filters, lists.shared(filters)),
        **_whose(filters, "Friend", Q(positions__isnull=False)),
        "name": "shared_ideas",
    }
    return _remembered(request, render(request, "planning/list.html", context))


def _mine(
    request: HttpRequest, query: QueryDict, status: int = 200, **bulk: object
) -> HttpResponse:
    """My ideas by the filters of `query`; `bulk`: what the form for many has to say."""
    filters = lists.Filters.read(query)
    context = {
        **_context(query, filters, lists.mine(filters)),
        **_whose(filters, "Shared with", Q(shares__in=Share.objects.live())),
        "name": "my_ideas",
        "tags": _tags(filters.tag),
        **bulk,
    }
    return render(request, "planning/list.html", context, status=status)


def _context(
    query: QueryDict, filters: lists.Filters, positions: lists.Positions
) -> dict[str, object]:
    page = lists.page(positions, query.get("page"))
    return {
        "filters": filters,
        "page": page,
        "rows": list(lists.rows(page)),
        "statuses": Idea.Status.choices,
        "orders": lists.ORDERS.items(),
    }


def _whose(filters: lists.Filters, words: str, those: Q) -> dict[str, object]:
    """Those friends to choose from, the one that is chosen among them; and all that is chosen."""
    known = Friend.objects.filter(those | Q(pk=int(filters.friend or 0))).distinct()
    friends = sorted(known[:MOST_FRIENDS], key=lambda friend: friend.name.casefold())
    names = {str(friend.pk): friend.name for friend in friends}
    return {"whose": words, "friends": friends, "chips": filters.chips(names, words)}


def _tags(chosen: str) -> list[str]:
    """The tags most in use, by name; the one that is chosen is always among them."""
    used = Tag.objects.annotate(uses=Count("ideas")).filter(uses__gt=0).order_by("-uses", "name")
    return sorted({*used.values_list("name", flat=True)[:MOST_TAGS], *filter(None, [chosen])})


def _remembered(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """For the filters' form: the address as one would write it. Letters that are added to a search
    make no steps of their own for the back button.
    """
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.trigger != "filters":
        return response
    now = lists.Filters.read(request.GET)
    before = lists.Filters.read(QueryDict(urlsplit(htmx.current_url or "").query))
    typing = bool(before.q) and replace(before, q=now.q) == now
    header = "HX-Replace-Url" if typing else "HX-Push-Url"
    response[header] = f"{request.path}?{now.address()}".rstrip("?")
    return response


@require_POST
def load_samples(request: HttpRequest) -> HttpResponse:
    made = actions.load_samples(request.user)
    message = f"{len(made)} sample ideas loaded" if made else "The samples are here already"
    return answer(request, "my_ideas", "all", "ideas", message=message)


# Many at once -------------------------------------------------------------------------------------


Ids = list[UUID]
Deed = Callable[[Ids, QueryDict, Any], list[actions.Step]]
#: What the buttons are called, what they do, and what is said then.
DEEDS: Mapping[str, tuple[Deed, str]] = {
    "add": (lambda ids, post, by: actions.tag_ideas(ids, by, add=post.get("tags", "")), "Tagged"),
    "remove": (
        lambda ids, post, by: actions.tag_ideas(ids, by, remove=post.get("tags", "")),
        "Took tags from",
    ),
    "move": (lambda ids, post, by: actions.move_ideas(ids, post.get("to", ""), by), "Moved"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def change_many(request: HttpRequest) -> HttpResponse:
    """What was ticked and what is to happen; the filters come along, to answer with the list."""
    if request.method != "POST":
        return redirect("ideas")
    deed, word = DEEDS.get(request.POST.get("do", ""), DEEDS["add"])
    ids = _ids(request.POST.getlist("idea"))
    try:
        steps = deed(ids, request.POST, request.user)
    except Invalid as invalid:
        bulk = {"ticked": set(ids), "errors": invalid.errors, "typed": request.POST}
        return _mine(request, _filters_of(request), REFUSED, **bulk)
    return _changed(request, steps, word)


def _changed(request: HttpRequest, steps: list[actions.Step], word: str) -> HttpResponse:
    back = _list_as_filtered(request)
    said = f"{word} {undo.ideas(len(steps))}" if steps else "Nothing changed"
    message = undo.offered(said, steps, back)
    if not getattr(request, "htmx", False):
        return answer(request, "my_ideas", "all", back, message=message)
    response = _mine(request, _filters_of(request))
    response.write(toast(message))
    return response


def _filters_of(request: HttpRequest) -> QueryDict:
    """htmx sends the filters as they are now; a plain form has them in its address."""
    return request.POST if getattr(request, "htmx", False) else request.GET


def _list_as_filtered(request: HttpRequest) -> str:
    query = _filters_of(request)
    here = [lists.Filters.read(query).address()]
    if (page := query.get("page", "")).isdecimal() and page != "1":
        here.append(f"page={page}")
    return f"{reverse('ideas')}?{'&'.join(filter(None, here))}".rstrip("?")


def _ids(given: list[str]) -> Ids:
    """What is no id was never on the page."""
    found = [UUID(text) for text in given[: lists.PAGE] if HEX.fullmatch(text)]
    return list(dict.fromkeys(found))

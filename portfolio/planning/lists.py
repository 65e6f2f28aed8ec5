"""The two lists: which ideas, filtered, 25 a page, in a number of queries that does not grow.

Both ask `SharedPosition.snapshot`, because a friend's idea exists nowhere else; so a filter means
the same in both tabs. All filters stand in the address and are forgiving: an unknown status or page
is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import QueryDict

from portfolio.models import SharedPosition
from portfolio.planning import checks
from portfolio.planning.shown import Shown

PAGE = 25
Positions = QuerySet[SharedPosition]


@dataclass(frozen=True)
class Filters:
    status: str = ""
    tag: str = ""
    symbol: str = ""
    friend: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        status = query.get("status", "")
        return cls(
            status if status in checks.STATUSES else "",
            query.get("tag", "").strip().lstrip("#").lower()[: checks.MAX_TAG].replace("\x00", ""),
            query.get("symbol", "").strip()[:12].replace("\x00", ""),
            query.get("friend", "") if query.get("friend", "").isdecimal() else "",
        )

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def address(self) -> str:
        """The filters as they stand in an address, to go on to the next page with."""
        return urlencode({name: value for name, value in vars(self).items() if value})


def mine(filters: Filters) -> Positions:
    return matching(SharedPosition.objects.own(), filters)


def shared(filters: Filters) -> Positions:
    found = matching(SharedPosition.objects.copies().shown(), filters)
    return found.filter(owner=int(filters.friend)) if filters.friend else found


def matching(positions: Positions, filters: Filters) -> Positions:
    if filters.status:
        positions = positions.filter(snapshot__status=filters.status)
    if filters.symbol:
        positions = positions.filter(snapshot__symbol__icontains=filters.symbol)
    if filters.tag:
        positions = _tagged(positions, filters.tag)
    return positions


def _tagged(positions: Positions, tag: str) -> Positions:
    """No database but PostgreSQL looks into JSON lists, so the list's text is searched for the word
    in quotes; accents may be stored as they are or as \\u escapes.
    """
    spellings = {json.dumps(tag), json.dumps(tag, ensure_ascii=False)}
    wanted = Q()
    for spelling in spellings:
        wanted |= Q(tags_text__icontains=spelling)
    return positions.annotate(tags_text=Cast(KT("snapshot__tags"), TextField())).filter(wanted)


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    shown: Shown
    shares: int
    comments: int


def page(positions: Positions, number: str | None) -> Page[SharedPosition]:
    """A page of rows; a number that is none is the first page, one too high the last."""
    return Paginator(positions.select_related("owner"), PAGE).get_page(number)


def rows(found: Page[SharedPosition]) -> Iterator[Row]:
    """The rows of a page, with what is counted about all of them in one query."""
    keys = [position.pk for position in found]
    counted = SharedPosition.objects.filter(pk__in=keys).annotate(
        readers=Count("shares", filter=Q(shares__revoked_at=None), distinct=True),
        said=Count("comments", filter=Q(comments__deleted=False), distinct=True),
    )
    counts = {
        key: (readers, said) for key, readers, said in counted.values_list("pk", "readers", "said")
    }
    for position in found:
        yield Row(Shown(position), *counts[position.pk])

"""The two lists: which ideas, in which order, 25 a page, in a number of queries that does not grow.

Both ask `SharedPosition.snapshot`, because a friend's idea exists nowhere else; so a filter means
the same in both tabs. All filters stand in the address and are forgiving: an unknown status, order
or page is ignored, a search finds its words in any case and in any of the texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Least, NullIf, Upper
from django.http import QueryDict

from portfolio.models import Comment, Notice, Share, SharedPosition
from portfolio.planning import checks
from portfolio.planning.shown import LABELS, Shown

PAGE = 25
MAX_SEARCH, MAX_WORDS = 100, 8
SEARCHED = ("symbol", "strategy", "thesis", "notes")
Positions = QuerySet[SharedPosition]

OVER = ("closed", "cancelled")
NEVER = "9999-12-31"
_expiries = [
    Coalesce(KT(f"snapshot__legs__{place}__expiry"), Value(NEVER), output_field=TextField())
    for place in range(checks.MAX_LEGS)
]
#: The first expiry among the legs, as text; null without one. A copy has no rows to ask.
FIRST_EXPIRY = NullIf(Least(*_expiries), Value(NEVER), output_field=TextField())

KEYS: dict[str, Combinable] = {
    "updated_at": F("updated_at"),
    "created_at": Cast(KT("snapshot__created_at"), TextField()),  # a bare key compares as JSON
    "symbol": Upper(KT("snapshot__symbol"), output_field=CharField()),
    "status": Case(
        *[When(snapshot__status=name, then=n) for n, name in enumerate(checks.STATUSES)],
        default=len(checks.STATUSES),
        output_field=IntegerField(),
    ),
    "expiry": FIRST_EXPIRY,
}
NEWEST = "-updated_at"
#: What can be asked for, with the words for it, the usual one first.
ORDERS = {
    NEWEST: "Newest change first",
    "updated_at": "Oldest change first",
    "-created_at": "Newest first",
    "created_at": "Oldest first",
    "symbol": "Symbol, A to Z",
    "-symbol": "Symbol, Z to A",
    "status": "Status, draft first",
    "-status": "Status, cancelled first",
    "expiry": "Next expiry first",
    "-expiry": "Last expiry first",
}


@dataclass(frozen=True)
class Chip:
    """One filter that is set, and the address of the list without it."""

    name: str
    value: str
    without: str


@dataclass(frozen=True)
class Filters:
    q: str = ""
    status: str = ""
    tag: str = ""
    symbol: str = ""
    friend: str = ""
    sort: str = NEWEST

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        given = {name: query.get(name, "").replace("\x00", "") for name in cls.__annotations__}
        status, friend, sort = given["status"], given["friend"], given["sort"]
        return cls(
            " ".join(given["q"].split())[:MAX_SEARCH],
            status if status in checks.STATUSES else "",
            given["tag"].strip().lstrip("#").lower()[: checks.MAX_TAG],
            given["symbol"].strip()[:12],
            friend if friend.isdecimal() and len(friend) < 19 else "",
            sort if sort in ORDERS else NEWEST,
        )

    def __bool__(self) -> bool:
        """Is anything left out? The order leaves out nothing."""
        return any((self.q, self.status, self.tag, self.symbol, self.friend))

    def address(self) -> str:
        """The filters as they stand in an address, to go on to the next page with."""
        usual = {"sort": NEWEST}
        return urlencode(
            {name: value for name, value in vars(self).items() if value != usual.get(name, "")}
        )

    def chips(self, friends: Mapping[str, str], whose: str) -> list[Chip]:
        """What is set, in words. `friends`: names by key; `whose`: what the filter by friend is."""
        words = {
            "Search": ("q", f"\u201c{self.q}\u201d" if self.q else ""),
            "Status": ("status", LABELS.get(self.status, "")),
            "Tag": ("tag", self.tag and f"#{self.tag}"),
            "Symbol": ("symbol", self.symbol),
            whose: ("friend", self.friend and friends.get(self.friend, "unknown")),
        }
        return [
            Chip(name, value, replace(self, **{key: ""}).address())
            for name, (key, value) in words.items()
            if value
        ]


def mine(filters: Filters) -> Positions:
    """Those of mine; of a friend, those that this friend may read."""
    found = matching(SharedPosition.objects.own(), filters)
    read = Share.objects.live().filter(friend=int(filters.friend or 0))
    return found.filter(pk__in=read.values("position")) if filters.friend else found


def shared(filters: Filters) -> Positions:
    """Friends' copies; of a friend, those that are theirs."""
    found = matching(SharedPosition.objects.copies().shown(), filters)
    return found.filter(owner=int(filters.friend)) if filters.friend else found


def matching(positions: Positions, filters: Filters) -> Positions:
    if filters.status:
        positions = positions.filter(snapshot__status=filters.status)
    if filters.symbol:
        positions = positions.filter(snapshot__symbol__icontains=filters.symbol)
    if filters.tag or filters.q:
        positions = positions.alias(tags_text=Cast(KT("snapshot__tags"), TextField()))
    if filters.tag:
        positions = positions.filter(_any(["tags_text"], _quoted(filters.tag)))
    for word in filters.q.replace("#", " ").split()[:MAX_WORDS]:
        positions = positions.filter(_said(word))
    return ordered(positions, filters.sort)


def ordered(positions: Positions, order: str) -> Positions:
    """By one of `ORDERS`; what has no such thing comes last either way."""
    key = F("sort_key")
    by = key.desc(nulls_last=True) if order[0] == "-" else key.asc(nulls_last=True)
    return positions.annotate(sort_key=KEYS[order.lstrip("-")]).order_by(by, "id")


def _said(word: str) -> Q:
    """A word in any of the texts or tags. SQLite knows upper and lower case of ASCII alone."""
    cases = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    in_tags = {part[1:-1] for case in cases for part in _quoted(case)}
    texts = [f"snapshot__{name}" for name in SEARCHED]
    return _any(texts, cases) | _any(["tags_text"], in_tags)


def _quoted(tag: str) -> set[str]:
    """No database but PostgreSQL looks into JSON lists, so the list's text is searched for the word
    in quotes; accents may be stored as they are or as \\u escapes.
    """
    return {json.dumps(tag), json.dumps(tag, ensure_ascii=False)}


def _any(fields: list[str], spellings: set[str]) -> Q:
    wanted = Q()
    for name in fields:
        for spelling in spellings:
            wanted |= Q(**{f"{name}__icontains": spelling})
    return wanted


class Facts(NamedTuple):
    """What a row shows besides the snapshot, which does not change without `updated_at`."""

    updated_at: datetime
    owner: str | None  # their name
    shares: int
    comments: int
    unread: int


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    shown: Shown
    facts: Facts


def page(positions: Positions, number: str | None) -> Page[SharedPosition]:
    """A page of rows; a number that is none is the first page, one too high the last."""
    return Paginator(positions.select_related("owner"), PAGE).get_page(number)


def rows(found: Page[SharedPosition]) -> Iterator[Row]:
    """The rows of a page, with what is counted about all of them in one query."""
    positions = list(found)
    known = facts(SharedPosition.objects.filter(pk__in=[position.pk for position in positions]))
    for position in positions:
        yield Row(Shown(position), known[position.pk])


def facts(positions: Positions) -> dict[UUID, Facts]:
    """Of all of these in one query, each thing counted by itself: in one join, 50 readers and 2,000
    comments are 100,000 rows.
    """
    counted = positions.order_by("pk").annotate(
        called=Coalesce(NullIf("owner__nickname", Value("")), "owner__display_name"),
        readers=_count(Share.objects.live()),
        said=_count(Comment.objects.filter(deleted=False)),
        news=Notice.objects.unread_of(OuterRef("pk")),
    )
    shown = counted.values_list("pk", "updated_at", "called", "readers", "said", "news")
    return {key: Facts(*row) for key, *row in shown}


def _count(things: QuerySet[Any]) -> Coalesce:
    found = things.filter(position=OuterRef("pk")).order_by().values("position")
    return Coalesce(Subquery(found.annotate(number=Count("pk")).values("number")), 0)

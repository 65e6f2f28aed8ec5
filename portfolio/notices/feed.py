"""The two lists, notifications and activity: filters that stand in the address, and pages of lines.

All filters are forgiving: what is not one of the choices is ignored. A page costs the same number
of queries whatever stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils import timezone

from portfolio.models import Notice
from portfolio.models.notices import NoticeQuerySet
from portfolio.notices.lines import Line, lines

PAGE = 30
WHOSE = {"mine": "What I did", "others": "What friends did"}


@dataclass(frozen=True)
class Filters:
    unread: str = ""
    kind: str = ""
    friend: str = ""
    idea: str = ""
    whose: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        given = {name: query.get(name, "") for name in cls.__annotations__}
        friend = given["friend"]
        return cls(
            unread="1" if given["unread"] == "1" else "",
            kind=given["kind"] if given["kind"] in Notice.Kind.values else "",
            friend=friend if friend.isascii() and friend.isdigit() and len(friend) < 19 else "",
            idea=_uuid(given["idea"]),
            whose=given["whose"] if given["whose"] in WHOSE else "",
        )

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def address(self) -> str:
        """As they stand in an address, to go on to the next page with."""
        return urlencode({name: value for name, value in vars(self).items() if value})


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def notices(filters: Filters) -> NoticeQuerySet:
    return matching(Notice.objects.for_me(), filters)


def activity(filters: Filters) -> NoticeQuerySet:
    return matching(Notice.objects.all(), filters)


def matching(found: NoticeQuerySet, filters: Filters) -> NoticeQuerySet:
    if filters.unread:
        found = found.unread()
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.friend:
        found = found.filter(friend=int(filters.friend))
    if filters.idea:
        found = found.filter(position=UUID(filters.idea))
    if filters.whose:
        found = found.by_me() if filters.whose == "mine" else found.by_others()
    return found.select_related("friend")


def page(found: NoticeQuerySet, number: str | None) -> tuple[Page[Notice], list[Line]]:
    """A number that is none is the first page, one too high the last."""
    part = Paginator(found, PAGE).get_page(number)
    return part, lines(part)


def missed(since: datetime | None) -> int:
    """How often friends did something after that."""
    return Notice.objects.by_others().filter(at__gt=since).count() if since else 0


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, newest first; `divided` stands before the first one that is not new."""

    date: date
    lines: list[tuple[Line, bool]]


def days(shown: list[Line], since: datetime | None) -> Iterator[Day]:
    """By day; the divider stands where what is older than `since` begins, if anything is newer."""
    is_new = [since is not None and line.notice.at > since for line in shown]
    first_old = is_new.index(False) if False in is_new else -1
    marked = [(line, 0 < place == first_old) for place, line in enumerate(shown)]
    for day, rows in groupby(marked, key=lambda row: timezone.localdate(row[0].notice.at)):
        yield Day(day, list(rows))

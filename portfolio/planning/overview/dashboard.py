"""What the dashboard says: what needs attention, what expires next, and how many ideas there are.

Reads only, in as many queries for one idea as for a thousand. Legs of mine are rows; of a friend's
copy only the snapshot is here: of all of them nothing but the legs is looked at, and whole are read
only the lines that are shown. Every part is cut off at `MOST` and says where the rest stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from portfolio.models import Friend, Idea, Leg, Outgoing, Share, SharedPosition
from portfolio.planning import lists
from portfolio.planning.shown import LABELS, Shown

ALIVE = ("planned", "watching", "open")
SOON, AHEAD = timedelta(days=7), timedelta(days=30)
IDLE, LATE = timedelta(days=14), timedelta(days=1)
MOST = 6
DAY = re.compile(r'"expiry":\s*"(\d{4}-\d\d-\d\d)"')


@dataclass(frozen=True)
class Matter:
    """One line of what needs attention: what it is about, and why."""

    icon: str
    tone: str
    name: str
    why: str
    address: str


@dataclass(frozen=True)
class Part:
    """What is shown of one kind, and where the rest is."""

    matters: list[Matter]
    rest: str


@dataclass(frozen=True)
class Expiry:
    """An idea, mine or a friend's, and the day on which its next leg ends."""

    day: date
    left: str  # in words
    name: str
    owner: Friend | None
    status: str
    label: str
    address: str


@dataclass(frozen=True)
class Tally:
    """How many ideas have this status."""

    status: str
    label: str
    number: int


# What needs attention -----------------------------------------------------------------------------


def attention(now: datetime | None = None) -> list[Part]:
    """The most urgent kind first; kinds of which there is nothing are left out."""
    now = now or timezone.now()
    ending = _expiring(timezone.localdate(now))
    parts = [_moved(), ending, _unfetched(now), _undelivered(now), _idle(now)]
    return [part for part in parts if part.matters]


def _expiring(today: date) -> Part:
    near = Leg.objects.filter(idea__status__in=ALIVE, expiry__lte=today + SOON)
    matters = [
        Matter(
            "calendar-clock",
            "loss" if first < today else "warn",
            str(idea),
            f"{LABELS[idea.status]}, and a leg {until(first, today)}",
            reverse("idea", args=[idea.pk]),
        )
        for idea, first in _by_first(near, MOST + 1)
    ]
    return _part(matters, f"{reverse('ideas')}?sort=expiry")


def _moved() -> Part:
    """Friends who say that they have a new address, which I have to agree to."""
    found = Friend.objects.accepted().exclude(moved_to="").order_by("pk")
    why = "Has a new address. Until you agree, it is not called"
    matters = [
        Matter("house", "warn", friend.name, why, reverse("friend", args=[friend.pk]))
        for friend in found[: MOST + 1]
    ]
    return _part(matters, reverse("friends"))


def _idle(now: datetime) -> Part:
    drafts = Idea.objects.filter(status="draft", updated_at__lte=now - IDLE)
    drafts = drafts.only("symbol", "strategy", "updated_at")  # long texts make sorting slow
    matters = [
        Matter(
            "pencil-line",
            "",
            str(idea),
            f"A draft, untouched for {(now - idea.updated_at).days} days",
            reverse("idea", args=[idea.pk]),
        )
        for idea in drafts.order_by("updated_at", "pk")[: MOST + 1]
    ]
    return _part(matters, f"{reverse('ideas')}?status=draft&sort=updated_at")


def _undelivered(now: datetime) -> Part:
    """Friends whose instance has not taken what I share for more than a day."""
    old = Outgoing.objects.waiting().filter(
        friend=OuterRef("friend"), subject=OuterRef("position_id"), at__lte=now - LATE
    )
    unmet = Q(friend__out_epoch="", created_at__lte=now - LATE)
    late = Share.objects.live().filter(Exists(old) | unmet)
    matters = [
        Matter(
            "clock",
            "warn",
            friend.name,
            f"Has not received {_ideas(number)} of yours for more than a day",
            reverse("friend", args=[friend.pk]),
        )
        for friend, number in _by_friend(late, "friend")
    ]
    return _part(matters, reverse("friends"))


def _unfetched(now: datetime) -> Part:
    """Friends who share something whose content has not come yet."""
    empty = SharedPosition.objects.copies().shown(now).filter(version=0)
    matters = [
        Matter(
            "clock",
            "warn",
            friend.name,
            f"Shares {_ideas(number)} with you; the content is on its way",
            f"{reverse('shared_ideas')}?friend={friend.pk}",
        )
        for friend, number in _by_friend(empty, "owner")
    ]
    return _part(matters, reverse("shared_ideas"))


def _by_friend(rows: QuerySet, to: str) -> list[tuple[Friend, int]]:  # type: ignore[type-arg] # of either model
    """The friends of these rows and how many each has; who has the most comes first."""
    counted = rows.order_by().values_list(to).annotate(number=Count("pk"))
    numbers = dict(counted.order_by("-number", to)[: MOST + 1])
    friends = Friend.objects.in_bulk(numbers)
    return [(friends[key], number) for key, number in numbers.items()]


def _part(matters: list[Matter], rest: str) -> Part:
    return Part(matters[:MOST], rest if len(matters) > MOST else "")


# What expires next --------------------------------------------------------------------------------


def upcoming(today: date | None = None) -> tuple[list[Expiry], bool]:
    """Of mine and of friends' that are not over, by date; and whether there are more."""
    today = today or timezone.localdate()
    until_then = today + AHEAD
    found = [*_mine_until(today, until_then), *_copies_until(today, until_then)]
    found.sort(key=lambda expiry: (expiry.day, expiry.name))
    return found[: 2 * MOST], len(found) > 2 * MOST


def _mine_until(today: date, last: date) -> Iterator[Expiry]:
    legs = Leg.objects.exclude(idea__status__in=lists.OVER).filter(expiry__range=(today, last))
    for idea, first in _by_first(legs, 2 * MOST + 1):
        yield _expiry(first, today, idea.pk, str(idea), idea.status, None)


def _by_first(legs: QuerySet[Leg], most: int) -> list[tuple[Idea, date]]:
    """The ideas of these legs, each with the first of their expiries, the nearest first."""
    firsts = legs.order_by().values_list("idea").annotate(first=Min("expiry"))
    days: dict[UUID, date] = dict(firsts.order_by("first", "idea")[:most])
    ideas = Idea.objects.in_bulk(days)
    return [(ideas[key], day) for key, day in days.items()]


def _copies_until(today: date, last: date) -> Iterator[Expiry]:
    """A first look takes the dates from the text of the legs; what is shown is read properly."""
    near = sorted(_dated_copies(today, last))[: 2 * MOST + 1]
    found = SharedPosition.objects.select_related("owner").in_bulk([key for _day, key in near])
    for copy in found.values():
        shown = Shown(copy)
        days = [leg.expiry for leg in shown.view.legs if leg.expiry and leg.expiry >= today]
        if days and min(days) <= last:  # a friend's snapshot may hold what only looks like a date
            yield _expiry(min(days), today, copy.pk, shown.name, shown.view.status, copy.owner)


def _dated_copies(today: date, last: date) -> Iterator[tuple[str, UUID]]:
    copies = SharedPosition.objects.copies().shown().exclude(snapshot__status__in=lists.OVER)
    months = {f"{day:%Y-%m}" for day in (today, last, today + (last - today) / 2)}
    texts = copies.order_by().annotate(text=Cast(KT("snapshot__legs"), TextField()))
    texts = texts.filter(reduce(or_, (Q(text__contains=month) for month in months)))
    for key, text in texts.values_list("pk", "text"):
        days = [day for day in DAY.findall(text) if str(today) <= day <= str(last)]
        if days:
            yield min(days), key


def _expiry(
    day: date, today: date, key: object, name: str, status: str, owner: Friend | None
) -> Expiry:
    label, address = LABELS.get(status, ""), reverse("idea", args=[key])
    left = until(day, today).removeprefix("expires ")
    return Expiry(day, left, name, owner, status, label, address)


def until(day: date, today: date) -> str:
    """ "expires in 3 days", "expired yesterday"."""
    days = (day - today).days
    near = {0: "expires today", 1: "expires tomorrow", -1: "expired yesterday"}
    if days in near:
        return near[days]
    return f"expires in {days} days" if days > 0 else f"expired {-days} days ago"


# How many -----------------------------------------------------------------------------------------


def counts() -> list[Tally]:
    """My ideas by status, in the order in which an idea goes through them."""
    rows = Idea.objects.order_by().values_list("status").annotate(number=Count("pk"))
    numbers: dict[str, int] = dict(rows)
    return [Tally(key, label, numbers.get(key, 0)) for key, label in Idea.Status.choices]


def _ideas(number: int) -> str:
    return f"{number} idea{'' if number == 1 else 's'}"

"""What the dashboard says: what needs attention, what expires next, and how many ideas there are.

Reads only, in as many queries for one idea as for a thousand. Legs of mine are rows; of a friend's
copy only the snapshot is here, so its dates are compared inside the database and only the lines
that are shown are read. Every part is cut off at `MOST` and says where the rest stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from portfolio.models import Friend, Idea, Outgoing, Share, SharedPosition
from portfolio.planning import lists
from portfolio.planning.shown import LABELS, Shown

ALIVE = ("planned", "watching", "open")
SOON, AHEAD = timedelta(days=7), timedelta(days=30)
IDLE, LATE = timedelta(days=14), timedelta(days=1)
MOST = 6


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
    parts = [_expiring(timezone.localdate(now)), _unfetched(now), _undelivered(now), _idle(now)]
    return [part for part in parts if part.matters]


def _expiring(today: date) -> Part:
    near = Idea.objects.filter(status__in=ALIVE, legs__expiry__lte=today + SOON)
    found = near.annotate(first=Min("legs__expiry")).order_by("first", "pk")
    matters = [
        Matter(
            "calendar-clock",
            "loss" if idea.first < today else "warn",
            str(idea),
            f"{LABELS[idea.status]}, and a leg {until(idea.first, today)}",
            reverse("idea", args=[idea.pk]),
        )
        for idea in found[: MOST + 1]
    ]
    return _part(matters, f"{reverse('ideas')}?sort=expiry")


def _idle(now: datetime) -> Part:
    drafts = Idea.objects.filter(status="draft", updated_at__lte=now - IDLE)
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


def _mine_until(today: date, last: date) -> Iterable[Expiry]:
    ending = Q(legs__expiry__range=(today, last))
    found = Idea.objects.exclude(status__in=lists.OVER).filter(ending)
    for idea in found.annotate(next=Min("legs__expiry")).order_by("next", "pk")[: 2 * MOST + 1]:
        yield _expiry(idea.next, today, idea.pk, str(idea), idea.status, None)


def _copies_until(today: date, last: date) -> Iterable[Expiry]:
    copies = SharedPosition.objects.copies().shown().exclude(snapshot__status__in=lists.OVER)
    found = lists.expiring(copies, today, last).select_related("owner")
    for copy in found[: 2 * MOST + 1]:
        shown = Shown(copy)
        days = [leg.expiry for leg in shown.view.legs if leg.expiry and leg.expiry >= today]
        if days:  # a friend's snapshot may hold what only looks like a date
            yield _expiry(min(days), today, copy.pk, shown.name, shown.view.status, copy.owner)


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

"""What the dashboard finds: from which day on something needs attention, and what it leaves out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.models import Friend, Idea, Outgoing, Share, SharedPosition
from portfolio.planning import actions
from portfolio.planning.overview import dashboard
from portfolio.sharing import actions as sharing
from tests.planning.conftest import FIELDS, copy_of


def leg(expiry: date) -> dict[str, Any]:
    return {
        "side": "buy",
        "kind": "call",
        "quantity": "1",
        "strike": "100",
        "expiry": expiry.isoformat(),
        "price": "1",
    }


def plan(alice: User, symbol: str, status: str, *days: int) -> Idea:
    today = timezone.localdate()
    legs = [leg(today + timedelta(days=day)) for day in days]
    return actions.create_idea({**FIELDS, "symbol": symbol, "status": status}, legs, alice)


def matters() -> list[tuple[str, str]]:
    return [(matter.name, matter.why) for part in dashboard.attention() for matter in part.matters]


def test_a_leg_that_ends_within_a_week_needs_attention(alice: User) -> None:
    plan(alice, "FAR", "open", 8)
    plan(alice, "WEEK", "planned", 30, 7)
    plan(alice, "GONE", "watching", -2, 20)
    plan(alice, "NOW", "open", 0)
    for status in ("draft", "closed", "cancelled"):
        plan(alice, "OVER", status, 1)
    assert matters() == [
        ("GONE Covered call", "Watching, and a leg expired 2 days ago"),
        ("NOW Covered call", "Open, and a leg expires today"),
        ("WEEK Covered call", "Planned, and a leg expires in 7 days"),
    ]
    assert [part.rest for part in dashboard.attention()] == [""]


def test_drafts_wait_for_two_weeks(alice: User) -> None:
    for symbol, days in (("OLD", 20), ("JUST", 14), ("NEW", 13)):
        made = plan(alice, symbol, "draft")
        ago = timezone.now() - timedelta(days=days)
        Idea.objects.filter(pk=made.pk).update(updated_at=ago)
    assert matters() == [
        ("OLD Covered call", "A draft, untouched for 20 days"),
        ("JUST Covered call", "A draft, untouched for 14 days"),
    ]


def test_what_a_friend_has_not_received_for_a_day(alice: User, bob: Friend) -> None:
    shares = [sharing.share_position(plan(alice, "A", "planned").position, bob) for _ in range(2)]
    assert matters() == []
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    Outgoing.objects.update(at=yesterday)
    assert matters() == [("Bob", "Has not received 2 ideas of yours for more than a day")]
    Outgoing.objects.update(acked_at=timezone.now())
    assert matters() == []
    sharing.revoke_share(shares[0])
    Friend.objects.update(out_epoch="", nickname="Bobby")  # never met: nothing is written yet
    assert matters() == []
    Share.objects.update(created_at=yesterday)
    assert matters() == [("Bobby", "Has not received 1 idea of yours for more than a day")]


def test_a_friend_who_moved_asks(bob: Friend) -> None:
    Friend.objects.update(moved_to="https://new.example")
    assert matters() == [("Bob", "Has a new address. Until you agree, it is not called")]
    Friend.objects.update(state=Friend.State.LEAVING)
    assert matters() == []


def test_copies_that_wait_for_their_content(bob: Friend) -> None:
    copy_of(bob, {"symbol": "TSLA"})
    copy_of(bob, {}, version=0, hidden=True)
    assert matters() == []
    copy_of(bob, {}, version=0)
    (part,) = dashboard.attention()
    assert (part.matters[0].why, part.matters[0].address) == (
        "Shares 1 idea with you; the content is on its way",
        f"/ideas/shared/?friend={bob.pk}",
    )


def test_a_kind_is_cut_off_and_says_where_the_rest_is(alice: User) -> None:
    for day in range(dashboard.MOST + 2):
        plan(alice, f"S{day}", "open", day)
    (part,) = dashboard.attention()
    assert [matter.name[:2] for matter in part.matters] == [f"S{n}" for n in range(dashboard.MOST)]
    assert part.rest == "/ideas/?sort=expiry"


def test_upcoming_are_mine_and_friends_by_date(alice: User, bob: Friend) -> None:
    today = timezone.localdate()
    plan(alice, "MINE", "draft", -5, 12, 40)
    plan(alice, "LATE", "open", 31)
    plan(alice, "OVER", "closed", 3)
    for symbol, status, *days in (("COPY", "open", -1, 5), ("DONE", "cancelled", 5)):
        legs = [leg(today + timedelta(days=day)) for day in days]
        legs = [{**one, "quantity": 1} for one in legs]
        copy_of(bob, {"symbol": symbol, "strategy": "x", "status": status, "legs": legs})
    found, more = dashboard.upcoming()
    assert [(one.name, one.left, one.owner, one.day) for one in found] == [
        ("COPY x", "in 5 days", bob, today + timedelta(days=5)),
        ("MINE Covered call", "in 12 days", None, today + timedelta(days=12)),
    ]
    assert not more


def test_upcoming_stands_what_a_friend_may_send(bob: Friend) -> None:
    day = str(timezone.localdate() + timedelta(days=2))
    for legs in ([{"expiry": day + "x"}], [{"expiry": {"a": 1}}], {"0": {"expiry": day}}, "no"):
        copy_of(bob, {"symbol": "X", "status": "open", "legs": legs})
    assert dashboard.upcoming() == ([], False)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "expires today"), (1, "expires tomorrow"), (9, "expires in 9 days"),
     (-1, "expired yesterday"), (-9, "expired 9 days ago")],
)  # fmt: skip
def test_until(days: int, words: str) -> None:
    today = date(2026, 11, 21)
    assert dashboard.until(today + timedelta(days=days), today) == words


def test_counts_by_status_in_their_order(alice: User, bob: Friend) -> None:
    for status in ("open", "open", "draft"):
        plan(alice, "A", status)
    copy_of(bob, {"symbol": "B", "status": "open"})
    numbers = [(count.label, count.number) for count in dashboard.counts()]
    assert numbers[:4] == [("Draft", 1), ("Planned", 0), ("Watching", 0), ("Open", 2)]
    assert SharedPosition.objects.count() == 4

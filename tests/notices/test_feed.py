"""Filters of the two feeds, and where the divider of what is new stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.http import QueryDict

from portfolio.models import Friend, Notice, SharedPosition
from portfolio.notices import actions, feed
from portfolio.notices.lines import lines

pytestmark = pytest.mark.django_db
Kind = Notice.Kind
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def found(query: str) -> list[str]:
    rows = feed.activity(feed.Filters.read(QueryDict(query)))
    return [f"{row.who or 'me'} {row.kind}" for row in rows.order_by("id")]


@pytest.fixture
def history(bob: Friend, charlie: Friend, copy: SharedPosition, mine: SharedPosition) -> None:
    actions.record(Kind.SHARED, bob, position=copy)
    actions.record(Kind.COMMENT, bob, position=copy)
    actions.mark_idea_read(copy.pk)
    actions.record(Kind.COMMENT, charlie, position=mine)
    actions.record(Kind.COMMENT, position=mine)


def test_filters_choose(
    history: None, bob: Friend, copy: SharedPosition, mine: SharedPosition
) -> None:
    everything = ["Bob shared", "Bob comment", "Charlie comment", "me comment"]
    assert found("") == everything
    assert found("unread=1") == ["Charlie comment"]
    assert found("kind=shared") == ["Bob shared"]
    assert found(f"friend={bob.pk}") == ["Bob shared", "Bob comment"]
    assert found(f"idea={mine.pk}") == ["Charlie comment", "me comment"]
    assert found("whose=mine") == ["me comment"]
    assert found(f"whose=others&kind=comment&idea={copy.pk}") == ["Bob comment"]
    nonsense = "unread=x&kind=x&friend=1.5&friend=99999999999999999999&idea=x&whose=x&page=x"
    assert found(nonsense) == everything


def test_filters_go_on_to_the_next_page() -> None:
    key = uuid4()
    filters = feed.Filters.read(QueryDict(f"unread=1&idea={key}&nonsense=1"))
    assert (bool(filters), filters.address()) == (True, f"unread=1&idea={key}")
    assert not feed.Filters.read(QueryDict(""))


def test_notices_are_what_is_for_me(history: None) -> None:
    assert feed.notices(feed.Filters()).count() == 3
    page, shown = feed.page(feed.notices(feed.Filters()), "7")
    assert (page.number, len(shown)) == (1, 3)


def at(*hours: int) -> None:
    for hour in hours:
        Notice.objects.create(kind=Kind.FRIEND, who="Bob", at=NOON + timedelta(hours=hour))


def drawn(since: datetime | None) -> list[tuple[int, list[tuple[int, bool]]]]:
    """Day of the month, and of each line its hour and whether the divider stands before it."""
    shown = lines(Notice.objects.all())
    return [
        (day.date.day, [(line.notice.at.hour, divided) for line, divided in day.lines])
        for day in feed.days(shown, since)
    ]


def test_days_newest_first_with_the_divider_before_what_was_seen() -> None:
    at(-20, -2, 0)
    plain = [(5, [(12, False), (10, False)]), (4, [(16, False)])]
    assert drawn(None) == plain
    assert drawn(NOON - timedelta(hours=1)) == [(5, [(12, False), (10, True)]), (4, [(16, False)])]
    assert drawn(NOON - timedelta(hours=12)) == [(5, [(12, False), (10, False)]), (4, [(16, True)])]
    assert drawn(NOON + timedelta(hours=1)) == plain  # nothing is new
    assert drawn(NOON - timedelta(days=9)) == plain  # all is new: the divider is on another page


def test_missed_counts_what_others_did(history: None) -> None:
    before = datetime(2026, 1, 1, tzinfo=UTC)
    assert (feed.missed(None), feed.missed(before)) == (0, 3)

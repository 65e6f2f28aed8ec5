"""Notices in words: every kind says something, and a list costs what one line costs."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio.models import Comment, Friend, Notice, SharedPosition
from portfolio.notices import actions
from portfolio.notices.lines import lines
from tests.notices.conftest import own

pytestmark = pytest.mark.django_db
Kind = Notice.Kind


def texts() -> list[str]:
    return [line.text for line in lines(Notice.objects.order_by("id").select_related("friend"))]


@pytest.mark.parametrize(
    ("kind", "once", "twice"),
    [
        (Kind.SHARED, "Bob shared AAPL Long call with you", None),
        (Kind.CHANGED, "Bob changed AAPL Long call", "Bob changed AAPL Long call 2 times"),
        (Kind.COMMENT, "Bob commented on AAPL Long call", "Bob wrote 2 comments on AAPL Long call"),
        (Kind.REPLY, "Bob answered you on AAPL Long call", None),
        (Kind.MENTION, "Bob mentioned you on AAPL Long call", None),
        (Kind.REACTION, "Bob reacted to you on AAPL Long call", None),
    ],
)
def test_what_a_friend_does_to_an_idea(
    bob: Friend, copy: SharedPosition, kind: str, once: str, twice: str | None
) -> None:
    actions.record(kind, bob, position=copy)
    assert texts() == [once]
    actions.record(kind, bob, position=copy)
    assert twice is None or texts() == [twice]


def test_what_a_friend_takes_back_is_counted_and_not_named(bob: Friend) -> None:
    actions.record(Kind.REVOKED, bob)
    assert texts() == ["Bob took back an idea"]
    actions.record(Kind.REVOKED, bob)
    assert texts() == ["Bob took back 2 ideas"]


def test_what_a_friend_does_to_the_friendship(bob: Friend) -> None:
    for detail in (actions.CAME, actions.LEFT, actions.MOVED, actions.NEW_KEY, "has something"):
        actions.record(Kind.FRIEND, bob, detail=detail)
    assert texts() == [
        "Bob is your friend now",
        "Bob has ended your friendship",
        "Bob says that they have moved",
        "Bob has a new key",
        "Bob has something",
    ]


def test_what_i_do(bob: Friend, mine: SharedPosition) -> None:
    actions.record(Kind.CHANGED, position=mine, detail=actions.CREATED)
    actions.record(Kind.CHANGED, position=mine, detail="thesis, legs")
    actions.record(Kind.SHARED, position=mine, to=bob)
    actions.record(Kind.COMMENT, position=mine)
    actions.record(Kind.REVOKED, position=mine, to=bob)
    actions.record(Kind.FRIEND, detail=actions.NEW_KEY)
    assert texts() == [
        "You created NVDA Covered call",
        "You changed NVDA Covered call: thesis, legs",
        "You shared NVDA Covered call with Bob",
        "You commented on NVDA Covered call",
        "You took NVDA Covered call back from Bob",
        "You changed the key that friends seal with",
    ]
    bob.delete()
    assert texts()[2] == "You shared NVDA Covered call with a friend"


def test_a_friend_is_called_as_i_call_them_and_a_stranger_by_their_name(
    bob: Friend, copy: SharedPosition
) -> None:
    actions.record(Kind.COMMENT, bob, position=copy)
    actions.record(Kind.COMMENT, bob, position=copy, who="Dana")
    Friend.objects.update(nickname="Bobby")
    assert [text.split()[0] for text in texts()] == ["Bobby", "Dana"]


def test_what_may_not_be_shown_is_not_named(bob: Friend, copy: SharedPosition) -> None:
    actions.record(Kind.COMMENT, bob, position=copy)
    SharedPosition.objects.update(hidden=True)
    [line] = lines(Notice.objects.all())
    assert (line.text, line.address) == ("Bob commented on an idea", f"/friends/{bob.pk}/")


def test_a_line_leads_to_the_comment_the_idea_or_the_friend(
    bob: Friend, copy: SharedPosition
) -> None:
    said = Comment.objects.create(position=copy, author=bob.user_id, author_name="Bob", text="Hi")
    actions.record(Kind.COMMENT, bob, position=copy, comment_uid=said.uid)
    actions.record(Kind.REPLY, bob, position=copy, comment_uid=uuid4())  # has gone
    actions.record(Kind.FRIEND, bob, detail="came")
    actions.record(Kind.COMMENT, bob, who="Dana")
    page = f"/ideas/{copy.pk}/"
    found = lines(Notice.objects.order_by("id").select_related("friend"))
    assert [line.address for line in found] == [
        f"{page}#comment-{said.pk}",
        page,
        f"/friends/{bob.pk}/",
        "",
    ]


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_lines_costs_three_queries(
    bob: Friend, told: list[set[UUID]], count: int
) -> None:
    for number in range(count):
        idea = own(f"S{number}")
        actions.record(Kind.COMMENT, bob, position=idea, comment_uid=uuid4())
    with CaptureQueriesContext(connection) as queries:
        assert len(lines(Notice.objects.select_related("friend"))) == count
    assert (len(queries), len(told)) == (2, 1)

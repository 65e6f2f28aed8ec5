"""What tabs see of the relay, in each of its states, and what waits for whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.link import outbox, status
from portfolio.link.events import FriendRemoved
from portfolio.live.fragments import render
from portfolio.models import Friend, Outgoing
from portfolio.people.fragments import clock_words
from tests.link.correspondent import Correspondent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def linked(settings: Any, identity: object) -> Iterator[None]:
    settings.ENABLE_COLLABORATION = True
    status.report("connecting")
    yield
    status.report("connecting")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


def heading(html: str) -> list[str]:
    return re.findall(r'data-state="\w+">(.*?)</h2>', html)


def test_each_state_has_its_heading(settings: Any) -> None:
    seen = []
    for state in ("connecting", "live", "offline"):
        status.report(state)
        seen += heading(render("relay", "me"))
    settings.ENABLE_COLLABORATION = False
    seen += heading(render("relay", "me"))
    assert seen == ["Looking for the relay", "Connected", "Not connected", "On its own"]


def test_offline_says_why_and_that_work_goes_on() -> None:
    status.report("offline", trouble="Nothing listens there; it may be switched off.")
    said = words(render("relay", "me"))
    assert "Nothing listens there; it may be switched off." in said
    assert "Your own work goes on." in said


def test_waiting_is_counted_per_friend_with_the_oldest_first() -> None:
    bob, charlie = Correspondent().befriended(), Correspondent().befriended()
    Friend.objects.filter(pk=bob.pk).update(display_name="Bob")
    Friend.objects.filter(pk=charlie.pk).update(display_name="Charlie")
    outbox.mint(charlie, [(FriendRemoved(), None)] * 2)
    Outgoing.objects.update(at=timezone.now() - timedelta(hours=3))
    status.report("live", frozenset({bob.user_id}))
    said = words(render("relay", "me"))
    assert "Charlie Offline, last heard" in said or "Charlie Not heard yet" in said
    assert "2 events waiting since 3 h ago" in said
    assert said.index("Charlie") < said.index("Bob")
    assert "Bob Online Begins at the next meeting" in said


def test_queries_do_not_grow_with_friends() -> None:
    counts = []
    for more in (1, 19):
        for _ in range(more):
            outbox.mint(Correspondent().befriended(), [(FriendRemoved(), None)])
        with CaptureQueriesContext(connection) as queries:
            render("relay", "me")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("skew", "said"),
    [
        (0.9, "Both clocks agree."),
        (-4.9, "Both clocks agree."),
        (30.2, "Yours is 30 seconds behind the relay's"),
        (-90, "Yours is 90 seconds ahead of the relay's"),
        (600, "Yours is 10 minutes behind the relay's"),
    ],
)
def test_clock_in_words(skew: float, said: str) -> None:
    assert clock_words(skew)[: len(said)] == said

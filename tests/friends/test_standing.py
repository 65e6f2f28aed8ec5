"""Online, last seen, and one redraw for each coming and going."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from re import sub

import pytest
import time_machine

from portfolio.friends import standing
from portfolio.friends.standing import Standing
from portfolio.link import status
from portfolio.live.fragments import render
from portfolio.models import Friend

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_was_here(db: None) -> Iterator[None]:
    status.report("live")
    standing.moved()
    standing._went.clear()
    yield
    standing._went.clear()


def come(*friends: Friend) -> frozenset[str]:
    """The relay says that these are there now, and nobody else."""
    status.report("live", frozenset(friend.user_id for friend in friends))
    return standing.moved()


def words(friend: Friend) -> str:
    return sub(r"<[^>]+>", "", render("standing", friend.pk)).strip()


def test_friend_is_online_until_they_go_and_then_was_seen(friend: Friend) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert come(friend) == {friend.user_id}
        clock.shift(3600)
        assert (standing.of(friend), words(friend)) == (
            Standing(True, NOW + timedelta(hours=1)),
            "Online",
        )
        assert come() == frozenset()
        clock.shift(300)
        assert standing.of(friend) == Standing(False, NOW + timedelta(hours=1))
        assert words(friend) == "Last seen 5 min ago"


def test_friend_who_was_never_there(friend: Friend) -> None:
    assert (standing.of(friend), words(friend)) == (Standing(False, None), "Not seen yet")


def test_after_a_start_the_row_says_when_they_were_heard(friend: Friend) -> None:
    friend.last_heard_at = NOW
    friend.save()
    assert standing.of(friend) == Standing(False, NOW)


@pytest.mark.parametrize("state", [Friend.State.LEAVING, Friend.State.BLOCKED])
def test_no_friend_has_no_standing(friend: Friend, state: str) -> None:
    come(friend)
    friend.state = state
    friend.save()
    assert standing.of(friend).online is None
    assert render("standing", friend.pk) == f'<template id="standing-{friend.pk}"></template>'


def test_words_stand_beside_the_mark(friend: Friend) -> None:
    come(friend)
    html = "".join(render("standing", friend.pk).splitlines())
    assert html == f'<span class="standing on" id="standing-{friend.pk}">Online</span>'


def test_same_again_is_no_news(
    friend: Friend, django_assert_num_queries: object, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks() as first:
        come(friend)
    assert len(first) == 3  # the list, the friend's page, the mark
    with django_assert_num_queries(0), django_capture_on_commit_callbacks() as again:
        assert come(friend) == frozenset()
    assert again == []

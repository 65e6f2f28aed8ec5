"""What is told of a friendship, and that every page with the friend's name on it hears of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from portfolio.friends import actions, news
from portfolio.models import Friend, Notice, Share, SharedPosition
from tests.friends.conftest import Person
from tests.models import rows

pytestmark = pytest.mark.usefixtures("alice")


def told(friend: Friend) -> list[str]:
    return list(
        Notice.objects.filter(friend=friend).order_by("id").values_list("detail", flat=True)
    )


def test_a_newcomer_with_a_known_name_is_told_of_as_that(friend: Friend, charlie: Person) -> None:
    other = actions.pin(charlie.card(backend_url="https://charlie.example"))
    news.came(other)
    assert told(other) == ["came"]
    double = Friend.objects.create(user_id="d" * 43, display_name="BOB", state=Friend.State.FRIEND)
    news.came(double)
    assert told(double) == ["came", "alike"]


def test_wherever_a_name_stands_is_drawn_anew(
    friend: Friend, charlie: Person, marked: Callable[[Callable[[], object]], set[str]]
) -> None:
    theirs, mine = rows.copy(friend, None), rows.mine()
    Share.objects.create(position=mine, friend=friend)
    rows.copy(actions.pin(charlie.card()), None)
    SharedPosition.objects.create(id=uuid4(), uid=uuid4())
    ideas = [f"{name}:{one.pk}" for one in (theirs, mine) for name in ("idea", "shares", "thread")]
    lists = ["my_ideas:all", "shared_ideas:all", "news:all"]
    assert marked(lambda: news.redraw_ideas(friend)) == {*ideas, *lists}

"""A copy is looked for once while comments come, and again when anything else has come."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from portfolio.link import events
from portfolio.models import Friend, SharedPosition
from portfolio.sharing.copies import found
from portfolio.sharing.incoming import HANDLERS
from tests.sharing import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Friend:
    scene.alice()
    return scene.friend("Bob")


@pytest.fixture
def copy(bob: Friend) -> SharedPosition:
    return scene.copy(bob)


def test_find_is_of_this_friend_alone(bob: Friend, copy: SharedPosition) -> None:
    assert found.find(bob, copy.uid) == copy
    assert found.find(scene.friend("Charlie"), copy.uid) is None
    assert found.find(bob, uuid4()) is None


def test_find_again_asks_once_in_a_batch(
    bob: Friend, copy: SharedPosition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert [found.find_again(bob, copy.uid) for _ in range(2)] == [copy, copy]
    with found.batch(), django_assert_num_queries(1):
        assert [found.find_again(bob, copy.uid) for _ in range(2)] == [copy, copy]
    with django_assert_num_queries(1):
        found.find_again(bob, copy.uid)


def test_what_is_not_here_is_looked_for_each_time(bob: Friend, copy: SharedPosition) -> None:
    uid = uuid4()
    with found.batch():
        assert found.find_again(bob, uid) is None
        SharedPosition.objects.update(uid=uid)
        assert found.find_again(bob, uid) == copy


def test_anew_forgets_before_what_may_change_a_copy(bob: Friend, copy: SharedPosition) -> None:
    erase = found.anew(lambda _friend, _body: copy.delete())
    with found.batch():
        assert found.find_again(bob, copy.uid) == copy
        assert found.length(copy) == 0
        erase(bob, None)
        assert found.find_again(bob, copy.uid) is None


def test_every_handler_that_may_change_a_copy_forgets(bob: Friend) -> None:
    """Of comments, signs, refusals and digests alone a copy stays what it is."""
    as_found = {name for name, handler in HANDLERS.items() if not hasattr(handler, "__wrapped__")}
    comments = {"comment_added", "comment_edited", "comment_deleted", "comment_reacted"}
    assert as_found == comments | {"event_refused", "digest"}


def test_length_is_counted_once_in_a_batch(
    bob: Friend, copy: SharedPosition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scene.said(2, copy, bob.user_id)
    assert [found.length(copy) for _ in range(2)] == [2, 2]
    with found.batch(), django_assert_num_queries(1):
        assert [found.length(copy) for _ in range(3)] == [2, 3, 4]


def test_a_thread_in_one_batch_costs_four_queries_each(
    bob: Friend, copy: SharedPosition, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def comment(number: int) -> events.CommentAdded:
        user = events.Author(id=bob.user_id, display_name="Bob")
        created = "2026-01-01T00:00:00+00:00"
        said = events.CommentBody(
            id=uuid4(), user=user, text="Hi", created_at=created, number=number
        )
        return events.CommentAdded(position_id=copy.uid, comment=said)

    with found.batch():
        HANDLERS["comment_added"](bob, comment(1))
        with django_assert_max_num_queries(4):
            HANDLERS["comment_added"](bob, comment(2))
    assert copy.comments.count() == 2

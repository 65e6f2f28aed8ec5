"""A copy is looked for once while comments come, and again when anything else has come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from random import Random
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from portfolio.link import events
from portfolio.link.events import Refused
from portfolio.models import Comment, Friend, Notice, SharedPosition, Tombstone
from portfolio.notices import actions as notices
from portfolio.sharing import checks
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


Batch = Callable[[], AbstractContextManager[None]]


def story(chance: Random, bob: Friend) -> list[events.Body]:
    """What a friend may say of two ideas and a few comments, in any order, fitting or not."""
    ideas, said = ([UUID(int=chance.getrandbits(128)) for _ in range(n)] for n in (2, 4))
    shares = dict(zip(ideas, ideas, strict=True))  # the one of now
    user = events.Author(id=bob.user_id, display_name="Bob")
    digest, at = checks.digest(scene.SNAPSHOT), "2026-01-01T00:00:00+00:00"

    def comment() -> events.CommentBody:
        text, number = chance.choice(["Hi", "Ho", ""]), chance.randint(1, 9)
        return events.CommentBody(
            id=chance.choice(said), user=user, text=text, created_at=at, number=number
        )

    def one() -> events.Body:
        idea = chance.choice(ideas)
        shared = {"position_id": idea, "share_id": shares[idea], "digest": digest, "version": 1}
        body = chance.choices(
            [
                events.CommentAdded(position_id=idea, comment=comment()),
                events.CommentDeleted(position_id=idea, comment=comment()),
                events.PositionShared(**shared, shared_at=at, share_url=""),
                events.PositionUpdated(**shared, snapshot=scene.SNAPSHOT, changed=["legs"]),
                events.ShareRevoked(position_id=idea, share_id=shares[idea]),
                events.State(ids=[shares[ideas[0]]]),
                events.State(ids=sorted(chance.sample(said, 2)), position_id=idea),
            ],
            [8, 2, 4, 1, 2, 1, 1],
        )[0]
        if isinstance(body, events.ShareRevoked):
            shares[idea] = UUID(int=chance.getrandbits(128))
        return body

    return [one() for _ in range(60)]


def told(bob: Friend, said: list[events.Body], batch: Batch) -> list[object]:
    """What is here after this, and what was refused; then it is undone."""
    refused = []
    with suppress(InterruptedError), transaction.atomic():
        with batch():
            for number, body in enumerate(said):
                try:
                    with transaction.atomic():
                        HANDLERS[body.name](bob, body)
                except Refused as error:
                    refused.append((number, str(error)))
        about = ("position__uid", "uid", "text", "deleted", "number")
        kept = [
            sorted(SharedPosition.objects.values_list("uid", "share_id", "version")),
            sorted(Comment.objects.values_list(*about)),
            sorted(Tombstone.objects.values_list("share_id")),
            sorted(map(str, Notice.objects.values_list("kind", "count", "position__uid"))),
            refused,
        ]
        raise InterruptedError
    return kept


def test_events_in_one_batch_leave_what_they_leave_one_by_one(bob: Friend, long_run: bool) -> None:
    def both() -> AbstractContextManager[None]:
        together.enter_context(notices.batch())
        together.enter_context(found.batch())
        return together

    for seed in range(500 if long_run else 5):
        said, together = story(Random(seed), bob), ExitStack()
        assert told(bob, said, both) == told(bob, said, nullcontext), f"seed {seed}"

"""What may be shown now, what waits for its content or its receipt, and the order of a thread."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portfolio.models import Comment, Friend, Share, SharedPosition, Tombstone
from tests.models import rows

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SECOND = timedelta(seconds=1)


@pytest.fixture
def bob() -> Friend:
    return rows.friend("Bob")


def test_own_and_copies_are_two_halves(bob: Friend) -> None:
    own, copy = rows.mine(), rows.copy(bob, NOW)
    assert list(SharedPosition.objects.own()) == [own]
    assert list(SharedPosition.objects.copies()) == [copy]


def test_shown_is_mine_and_what_is_within_its_lease(bob: Friend) -> None:
    shown = {rows.mine(), rows.copy(bob, NOW + SECOND)}
    rows.copy(bob, NOW)
    rows.copy(bob, NOW + SECOND, hidden=True)
    rows.copy(bob, None)
    assert set(SharedPosition.objects.shown(NOW)) == shown


def test_incomplete_is_a_copy_older_than_announced(bob: Friend) -> None:
    rows.copy(bob, NOW, version=2, wanted_version=2)
    rows.copy(bob, NOW, version=3, wanted_version=2)
    waits = rows.copy(bob, NOW, version=0, wanted_version=1)
    rows.mine(wanted_version=5)
    assert list(SharedPosition.objects.incomplete()) == [waits]


def test_live_is_what_was_not_revoked(bob: Friend) -> None:
    position = rows.mine()
    Share.objects.create(position=position, friend=bob, revoked_at=NOW)
    live = Share.objects.create(position=position, friend=bob)
    assert list(Share.objects.live()) == [live]


def test_position_is_shared_once_with_a_friend(bob: Friend) -> None:
    position = rows.mine()
    Share.objects.create(position=position, friend=bob)
    with pytest.raises(IntegrityError):
        Share.objects.create(position=position, friend=bob)


def waiting() -> list[bool]:
    return [share.waiting for share in Share.objects.with_delivery()]


def test_delivery_waits_for_an_event_about_this_position(bob: Friend) -> None:
    position, charlie = rows.mine(), rows.friend("Charlie")
    Share.objects.create(position=position, friend=bob)
    rows.outgoing(bob, 1, subject=rows.mine().pk)
    rows.outgoing(bob, 2, subject=position.pk, acked_at=NOW)
    rows.outgoing(charlie, 1, subject=position.pk)
    assert waiting() == [False]
    rows.outgoing(bob, 3, subject=position.pk)
    assert waiting() == [True]


def test_delivery_waits_while_nothing_was_written_yet() -> None:
    Share.objects.create(position=rows.mine(), friend=rows.friend("Charlie", out_epoch=""))
    assert waiting() == [True]


def test_delivery_costs_one_query(
    bob: Friend, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for _ in range(3):
        Share.objects.create(position=rows.mine(), friend=bob)
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django has no plain type
        names = [share.friend.display_name for share in Share.objects.with_delivery()]
    assert names == ["Bob", "Bob", "Bob"]


def test_thread_is_by_number_and_mine_on_its_way_is_last() -> None:
    position = rows.mine()
    for text, number in (("sending", None), ("second", 2), ("also sending", None), ("first", 1)):
        Comment.objects.create(
            position=position, author="A" * 43, author_name="Alice", text=text, number=number
        )
    texts = [comment.text for comment in position.comments.in_order()]
    assert texts == ["first", "second", "sending", "also sending"]


def test_tombstones_are_each_owners_own() -> None:
    share_id = uuid.uuid4()
    Tombstone.objects.create(share_id=share_id, owner="A" * 43)
    Tombstone.objects.create(share_id=share_id, owner="B" * 43)
    with pytest.raises(IntegrityError):
        Tombstone.objects.create(share_id=share_id, owner="A" * 43)

"""A copy is filled by what was fetched, kept for its lease, and erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portfolio.models import Friend, SharedPosition, Tombstone
from portfolio.sharing import checks
from portfolio.sharing.checks import Invalid
from portfolio.sharing.copies import actions
from tests.sharing.world import World, snapshot

SHARE = uuid4()


@pytest.fixture
def alice(friends: World) -> Iterator[Friend]:
    with friends.bob:
        yield Friend.objects.get(display_name="Alice")


def waiting(owner: Friend, **fields: object) -> SharedPosition:
    until = timezone.now() + timedelta(days=30)
    values = {"uid": uuid4(), "share_id": SHARE, "wanted_version": 2, "lease_until": until}
    digest = checks.digest(snapshot())
    return SharedPosition.objects.create(owner=owner, **({"digest": digest} | values | fields))


def fill(copy: SharedPosition, version: int = 2, **fields: object) -> bool:
    values = {"share_id": SHARE, "digest": checks.digest(snapshot()), "snapshot": snapshot()}
    return actions.fill(copy.pk, version=version, **(values | fields))


def test_fill_with_the_announced_version(alice: Friend) -> None:
    copy = waiting(alice)
    assert fill(copy)
    copy.refresh_from_db()
    assert (copy.version, copy.snapshot) == (2, snapshot())


def test_fill_with_a_newer_version(alice: Friend) -> None:
    copy, newer = waiting(alice), snapshot("Newer")
    assert fill(copy, 3, snapshot=newer, digest=checks.digest(newer))
    copy.refresh_from_db()
    assert (copy.version, copy.wanted_version, copy.snapshot) == (3, 3, newer)


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 1},
        {"digest": "0" * 64},
        {"snapshot": snapshot("Another")},
        {"snapshot": snapshot("Another"), "digest": checks.digest(snapshot("Another"))},
    ],
)
def test_fill_with_what_does_not_fit(alice: Friend, fields: dict[str, object]) -> None:
    copy = waiting(alice)
    assert not fill(copy, **fields)
    copy.refresh_from_db()
    assert (copy.version, copy.snapshot) == (0, {})


def test_fill_under_another_share(alice: Friend) -> None:
    copy = waiting(alice)
    assert fill(copy, share_id=uuid4())
    copy.refresh_from_db()
    assert copy.version == 0


def test_fill_of_an_erased_copy(alice: Friend) -> None:
    copy = waiting(alice)
    actions.gone(copy.pk, SHARE)
    assert fill(copy)
    assert SharedPosition.objects.count() == 0


def test_fill_does_not_undo_what_the_stream_brought(alice: Friend) -> None:
    copy = waiting(alice, version=3, wanted_version=3, snapshot=snapshot("Three"))
    assert fill(copy)
    copy.refresh_from_db()
    assert copy.snapshot == snapshot("Three")


def test_gone_buries_the_share_that_was_asked_for(alice: Friend) -> None:
    copy = waiting(alice)
    actions.gone(copy.pk, uuid4())
    assert SharedPosition.objects.count() == 1
    actions.gone(copy.pk, SHARE)
    assert SharedPosition.objects.count() == 0
    assert Tombstone.objects.get().share_id == SHARE


def test_my_own_is_never_erased_as_a_copy(alice: Friend) -> None:
    uid = uuid4()
    own = SharedPosition.objects.create(id=uid, uid=uid, version=1)
    with pytest.raises(Invalid):
        actions.erase(own)
    assert SharedPosition.objects.count() == 1


def test_renew_leases_of_one_friend(alice: Friend) -> None:
    past = timezone.now() - timedelta(days=1)
    other = Friend.objects.create(user_id="M" * 43, display_name="Mallory")
    month = waiting(alice, lease_days=30, lease_until=past, hidden=True)
    week = waiting(alice, lease_days=7, lease_until=past)
    waiting(other, lease_until=past)
    assert SharedPosition.objects.shown().count() == 0
    before = timezone.now()
    actions.renew_leases(alice)
    assert set(SharedPosition.objects.shown()) == {month, week}
    for copy, days in ((month, 30), (week, 7)):
        copy.refresh_from_db()
        assert copy.lease_until is not None
        assert before <= copy.lease_until - timedelta(days=days) <= timezone.now()


def test_expired_copy_is_hidden_and_kept(alice: Friend) -> None:
    copy = waiting(alice)
    later = timezone.now() + timedelta(days=31)
    assert copy in SharedPosition.objects.shown()
    assert copy not in SharedPosition.objects.shown(later)

"""Who counts as a friend, which invitations are open, what waits and what failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portfolio.models import Friend, Incoming, Invite, Outgoing
from tests.models import rows

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def friends() -> None:
    for name, state in {
        "Alice": "friend",
        "Bob": "leaving",
        "Charlie": "knocking",
        "Dana": "blocked",
    }.items():
        rows.friend(name, state=state)


@pytest.mark.usefixtures("friends")
def test_accepted_is_a_friend_on_both_sides() -> None:
    assert [str(each) for each in Friend.objects.accepted()] == ["Alice"]


@pytest.mark.usefixtures("friends")
def test_listed_is_everybody_but_the_blocked() -> None:
    assert [str(each) for each in Friend.objects.listed()] == ["Alice", "Bob", "Charlie"]


@pytest.mark.usefixtures("friends")
def test_knocking_waits_for_an_answer() -> None:
    assert [str(each) for each in Friend.objects.knocking()] == ["Charlie"]


@pytest.mark.parametrize(
    ("change", "is_open"),
    [
        ({}, True),
        ({"revoked_at": NOW}, False),
        ({"used_by": "B" * 43}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + timedelta(seconds=1)}, True),
    ],
)
def test_invite_is_open_unless_revoked_used_or_old(
    change: dict[str, object], is_open: bool
) -> None:
    Invite.objects.create(**{"secret": "s", "hash": "h", "expires_at": NOW + DAY} | change)
    assert Invite.objects.open(NOW).exists() is is_open


def test_waiting_is_what_was_not_receipted() -> None:
    bob = rows.friend("Bob")
    rows.outgoing(bob, 1, acked_at=NOW)
    waits = rows.outgoing(bob, 2)
    assert list(Outgoing.objects.waiting()) == [waits]


def test_outgoing_number_is_taken_once_in_an_epoch() -> None:
    bob, charlie = rows.friend("Bob"), rows.friend("Charlie")
    rows.outgoing(bob, 1)
    rows.outgoing(charlie, 1)
    with pytest.raises(IntegrityError):
        rows.outgoing(bob, 1)


def incoming(seq: int, **fields: object) -> Incoming:
    bob = Friend.objects.get(display_name="Bob")
    return Incoming.objects.create(friend=bob, epoch="e", seq=seq, name="opened", **fields)


def test_failed_is_what_has_an_error_and_was_not_set_aside() -> None:
    rows.friend("Bob")
    incoming(1)
    incoming(2, error="why", set_aside_at=NOW)
    failed = incoming(3, error="why")
    assert list(Incoming.objects.failed()) == [failed]


def test_incoming_number_is_taken_once_in_an_epoch() -> None:
    rows.friend("Bob")
    incoming(1)
    with pytest.raises(IntegrityError):
        incoming(1)

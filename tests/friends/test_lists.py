"""Friends and invitations in order, and some of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.friends import lists
from portfolio.models import Friend, Invite
from tests.api.conftest import friend
from tests.owner import alice

__all__ = ["alice"]


def names(order: str) -> list[str]:
    found = lists.friends(state="", verified=None, user_id="", ordering=order)
    return [one.name for one in found]


def test_a_nickname_is_the_name_in_any_case(alice: User) -> None:
    friend("Bob", nickname="zoe")
    friend("Yves")
    friend("Xaver", nickname="Ann")
    assert names("name") == ["Ann", "Yves", "zoe"]
    assert names("-name") == ["zoe", "Yves", "Ann"]


def test_who_was_never_heard_of_comes_last(alice: User) -> None:
    friend("Never")
    friend("Late", last_heard_at=timezone.now())
    friend("Early", last_heard_at=timezone.now() - timedelta(days=1))
    assert names("last_heard_at") == ["Early", "Late", "Never"]
    assert names("-last_heard_at") == ["Late", "Early", "Never"]


def test_some_friends_alone(alice: User) -> None:
    bob = friend("Bob", verified_at=timezone.now())
    ask = {"state": "", "verified": None, "user_id": "", "ordering": "name"}
    friend("Carol", state=Friend.State.BLOCKED)
    for wanted in ({"state": "friend"}, {"verified": True}, {"user_id": bob.user_id}):
        assert list(lists.friends(**(ask | wanted))) == [bob]


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("open", ["open"]),
        ("used", ["revoked after use", "used"]),
        ("revoked", ["revoked", "revoked and old"]),
        ("expired", ["expired"]),
    ],
)
def test_invitations_in_one_state_each(alice: User, state: str, found: list[str]) -> None:
    now, day = timezone.now(), timedelta(days=1)
    made = {
        "open": {},
        "expired": {"expires_at": now - day},
        "used": {"used_by": "b" * 43, "expires_at": now - day},
        "revoked": {"revoked_at": now},
        "revoked and old": {"revoked_at": now, "expires_at": now - day},
        "revoked after use": {"revoked_at": now, "used_by": "b" * 43},
    }
    for name, row in made.items():
        Invite.objects.create(secret=name, hash=name, **({"expires_at": now + day} | row))
    assert sorted(one.hash for one in lists.invites(state, "-created_at")) == found
    everything = [one.hash for one in lists.invites("", "created_at")]
    assert everything == list(made) == [one.hash for one in lists.invites("", "-created_at")][::-1]

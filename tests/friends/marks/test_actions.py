"""What Alice notes about Bob: nobody is told, and it ends with the friendship."""

from __future__ import annotations

import pytest

from portfolio.friends import actions as friends
from portfolio.friends.marks import actions
from portfolio.models import Friend, Mute, Outgoing
from portfolio.notices.actions import Kind, is_muted
from tests.friends.conftest import Person

pytestmark = pytest.mark.usefixtures("alice")


def test_nickname_is_what_a_friend_is_called(friend: Friend) -> None:
    actions.rename(friend, " Bobby\u202e ")
    assert Friend.objects.get().name == "Bobby"
    actions.rename(friend, "")
    assert Friend.objects.get().name == "Bob"


def test_verified_is_dated_and_taken_back(friend: Friend) -> None:
    actions.verify(friend, True)
    assert Friend.objects.get().verified_at is not None
    actions.verify(friend, False)
    assert Friend.objects.get().verified_at is None


def test_muted_friend_makes_no_notices(friend: Friend) -> None:
    actions.mute(friend, True)
    assert is_muted(Kind.COMMENT, friend, None)
    actions.mute(friend, False)
    assert not is_muted(Kind.COMMENT, friend, None)


def test_network_is_a_choice(friend: Friend) -> None:
    actions.allow_network(friend, False)
    assert not Friend.objects.get().on_my_network
    actions.allow_network(friend, True)
    assert Friend.objects.get().on_my_network


def test_nobody_is_told(friend: Friend) -> None:
    Friend.objects.update(out_epoch="e" * 32)
    actions.rename(friend, "Bobby")
    actions.verify(friend, True)
    actions.mute(friend, True)
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize("way", ["removed", "blocked"])
def test_new_friendship_begins_without_notes(friend: Friend, bob: Person, way: str) -> None:
    actions.rename(friend, "Bobby")
    actions.verify(friend, True)
    actions.mute(friend, True)
    if way == "removed":
        friends.remove_friend(friend)
    else:
        friends.unblock_friend(friends.block_friend(friend))
    again = friends.pin(bob.card())
    assert (again.name, again.verified_at, Mute.objects.count()) == ("Bob", None, 0)


def test_blocked_friend_keeps_the_name_i_gave(friend: Friend) -> None:
    actions.rename(friend, "Bobby")
    actions.verify(friend, True)
    blocked = friends.block_friend(friend)
    assert (blocked.name, blocked.verified_at) == ("Bobby", None)


def test_replaced_friend_hands_their_name_on(friend: Friend, charlie: Person) -> None:
    actions.rename(friend, "Bobby")
    new = friends.pin(charlie.card(display_name="Bob"))
    actions.replace(friend, new)
    friend.refresh_from_db()
    new.refresh_from_db()
    assert (friend.state, new.state) == (Friend.State.LEAVING, Friend.State.FRIEND)
    assert (new.name, new.verified_at) == ("Bobby", None)


def test_replacing_friend_keeps_a_name_of_their_own(friend: Friend, charlie: Person) -> None:
    new = friends.pin(charlie.card())
    actions.rename(new, "Carl")
    actions.rename(friend, "Bobby")
    actions.replace(friend, new)
    new.refresh_from_db()
    assert new.name == "Carl"

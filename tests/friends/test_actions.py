"""How friendships begin, change and end, seen in Alice's rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from portfolio.friends import actions
from portfolio.friends.checks import Invalid
from portfolio.friends.codes import CodeError, read_code
from portfolio.link import identity, outbox, status
from portfolio.link.cards import read_card
from portfolio.link.events import Opened
from portfolio.models import (
    Comment,
    Friend,
    Identity,
    Invite,
    Notice,
    Outgoing,
    Share,
    SharedPosition,
)
from tests.friends.conftest import RELAY, Person

State = Friend.State
pytestmark = pytest.mark.usefixtures("alice")


def stream(friend: Friend) -> Friend:
    """As after a first sync: the friend's stream has begun."""
    friend.out_epoch = "e" * 32
    friend.save(update_fields=["out_epoch"])
    return friend


def shared_both_ways(friend: Friend) -> tuple[SharedPosition, SharedPosition]:
    """Mine, shared with the friend and discussed; theirs, shared with me and discussed."""
    mine = SharedPosition(version=1)
    mine.uid = mine.pk
    mine.save()
    Share.objects.create(position=mine, friend=friend)
    Comment.objects.create(position=mine, author=friend.user_id, author_name="Bob", text="Nice")
    theirs = SharedPosition(owner=friend, version=1)
    theirs.uid = theirs.pk
    theirs.save()
    Comment.objects.create(position=theirs, author=friend.user_id, author_name="Bob", text="Mine")
    return mine, theirs


# Beginning ----------------------------------------------------------------------------------------


def test_invite_makes_a_code_of_mine(alice: Identity) -> None:
    invite, text = actions.invite()
    code = read_code(text)
    assert text.startswith("http://127.0.0.1:8000/friends/accept#pp1.")
    assert (code.relay, code.secret, code.who.user_id) == (RELAY, invite.secret, alice.user_id)
    assert invite.expires_at - timezone.now() > timedelta(days=6, hours=23)
    assert read_code(actions.code_of(invite)).secret == invite.secret


def test_invites_are_limited() -> None:
    for _ in range(50):
        actions.invite()
    with pytest.raises(Invalid, match="50 invitations are open"):
        actions.invite()
    actions.revoke_invite(Invite.objects.open()[0])
    actions.invite()


def test_accepted_code_waits_for_its_inviter(bob: Person) -> None:
    code = bob.code()
    friend = actions.accept_code(code, on_my_network=True)
    assert (friend.state, friend.display_name, friend.on_my_network) == (
        State.KNOCKING,
        "Bob",
        True,
    )
    assert (friend.box_key, friend.invite_secret) == (bob.keys.box_key, read_code(code).secret)


def test_second_code_of_a_waiting_inviter_replaces_the_first(bob: Person) -> None:
    actions.accept_code(bob.code(), on_my_network=True)
    friend = actions.accept_code(bob.code(secret=b"t" * 16))
    assert Friend.objects.count() == 1
    assert friend.invite_secret == read_code(bob.code(secret=b"t" * 16)).secret
    assert not friend.on_my_network


def test_damaged_code_leaves_nothing(bob: Person) -> None:
    with pytest.raises(CodeError):
        actions.accept_code(bob.code()[:-2])
    assert Friend.objects.count() == 0


def test_other_relay_needs_a_word(bob: Person) -> None:
    code = bob.code(relay="https://relay.example")
    with pytest.raises(Invalid, match="You only find each other at the same relay"):
        actions.accept_code(code)
    assert bob.row() is None
    assert actions.accept_code(code, same_relay=True).state == State.KNOCKING


def test_own_code_is_refused() -> None:
    _invite, code = actions.invite()
    with pytest.raises(Invalid, match="your own code"):
        actions.accept_code(code)


def test_first_box_makes_a_friend_once(bob: Person) -> None:
    friend = actions.accept_code(bob.code())
    actions.heard(friend)
    friend.refresh_from_db()
    assert (friend.state, friend.invite_secret) == (State.FRIEND, "")
    actions.block_friend(friend)
    actions.heard(Friend.objects.get())
    assert Friend.objects.get().state == State.BLOCKED


def test_pinned_card_is_a_friend(bob: Person) -> None:
    friend = actions.pin(bob.card())
    assert (friend.state, friend.on_my_network, friend.user_id) == (State.FRIEND, True, bob.id)
    assert actions.pin(bob.card()).pk == friend.pk


# Cards --------------------------------------------------------------------------------------------


def test_new_name_is_told_to_friends(friend: Friend, charlie: Person) -> None:
    stream(friend)
    actions.accept_code(charlie.code())
    actions.update_card("Alice B.", "https://alice.example")
    [row] = Outgoing.objects.all()
    assert (row.friend_id, row.name) == (friend.pk, "card")
    data = identity.read_card(identity.card())
    assert (data.display_name, data.backend_url, data.revision) == (
        "Alice B.",
        "https://alice.example",
        2,
    )


def test_same_card_is_not_told_again(friend: Friend, settings: Settings) -> None:
    stream(friend)
    actions.update_card(" Alice ", "http://127.0.0.1:8000/")
    settings.BACKEND_URL = "http://127.0.0.1:8000"
    actions.follow_settings()
    assert Outgoing.objects.count() == 0


def test_address_follows_the_settings(alice: Identity, settings: Settings) -> None:
    settings.BACKEND_URL, settings.BACKEND_DISPLAY_NAME = "https://alice.example", "Other"
    actions.follow_settings()
    alice.refresh_from_db()
    assert (alice.backend_url, alice.display_name, alice.card_revision) == (
        "https://alice.example",
        "Alice",
        2,
    )


def test_key_that_a_kill_left_untold_is_told_at_the_next_start(
    alice: Identity, friend: Friend, settings: Settings
) -> None:
    stream(friend)
    settings.BACKEND_URL = alice.backend_url
    identity.new_box_key()  # and then the kill, before the rows
    actions.follow_settings()
    alice.refresh_from_db()
    assert alice.box_key == identity.keys().box_key
    assert alice.box_key_at is not None
    assert [row.name for row in Outgoing.objects.all()] == ["card"]
    actions.follow_settings()
    assert Outgoing.objects.count() == 1


def test_other_address_of_a_second_code_is_not_on_my_network(bob: Person) -> None:
    actions.accept_code(bob.code(), on_my_network=True)
    invite, _code = actions.invite()
    moved = bob.card(backend_url="http://10.0.0.7:8000")
    friend = actions.welcome(read_card(moved), moved, invite)
    assert friend is not None
    assert (friend.backend_url, friend.on_my_network) == ("http://10.0.0.7:8000", False)


def test_somebody_new_with_a_known_name_is_told_of(friend: Friend, charlie: Person) -> None:
    for name, told in (("Charlie", ["came"]), ("bob", ["came", "alike"])):
        Notice.objects.all().delete()
        Friend.objects.filter(user_id=charlie.id).delete()
        card = charlie.card(display_name=name, backend_url="https://c.example")
        actions.welcome(read_card(card), card, actions.invite()[0])
        assert list(Notice.objects.order_by("id").values_list("detail", flat=True)) == told


def test_code_of_an_invitation_stays_the_same() -> None:
    invite, code = actions.invite()
    assert actions.code_of(invite) == code


def test_new_box_key_goes_out_with_the_card(friend: Friend) -> None:
    stream(friend)
    before = identity.keys().box_key
    actions.update_card("Alice", "http://127.0.0.1:8000", new_box_key=True)
    assert identity.keys().box_key != before
    assert identity.read_card(identity.card()).box_key == identity.keys().box_key
    assert Outgoing.objects.get().name == "card"


# Ending -------------------------------------------------------------------------------------------


def test_removing_a_waiting_inviter_forgets_them(bob: Person) -> None:
    actions.remove_friend(actions.accept_code(bob.code()))
    assert bob.row() is None


def test_removed_friend_is_told_last_and_loses_all(friend: Friend) -> None:
    mine, theirs = shared_both_ways(stream(friend))
    status.report("live", frozenset({friend.user_id}))
    actions.remove_friend(friend)
    friend.refresh_from_db()
    assert (friend.state, friend.on_my_network) == (State.LEAVING, False)
    assert [row.name for row in friend.outgoing.waiting()] == ["friend_removed"]
    assert Share.objects.live().count() == 0
    assert list(SharedPosition.objects.all()) == [mine]
    assert [comment.text for comment in Comment.objects.all()] == ["Nice"]
    assert theirs.pk is not None


def test_removed_friend_who_is_away_never_gets_what_waited(friend: Friend) -> None:
    stream(friend)
    mine, _theirs = shared_both_ways(friend)
    outbox.put(friend, Opened(position_id=mine.pk, share_id=mine.pk, version=1), mine.pk)
    actions.remove_friend(friend)
    friend.refresh_from_db()
    assert (friend.state, friend.out_epoch) == (State.LEAVING, "")
    assert friend.outgoing.waiting().count() == 0


def test_removed_friend_is_forgotten_after_the_receipt(friend: Friend) -> None:
    stream(friend)
    status.report("live", frozenset({friend.user_id}))
    actions.remove_friend(friend)
    actions.forget_removed()
    assert Friend.objects.get().state == State.LEAVING
    friend.outgoing.update(acked_at=timezone.now())
    actions.forget_removed()
    assert Friend.objects.count() == 0


def test_removed_friend_is_forgotten_after_a_lease(friend: Friend) -> None:
    actions.remove_friend(friend)
    Friend.objects.update(removed_at=timezone.now() - timedelta(days=29, hours=23))
    actions.forget_removed()
    assert Friend.objects.count() == 1
    Friend.objects.update(removed_at=timezone.now() - timedelta(days=30, minutes=1))
    actions.forget_removed()
    assert Friend.objects.count() == 0


def test_removed_friend_may_come_back_with_a_new_code(friend: Friend, bob: Person) -> None:
    stream(friend)
    actions.remove_friend(friend)
    again = actions.accept_code(bob.code())
    assert again.pk != friend.pk
    assert (again.state, again.out_epoch, again.removed_at) == (State.KNOCKING, "", None)


def test_friend_who_left_takes_theirs_along(friend: Friend) -> None:
    mine, _theirs = shared_both_ways(stream(friend))
    actions.was_removed(friend)
    friend.refresh_from_db()
    assert friend.state == State.LEAVING
    assert Outgoing.objects.count() == 0
    assert list(SharedPosition.objects.all()) == [mine]
    assert Share.objects.live().count() == 0


def test_blocked_friend_is_gone_at_once(friend: Friend) -> None:
    mine, _theirs = shared_both_ways(stream(friend))
    outbox.put(friend, Opened(position_id=mine.pk, share_id=mine.pk, version=1), mine.pk)
    actions.block_friend(friend)
    row = Friend.objects.get()
    assert (row.state, row.display_name, row.out_epoch) == (State.BLOCKED, "Bob", "")
    assert (Share.objects.count(), Outgoing.objects.count()) == (0, 0)
    assert list(SharedPosition.objects.all()) == [mine]
    assert list(Friend.objects.listed()) == []


def test_blocked_friend_cannot_be_accepted_until_unblocked(friend: Friend, bob: Person) -> None:
    actions.block_friend(friend)
    with pytest.raises(Invalid, match="You have blocked Bob"):
        actions.accept_code(bob.code())
    blocked = Friend.objects.get()
    actions.remove_friend(blocked)
    assert Friend.objects.get().state == State.BLOCKED
    actions.unblock_friend(blocked)
    assert actions.accept_code(bob.code()).state == State.KNOCKING


def test_others_are_not_touched(friend: Friend, charlie: Person) -> None:
    other = actions.pin(charlie.card())
    mine, theirs = shared_both_ways(other)
    actions.block_friend(friend)
    assert Friend.objects.accepted().get() == other
    assert set(SharedPosition.objects.all()) == {mine, theirs}
    assert Share.objects.live().get().friend == other


def test_unblocking_a_friend_does_nothing(friend: Friend) -> None:
    actions.unblock_friend(friend)
    assert Friend.objects.accepted().get() == friend

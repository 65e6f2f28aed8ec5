"""Knocks and the two events about the friendship itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils import timezone

from portfolio.friends import actions, incoming
from portfolio.friends.codes import proves, read_code, read_knock
from portfolio.link import events, identity, sealing
from portfolio.link.events import Refused
from portfolio.link.hooks import Stated
from portfolio.link.identity import Keys
from portfolio.models import Friend, Identity, Invite
from tests.friends.conftest import Person

State = Friend.State
pytestmark = pytest.mark.usefixtures("alice")


def knock(person: Person, code: str) -> None:
    incoming.knocked(person.id, person.knock(code))


def test_knock_with_the_secret_makes_a_friend(bob: Person) -> None:
    invite, code = actions.invite()
    knock(bob, code)
    friend = bob.row()
    assert friend is not None
    assert (friend.state, friend.display_name, friend.box_key) == (
        State.FRIEND,
        "Bob",
        bob.keys.box_key,
    )
    assert not friend.on_my_network
    invite.refresh_from_db()
    assert invite.used_by == bob.id


def test_secret_works_once_and_again_for_its_user(bob: Person, charlie: Person) -> None:
    _invite, code = actions.invite()
    knock(bob, code)
    knock(charlie, code)
    knock(bob, code)
    assert [friend.user_id for friend in Friend.objects.all()] == [bob.id]


def test_used_secret_still_opens_for_its_user_past_its_week(bob: Person, charlie: Person) -> None:
    _invite, code = actions.invite()
    knock(bob, code)
    Friend.objects.all().delete()
    Invite.objects.update(expires_at=timezone.now() - timedelta(days=1))
    knock(charlie, code)
    assert Friend.objects.count() == 0
    knock(bob, code)
    assert bob.row() is not None


def test_expired_revoked_and_foreign_secrets_open_nothing(
    bob: Person, caplog: pytest.LogCaptureFixture
) -> None:
    expired, expired_code = actions.invite()
    Invite.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoked, revoked_code = actions.invite()
    actions.revoke_invite(revoked)
    with caplog.at_level(logging.INFO, logger="portfolio.friends.incoming"):
        for code in (expired_code, revoked_code, bob.code()):
            knock(bob, code)
    assert bob.row() is None
    assert caplog.messages == ["Knock refused"] * 3


def test_knock_of_somebody_else_opens_nothing(bob: Person, charlie: Person) -> None:
    _invite, code = actions.invite()
    incoming.knocked(charlie.id, bob.knock(code))
    incoming.knocked(bob.id, b"rubbish")
    assert Friend.objects.count() == 0


def test_blocked_person_knocks_in_vain(friend: Friend, bob: Person) -> None:
    actions.block_friend(friend)
    invite, code = actions.invite()
    knock(bob, code)
    invite.refresh_from_db()
    assert (Friend.objects.get().state, invite.used_by) == (State.BLOCKED, "")


def test_removed_friend_cannot_come_back_with_the_old_secret(bob: Person) -> None:
    _invite, code = actions.invite()
    knock(bob, code)
    actions.remove_friend(Friend.objects.get())
    knock(bob, code)
    assert Friend.objects.get().state == State.LEAVING


def test_two_who_invited_each_other_are_friends_at_the_first_knock(bob: Person) -> None:
    actions.accept_code(bob.code(), on_my_network=True)
    _invite, code = actions.invite()
    knock(bob, code)
    friend = Friend.objects.get()
    assert (friend.state, friend.on_my_network, friend.invite_secret) == (State.FRIEND, True, "")


def test_full_house_lets_nobody_in(bob: Person) -> None:
    known = {"display_name": "Somebody", "backend_url": "", "state": State.FRIEND}
    Friend.objects.bulk_create(Friend(user_id=f"{n:043d}", **known) for n in range(500))
    _invite, code = actions.invite()
    knock(bob, code)
    assert bob.row() is None


def test_own_knock_is_sealed_for_the_inviter(alice: Identity, bob: Person, charlie: Person) -> None:
    code = read_code(bob.code())
    actions.accept_code(bob.code())
    actions.pin(charlie.card())
    [mine] = incoming.knocks()
    assert mine.user_id == bob.id
    payload = sealing.open_box(mine.box, bob.keys, alice.user_id)
    said, who = read_knock(payload, alice.user_id)
    assert who.display_name == "Alice"
    assert proves(code.secret, alice.user_id, said.hmac)
    assert len(mine.box) <= 5_600


def test_nothing_to_say_without_accepted_codes() -> None:
    assert incoming.knocks() == []


def test_relay_is_told_invites_that_still_work(bob: Person) -> None:
    used, code = actions.invite()
    knock(bob, code)
    opened, _ = actions.invite()
    actions.revoke_invite(actions.invite()[0])
    expired, _ = actions.invite()
    Invite.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    assert set(incoming.invites()) == {used.hash, opened.hash}


# Cards --------------------------------------------------------------------------------------------


def receive(friend: Friend, card: str) -> Friend:
    incoming.HANDLERS["card"](friend, events.Card(card=card))
    return Friend.objects.get(pk=friend.pk)


def test_new_card_is_pinned(friend: Friend, bob: Person) -> None:
    renewed = Keys(bob.keys.signing, X25519PrivateKey.generate())
    card = Person("Robert", renewed).card(revision=2)
    row = receive(friend, card)
    assert (row.display_name, row.box_key, row.card_revision, row.card) == (
        "Robert",
        renewed.box_key,
        2,
        card,
    )
    assert row.on_my_network  # the address is the same


def test_new_address_is_a_question(friend: Friend, bob: Person) -> None:
    row = receive(friend, bob.card(revision=2, backend_url="http://169.254.169.254"))
    assert (row.backend_url, row.moved_to) == ("http://127.0.0.1:8001", "http://169.254.169.254")
    assert row.address == ""


def test_card_of_a_sync_is_taken_like_any_other(friend: Friend, bob: Person) -> None:
    incoming.card_came(friend, bob.card(revision=3, display_name="Robert"))
    assert Friend.objects.get().display_name == "Robert"


@pytest.mark.parametrize("case", ["older", "charlies", "damaged"])
def test_card_of_a_sync_that_is_none_changes_nothing(
    case: str, friend: Friend, bob: Person, charlie: Person, caplog: pytest.LogCaptureFixture
) -> None:
    Friend.objects.update(card_revision=5)  # as the link may not have read it yet
    cards = {
        "older": bob.card(revision=4, display_name="Robert"),
        "charlies": charlie.card(revision=9),
        "damaged": "nonsense",
    }
    with caplog.at_level(logging.INFO, logger="portfolio.friends.incoming"):
        incoming.card_came(friend, cards[case])
    assert (Friend.objects.get().display_name, Friend.objects.get().card_revision) == ("Bob", 5)
    assert caplog.messages == ["Card not taken"]


def test_same_card_again_changes_nothing(friend: Friend, bob: Person) -> None:
    assert receive(friend, bob.card(display_name="Robert")).display_name == "Bob"


@pytest.mark.parametrize("case", ["older", "charlies", "damaged", "forged"])
def test_bad_card_is_refused(case: str, friend: Friend, bob: Person, charlie: Person) -> None:
    Friend.objects.update(card_revision=5)
    friend.refresh_from_db()
    forger = Person("Bob", Keys(charlie.keys.signing, bob.keys.box))
    cards = {
        "older": bob.card(revision=4),
        "charlies": charlie.card(revision=6),
        "damaged": bob.card(revision=6)[:-3],
        "forged": forger.card(revision=6, user_id=bob.id),
    }
    with pytest.raises(Refused):
        receive(friend, cards[case])
    assert Friend.objects.get(pk=friend.pk).box_key == bob.keys.box_key


def test_friend_who_ends_it_is_leaving(friend: Friend) -> None:
    incoming.HANDLERS["friend_removed"](friend, events.FriendRemoved())
    assert Friend.objects.get().state == State.LEAVING


def test_new_epoch_begins_with_my_card(friend: Friend) -> None:
    def ideas(_friend: Friend) -> Iterator[Stated]:
        yield events.State(ids=[]), None

    [(card, _none), (state, _also_none)] = incoming.restate(friend, ideas)
    assert isinstance(card, events.Card)
    assert identity.read_card(card.card).display_name == "Alice"
    assert state == events.State(ids=[])

"""A friend's new card, their move, and my own new key, seen in Alice's rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from portfolio.friends import actions as friends
from portfolio.friends.cards import actions
from portfolio.link import identity
from portfolio.link.cards import read_card
from portfolio.link.identity import Keys
from portfolio.models import Friend, Identity, Invite, Notice, Outgoing
from portfolio.notices.actions import mark_all_read
from tests.friends.conftest import Person

HOME, AWAY, THIRD = "http://127.0.0.1:8001", "https://bob.example", "https://third.example"
pytestmark = pytest.mark.usefixtures("alice")


@dataclass
class Cards:
    """Bob's cards, each newer than the one before."""

    bob: Person
    revision: int = 1

    def say(self, **said: object) -> Friend:
        self.revision += 1
        card = self.bob.card(revision=self.revision, **said)
        actions.renew(Friend.objects.get(user_id=self.bob.id), read_card(card), card)
        return self.row()

    def row(self) -> Friend:
        return Friend.objects.get(user_id=self.bob.id)


@pytest.fixture
def cards(friend: Friend, bob: Person) -> Cards:
    return Cards(bob)


def places(row: Friend) -> tuple[str, str, str, str]:
    """Agreed, asked, refused, and what is called."""
    return row.backend_url, row.moved_to, row.refused_url, row.address


def told() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("detail", flat=True))


def test_move_is_asked_and_nothing_is_called_meanwhile(cards: Cards) -> None:
    assert places(cards.row()) == (HOME, "", "", HOME)
    assert places(cards.say(backend_url=AWAY)) == (HOME, AWAY, "", "")
    assert told() == ["moved"]


def test_agreed_move_is_called_and_on_no_network(cards: Cards) -> None:
    actions.agree_to_move(cards.say(backend_url=AWAY))
    assert places(cards.row()) == (AWAY, "", "", AWAY)
    assert not cards.row().on_my_network


def test_refused_move_is_not_asked_again(cards: Cards) -> None:
    actions.refuse_move(cards.say(backend_url=AWAY))
    assert places(cards.row()) == (HOME, "", AWAY, "")
    assert places(cards.say(backend_url=AWAY, display_name="Robert")) == (HOME, "", AWAY, "")
    assert cards.row().display_name == "Robert"
    assert told() == ["moved"]


def test_refused_move_can_still_be_agreed_to(cards: Cards) -> None:
    actions.refuse_move(cards.say(backend_url=AWAY))
    actions.agree_to_move(cards.row())
    assert places(cards.row()) == (AWAY, "", "", AWAY)


def test_third_address_is_a_new_question(cards: Cards) -> None:
    actions.refuse_move(cards.say(backend_url=AWAY))
    assert places(cards.say(backend_url=THIRD)) == (HOME, THIRD, "", "")


@pytest.mark.parametrize("refused", [True, False])
def test_moving_back_clears_the_question_and_keeps_the_tick(cards: Cards, refused: bool) -> None:
    row = cards.say(backend_url=AWAY)
    if refused:
        actions.refuse_move(row)
    assert places(cards.say(backend_url=HOME)) == (HOME, "", "", HOME)
    assert cards.row().on_my_network


def test_no_address_any_more_is_no_question(cards: Cards) -> None:
    assert places(cards.say(backend_url="")) == ("", "", "", "")
    assert places(cards.say(backend_url=AWAY)) == ("", AWAY, "", "")
    assert told() == ["moved"]


def test_moves_until_i_look_are_one_toast(
    cards: Cards, django_capture_on_commit_callbacks: Any
) -> None:
    def toasts(address: str) -> int:
        with django_capture_on_commit_callbacks() as told_after:
            cards.say(backend_url=address)
        return sum("moved: see Friends" in repr(call) for call in told_after)

    assert [toasts(AWAY), toasts(THIRD), toasts(AWAY)] == [1, 0, 0]
    mark_all_read()
    assert toasts(THIRD) == 1


def test_new_name_alone_is_no_question(cards: Cards) -> None:
    assert places(cards.say(display_name="Robert")) == (HOME, "", "", HOME)
    assert told() == []


def test_answer_without_a_question_changes_nothing(cards: Cards) -> None:
    actions.refuse_move(cards.row())
    actions.agree_to_move(cards.row())
    assert places(cards.row()) == (HOME, "", "", HOME)
    assert cards.row().on_my_network


def test_new_key_holds_at_once_and_is_told(cards: Cards) -> None:
    renewed = Keys(cards.bob.keys.signing, X25519PrivateKey.generate())
    row = replace(cards, bob=Person("Bob", renewed)).say()
    assert row.box_key == renewed.box_key
    assert told() == ["key"]


# My own key ---------------------------------------------------------------------------------------


def test_changed_key_is_told_and_dated(alice: Identity, friend: Friend) -> None:
    Friend.objects.update(out_epoch="e" * 32)
    before = identity.keys().box_key
    actions.change_box_key()
    alice.refresh_from_db()
    assert identity.keys().box_key not in ("", before)
    assert (alice.box_key, alice.card_revision) == (identity.keys().box_key, 2)
    assert alice.box_key_at is not None
    assert Outgoing.objects.get().name == "card"
    assert told() == ["key"]


def test_key_that_an_older_version_did_not_note_is_no_change(alice: Identity) -> None:
    """After an upgrade the row says nothing of the key: what was invited before still opens."""
    old, _code = friends.invite()
    Identity.objects.update(box_key="")
    friends.follow_settings()
    assert actions.outdated_invites() == 0
    actions.change_box_key()
    assert list(Invite.objects.open()) == [old]
    assert actions.outdated_invites() == 1


def test_second_change_closes_the_invitations_of_before_the_first() -> None:
    old, _code = friends.invite()
    assert actions.outdated_invites() == 0
    actions.change_box_key()
    young, _code = friends.invite()
    assert set(Invite.objects.open()) == {old, young}
    assert actions.outdated_invites() == 1
    actions.change_box_key()
    assert list(Invite.objects.open()) == [young]

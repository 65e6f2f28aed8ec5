"""Who came and who left becomes a notice; of whom I block nothing stays."""

from __future__ import annotations

import pytest

from portfolio.friends import actions
from portfolio.friends.codes import read_code
from portfolio.link.cards import read_card
from portfolio.models import Friend, Invite, Notice, SharedPosition
from portfolio.notices.actions import Kind, record
from tests.friends.conftest import Person

pytestmark = pytest.mark.usefixtures("alice")


def told() -> list[tuple[str, str, str]]:
    rows = Notice.objects.for_me().order_by("id")
    return list(rows.values_list("kind", "who", "detail"))


def test_a_new_friend_is_told_of_once_on_either_side(bob: Person, charlie: Person) -> None:
    inviter = actions.accept_code(bob.code())
    actions.heard(inviter)
    actions.heard(inviter)
    _made, text = actions.invite()
    for _ in range(2):
        card = charlie.card(backend_url="https://charlie.example")
        actions.welcome(read_card(card), card, Invite.objects.get())
    assert read_code(text).secret == Invite.objects.get().secret
    assert told() == [("friend", "Bob", "came"), ("friend", "Charlie", "came")]


def test_a_friend_who_leaves_is_told_of_once_and_by_name(friend: Friend) -> None:
    SharedPosition.objects.create(uid="0" * 32, owner=friend)
    actions.was_removed(friend)
    actions.was_removed(friend)
    friend.delete()
    assert told() == [("friend", "Bob", "left")]


def test_of_a_blocked_friend_no_notice_stays(friend: Friend, charlie: Person) -> None:
    other = actions.pin(charlie.card())
    for one in (friend, other):
        record(Kind.FRIEND, one, detail="came")
        record(Kind.SHARED, to=one)
    actions.block_friend(friend)
    rows = Notice.objects.order_by("id").values_list("kind", "friend__display_name")
    assert list(rows) == [("friend", "Charlie"), ("shared", "Charlie")]

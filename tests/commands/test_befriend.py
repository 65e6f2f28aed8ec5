"""`befriend` accepts a code, or says why not."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portfolio.friends.codes import write_code
from portfolio.link.cards import to_text
from portfolio.models import Friend
from tests.link.people import card_of, new_keys

pytestmark = pytest.mark.django_db
BOB = new_keys()


def code(relay: str = "http://localhost:9000") -> str:
    return write_code("http://127.0.0.1:8001", relay, card_of(BOB), to_text(b"s" * 16))


def test_befriend_asks_the_inviter() -> None:
    out = StringIO()
    call_command("befriend", code(), "--on-my-network", stdout=out)
    friend = Friend.objects.get()
    assert (friend.state, friend.on_my_network) == (Friend.State.KNOCKING, True)
    assert out.getvalue() == f"Asked Bob ({BOB.user_id}).\n"


def test_befriend_allows_no_private_address_by_itself() -> None:
    call_command("befriend", code(), stdout=StringIO())
    assert not Friend.objects.get().on_my_network


def test_befriend_goes_to_no_other_relay_by_itself() -> None:
    other = code("https://relay.example")
    with pytest.raises(CommandError, match="at the same relay"):
        call_command("befriend", other)
    call_command("befriend", other, "--same-relay", stdout=StringIO())
    assert Friend.objects.count() == 1


def test_befriend_refuses_rubbish() -> None:
    with pytest.raises(CommandError, match="This is not a friend code"):
        call_command("befriend", "hello")
    assert Friend.objects.count() == 0

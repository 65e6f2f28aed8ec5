"""Who may be accepted, and how addresses look; pure."""

from __future__ import annotations

import pytest

from portfolio.friends.checks import (
    Invalid,
    accepting,
    inviting,
    looks_private,
    own_card,
    room_for_one_more,
)
from portfolio.friends.codes import FriendCode
from tests.link.people import card_data, card_of, new_keys

ALICE, BOB = new_keys(), new_keys()
HERE, THERE = "http://localhost:9000", "https://relay.example"
CODE = FriendCode(HERE, card_of(BOB), "s" * 22, card_data(BOB))


def _accept(known: str | None = None, own_relay: str = HERE, same_relay: bool = False) -> None:
    accepting(CODE, own_id=ALICE.user_id, own_relay=own_relay, known=known, same_relay=same_relay)


@pytest.mark.parametrize("known", [None, "knocking", "leaving"])
def test_stranger_may_be_accepted(known: str | None) -> None:
    _accept(known)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ("friend", "Bob is your friend already."),
        ("blocked", "You have blocked Bob. Unblock them first."),
    ],
)
def test_known_person_is_refused(known: str, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        _accept(known)
    assert caught.value.errors == {"code": [why]}


def test_own_code_is_refused() -> None:
    with pytest.raises(Invalid, match="This is your own code"):
        accepting(CODE, own_id=BOB.user_id, own_relay=HERE, known=None, same_relay=False)


def test_other_relay_is_shown_and_needs_a_word() -> None:
    with pytest.raises(Invalid) as caught:
        _accept(own_relay=THERE)
    [(field, [sentence])] = caught.value.errors.items()
    assert field == "same_relay"
    assert HERE in sentence
    assert THERE in sentence
    _accept(own_relay=THERE, same_relay=True)


def test_there_are_limits() -> None:
    room_for_one_more(499)
    inviting(49)
    with pytest.raises(Invalid):
        room_for_one_more(500)
    with pytest.raises(Invalid):
        inviting(50)


def test_own_card_is_cleaned() -> None:
    assert own_card(" Alice\n", "HTTP://Alice.Example:80/") == ("Alice", "http://alice.example")
    assert own_card("Alice", "") == ("Alice", "")
    for name, url, field in [("\u202e", "", "display_name"), ("Alice", "x", "backend_url")]:
        with pytest.raises(Invalid) as caught:
            own_card(name, url)
        assert list(caught.value.errors) == [field]


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8001", True),
        ("http://192.168.1.5", True),
        ("http://[::1]:8001", True),
        ("http://[fd00::1]", True),
        ("http://localhost:8001", True),
        ("http://alices-laptop:8001", True),
        ("http://alice.local", True),
        ("http://8.8.8.8", False),
        ("https://alice.example", False),
        ("", False),
        ("file:///x", False),
    ],
)
def test_private_address_is_seen_as_written(url: str, private: bool) -> None:
    assert looks_private(url) is private

"""Who may come in by which address: the person who lives here, and one page for everybody."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from portfolio.friends import actions
from portfolio.friends.urls import urlpatterns
from portfolio.models import Friend, Identity, Invite
from tests.friends.conftest import Person

OPEN = {"code_page"}


def addresses(friend: Friend, invite: Invite) -> dict[str, str]:
    """Every address of friends, with a friend and an invitation that exist."""
    known = {"friend_id": friend.pk, "invite_id": invite.pk}
    return {
        str(pattern.name): reverse(
            str(pattern.name), kwargs={name: known[name] for name in pattern.pattern.converters}
        )
        for pattern in urlpatterns
        if not str(pattern.name).startswith("api_")  # tests/api: a program is refused, not sent on
    }


def test_stranger_sees_and_does_nothing(
    alice: Identity, client: Client, friend: Friend, bob: Person
) -> None:
    invite, _code = actions.invite()
    for name, path in addresses(friend, invite).items():
        for answer in (client.get(path), client.post(path, {"code": bob.code()})):
            sent_away = answer.headers.get("Location", "").startswith("/account/login/")
            assert sent_away is (name not in OPEN), path
    assert Friend.objects.get().state == Friend.State.FRIEND
    assert list(Invite.objects.open()) == [invite]


def test_reading_an_address_changes_nothing(browser: Client, friend: Friend) -> None:
    invite, _code = actions.invite()
    for path in addresses(friend, invite).values():
        assert browser.get(path).status_code in (200, 405), path
    assert Friend.objects.get().state == Friend.State.FRIEND
    assert list(Invite.objects.open()) == [invite]

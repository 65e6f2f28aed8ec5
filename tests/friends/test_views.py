"""The pages about friends, as plain posts and as htmx would ask; Alice is signed in."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portfolio.friends import actions
from portfolio.friends.codes import read_code
from portfolio.link.identity import safety_digits
from portfolio.models import Friend, Identity, Invite
from tests.friends.conftest import Person

State = Friend.State
HTMX = {"HX-Request": "true"}


def toasts(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]  # the test client adds it


def text(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def test_page_of_a_code_is_for_everybody_and_says_nothing(alice: Identity, client: Client) -> None:
    response = client.get("/friends/accept")
    assert response.status_code == 200
    assert "A friend invites you" in text(response)
    assert "Alice" not in text(response)
    assert alice.user_id not in text(response)


def test_empty_list_says_what_it_is_for(browser: Client) -> None:
    response = browser.get("/friends/")
    assert response.status_code == 200
    assert "Plan with people you trust" in text(response)


def test_list_does_not_ask_more_for_more_friends(
    browser: Client, bob: Person, charlie: Person
) -> None:
    actions.pin(bob.card())
    browser.get("/friends/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/friends/")
    actions.pin(charlie.card())
    actions.invite()
    actions.invite()
    for number in range(5):
        Friend.objects.create(user_id=str(number) * 43, display_name="X", state=State.KNOCKING)
    with CaptureQueriesContext(connection) as many:
        browser.get("/friends/")
    assert len(many) == len(one)


# Inviting -----------------------------------------------------------------------------------------


def test_invitation_is_shown_until_it_is_used(browser: Client, bob: Person) -> None:
    response = browser.post("/friends/invite/")
    invite = Invite.objects.get()
    assert response.headers["Location"] == f"/friends/invite/{invite.pk}/"
    page = browser.get(response.headers["Location"])
    shown = text(page).partition("data-code")[2].partition(">")[2].partition("</textarea>")[0]
    assert read_code(shown).secret == invite.secret
    Invite.objects.update(used_by=bob.id)
    assert "Somebody has used it." in text(browser.get(f"/friends/invite/{invite.pk}/"))


def test_too_many_invitations_are_a_toast(browser: Client) -> None:
    for _ in range(50):
        actions.invite()
    response = browser.post("/friends/invite/")
    assert response.headers["Location"] == "/friends/"
    assert toasts(response) == ["50 invitations are open. Revoke one first."]


def test_revoked_invitation_is_gone(browser: Client) -> None:
    invite, _code = actions.invite()
    response = browser.post(f"/friends/invite/{invite.pk}/revoke/")
    assert (response.status_code, response.headers["Location"]) == (302, "/friends/")
    assert Invite.objects.open().count() == 0
    assert "It was revoked." in text(browser.get(f"/friends/invite/{invite.pk}/"))


def test_revoking_with_htmx_answers_with_the_list(browser: Client) -> None:
    invite, _code = actions.invite()
    response = browser.post(f"/friends/invite/{invite.pk}/revoke/", headers=HTMX)
    assert response.status_code == 200
    assert text(response).startswith('<div class="stack narrow" id="friends-all">')
    assert f"/friends/invite/{invite.pk}/" not in text(response)


# Accepting ----------------------------------------------------------------------------------------


def test_code_is_shown_before_anything_happens(browser: Client, bob: Person) -> None:
    response = browser.post("/friends/add/", {"code": bob.code()})
    assert response.status_code == 200
    assert "Become friends with <bdi>Bob</bdi>?" in text(response)
    assert bob.id in text(response)
    assert 'name="on_my_network"' in text(response)  # 127.0.0.1 is a private address
    assert 'name="same_relay"' not in text(response)
    assert bob.row() is None


def test_public_address_is_not_asked_about(browser: Client, bob: Person) -> None:
    response = browser.post("/friends/add/", {"code": bob.code(backend_url="https://8.8.8.8")})
    assert 'name="on_my_network"' not in text(response)


@pytest.mark.parametrize(("ticked", "allowed"), [({"on_my_network": "on"}, True), ({}, False)])
def test_accepted_code_waits(
    browser: Client, bob: Person, ticked: dict[str, str], allowed: bool
) -> None:
    response = browser.post("/friends/add/confirm/", {"code": bob.code(), **ticked})
    assert response.headers["Location"] == "/friends/"
    friend = bob.row()
    assert friend is not None
    assert (friend.state, friend.on_my_network) == (State.KNOCKING, allowed)
    assert "Waiting for an answer" in text(browser.get("/friends/"))


def test_other_relay_is_shown_and_never_used_silently(browser: Client, bob: Person) -> None:
    code = bob.code(relay="https://relay.example")
    shown = browser.post("/friends/add/", {"code": code})
    assert "Another relay." in text(shown)
    refused = browser.post("/friends/add/confirm/", {"code": code})
    assert refused.status_code == 422
    assert "You only find each other at the same relay." in text(refused)
    assert bob.row() is None
    browser.post("/friends/add/confirm/", {"code": code, "same_relay": "on"})
    assert bob.row() is not None


@pytest.mark.parametrize("path", ["/friends/add/", "/friends/add/confirm/"])
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "code"),
        ("hello", "This is not a friend code."),
        ("pp1.AAAA", "This friend code is damaged."),
    ],
)
def test_bad_code_stays_on_the_page(browser: Client, path: str, code: str, why: str) -> None:
    response = browser.post(path, {"code": code})
    assert response.status_code == 422
    assert why in text(response)
    assert code in text(response)


def test_known_friend_is_refused_before_and_after(browser: Client, bob: Person) -> None:
    actions.pin(bob.card())
    for path in ("/friends/add/", "/friends/add/confirm/"):
        response = browser.post(path, {"code": bob.code()})
        assert response.status_code == 422
        assert "Bob is your friend already." in text(response)


def test_name_cannot_carry_markup(browser: Client, bob: Person) -> None:
    evil = Person("<script>alert(1)</script>", bob.keys)
    response = browser.post("/friends/add/", {"code": evil.code()})
    assert b"<script>alert" not in response.content
    friend = actions.pin(evil.card())
    for path in ("/friends/", f"/friends/{friend.pk}/", f"/friends/{friend.pk}/remove/"):
        assert b"<script>alert" not in browser.get(path).content


def test_code_of_a_new_id_with_a_known_name_or_address_says_so(
    browser: Client, friend: Friend, charlie: Person
) -> None:
    code = Person("bob ", charlie.keys).code(display_name="BOB")
    page = text(browser.post("/friends/add/", {"code": code}))
    assert "You know somebody with the same name and address:" in page
    assert f'href="/friends/{friend.pk}/"' in page
    other = charlie.code(backend_url="https://charlie.example")
    assert "You know somebody" not in text(browser.post("/friends/add/", {"code": other}))


# One friend ---------------------------------------------------------------------------------------


def test_page_of_a_friend_shows_digits_to_compare(browser: Client, friend: Friend) -> None:
    response = browser.get(f"/friends/{friend.pk}/")
    me = Identity.objects.get().user_id
    shown = re.findall(r"<code>(\d{5})</code>", text(response))
    assert " ".join(shown) == safety_digits(me, friend.user_id)
    assert friend.user_id in text(response)


def test_removing_asks_once(browser: Client, friend: Friend) -> None:
    page = browser.get(f"/friends/{friend.pk}/remove/")
    assert "Remove <bdi>Bob</bdi>?" in text(page)
    assert Friend.objects.get().state == State.FRIEND
    response = browser.post(f"/friends/{friend.pk}/remove/")
    assert response.headers["Location"] == "/friends/"
    assert toasts(response) == ["Bob is no longer your friend"]
    assert Friend.objects.get().state == State.LEAVING


def test_blocking_and_unblocking(browser: Client, friend: Friend) -> None:
    assert "Block <bdi>Bob</bdi>?" in text(browser.get(f"/friends/{friend.pk}/block/"))
    browser.post(f"/friends/{friend.pk}/block/")
    blocked = Friend.objects.get()
    assert blocked.state == State.BLOCKED
    assert "Unblock" in text(browser.get("/friends/"))
    response = browser.post(f"/friends/{blocked.pk}/unblock/", headers=HTMX)
    assert response.status_code == 200
    assert Friend.objects.count() == 0


def test_nobody_is_a_404(browser: Client) -> None:
    for path in ("/friends/7/", "/friends/7/remove/", "/friends/7/block/", "/friends/invite/7/"):
        assert browser.get(path).status_code == 404

"""A move is answered on two pages; the identity page shows what is public and changes the key."""

from __future__ import annotations

import pytest
from django.test import Client

from portfolio.friends import actions
from portfolio.link import identity
from portfolio.link.cards import to_text
from portfolio.models import Friend, Identity
from tests.friends.conftest import Person
from tests.friends.test_views import HTMX, text, toasts

AWAY = "https://bob.example"
ASKED = "says they are at a new address"


@pytest.fixture
def moved(friend: Friend) -> Friend:
    Friend.objects.update(moved_to=AWAY)
    friend.refresh_from_db()
    return friend


def test_move_is_asked_on_both_pages(browser: Client, moved: Friend) -> None:
    for path in ("/friends/", f"/friends/{moved.pk}/"):
        page = text(browser.get(path))
        assert ASKED in page
        assert AWAY in page
        assert "http://127.0.0.1:8001" in page


@pytest.mark.parametrize(("on", "address"), [("on", AWAY), ("", "")])
def test_answer_is_taken(browser: Client, moved: Friend, on: str, address: str) -> None:
    response = browser.post(f"/friends/{moved.pk}/move/", {"on": on})
    assert response.headers["Location"] == f"/friends/{moved.pk}/"
    assert Friend.objects.get().address == address
    assert ASKED not in text(browser.get("/friends/"))


def test_answer_draws_the_part_it_was_given_on(browser: Client, moved: Friend) -> None:
    path = f"/friends/{moved.pk}/move/"
    answer = browser.post(f"{path}?from=friends", {"on": ""}, headers=HTMX)
    assert text(answer).startswith('<div class="stack narrow" id="friends-all">')
    answer = browser.post(path, {"on": "on"}, headers=HTMX)
    assert text(answer).startswith(f'<div id="friend-{moved.pk}">')
    plain = browser.post(f"{path}?from=friends", {"on": "on"})
    assert plain.headers["Location"] == "/friends/"


def test_refused_address_is_shown_with_a_way_back(browser: Client, moved: Friend) -> None:
    browser.post(f"/friends/{moved.pk}/move/", {"on": ""})
    page = text(browser.get(f"/friends/{moved.pk}/"))
    assert "Agree after all" in page
    assert "not called now" in page


def test_identity_is_shown_without_its_secrets(browser: Client, alice: Identity) -> None:
    page = text(browser.get("/settings/identity/"))
    mine = identity.keys()
    assert alice.user_id in page
    assert mine.box_key in page
    for key in (mine.signing, mine.box):
        assert to_text(key.private_bytes_raw()) not in page
    assert "box.previous.key" not in page


def test_box_key_is_changed_after_asking(browser: Client, friend: Friend) -> None:
    before = identity.keys().box_key
    actions.invite()
    asked = text(browser.get("/settings/identity/box-key/"))
    assert "1 friend is told" in asked
    assert "Your open invitation still works." in asked
    assert identity.keys().box_key == before
    response = browser.post("/settings/identity/box-key/")
    assert response.headers["Location"] == "/settings/identity/"
    assert toasts(response) == ["You have a new box key. Friends are told."]
    assert identity.keys().box_key != before
    assert "box.previous.key" in text(browser.get("/settings/identity/"))


def test_invitations_that_a_second_change_closes_are_counted(browser: Client) -> None:
    actions.invite()
    browser.post("/settings/identity/box-key/")
    asked = text(browser.get("/settings/identity/box-key/"))
    assert "1 open invitation from before the last change is closed" in asked


def test_nobody_has_moved(browser: Client, charlie: Person) -> None:
    assert browser.post("/friends/7/move/", {"on": "on"}).status_code == 404
    friend = actions.pin(charlie.card())
    browser.post(f"/friends/{friend.pk}/move/", {"on": "on"})
    assert Friend.objects.get().address == "http://127.0.0.1:8001"

"""Noting something about a friend, as plain posts and as htmx would ask; each can be undone."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from portfolio.friends import actions
from portfolio.friends.marks import actions as marks
from portfolio.models import Friend, Mute
from tests.friends.conftest import Person
from tests.friends.test_views import HTMX, text, toasts


def undo(browser: Client, response: HttpResponse) -> None:
    """Presses the button in the answer's toast."""
    [toast] = toasts(response)
    found = re.search(r'formaction="([^"]+)" name="([^"]+)" value="([^"]*)">Undo', toast)
    assert found is not None
    browser.post(found[1], {found[2]: found[3]})


def test_renamed_friend_is_called_so_and_back(browser: Client, friend: Friend) -> None:
    path = f"/friends/{friend.pk}/rename/"
    assert "What do you call <bdi>Bob</bdi>?" in text(browser.get(path))
    response = browser.post(path, {"nickname": "Bobby <b>"})
    assert response.headers["Location"] == f"/friends/{friend.pk}/"
    page = text(browser.get(f"/friends/{friend.pk}/"))
    assert "<h1><bdi>Bobby <b></bdi></h1><p>Calls themselves <bdi>Bob</bdi></p>" in page
    undo(browser, response)
    assert Friend.objects.get().name == "Bob"


def test_name_that_is_too_long_stays_on_the_page(browser: Client, friend: Friend) -> None:
    response = browser.post(f"/friends/{friend.pk}/rename/", {"nickname": "x" * 81})
    assert response.status_code == 422
    assert "x" * 81 in text(response)
    assert Friend.objects.get().nickname == ""


SWITCHES = {
    "verified": lambda: Friend.objects.get().verified_at is not None,
    "muted": Mute.objects.exists,
    "network": lambda: Friend.objects.get().on_my_network,
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_switch_goes_on_and_off_and_can_be_undone(
    browser: Client, friend: Friend, switch: str
) -> None:
    path, is_on = f"/friends/{friend.pk}/{switch}/", SWITCHES[switch]
    marks.allow_network(friend, False)
    response = browser.post(path, {"on": "on"})
    assert (response.headers["Location"], is_on()) == (f"/friends/{friend.pk}/", True)
    undo(browser, response)
    assert not is_on()
    answer = browser.post(path, {"on": "on"}, headers=HTMX)
    assert text(answer).startswith(f'<div id="friend-{friend.pk}">')
    assert is_on()
    browser.post(path, {"on": ""})
    assert not is_on()


def test_marks_are_words_in_the_list_and_on_the_page(browser: Client, friend: Friend) -> None:
    pages = ("/friends/", f"/friends/{friend.pk}/")
    for path in pages:
        assert not {"Verified", "Muted"} & set(re.findall(r"\w+", text(browser.get(path))))
    marks.verify(friend, True)
    marks.mute(friend, True)
    for path in pages:
        assert {"Verified", "Muted"} <= set(re.findall(r"\w+", text(browser.get(path))))


def test_replaced_friend_hands_over(browser: Client, friend: Friend, charlie: Person) -> None:
    path = f"/friends/{friend.pk}/replaced/"
    assert "You have no other friend yet." in text(browser.get(path))
    new = actions.pin(charlie.card(display_name="Bob"))
    shown = text(browser.get(f"{path}?by={new.pk}"))
    assert re.search(rf'value="{new.pk}"[^>]*checked', shown)
    assert browser.post(path, {"by": friend.pk}).status_code == 422
    response = browser.post(path, {"by": new.pk})
    assert response.headers["Location"] == f"/friends/{new.pk}/"
    assert Friend.objects.get(pk=friend.pk).state == Friend.State.LEAVING


def test_nobody_is_a_404(browser: Client) -> None:
    for name in ("rename", "replaced"):
        assert browser.get(f"/friends/7/{name}/").status_code == 404
    for name in SWITCHES:
        assert browser.post(f"/friends/7/{name}/", {"on": "on"}).status_code == 404

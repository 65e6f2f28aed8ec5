"""Profile: a new name goes to every friend, and the page says who has it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.friends import actions
from portfolio.models import Friend, Identity, Outgoing
from tests.friends.conftest import Person
from tests.link.people import new_keys

PAGE = "/settings/profile/"


def who_has_it(client: Client) -> list[str]:
    page = client.get(PAGE).content.decode()
    words = re.findall(r'<div class="sm muted r">(.*?)</div>', page)
    return [re.sub("<[^>]+>", "", text) for text in words]


@pytest.fixture
def streaming(friend: Friend) -> Friend:
    """Bob, whose stream has begun."""
    Friend.objects.update(out_epoch="e" * 32)
    friend.refresh_from_db()
    return friend


def test_new_name_is_a_card_for_every_friend(browser: Client, streaming: Friend) -> None:
    assert browser.post(PAGE, {"display_name": " Alice of the mill "})["Location"] == PAGE
    row = Identity.objects.get()
    assert (row.display_name, row.card_revision) == ("Alice of the mill", 2)
    assert [(one.friend, one.name) for one in Outgoing.objects.all()] == [(streaming, "card")]
    assert 'value="Alice of the mill"' in browser.get(PAGE).content.decode()


def test_same_name_tells_nobody(browser: Client, streaming: Friend) -> None:
    browser.post(PAGE, {"display_name": "Alice"})
    assert not Outgoing.objects.exists()


def test_name_that_is_none_is_refused_beside_the_field(browser: Client) -> None:
    for typed in ("", " ", "\u202e"):
        page = browser.post(PAGE, {"display_name": typed})
        assert (page.status_code, page.context["form"].errors) == (
            422,
            {"display_name": ["Friends need a name to see."]},
        )
    assert Identity.objects.get().display_name == "Alice"


def test_page_says_who_has_the_card(browser: Client, friend: Friend) -> None:
    waits = "Goes out as soon as their instance is there"
    assert who_has_it(browser) == [waits]
    Friend.objects.update(out_epoch="e" * 32)
    assert who_has_it(browser) == ["Has it"]
    browser.post(PAGE, {"display_name": "Alicia"})
    assert who_has_it(browser) == [waits]
    Outgoing.objects.update(acked_at=timezone.now())
    assert who_has_it(browser) == ["Has it, since just now"]


def test_page_without_friends(browser: Client) -> None:
    assert "Nobody yet." in browser.get(PAGE).content.decode()


def test_queries_do_not_grow_with_friends(browser: Client, friend: Friend) -> None:
    counts = [queries_of(browser)]
    for number in range(19):
        actions.pin(Person(f"Friend {number}", new_keys()).card())
    counts.append(queries_of(browser))
    assert counts[0] == counts[1]


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(PAGE)
    return len(queries)

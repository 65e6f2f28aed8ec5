"""The pages in a browser, with htmx and without; and what Charlie gets to see: nothing."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portfolio.models import Friend, Idea, SharedPosition
from portfolio.planning import actions
from portfolio.sharing import actions as sharing
from tests.planning.conftest import LEGS, copy_of, post
from tests.planning.test_undo import press

HX = {"HTTP_HX_REQUEST": "true"}


def url(name: str, idea: Idea, *args: object) -> str:
    return reverse(name, args=[idea.pk, *args])


def text(response: Any) -> str:
    """The words on a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_every_page_sends_the_stranger_to_sign_in(idea: Idea) -> None:
    charlie = Client()
    pages = ["/", "/ideas/", "/ideas/shared/", "/ideas/new/", url("idea", idea)]
    pages += [url(name, idea) for name in ("edit_idea", "delete_idea", "versions", "edit_tags")]
    for page in pages:
        response = charlie.get(page)
        assert (page, response.status_code) == (page, 302)
        assert response["Location"].startswith("/account/login/")
    assert charlie.post(url("delete_idea", idea)).status_code == 302
    assert Idea.objects.count() == 1


def test_pages_of_what_is_not_there_are_404(browser: Client) -> None:
    names = ("idea", "edit_idea", "delete_idea", "versions")
    assert [browser.get(reverse(name, args=[uuid4()])).status_code for name in names] == [404] * 4


def test_a_friends_copy_can_be_read_and_not_changed(browser: Client, bob: Friend) -> None:
    copy = copy_of(bob, {"symbol": "TSLA", "strategy": "Long call", "status": "open"})
    page = browser.get(reverse("idea", args=[copy.pk]))
    assert page.status_code == 200
    assert "TSLA Long call" in text(page)
    assert "Shared by Bob" in text(page)
    assert "Read-only" in text(page)
    forbidden = ["edit_idea", "change_status", "edit_tags", "delete_idea"]
    for name in forbidden:
        assert browser.post(reverse(name, args=[copy.pk]), {"status": "closed"}).status_code == 404
        assert reverse(name, args=[copy.pk]) not in page.content.decode()


def test_a_copy_past_its_lease_or_hidden_is_not_there(browser: Client, bob: Friend) -> None:
    late = copy_of(bob, {"symbol": "TSLA"}, lease_until=timezone.now())
    hidden = copy_of(bob, {"symbol": "AMD"}, hidden=True)
    for copy in (late, hidden):
        assert browser.get(reverse("idea", args=[copy.pk])).status_code == 404
    assert "TSLA" not in text(browser.get("/ideas/shared/"))


def test_a_copy_without_content_is_waited_for(browser: Client, bob: Friend) -> None:
    copy = copy_of(bob, {}, version=0)
    words = "Waiting for Bob to be reachable"
    assert words in text(browser.get(reverse("idea", args=[copy.pk])))
    assert words in text(browser.get("/ideas/shared/"))


def test_create_idea(browser: Client) -> None:
    assert browser.get("/ideas/new/").status_code == 200
    response = browser.post("/ideas/new/", post())
    made = Idea.objects.get()
    assert response["Location"] == url("idea", made)
    assert (made.symbol, made.direction, made.legs.count()) == ("NVDA", "bullish", 2)
    page = text(browser.get(response["Location"]))
    for words in ("+$2,011", "−$16,489", "164.89", "Net debit $16,489", "Idea created"):  # noqa: RUF001 - the minus of the page
        assert words in page


def test_form_sent_twice_makes_one_idea(browser: Client) -> None:
    [uid] = re.findall(r'name="uid" value="([^"]+)"', browser.get("/ideas/new/").content.decode())
    more = browser.post("/ideas/new/", post(uid=uid, add_leg="1"))
    refused = browser.post("/ideas/new/", post(uid=uid, symbol=""))
    assert [f'name="uid" value="{uid}"' in page.content.decode() for page in (more, refused)] == [
        True,
        True,
    ]
    first, second = (browser.post("/ideas/new/", post(uid=uid)) for _ in range(2))
    assert first["Location"] == second["Location"] == url("idea", Idea.objects.get())


def test_form_without_a_readable_uid_is_a_form(browser: Client) -> None:
    for uid in ("", "x", "\x00"):
        assert browser.post("/ideas/new/", post(uid=uid)).status_code == 302
    assert Idea.objects.count() == 3


def test_create_idea_refused_keeps_what_was_typed(browser: Client) -> None:
    refused = browser.post(
        "/ideas/new/", post(symbol="not a symbol", **{"legs-1-strike": "", "legs-0-quantity": "x"})
    )
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="not a symbol"' in page
    assert re.findall(r'id="([^"]+)-error"', page) == ["symbol", "legs-0-quantity", "legs-1-strike"]
    assert re.findall(r'id="([^"]+)"[^>]* autofocus', page) == ["symbol"]
    assert page.count("autofocus") == 1
    assert Idea.objects.count() == 0


@pytest.mark.parametrize("headers", [{}, HX])
def test_leg_rows_are_added_and_removed_without_saving(
    browser: Client, headers: dict[str, str]
) -> None:
    more = browser.post("/ideas/new/", post(add_leg="1"), **headers).content.decode()
    assert re.findall(r'<select id="legs-(\d)-side"', more) == ["0", "1", "2"]
    assert re.findall(r'id="(legs-\d-side)"[^>]* autofocus', more) == ["legs-2-side"]
    less = browser.post("/ideas/new/", post(remove_leg="0"), **headers).content.decode()
    assert re.findall(r'<select id="legs-(\d)-side"', less) == ["0"]
    assert 'name="legs-0-strike" value="185"' in less
    assert Idea.objects.count() == 0


def test_edit_idea_saves_and_a_stale_form_is_refused(browser: Client, idea: Idea) -> None:
    page = browser.get(url("edit_idea", idea)).content.decode()
    assert 'name="version" value="1"' in page
    assert 'value="2027-01-15"' in page
    saved = browser.post(url("edit_idea", idea), post(thesis="Mine.", version="1"))
    assert saved["Location"] == url("idea", idea)
    stale = browser.post(url("edit_idea", idea), post(thesis="Other.", version="1"))
    assert stale.status_code == 422
    assert "You changed this idea in another tab (version 2). Save again" in text(stale)
    assert f'or <a href="{url("idea", idea)}">open it</a>.' in stale.content.decode()
    assert 'name="version" value="2"' in stale.content.decode()
    assert Idea.objects.get().thesis == "Mine."


def test_row_more_does_not_hide_what_another_tab_saved(browser: Client, idea: Idea) -> None:
    address = url("edit_idea", idea)
    browser.post(address, post(thesis="Mine.", version="1"))
    more = browser.post(address, post(thesis="Other.", version="1", add_leg="1"))
    assert 'name="version" value="1"' in more.content.decode()
    assert browser.post(address, post(thesis="Other.", version="1")).status_code == 422


def test_change_status_by_plain_post_and_undo(browser: Client, idea: Idea) -> None:
    done = browser.post(url("change_status", idea), {"status": "watching"})
    assert done["Location"] == url("idea", idea)
    page = press(browser, browser.get(done["Location"]).content.decode())
    assert f'id="idea-{idea.pk}"' in page
    assert Idea.objects.get().status == "draft"


def test_change_status_by_htmx_returns_the_fragment(browser: Client, idea: Idea) -> None:
    done = browser.post(url("change_status", idea), {"status": "open"}, **HX)
    page = done.content.decode()
    assert page.startswith(f'<div class="idea" id="idea-{idea.pk}" data-name="')
    assert re.findall(r'<li class="now" aria-current="step">([^<]*)', page) == ["Open"]
    assert "Undo" in page
    refused = browser.post(url("change_status", idea), {"status": "draft"}, **HX)
    assert "An idea that is open cannot become draft." in text(refused)


def test_edit_tags_adds_and_removes_one(browser: Client, idea: Idea) -> None:
    browser.post(url("edit_tags", idea), {"add": "Earnings, income"})
    browser.post(url("edit_tags", idea), {"remove": "short-term"}, **HX)
    assert list(idea.tags.values_list("name", flat=True)) == ["earnings", "income"]
    long = browser.post(url("edit_tags", idea), {"add": "x" * 33}, **HX)
    assert "A tag has at most 32 characters and no comma." in text(long)


def test_delete_idea_asks_and_names_the_readers(browser: Client, idea: Idea, bob: Friend) -> None:
    sharing.share_position(idea.position, bob)
    asked = browser.get(url("delete_idea", idea))
    assert "It is shared with 1 friend: their copy will be erased as well." in text(asked)
    assert browser.post(url("delete_idea", idea))["Location"] == "/ideas/"
    assert Idea.objects.count() == 0


def test_thesis_is_markdown_without_html(browser: Client, idea: Idea, alice: User) -> None:
    evil = "**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![p](https://e.example/a)"
    actions.edit_idea(idea, {"thesis": evil}, None, alice)
    page = browser.get(url("idea", idea)).content.decode()
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "https://e.example/a" not in re.findall(r'src="([^"]*)"', page)


def many(alice: User, number: int) -> None:
    for place in range(number):
        fields = {"symbol": f"S{place}", "strategy": "Covered call", "tags": "income"}
        actions.create_idea(fields, LEGS, alice)


def test_lists_ask_the_same_number_of_queries(browser: Client, alice: User, bob: Friend) -> None:
    counts = []
    for number in (1, 12):
        many(alice, number)
        for position in SharedPosition.objects.own():
            copy_of(bob, position.snapshot)
            sharing.share_position(position, bob)
        with CaptureQueriesContext(connection) as mine:
            browser.get("/ideas/")
        with CaptureQueriesContext(connection) as theirs:
            browser.get("/ideas/shared/")
        counts.append((len(mine), len(theirs)))
    assert counts[0] == counts[1]


def test_the_idea_page_asks_the_same_number_of_queries(browser: Client, alice: User) -> None:
    few = actions.create_idea(
        {"symbol": "A", "strategy": "Custom", "direction": "neutral"}, [], alice
    )
    lots = actions.create_idea(
        {"symbol": "B", "strategy": "Custom", "direction": "neutral", "tags": list("abcdefgh")},
        LEGS * 5,
        alice,
    )
    for place in range(8):
        actions.edit_idea(lots, {"notes": str(place)}, None, alice)
    counts = []
    for made in (few, lots):
        with CaptureQueriesContext(connection) as queries:
            browser.get(url("idea", made))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_form_of_a_shared_idea_says_who_gets_it(browser: Client, idea: Idea, bob: Friend) -> None:
    sentence = "saving sends all of this, notes too."
    assert sentence not in text(browser.get(url("edit_idea", idea)))
    assert sentence not in text(browser.get(reverse("new_idea")))
    sharing.share_position(idea.position, bob)
    assert f"Shared with Bob : {sentence}" in text(browser.get(url("edit_idea", idea)))
    refused = browser.post(url("edit_idea", idea), post(symbol=""))
    assert f"Shared with Bob : {sentence}" in text(refused)
    for name in ("Carol", "Dave", "Erin"):
        friend = Friend.objects.create(user_id=name[0] * 43, display_name=name, state="friend")
        sharing.share_position(idea.position, friend)
    assert " and 2 more : saving sends" in text(browser.get(url("edit_idea", idea)))


def test_new_form_starts_at_the_symbol(browser: Client, idea: Idea) -> None:
    focused = re.compile(r'id="([a-z0-9-]+)"[^>]* autofocus')
    assert focused.findall(browser.get("/ideas/new/").content.decode()) == ["symbol"]
    assert focused.findall(browser.get(url("edit_idea", idea)).content.decode()) == []

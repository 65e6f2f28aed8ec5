"""The lists in a browser, with htmx and without, and what is done to many ideas at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.models import Friend, Idea, Notice, Outgoing, SharedPosition
from portfolio.notices.actions import CAME, mark_all_read, record
from portfolio.planning import actions, lists
from portfolio.sharing import actions as sharing
from tests.planning.conftest import FIELDS, LEGS, copy_of
from tests.planning.test_undo import press
from tests.planning.test_views import HX, text


@pytest.fixture
def ideas(alice: User) -> list[Idea]:
    wanted = (("AAPL", "income"), ("MSFT", "earnings"), ("TSLA", ""))
    return [
        actions.create_idea({**FIELDS, "symbol": symbol, "tags": tags}, [], alice)
        for symbol, tags in wanted
    ]


def tags(idea: Idea) -> list[str]:
    return list(idea.tags.values_list("name", flat=True))


def many(browser: Client, ideas: list[Idea], do: str, query: str = "", **more: Any) -> Any:
    given = {"idea": [str(idea.pk) for idea in ideas], "do": do}
    htmx = {name: more.pop(name) for name in list(more) if name.startswith("HTTP")}
    return browser.post(f"/ideas/many/{query}", {**given, **more}, **htmx)


def rows(page: str) -> list[str]:
    return re.findall(r'<b dir="auto">(\w+)</b>', page)


# Dashboard ----------------------------------------------------------------------------------------


def test_dashboard_of_somebody_new_says_what_this_is(browser: Client) -> None:
    page = browser.get("/")
    assert "Plan a trade before you place it" in text(page)
    for address in ("/ideas/new/", "/ideas/samples/", "/friends/"):
        assert f'"{address}"' in page.content.decode()
    browser.post("/ideas/samples/")
    page = browser.get("/")
    assert "Plan a trade before you place it" not in text(page)
    assert "My ideas by status Draft 1 Planned 1 Watching 1 Open 0" in text(page)


def test_dashboard_invites_a_friend_while_there_is_none(browser: Client, alice: User) -> None:
    assert "Invite a friend Create New Idea" in text(browser.get("/"))
    Friend.objects.create(user_id="b" * 43, display_name="Bob", state=Friend.State.FRIEND)
    assert "Invite a friend" not in text(browser.get("/"))


def test_dashboard_says_what_friends_did(browser: Client, idea: Idea, bob: Friend) -> None:
    copy = copy_of(bob, {"symbol": "AMD", "strategy": "Long call"})
    record(Notice.Kind.SHARED, bob, position=copy)
    record(Notice.Kind.COMMENT, bob, position=idea.position)
    record(Notice.Kind.COMMENT, bob, position=idea.position)
    record(Notice.Kind.FRIEND, bob, detail=CAME)
    page = browser.get("/")
    assert text(page).count("Bob is your friend now (new)") == 1
    assert "Bob wrote 2 comments on NVDA Covered call (new)" in text(page)
    assert (
        f'shared <a href="/ideas/{copy.pk}/"><bdi>AMD Long call</bdi></a>' in page.content.decode()
    )
    mark_all_read()
    assert "(new)" not in text(browser.get("/"))
    SharedPosition.objects.filter(pk=copy.pk).update(hidden=True)
    assert "Bob shared an idea with you" in text(browser.get("/"))
    assert "AMD" not in text(browser.get("/"))
    copy.delete()
    assert "AMD" not in text(browser.get("/"))


def test_dashboard_is_one_place_of_the_navigation(browser: Client) -> None:
    for address in ("/", "/ideas/"):
        html = browser.get(address).content.decode()
        assert re.findall(r'rail-link" href="([^"]*)" aria-current="page"', html) == [address]


def test_dashboard_asks_as_much_for_twenty_as_for_one(
    browser: Client, alice: User, bob: Friend
) -> None:
    week = (timezone.localdate() + timedelta(days=3)).isoformat()
    legs = [{**LEGS[1], "expiry": week}]
    counts = []
    for more in (1, 19):
        for _ in range(more):
            made = actions.create_idea({**FIELDS, "status": "open"}, legs, alice)
            copy_of(bob, made.position.snapshot)
            copy_of(bob, {}, version=0)
            sharing.share_position(made.position, bob)
            record(Notice.Kind.CHANGED, bob, position=made.position)
        Outgoing.objects.update(at=timezone.now() - timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Lists --------------------------------------------------------------------------------------------


def test_search_and_order_stand_in_the_form_the_chips_and_the_count(
    browser: Client, ideas: list[Idea]
) -> None:
    page = browser.get("/ideas/?q=income+premium&status=draft&sort=symbol&symbol=aap")
    html = page.content.decode()
    assert rows(html) == ["AAPL"]
    assert 'type="search" name="q" value="income premium"' in html
    assert '<option value="symbol" selected>Symbol, A to Z</option>' in html
    assert 'name="symbol" value="aap"' in html
    assert re.findall(r'class="unset" href="([^"]+)"', html) == [
        "/ideas/?status=draft&amp;symbol=aap&amp;sort=symbol",
        "/ideas/?q=income+premium&amp;symbol=aap&amp;sort=symbol",
        "/ideas/?q=income+premium&amp;status=draft&amp;sort=symbol",
    ]
    assert re.findall(r'id="found" role="status">([^<]*)', html) == ["1 idea found\n"]
    assert rows(browser.get("/ideas/?sort=-symbol").content.decode()) == ["TSLA", "MSFT", "AAPL"]


def test_filters_by_htmx_name_the_address_for_the_back_button(
    browser: Client, ideas: list[Idea]
) -> None:
    form = {**HX, "HTTP_HX_TRIGGER": "filters"}
    here = "http://testserver/ideas/"
    first = browser.get("/ideas/?q=a&status=&sort=-updated_at", **form, HTTP_HX_CURRENT_URL=here)
    assert first["HX-Push-Url"] == "/ideas/?q=a"
    typed = browser.get("/ideas/?q=aa", **form, HTTP_HX_CURRENT_URL=f"{here}?q=a")
    assert (typed["HX-Replace-Url"], "HX-Push-Url" in typed) == ("/ideas/?q=aa", False)
    status = browser.get("/ideas/?q=aa&status=open", **form, HTTP_HX_CURRENT_URL=f"{here}?q=aa")
    assert status["HX-Push-Url"] == "/ideas/?q=aa&status=open"
    assert browser.get("/ideas/?q=", **form, HTTP_HX_CURRENT_URL=here)["HX-Push-Url"] == "/ideas/"
    pushed = browser.get("/ideas/?q=a", **HX)
    assert "HX-Push-Url" not in pushed


def test_tags_to_choose_from_are_the_most_used(browser: Client, alice: User) -> None:
    for place in range(7):
        names = [f"t{place:02}{n:02}" for n in range(19)] + ["everywhere"]
        actions.create_idea({**FIELDS, "tags": names}, [], alice)
    offered = re.findall(
        r"<option[^>]*>(t\d+|everywhere)<", browser.get("/ideas/").content.decode()
    )
    assert (len(offered), offered[0]) == (100, "everywhere")
    chosen = browser.get("/ideas/?tag=t0618").content.decode()
    assert "<option selected>t0618</option>" in chosen


def test_shared_list_has_no_ticks_and_no_tags_of_mine(
    browser: Client, ideas: list[Idea], bob: Friend
) -> None:
    copy_of(bob, {"symbol": "AMD", "tags": ["theirs"]})
    page = browser.get("/ideas/shared/").content.decode()
    assert rows(page) == ["AMD"]
    assert [words in page for words in ("/ideas/many/", "earnings")] == [False, False]
    assert 'name="idea"' not in page


def test_samples_fill_an_empty_list(browser: Client) -> None:
    assert "Load sample ideas" in text(browser.get("/ideas/"))
    assert browser.post("/ideas/samples/")["Location"] == "/ideas/"
    page = text(browser.get("/ideas/"))
    assert "3 sample ideas loaded" in page
    assert [symbol in page for symbol in ("NVDA", "AAPL", "SPY")] == [True] * 3


def test_tags_without_room_are_counted(browser: Client, idea: Idea, alice: User) -> None:
    actions.set_tags(idea, "a, b, c", alice)
    row = browser.get("/ideas/").content.decode()
    counted = re.findall(r'<span class="tag more (wide|narrow)-only">\+(\d)', row)
    assert counted == [("wide", "1"), ("narrow", "3")]


# Many at once -------------------------------------------------------------------------------------


def test_many_are_tagged_and_undone_by_plain_posts(browser: Client, ideas: list[Idea]) -> None:
    done = many(browser, ideas[:2], "add", "?status=draft&sort=symbol", tags="Income, hedge")
    assert done["Location"] == "/ideas/?status=draft&sort=symbol"
    assert [tags(idea) for idea in ideas] == [
        ["hedge", "income"],
        ["earnings", "hedge", "income"],
        [],
    ]
    page = browser.get(done["Location"]).content.decode()
    assert "Tagged 2 ideas" in page
    assert '<option value="symbol" selected>' in press(browser, page)
    assert [tags(idea) for idea in ideas] == [["income"], ["earnings"], []]


def test_many_by_htmx_are_answered_with_the_list_as_it_was_filtered(
    browser: Client, ideas: list[Idea]
) -> None:
    done = many(browser, ideas, "remove", tags="income", q="AAPL", **HX)
    page = done.content.decode()
    assert (done.status_code, rows(page)) == (200, ["AAPL"])
    assert "Took tags from 1 idea <button" in page
    assert [idea.position.shares.count() for idea in ideas] == [0, 0, 0]
    assert [tags(idea) for idea in ideas] == [[], ["earnings"], []]


def test_what_is_refused_changes_nothing_and_keeps_ticks_and_words(
    browser: Client, ideas: list[Idea], alice: User
) -> None:
    actions.set_tags(ideas[1], [f"t{n}" for n in range(20)], alice)
    refused = many(browser, ideas[:2], "add", tags="one-more")
    html = refused.content.decode()
    assert (refused.status_code, tags(ideas[0])) == (422, ["income"])
    assert "MSFT Covered call: At most 20 tags, please." in text(refused)
    assert 'value="one-more"' in html
    assert len(re.findall(r'id="tick-[0-9a-f-]+"[^>]* checked', html)) == 2
    for headers in ({}, HX):
        nothing = many(browser, [], "add", tags="x", **headers)
        assert (nothing.status_code, "Tick the ideas first." in text(nothing)) == (422, True)
        empty = many(browser, ideas, "remove", tags=" , ", **headers)
        assert (empty.status_code, "Name at least one tag." in text(empty)) == (422, True)


def test_many_are_moved_together_or_not_at_all(
    browser: Client, ideas: list[Idea], alice: User
) -> None:
    actions.change_status(ideas[0], "open", alice)
    refused = many(browser, ideas, "move", to="planned")
    sentence = "AAPL Covered call: An idea that is open cannot become planned."
    assert (refused.status_code, sentence in text(refused)) == (422, True)
    assert sorted(Idea.objects.values_list("status", flat=True)) == ["draft", "draft", "open"]
    many(browser, ideas, "move", to="open")
    assert set(Idea.objects.values_list("status", flat=True)) == {"open"}
    assert "Moved 2 ideas" in text(browser.get("/ideas/"))
    assert many(browser, ideas, "move", to="lost").status_code == 422
    assert browser.get("/ideas/many/")["Location"] == "/ideas/"


def test_friends_get_one_update_an_idea_and_copies_are_not_mine(
    browser: Client, ideas: list[Idea], bob: Friend
) -> None:
    copy = copy_of(bob, {"symbol": "AMD"})
    sharing.share_position(ideas[0].position, bob)
    sent = Outgoing.objects.filter(name="position_updated")
    browser.post("/ideas/many/", {"idea": [str(copy.pk), str(ideas[0].pk), "no"], "tags": "x"})
    assert sent.count() == 1
    copy.refresh_from_db()
    assert copy.snapshot == {"symbol": "AMD"}
    alone = browser.post("/ideas/many/", {"idea": [str(copy.pk)], "tags": "x"})
    assert alone.status_code == 422
    stranger = Client().post("/ideas/many/", {"idea": [str(ideas[0].pk)], "tags": "y"})
    assert (stranger.status_code, tags(ideas[0])) == (302, ["income", "x"])


@pytest.mark.parametrize("address", ["/ideas/?q=a&sort=expiry", "/ideas/shared/?q=a&sort=status"])
def test_lists_ask_as_much_for_twenty_as_for_one(
    browser: Client, alice: User, bob: Friend, address: str
) -> None:
    counts = []
    for more in (1, 19):
        for _ in range(more):
            made = actions.create_idea({**FIELDS, "symbol": "AAPL"}, [], alice)
            copy_of(bob, made.position.snapshot)
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(address).content.decode()
        counts.append((len(queries), len(rows(page))))
    assert counts == [(counts[0][0], 1), (counts[0][0], 20)]


@pytest.mark.parametrize("address", ["/", "/ideas/", "/ideas/shared/"])
def test_what_a_list_watches_is_read_before_its_rows(browser: Client, address: str) -> None:
    """A friend's idea that comes while the page is read is not counted on it, so it is pushed."""
    with CaptureQueriesContext(connection) as read:
        browser.get(address)
    asked = [query["sql"] for query in read.captured_queries if "sharedposition" in query["sql"]]
    assert 'AS "readers"' in asked[0]


def test_many_by_plain_posts_stay_on_their_page(
    browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    made = [actions.create_idea({**FIELDS, "symbol": f"S{n}"}, [], alice) for n in range(3)]
    page = browser.get("/ideas/?sort=symbol&page=2").content.decode()
    assert 'action="/ideas/many/?sort=symbol&amp;page=2"' in page
    done = many(browser, made[2:], "add", "?sort=symbol&page=2", tags="late")
    assert done["Location"] == "/ideas/?sort=symbol&page=2"
    assert rows(browser.get(done["Location"]).content.decode()) == ["S2"]
    refused = many(browser, made[2:], "add", "?sort=symbol&page=2", tags="")
    assert rows(refused.content.decode()) == ["S2"]

"""The lists: what filters find, pages, and a thousand ideas that cost what twenty-five do."""

from __future__ import annotations

import re
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from portfolio.models import Friend, Idea, SharedPosition
from portfolio.planning import actions, lists
from portfolio.sharing import actions as sharing
from tests.planning.conftest import FIELDS, copy_of

IDEAS: list[dict[str, Any]] = [
    {"symbol": "NVDA", "status": "open", "tags": ["income", "größe"]},
    {"symbol": "AAPL", "status": "draft", "tags": ["income"]},
    {"symbol": "AAP", "status": "draft", "tags": ["income tax"]},
]


def found(query: str, positions: Any = lists.mine) -> list[str]:
    chosen = positions(lists.Filters.read(QueryDict(query)))
    return sorted(position.snapshot.get("symbol", "") for position in chosen)


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("", ["AAP", "AAPL", "NVDA"]),
        ("symbol=aap", ["AAP", "AAPL"]),
        ("status=open", ["NVDA"]),
        ("status=nonsense", ["AAP", "AAPL", "NVDA"]),
        ("tag=income", ["AAPL", "NVDA"]),
        ("tag=%23Income", ["AAPL", "NVDA"]),
        ("tag=größe", ["NVDA"]),
        ("tag=inco", []),
        ("tag=%25", []),
        ("tag=income&status=draft&symbol=AAPL", ["AAPL"]),
        ("symbol=%00", ["AAP", "AAPL", "NVDA"]),
        ("q=nvda", ["NVDA"]),
        ("q=premium+covered", ["AAP", "AAPL", "NVDA"]),
        ("q=premium+aap", ["AAP", "AAPL"]),
        ("q=%23GRÖSS", []),
        ("q=%23GRÖß", ["NVDA"]),
        ("q=Tax", ["AAP"]),
        ("q=%23", ["AAP", "AAPL", "NVDA"]),
        ("q=%25", []),
        ("q=%00", ["AAP", "AAPL", "NVDA"]),
        ("q=aapl&status=open", []),
        ("sort=nonsense", ["AAP", "AAPL", "NVDA"]),
    ],
)
def test_filters(alice: User, bob: Friend, query: str, symbols: list[str]) -> None:
    for fields in IDEAS:
        made = actions.create_idea({**FIELDS, **fields}, [], alice)
        copy_of(bob, made.position.snapshot)
    assert found(query) == symbols
    assert found(query, lists.shared) == symbols


ORDERED: list[tuple[str, str, str, str]] = [  # symbol, status, created, expiry of the second leg
    ("AAA", "open", "2026-03-01", "2027-03-19"),
    ("bbb", "draft", "2026-01-01", "2026-12-18"),
    ("CCC", "closed", "2026-02-01", ""),
]


@pytest.mark.parametrize(
    ("order", "symbols"),
    [
        ("", ["CCC", "bbb", "AAA"]),
        ("updated_at", ["AAA", "bbb", "CCC"]),
        ("created_at", ["bbb", "CCC", "AAA"]),
        ("-created_at", ["AAA", "CCC", "bbb"]),
        ("symbol", ["AAA", "bbb", "CCC"]),
        ("-symbol", ["CCC", "bbb", "AAA"]),
        ("status", ["bbb", "AAA", "CCC"]),
        ("-status", ["CCC", "AAA", "bbb"]),
        ("expiry", ["bbb", "AAA", "CCC"]),
        ("-expiry", ["AAA", "bbb", "CCC"]),
    ],
)
def test_orders(bob: Friend, order: str, symbols: list[str]) -> None:
    """By what stands in the snapshot, so that copies have the same orders as mine."""
    for day, (symbol, status, created, expiry) in enumerate(ORDERED):
        legs = [{"kind": "stock"}, *([{"expiry": expiry}] if expiry else [])]
        snapshot = {"symbol": symbol, "status": status, "legs": legs, "created_at": created}
        copy_of(bob, snapshot, updated_at=timezone.now() + timedelta(days=day))
    chosen = lists.shared(lists.Filters.read(QueryDict(f"sort={order}")))
    assert [position.snapshot["symbol"] for position in chosen] == symbols


def test_an_order_stands_what_a_friend_may_send(bob: Friend) -> None:
    for snapshot in ({}, {"legs": {"0": 1}}, {"legs": [{"expiry": [1]}, 7], "symbol": {"a": 1}}):
        copy_of(bob, snapshot)
    for order in lists.ORDERS:
        assert len(lists.shared(lists.Filters(sort=order, q="zz"))) == 0
        assert len(lists.shared(lists.Filters(sort=order))) == 3


def test_chips_say_what_is_set_and_lead_to_the_rest() -> None:
    filters = lists.Filters.read(QueryDict("q=a+b&status=open&tag=x&friend=7&sort=symbol"))
    chips = [
        (chip.name, chip.value, chip.without) for chip in filters.chips({"7": "Bob"}, "Friend")
    ]
    assert chips == [
        ("Search", "\u201ca b\u201d", "status=open&tag=x&friend=7&sort=symbol"),
        ("Status", "Open", "q=a+b&tag=x&friend=7&sort=symbol"),
        ("Tag", "#x", "q=a+b&status=open&friend=7&sort=symbol"),
        ("Friend", "Bob", "q=a+b&status=open&tag=x&sort=symbol"),
    ]
    assert not lists.Filters(sort="symbol")


def test_filter_by_friend(alice: User, bob: Friend) -> None:
    carol = Friend.objects.create(user_id="c" * 43, display_name="Carol", state="friend")
    copy_of(bob, {"symbol": "B"})
    copy_of(carol, {"symbol": "C"})
    assert found(f"friend={carol.pk}", lists.shared) == ["C"]
    assert found("friend=x", lists.shared) == ["B", "C"]


def test_friend_of_an_idea_of_mine_is_who_may_read_it(idea: Idea, alice: User, bob: Friend) -> None:
    carol = Friend.objects.create(user_id="c" * 43, display_name="Carol", state="friend")
    other = actions.create_idea({**FIELDS, "symbol": "AMD"}, [], alice)
    for position, friend in ((idea.position, bob), (other.position, bob), (other.position, carol)):
        sharing.share_position(position, friend)
    sharing.set_shares(other.position, [carol])
    assert found(f"friend={bob.pk}") == ["NVDA"]
    assert found(f"friend={carol.pk}") == ["AMD"]
    assert found(f"friend={carol.pk}&symbol=nv") == []
    assert found("friend=x") == ["AMD", "NVDA"]


def test_symbol_and_friend_are_chosen_on_the_page(
    browser: Client, idea: Idea, alice: User, bob: Friend
) -> None:
    """Whom something is shared with, and whoever is chosen; the chip leads to the list without."""
    carol = Friend.objects.create(user_id="c" * 43, display_name="Carol", state="friend")
    Friend.objects.create(user_id="d" * 43, display_name="Dora", state="friend")
    sharing.share_position(idea.position, bob)
    page = browser.get(f"/ideas/?symbol=NV&friend={carol.pk}").content.decode()
    assert '<input id="filter-symbol" name="symbol" value="NV"' in page
    assert re.findall(r'<option value="\d+"( selected)?>(\w+)<', page) == [
        ("", "Bob"),
        (" selected", "Carol"),
    ]
    assert re.findall(r"Remove the filter ([^\"]+)", page) == ["Symbol: NV", "Shared with: Carol"]
    copy_of(bob, {"symbol": "NVDA"})
    page = browser.get(f"/ideas/shared/?symbol=nv&friend={bob.pk}").content.decode()
    assert re.findall(r'<option value="\d+"( selected)?>(\w+)<', page) == [(" selected", "Bob")]
    assert re.findall(r"Remove the filter ([^\"]+)", page) == ["Symbol: nv", "Friend: Bob"]


def test_filters_stand_in_the_address_of_the_next_page(browser: Client, alice: User) -> None:
    for place in range(26):
        actions.create_idea({**FIELDS, "symbol": f"S{place}"}, [], alice)
    page = browser.get("/ideas/?tag=income&status=draft").content.decode()
    assert 'rel="next" href="?status=draft&amp;tag=income&amp;page=2"' in page
    assert page.count('class="idea-row"') == 25
    last = browser.get("/ideas/?tag=income&page=99").content.decode()
    assert last.count('class="idea-row"') == 1


def test_rows_count_readers_and_comments(idea: Idea, bob: Friend) -> None:
    sharing.share_position(idea.position, bob)
    sharing.add_comment(idea.position, "First.")
    sharing.delete_comment(sharing.add_comment(idea.position, "Second."))
    row = next(lists.rows(lists.page(lists.mine(lists.Filters()), None)))
    assert (row.facts.shares, row.facts.comments, row.shown.view.symbol) == (1, 1, "NVDA")


def test_nothing_found_offers_everything(browser: Client, idea: Idea) -> None:
    page = browser.get("/ideas/?symbol=ZZZ").content.decode()
    assert "Nothing found" in page
    assert '<a class="btn" href="/ideas/">Show all</a>' in page


def test_a_thousand_ideas_are_as_quick(browser: Client, idea: Idea, alice: User) -> None:
    """Not a benchmark, which `./dev bench` is: a page that reads all rows would take seconds."""
    keys = [uuid4() for _ in range(1000)]
    snapshot = {**idea.position.snapshot, "thesis": "word " * 800}
    positions = [SharedPosition(id=key, uid=key, version=1, snapshot=snapshot) for key in keys]
    SharedPosition.objects.bulk_create(positions)
    Idea.objects.bulk_create(
        Idea(position_id=key, symbol="NVDA", strategy="Covered call", direction="bullish")
        for key in keys
    )
    address = "/ideas/?tag=income&q=word&sort=expiry"
    browser.get(address)
    began = perf_counter()
    page = browser.get(address).content.decode()
    took = perf_counter() - began
    print(f"{took * 1000:.0f} ms")
    assert "1 to 25 of 1000" in page
    assert took < 1

"""Snapshots out and in; and that no snapshot of a friend's can break a page or leave its bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.models import Friend
from portfolio.planning import snapshots
from portfolio.planning.payoff import Leg
from portfolio.planning.snapshots import IdeaView
from tests.planning.conftest import copy_of

NOTHING = IdeaView("?", "", "", "", (), "", "", (), None, None, None)


def test_write_and_read_again() -> None:
    legs = [Leg("sell", "call", 1, Decimal("185.0000"), date(2027, 1, 15), Decimal("4.1000"))]
    at = datetime(2026, 11, 20, 12, 0, 1, 5, tzinfo=UTC)
    idea = SimpleNamespace(
        symbol="NVDA",
        direction="bullish",
        strategy="Covered call",
        status="draft",
        thesis="T",
        notes="",
        target=Decimal("1200.0000"),
        stop=None,
    )
    snapshot = snapshots.write(idea, legs, ["b", "a"], at)
    assert (snapshot["target"], snapshot["stop"], snapshot["tags"]) == ("1200", None, ["a", "b"])
    view = snapshots.read(snapshot)
    assert view == IdeaView(
        "NVDA",
        "bullish",
        "Covered call",
        "draft",
        tuple(legs),
        "T",
        "",
        ("a", "b"),
        Decimal(1200),
        None,
        at.replace(microsecond=0),
    )


@pytest.mark.parametrize("snapshot", [None, [], "x", 5, {}, {"legs": {}, "tags": "x"}])
def test_read_what_is_no_snapshot(snapshot: object) -> None:
    assert snapshots.read(snapshot) == NOTHING


@pytest.mark.parametrize(
    "leg",
    [
        None,
        {},
        {"side": "buy", "kind": "call", "quantity": 1},
        {"side": "buy", "kind": "stock", "quantity": 10**30, "price": "1"},
        {"side": "buy", "kind": "stock", "quantity": True, "price": "1"},
        {"side": "buy", "kind": "stock", "quantity": 1, "price": "NaN"},
        {"side": "buy", "kind": "stock", "quantity": 1, "price": "1E+999999999"},
        {"side": "buy", "kind": "stock", "quantity": 1, "price": "1", "strike": "5"},
        {"side": ["buy"], "kind": "stock", "quantity": 1, "price": "1"},
    ],
)
def test_a_leg_that_makes_no_sense_is_counted_and_left_out(leg: object) -> None:
    good = {"side": "buy", "kind": "stock", "quantity": 1, "price": "1"}
    view = snapshots.read({"legs": [good, leg]})
    assert (len(view.legs), view.skipped) == (1, 1)


def test_text_that_turns_around_or_cannot_be_encoded_is_cleaned() -> None:
    view = snapshots.read(
        {"symbol": "A\u202eB\x00", "thesis": "x\ud800y\x1bz\n", "tags": ["\u2067"]}
    )
    assert (view.symbol, view.thesis, view.tags) == ("AB", "x?yz\n", ())


HOSTILE: list[dict[str, Any]] = [
    {"symbol": "<script>alert(1)</script>", "strategy": '"><img src=x onerror=alert(1)>'},
    {"symbol": "X", "tags": ["<b>", '" onclick="x'], "thesis": "[x](javascript:alert(1)) <script>"},
    {"symbol": "X", "thesis": "![](https://evil.example/pixel) <iframe src=//evil.example>"},
    {"symbol": "X", "legs": [{"side": "buy"}] * 500, "created_at": "9999-12-31T23:59:59-23:59"},
    {"symbol": "X", "thesis": "\ud800" * 9, "strategy": "\ud800", "status": "hacked"},
    {"symbol": {"a": 1}, "legs": "legs", "target": "9" * 9999, "stop": -1, "tags": [[], {}, 1]},
    {
        "symbol": "X",
        "legs": [
            {"side": "sell", "kind": "call", "quantity": 1_000_000, "multiplier": 10_000}
            | {"strike": "999999999", "price": "0.0001", "expiry": "2100-12-31"},
            {"side": "buy", "kind": "put", "quantity": 1, "multiplier": 1}
            | {"strike": "0.0001", "price": "999999999", "expiry": "2100-12-31"},
        ],
    },
]


@pytest.mark.parametrize("snapshot", HOSTILE)
def test_a_hostile_snapshot_breaks_no_page(
    browser: Client, bob: Friend, snapshot: dict[str, Any]
) -> None:
    copy = copy_of(bob, snapshot)
    for address in (reverse("idea", args=[copy.pk]), "/ideas/shared/", "/ideas/shared/?tag=x"):
        response = browser.get(address)
        page = response.content.decode()
        assert response.status_code == 200
        evil = (
            "<script>alert",
            "<img",
            "<iframe",
            "javascript:",
            'onclick="x',
            "onerror=alert(1)>",
        )
        assert [
            word for word in evil if f' href="{word}' in page or (word in page and word[0] == "<")
        ] == []


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = [
    "symbol",
    "direction",
    "strategy",
    "status",
    "legs",
    "thesis",
    "tags",
    "target",
    "created_at",
]
LEG_KEYS = ["side", "kind", "quantity", "strike", "expiry", "price", "multiplier"]


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), anything),
    st.lists(st.dictionaries(st.sampled_from(LEG_KEYS), anything), max_size=3),
)
def test_read_never_raises(snapshot: dict[str, object], legs: list[object]) -> None:
    view = snapshots.read({**snapshot, "legs": legs})
    assert view.skipped + len(view.legs) == len(legs)
    assert len(view.symbol) <= 12
    assert len(view.thesis.encode()) <= 4 * snapshots.checks.MAX_THESIS

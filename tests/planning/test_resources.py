"""What an idea looks like over the API, whoever wrote its snapshot."""

from __future__ import annotations

import pytest

from portfolio.models import Friend, Idea
from portfolio.planning.resources import IdeaSerializer, LegInput, Resource, Wanted
from tests.planning.conftest import copy_of

HOSTILE = {
    "symbol": 7,
    "legs": [{"side": "hold"}, None],
    "tags": "x",
    "target": "1e9",
    "created_at": "yesterday",
}


def test_own_idea_in_full(idea: Idea) -> None:
    shown = IdeaSerializer(Resource.of(idea.position)).data
    assert (shown["id"], shown["version"], shown["owner"]) == (str(idea.pk), 1, None)
    content = dict(shown["idea"])
    content.pop("created_at")
    legs = content.pop("legs")
    assert content == {
        "symbol": "NVDA",
        "strategy": "Covered call",
        "direction": "bullish",
        "status": "draft",
        "thesis": "Rich **premium**.",
        "notes": "",
        "tags": ["income", "short-term"],
        "target": "185",
        "stop": "158",
    }
    assert dict(legs[1]) == {
        "side": "sell",
        "kind": "call",
        "quantity": 1,
        "strike": "185",
        "expiry": "2027-01-15",
        "price": "4.1",
        "multiplier": 100,
    }


def test_hostile_copy_is_drawn_with_defaults(bob: Friend) -> None:
    shown = IdeaSerializer(Resource.of(copy_of(bob, HOSTILE))).data
    assert shown["owner"]["display_name"] == "Bob"
    assert (shown["idea"]["symbol"], shown["idea"]["legs"]) == ("?", [])
    assert (shown["idea"]["target"], shown["idea"]["created_at"]) == (None, None)


def test_waiting_copy_has_no_content(bob: Friend) -> None:
    assert IdeaSerializer(Resource.of(copy_of(bob, {}, version=0))).data["idea"] is None


@pytest.mark.parametrize("quantity", [0, 1.5, "x", 10**12, None])
def test_leg_needs_a_quantity(quantity: object) -> None:
    assert not LegInput(data={"side": "buy", "kind": "stock", "quantity": quantity}).is_valid()


@pytest.mark.parametrize("wrong", [{"status": "gone"}, {"ordering": "owner"}, {"symbol": "X" * 13}])
def test_filters_that_do_not_exist(wrong: dict[str, str]) -> None:
    assert not Wanted(data=wrong).is_valid()

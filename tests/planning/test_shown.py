"""What a page draws of a position, without asking the database."""

from __future__ import annotations

from typing import Any

import pytest

from portfolio.models import Friend, SharedPosition
from portfolio.planning.shown import INCOMPLETE, Shown

STOCK = {"side": "buy", "kind": "stock", "quantity": 10, "price": "50"}
CALL = {"side": "sell", "kind": "call", "quantity": 1, "strike": "60", "expiry": "2027-01-15"}


def shown(owner: Friend | None = None, version: int = 1, **snapshot: Any) -> Shown:
    return Shown(SharedPosition(snapshot=snapshot, owner=owner, version=version))


def test_numbers_come_with_a_pay_off() -> None:
    seen = shown(symbol="AMD", strategy="Long stock", legs=[STOCK])
    assert (seen.name, seen.net, seen.why_not) == ("AMD Long stock", "Net debit $500", "")
    assert [tile.value for tile in seen.tiles] == ["Unlimited", "\u2212$500", "50.00", "Unlimited"]
    assert [picture.size.name for picture in seen.pictures] == ["wide", "narrow"]
    assert seen.table[0][0] < "50.00" == seen.table[1][0]


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        ([], "Add legs to see the pay-off."),
        ([STOCK, {"side": "?"}], INCOMPLETE),
        ([CALL], "Every leg needs a price before the pay-off can be drawn."),
    ],
)
def test_numbers_that_cannot_be_known_are_not_shown(legs: list[Any], why: str) -> None:
    seen = shown(legs=legs)
    assert (seen.why_not, seen.payoff, seen.tiles, seen.pictures, seen.table, seen.net) == (
        why,
        None,
        [],
        [],
        [],
        "",
    )


def test_legs_say_their_side_once_and_a_missing_price_with_a_dash() -> None:
    rows = shown(legs=[STOCK, CALL]).legs
    assert [(row.side, row.contract, row.quantity, row.price) for row in rows] == [
        ("Buy", "stock", "10", "50"),
        ("Sell", "15 Jan 2027 60 call", "1", "\u2013"),
    ]


def test_steps_of_an_own_idea_offer_moves_and_those_of_a_copy_none() -> None:
    own, copy = shown(status="watching"), shown(Friend(pk=1), status="watching")
    assert [(step.status, step.state, step.allowed) for step in own.steps] == [
        ("draft", "done", False),
        ("planned", "done", True),
        ("watching", "now", False),
        ("open", "", True),
        ("closed", "", False),
    ]
    assert own.may_cancel
    assert not copy.may_cancel
    assert {step.allowed for step in copy.steps} == {False}


def test_a_position_without_content_is_waited_for() -> None:
    seen = shown(version=0)
    assert (seen.waiting, seen.name, seen.status) == (True, "New idea", "")


def test_levels_are_those_that_are_set() -> None:
    assert shown(target="185", stop="x").levels == [("Target", "185")]

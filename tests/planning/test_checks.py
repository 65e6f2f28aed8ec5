"""The rules of an idea: what is forgiven, what is refused, and where the sentence stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.models import Idea, Leg
from portfolio.planning import checks
from portfolio.planning.payoff import Leg as LegValue
from portfolio.sharing.checks import Invalid

GOOD: dict[str, Any] = {"symbol": "AAPL", "strategy": "Long call"}
CALL: dict[str, Any] = {
    "side": "buy",
    "kind": "call",
    "quantity": 1,
    "strike": "185",
    "expiry": "2027-01-15",
    "price": "",
}


def errors(fields: dict[str, Any], *legs: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        checks.clean(fields, legs)
    return refused.value.errors


def test_clean_values_are_what_the_models_store() -> None:
    fields = {
        **GOOD,
        "symbol": " brk.b ",
        "tags": "#Income, long  term,income",
        "target": "$1,250.5",
    }
    values, legs = checks.clean({**fields, "thesis": " a\r\nb "}, [CALL])
    assert values == {
        "symbol": "BRK.B",
        "direction": "bullish",
        "strategy": "Long call",
        "status": "draft",
        "thesis": "a\nb",
        "notes": "",
        "tags": ["income", "long term"],
        "target": Decimal("1250.5"),
        "stop": None,
    }
    assert legs == [LegValue("buy", "call", 1, Decimal(185), date(2027, 1, 15), None, 100)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"symbol": "", "strategy": "", "direction": "up", "target": "x", "tags": "x" * 33}
    found = errors(wrong, {}, {"side": "sell", "kind": "stock", "quantity": 0, "strike": "5"})
    assert found == {
        "symbol": ["Enter the symbol of the underlying, for example AAPL."],
        "direction": ["Choose one of the four directions."],
        "strategy": ["Name the strategy, for example Covered call."],
        "tags": ["A tag has at most 32 characters and no comma."],
        "target": ["Enter a number, for example 12.50."],
        "legs-0-side": ["Choose buy or sell."],
        "legs-0-kind": ["Choose stock, call or put."],
        "legs-0-quantity": ["Enter a whole number from 1 to 1,000,000."],
        "legs-0-strike": ["An option needs its strike."],
        "legs-0-expiry": ["An option needs its expiry."],
        "legs-1-quantity": ["Enter a whole number from 1 to 1,000,000."],
        "legs-1-strike": ["Stock has no strike."],
    }


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BF-B", "^SPX", "/ES", "BRK/B", "A1"])
def test_symbols_that_exist(symbol: str) -> None:
    assert checks.clean({**GOOD, "symbol": symbol}, [])[0]["symbol"] == symbol


@pytest.mark.parametrize("symbol", ["A B", "TOOLONGSYMBOL", "ÄPFEL", "A\x00", "-A", "<b>", ".A"])
def test_symbols_that_do_not(symbol: str) -> None:
    assert list(errors({**GOOD, "symbol": symbol})) == ["symbol"]


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "inf",
        "1e5",
        "-1",
        "0",
        "1000000000",
        "1.23456",
        "٣",
        "1 2",
        "-",
        ".",
        "9" * 99,
        "1.250,5",
    ],
)
def test_prices_that_are_none(value: str) -> None:
    assert list(errors({**GOOD, "target": value})) == ["target"]


@pytest.mark.parametrize(
    ("value", "point"),
    [("1,25", "1.25"), ("$1,25", "1.25"), ("0,125", "0.125"), (",5", "0.5"), ("1250,5", "1250.5")],
)
def test_a_decimal_comma_is_refused_and_never_dropped(value: str, point: str) -> None:
    sentence = [f"Write {point} with a point."]
    assert errors({**GOOD, "target": value, "stop": value}) == {
        "target": sentence,
        "stop": sentence,
    }
    assert errors(GOOD, {**CALL, "strike": value, "price": value}) == {
        "legs-0-strike": sentence,
        "legs-0-price": sentence,
    }


@pytest.mark.parametrize(
    ("value", "number"), [("1,250", "1250"), ("$12,345,678.90", "12345678.9"), ("1250.5", "1250.5")]
)
def test_commas_may_group_thousands(value: str, number: str) -> None:
    assert checks.clean({**GOOD, "target": value}, [])[0]["target"] == Decimal(number)


@pytest.mark.parametrize("value", ["1,25", "1,2500", "12,34,567", "0,125"])
def test_a_quantity_has_no_decimal_comma(value: str) -> None:
    assert errors(GOOD, {**CALL, "quantity": value}) == {
        "legs-0-quantity": ["Enter a whole number from 1 to 1,000,000."]
    }


@pytest.mark.parametrize("value", ["2027-02-30", "20270115", "2027-W01-1", "1800-01-01", "soon"])
def test_expiries_that_are_none(value: str) -> None:
    assert errors(GOOD, {**CALL, "expiry": value}) == {
        "legs-0-expiry": ["Enter a date like 2027-01-15."]
    }


def test_a_price_may_be_zero_and_a_strike_may_not() -> None:
    assert checks.clean(GOOD, [{**CALL, "price": "0"}])[1][0].price == 0
    assert list(errors(GOOD, {**CALL, "strike": "0"})) == ["legs-0-strike"]


def test_stock_counts_single_shares() -> None:
    stock = {"side": "buy", "kind": "stock", "quantity": "1,000", "multiplier": "100"}
    assert checks.clean(GOOD, [stock])[1] == [LegValue("buy", "stock", 1000, multiplier=1)]


def test_too_much_is_refused() -> None:
    assert list(errors({**GOOD, "thesis": "é" * 8193})) == ["thesis"]
    assert checks.clean({**GOOD, "thesis": "é" * 8192}, [])[0]["thesis"] == "é" * 8192
    assert errors({**GOOD, "tags": [f"t{n}" for n in range(21)]}) == {
        "tags": ["At most 20 tags, please."]
    }
    assert errors(GOOD, *[CALL] * 13) == {"legs": ["An idea has at most 12 legs."]}
    assert list(errors({**GOOD, "notes": "a\ud800"})) == ["notes"]


def test_a_strategy_of_ones_own_needs_a_direction() -> None:
    own = {**GOOD, "strategy": "My own"}
    sentence = "\u201cMy own\u201d is no strategy known here: choose a direction."
    assert errors(own) == {"direction": [sentence]}
    assert list(errors({**own, "strategy": ""})) == ["strategy"]
    assert checks.clean({**own, "direction": "volatile"}, [])[0]["direction"] == "volatile"
    assert checks.clean({**GOOD, "direction": "bearish"}, [])[0]["direction"] == "bearish"


def test_the_table_of_statuses_is_whole() -> None:
    assert set(checks.MOVES) == set(Idea.Status.values)
    assert {to for moves in checks.MOVES.values() for to in moves} == set(checks.MOVES)
    for status, moves in checks.MOVES.items():
        for new in checks.MOVES:
            if new in moves:
                checks.change_status(status, new)
            else:
                with pytest.raises(Invalid):
                    checks.change_status(status, new)


def test_checks_and_models_name_the_same_choices() -> None:
    assert tuple(Idea.Direction.values) == checks.DIRECTIONS
    assert tuple(Idea.Status.values) == checks.STATUSES
    assert (tuple(Leg.Side.values), tuple(Leg.Kind.values)) == (checks.SIDES, checks.KINDS)


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*checks.FIELDS]), junk),
    st.lists(st.dictionaries(st.sampled_from([*checks.LEG]), junk), max_size=3),
)
def test_whatever_comes_is_clean_or_invalid(
    fields: dict[str, Any], legs: list[dict[str, Any]]
) -> None:
    try:
        values, cleaned = checks.clean(fields, legs)
    except Invalid as invalid:
        sentences = [sentence for lines in invalid.errors.values() for sentence in lines]
    else:
        sentences = []
        assert checks.clean(values, [vars(leg) for leg in cleaned]) == (values, cleaned)
    assert [sentence for sentence in sentences if not sentence.endswith(".")] == []


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u202e", "\u2066", "\x85"])
def test_what_is_never_shown_is_not_kept(mark: str) -> None:
    """So nothing is lost later, when what is shown is edited."""
    fields = {**GOOD, "thesis": f"Up{mark} to 190", "notes": mark, "tags": f"in{mark}come"}
    values, _ = checks.clean(fields, [CALL])
    assert (values["thesis"], values["notes"], values["tags"]) == ("Up to 190", "", ["income"])

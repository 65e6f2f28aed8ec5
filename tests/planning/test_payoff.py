"""The pay-off, against published values and against a brute-force scan of the same legs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.planning.payoff import Leg, NotDerivable, Zero, derive, points, window

D = Decimal
JAN, FEB = date(2027, 1, 15), date(2027, 2, 19)


def option(side: str, kind: str, strike: str, price: str | None, quantity: int = 1) -> Leg:
    return Leg(side, kind, quantity, D(strike), JAN, None if price is None else D(price))


def stock(side: str, quantity: int, price: str) -> Leg:
    return Leg(side, "stock", quantity, price=D(price), multiplier=1)


def at(*prices: str) -> tuple[Zero, ...]:
    return tuple(Zero(Fraction(price), Fraction(price)) for price in prices)


CASES = {
    "covered call": (
        [stock("buy", 100, "168.99"), option("sell", "call", "185", "4.10")],
        (D(-16489), D(2011), D(-16489), at("164.89")),
    ),
    "naked call": (
        [option("sell", "call", "175", "1.15")],
        (D(115), D(115), None, at("176.15")),
    ),
    "iron butterfly": (
        [
            option("buy", "call", "65", "0.45"),
            option("sell", "call", "60", "2.00"),
            option("sell", "put", "60", "2.00"),
            option("buy", "put", "55", "0.35"),
        ],
        (D(320), D(320), D(-180), at("56.80", "63.20")),
    ),
    "three verticals of 0.80 credit": (
        [option("sell", "put", "50", "1.50", 3), option("buy", "put", "48", "0.70", 3)],
        (D(240), D(240), D(-360), at("49.20")),
    ),
    "long call": ([option("buy", "call", "100", "3")], (D(-300), None, D(-300), at("103"))),
    "long put": ([option("buy", "put", "100", "3")], (D(-300), D(9700), D(-300), at("97"))),
    "short stock": ([stock("sell", 10, "50")], (D(500), D(500), None, at("50"))),
    "put ratio spread is finite": (
        [option("buy", "put", "100", "5"), option("sell", "put", "90", "2", 2)],
        (D(-100), D(900), D(-8100), at("81", "99")),
    ),
    "covered short straddle is finite": (
        [
            stock("buy", 100, "100"),
            option("sell", "call", "100", "4"),
            option("sell", "put", "100", "4"),
        ],
        (D(-9200), D(800), D(-19200), at("96")),
    ),
    "jade lizard: the risk is the put's": (
        [
            option("sell", "put", "90", "2"),
            option("sell", "call", "110", "2"),
            option("buy", "call", "112", "1"),
        ],
        (D(300), D(300), D(-8700), at("87")),
    ),
    "synthetic short falls for ever": (
        [option("sell", "call", "100", "2"), option("buy", "put", "100", "2")],
        (D(0), D(10000), None, at("100")),
    ),
}


@pytest.mark.parametrize(("legs", "expected"), CASES.values(), ids=CASES)
def test_payoff_of_known_structures(legs: list[Leg], expected: tuple[object, ...]) -> None:
    payoff = derive(legs)
    assert (payoff.net, payoff.max_profit, payoff.max_loss, payoff.break_evens) == expected


def test_break_evens_on_a_flat_stretch_are_an_interval() -> None:
    payoff = derive([option("buy", "call", "50", "0"), option("sell", "call", "60", "0")])
    assert payoff.break_evens == (Zero(Fraction(0), Fraction(50)),)
    payoff = derive([option("buy", "put", "50", "0")])
    assert payoff.break_evens == (Zero(Fraction(50), None),)


def test_break_even_is_exact_where_decimals_do_not_end() -> None:
    payoff = derive([option("buy", "call", "100", "1"), option("buy", "call", "101", "1", 2)])
    root = Fraction(100 + Fraction(5, 3))
    assert payoff.break_evens == (Zero(root, root),)
    assert payoff.at(root) == 0


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        ([], "Add legs to see the pay-off."),
        (
            [option("buy", "call", "50", None)],
            "Every leg needs a price before the pay-off can be drawn.",
        ),
        (
            [Leg("buy", "call", 1, None, JAN, D(1))],
            "Every option leg needs a strike and an expiry.",
        ),
        (
            [option("sell", "call", "50", "1"), Leg("buy", "call", 1, D(50), FEB, D(2))],
            "The legs expire on different days, so what they are worth together on one of them "
            "needs a pricing model.",
        ),
    ],
)
def test_payoff_that_cannot_be_derived_says_why(legs: list[Leg], why: str) -> None:
    with pytest.raises(NotDerivable) as refused:
        derive(legs)
    assert str(refused.value) == why


def test_best_at_names_the_prices_of_the_largest_profit() -> None:
    condor = derive(
        [
            option("buy", "put", "590", "3.10"),
            option("sell", "put", "600", "4.05"),
            option("sell", "call", "660", "3.20"),
            option("buy", "call", "670", "1.95"),
        ]
    )
    assert condor.best_at == (D(600), D(660))
    assert derive([option("buy", "call", "50", "1")]).best_at == ()


prices = st.decimals(0, 40, places=2)
strikes = st.integers(1, 30).map(Decimal)
sides = st.sampled_from(["buy", "sell"])
options = st.builds(
    Leg,
    sides,
    st.sampled_from(["call", "put"]),
    st.integers(1, 3),
    strikes,
    st.just(JAN),
    prices,
    st.sampled_from([10, 100]),
)
stocks = st.builds(
    Leg,
    sides,
    st.just("stock"),
    st.integers(1, 200),
    st.none(),
    st.none(),
    prices,
    st.just(1),
)
some_legs = st.lists(st.one_of(options, stocks), min_size=1, max_size=5)


def brute(legs: list[Leg], price: Fraction) -> Fraction:
    """What the legs pay, written down once more and differently."""
    total = Fraction(0)
    for leg in legs:
        sign = 1 if leg.side == "buy" else -1
        strike = Fraction(leg.strike or 0)
        intrinsic = {"call": price - strike, "put": strike - price, "stock": price}[leg.kind]
        if leg.kind != "stock" and intrinsic < 0:
            intrinsic = Fraction(0)
        total += sign * leg.quantity * leg.multiplier * (intrinsic - Fraction(leg.price or 0))
    return total


@settings(max_examples=60, deadline=None)
@given(some_legs)
def test_payoff_equals_a_scan(legs: list[Leg]) -> None:
    payoff = derive(legs)
    scan = {Fraction(step, 4): brute(legs, Fraction(step, 4)) for step in range(0, 4 * 60)}
    beyond = brute(legs, Fraction(1000)) - brute(legs, Fraction(999))
    assert all(payoff.at(price) == value for price, value in scan.items())
    assert payoff.slope == beyond
    assert payoff.max_profit == (None if beyond > 0 else max(scan.values()))
    assert payoff.max_loss == (None if beyond < 0 else min(scan.values()))


@settings(max_examples=60, deadline=None)
@given(some_legs)
def test_break_evens_are_all_the_zeros(legs: list[Leg]) -> None:
    payoff = derive(legs)
    ends = [end for zero in payoff.break_evens for end in (zero.low, zero.high) if end is not None]
    assert [payoff.at(end) for end in ends] == [0] * len(ends)
    corners = points(payoff, Fraction(0), Fraction(10**7))
    for (_, left), (_, right) in pairwise(corners):
        assert left * right >= 0


@settings(max_examples=60, deadline=None)
@given(some_legs, st.integers(2, 5))
def test_order_does_not_matter_and_size_scales(legs: list[Leg], times: int) -> None:
    shuffled = [Leg(**{**vars(leg), "quantity": leg.quantity * times}) for leg in reversed(legs)]
    one, many = derive(legs), derive(shuffled)
    assert many.net == one.net * times
    assert many.break_evens == one.break_evens
    assert many.max_profit == (None if one.max_profit is None else one.max_profit * times)


def test_window_shows_strikes_and_break_evens_with_air() -> None:
    legs = [stock("buy", 100, "168.99"), option("sell", "call", "185", "4.10")]
    low, high = window(derive(legs))
    assert (round(float(low), 2), round(float(high), 2)) == (149.47, 200.42)
    assert window(derive([stock("buy", 1, "0")]))[0] == 0

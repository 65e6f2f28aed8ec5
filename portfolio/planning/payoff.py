"""Profit and loss at expiry, derived from the legs alone.

Pure and exact: money is `Decimal`, roots are `Fraction`, nothing is scanned or rounded here. At
expiry the curve is a chain of straight lines with knots at the strikes: extremes lie at knots, and
beyond the last strike the slope decides (rising for ever = unlimited profit, falling for ever =
unlimited loss). Below, the price stops at 0, so that side is always finite. Break-evens are the
roots of each line; a stretch that lies at zero is an interval.

Signs: long +, short -; credit +, debit -. An option counts `quantity x multiplier`, stock counts
`quantity`. What cannot be derived is refused with a sentence (`NotDerivable`): a leg without a
price, or option legs that expire on different days, whose value then would need a pricing model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

ZERO = Decimal(0)


class NotDerivable(ValueError):
    """Why there is no pay-off; the message is a sentence for the page."""


@dataclass(frozen=True)
class Leg:
    """One part of the trade. Stock has neither strike nor expiry."""

    side: str  # buy, sell
    kind: str  # stock, call, put
    quantity: int
    strike: Decimal | None = None
    expiry: date | None = None
    price: Decimal | None = None
    multiplier: int = 100

    @property
    def weight(self) -> int:
        """Signed shares that the leg stands for."""
        size = self.quantity * (1 if self.kind == "stock" else self.multiplier)
        return size if self.side == "buy" else -size

    def result(self, price: Decimal | Fraction) -> Fraction:
        """Profit or loss of this leg alone when the underlying ends at `price`."""
        strike, nothing = Fraction(self.strike or 0), Fraction(0)
        end = Fraction(price)
        worth = {"call": max(end - strike, nothing), "put": max(strike - end, nothing)}
        return self.weight * (worth.get(self.kind, end) - Fraction(self.price or 0))


@dataclass(frozen=True)
class Zero:
    """Where the curve is at zero: one price, or from `low` to `high` (None: and all above)."""

    low: Fraction
    high: Fraction | None


@dataclass(frozen=True)
class Payoff:
    expiry: date | None  # None: stock alone
    net: Decimal  # credit +, debit -
    max_profit: Decimal | None  # None: unlimited
    max_loss: Decimal | None  # a negative number or the smallest profit; None: unlimited
    best_at: tuple[Decimal, ...]  # knots at which the largest profit is reached
    break_evens: tuple[Zero, ...]
    knots: tuple[Decimal, ...]
    slope: int  # beyond the last knot, in money per point
    legs: tuple[Leg, ...]

    def at(self, price: Decimal | Fraction) -> Fraction:
        """Profit or loss when the underlying ends at `price`."""
        return sum((leg.result(price) for leg in self.legs), Fraction(0))


def derive(legs: Iterable[Leg]) -> Payoff:
    """The pay-off of all legs together, or `NotDerivable`."""
    return _derive(tuple(legs))


@lru_cache(maxsize=2048)  # a list asks for the same ones each time it is drawn
def _derive(legs: tuple[Leg, ...]) -> Payoff:
    expiry = _one_expiry(legs)
    knots = tuple(sorted({ZERO} | {leg.strike for leg in legs if leg.strike is not None}))
    values = [sum((_exact(leg, knot) for leg in legs), ZERO) for knot in knots]
    slope = sum(leg.weight for leg in legs if leg.kind != "put")
    best = max(values)
    return Payoff(
        expiry=expiry,
        net=-sum((leg.weight * (leg.price or ZERO) for leg in legs), ZERO),
        max_profit=None if slope > 0 else best,
        max_loss=None if slope < 0 else min(values),
        best_at=()
        if slope > 0
        else tuple(k for k, v in zip(knots, values, strict=True) if v == best),
        break_evens=_zeros(knots, values, slope),
        knots=knots,
        slope=slope,
        legs=legs,
    )


def _exact(leg: Leg, knot: Decimal) -> Decimal:
    """The result at a knot, where it is a decimal that ends."""
    result = leg.result(knot)
    return Decimal(result.numerator) / Decimal(result.denominator)


def _one_expiry(legs: Sequence[Leg]) -> date | None:
    if not legs:
        raise NotDerivable("Add legs to see the pay-off.")
    if any(leg.price is None for leg in legs):
        raise NotDerivable("Every leg needs a price before the pay-off can be drawn.")
    options = [leg for leg in legs if leg.kind != "stock"]
    if any(leg.strike is None or leg.expiry is None for leg in options):
        raise NotDerivable("Every option leg needs a strike and an expiry.")
    expiries = {leg.expiry for leg in options}
    if len(expiries) > 1:
        raise NotDerivable(
            "The legs expire on different days, so what they are worth together on one of them "
            "needs a pricing model."
        )
    return expiries.pop() if expiries else None


def _zeros(knots: Sequence[Decimal], values: Sequence[Decimal], slope: int) -> tuple[Zero, ...]:
    """All zeros, in order. Each piece answers for its left end and not for its right one."""
    found: list[Zero] = []
    lines = zip(knots, knots[1:], values, values[1:], strict=False)
    for left, right, at_left, at_right in lines:
        _add(found, _zero_between(Fraction(left), Fraction(right), at_left, at_right))
    _add(found, _zero_beyond(Fraction(knots[-1]), values[-1], slope))
    return tuple(found)


def _zero_between(
    left: Fraction, right: Fraction, at_left: Decimal, at_right: Decimal
) -> Zero | None:
    if at_left == 0:
        return Zero(left, right if at_right == 0 else left)
    if at_left * at_right >= 0:
        return None
    root = left + (right - left) * Fraction(at_left) / Fraction(at_left - at_right)
    return Zero(root, root)


def _zero_beyond(last: Fraction, value: Decimal, slope: int) -> Zero | None:
    if value == 0:
        return Zero(last, None if slope == 0 else last)
    if value * slope >= 0:
        return None
    root = last - Fraction(value) / slope
    return Zero(root, root)


def _add(found: list[Zero], zero: Zero | None) -> None:
    """Append, joined to an interval that ends where this one begins."""
    if zero is None:
        return
    if found and found[-1].high == zero.low:
        zero = Zero(found.pop().low, zero.high)
    found.append(zero)


def window(payoff: Payoff) -> tuple[Fraction, Fraction]:
    """The prices worth drawing: all strikes, break-evens and stock prices, with air around."""
    places = [Fraction(knot) for knot in payoff.knots if knot > 0]
    places += [end for zero in payoff.break_evens for end in (zero.low, zero.high) if end]
    places += [Fraction(leg.price or 0) for leg in payoff.legs if leg.kind == "stock"]
    low, high = min(places, default=Fraction(0)), max(places, default=Fraction(1))
    air = max((high - low) * Fraction(2, 5), high / 12, Fraction(1, 100))
    return max(low - air, Fraction(0)), high + air


def points(payoff: Payoff, low: Fraction, high: Fraction) -> list[tuple[Fraction, Fraction]]:
    """The corners of the curve from `low` to `high`; zeros are corners too, so no line crosses."""
    ends = [end for zero in payoff.break_evens for end in (zero.low, zero.high) if end is not None]
    inside = {place for place in [*map(Fraction, payoff.knots), *ends] if low < place < high}
    return [(price, payoff.at(price)) for price in sorted({low, high} | inside)]

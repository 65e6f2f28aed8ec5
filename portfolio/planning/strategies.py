"""The names traders give to structures, with the view of the market each one takes.

Pure. A name is a label and a suggestion for the direction, nothing more: no number is ever derived
from it (see `payoff`, which looks at the legs alone). Any other name is as good; these are offered
while typing.

In `legs`: + long, - short, S 100 shares, C call, P put, strikes rising from 1 to 4, T1 the nearer
expiry.
"""

from __future__ import annotations

from typing import NamedTuple


class Strategy(NamedTuple):
    name: str
    direction: str
    legs: str


STRATEGIES: tuple[Strategy, ...] = (
    Strategy("Long stock", "bullish", "+S"),
    Strategy("Short stock", "bearish", "-S"),
    Strategy("Long call", "bullish", "+C"),
    Strategy("Long put", "bearish", "+P"),
    Strategy("Short call", "bearish", "-C"),
    Strategy("Cash-secured put", "bullish", "-P"),
    Strategy("Covered call", "bullish", "+S -C"),
    Strategy("Covered put", "bearish", "-S -P"),
    Strategy("Protective put", "bullish", "+S +P"),
    Strategy("Collar", "bullish", "+S +P1 -C2"),
    Strategy("Covered strangle", "bullish", "+S -P1 -C2"),
    Strategy("Stock repair", "bullish", "+S +C1 -2C2"),
    Strategy("Bull call spread", "bullish", "+C1 -C2"),
    Strategy("Bull put spread", "bullish", "+P1 -P2"),
    Strategy("Bear call spread", "bearish", "-C1 +C2"),
    Strategy("Bear put spread", "bearish", "-P1 +P2"),
    Strategy("Long straddle", "volatile", "+C +P"),
    Strategy("Short straddle", "neutral", "-C -P"),
    Strategy("Long strangle", "volatile", "+P1 +C2"),
    Strategy("Short strangle", "neutral", "-P1 -C2"),
    Strategy("Call butterfly", "neutral", "+C1 -2C2 +C3"),
    Strategy("Put butterfly", "neutral", "+P1 -2P2 +P3"),
    Strategy("Iron butterfly", "neutral", "+P1 -P2 -C2 +C3"),
    Strategy("Iron condor", "neutral", "+P1 -P2 -C3 +C4"),
    Strategy("Inverse iron condor", "volatile", "-P1 +P2 +C3 -C4"),
    Strategy("Call condor", "neutral", "+C1 -C2 -C3 +C4"),
    Strategy("Call ratio spread", "neutral", "+C1 -2C2"),
    Strategy("Call back spread", "bullish", "-C1 +2C2"),
    Strategy("Put ratio spread", "neutral", "+P2 -2P1"),
    Strategy("Put back spread", "bearish", "-P2 +2P1"),
    Strategy("Call calendar", "neutral", "-C(T1) +C(T2)"),
    Strategy("Call diagonal", "bullish", "-C2(T1) +C1(T2)"),
    Strategy("Jade lizard", "bullish", "-P1 -C2 +C3"),
    Strategy("Risk reversal", "bullish", "-P1 +C2"),
    Strategy("Synthetic long", "bullish", "+C -P"),
    Strategy("Box spread", "neutral", "+C1 -C2 +P2 -P1"),
)

_BY_NAME = {strategy.name.casefold(): strategy for strategy in STRATEGIES}


def direction_hint(name: str) -> str:
    """The direction a known name implies; "" for any other name."""
    known = _BY_NAME.get(name.strip().casefold())
    return known.direction if known else ""

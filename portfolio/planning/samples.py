"""Three ideas to look around with: a covered call, a credit spread and an iron condor.

Pure. The expiry is the third Friday of a month at least 30 days ahead of the given day, so the
samples stay fresh. Prices are made up, in the range of what such contracts cost.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

TAG = "sample"
Made = tuple[dict[str, Any], list[dict[str, Any]]]


def third_friday(after: date) -> date:
    """The first monthly expiry on or after a day."""
    first = after.replace(day=1)
    friday = first + timedelta((4 - first.weekday()) % 7 + 14)
    return friday if friday >= after else third_friday((first + timedelta(32)).replace(day=1))


def ideas(today: date) -> list[Made]:
    expiry = third_friday(today + timedelta(30))
    return [_covered_call(expiry), _bull_put(expiry), _iron_condor(expiry)]


def _option(side: str, kind: str, strike: str, price: str, expiry: date) -> dict[str, Any]:
    return {
        "side": side,
        "kind": kind,
        "quantity": 1,
        "strike": strike,
        "expiry": expiry,
        "price": price,
    }


def _covered_call(expiry: date) -> Made:
    fields = {
        "symbol": "NVDA",
        "direction": "bullish",
        "strategy": "Covered call",
        "status": "watching",
        "tags": [TAG, "income", "short-term"],
        "target": "185",
        "stop": "158",
        "thesis": (
            "Holding 100 shares since autumn. Premium is **rich after the earnings run**; 185 sits "
            "above the last high, and I am happy to be called away there.\n\n"
            "- Invalid if it closes below 158\n- Buy the call back at 1.20"
        ),
    }
    stock = {"side": "buy", "kind": "stock", "quantity": 100, "price": "168.99"}
    return fields, [stock, _option("sell", "call", "185", "4.10", expiry)]


def _bull_put(expiry: date) -> Made:
    fields = {
        "symbol": "AAPL",
        "direction": "bullish",
        "strategy": "Bull put spread",
        "status": "planned",
        "tags": [TAG, "income", "defined-risk"],
        "thesis": (
            "Support held three times this year, and the spread is placed *below* it. "
            "Credit is a quarter of the width.\n\n"
            "Close at half the credit, or when 21 days are left."
        ),
    }
    legs = [
        _option("buy", "put", "215", "2.35", expiry),
        _option("sell", "put", "220", "3.60", expiry),
    ]
    return fields, legs


def _iron_condor(expiry: date) -> Made:
    fields = {
        "symbol": "SPY",
        "direction": "neutral",
        "strategy": "Iron condor",
        "status": "draft",
        "tags": [TAG, "income", "index"],
        "thesis": (
            "No large event before expiry, and implied volatility stands above what was realised "
            "lately. Both short strikes lie outside the expected move.\n\n"
            "> If one side is tested, roll the other one towards it."
        ),
        "notes": "Watch the ex-dividend date.",
    }
    legs = [
        _option("buy", "put", "590", "3.10", expiry),
        _option("sell", "put", "600", "4.05", expiry),
        _option("sell", "call", "660", "3.20", expiry),
        _option("buy", "call", "670", "1.95", expiry),
    ]
    return fields, legs

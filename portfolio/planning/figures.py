"""The numbers of an idea in words: money, prices, and the tiles with their derivation.

Pure. Minus is the typographic one, money has cents only where there are some, break-evens are
rounded to the cent for the eye (the exact root stays in `payoff`). Every tile carries `how`: the
lines from which a person can check it by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from portfolio.planning.payoff import Leg, Payoff, Zero

MINUS = "\u2212"
Number = Decimal | Fraction | int


@dataclass(frozen=True)
class Tile:
    label: str
    value: str
    tone: str  # gain, loss or nothing
    how: tuple[str, ...]


def money(value: Number, signed: bool = False) -> str:
    """$1,234 or $1,234.50; `signed` puts + before a profit as well."""
    cents = round(Fraction(value) * 100)
    sign = MINUS if cents < 0 else "+" if signed and cents > 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}${whole:,}" + (f".{rest:02}" if rest else "")


def price(value: Number) -> str:
    """168.99, 185, 0.0525: two decimals or none, four where they are needed."""
    exact = Decimal(round(Fraction(value) * 10_000)) / 10_000
    text = f"{exact:,.4f}".rstrip("0").rstrip(".")
    whole, dot, rest = text.partition(".")
    return f"{whole}.{rest:0<2}" if dot else whole


def cents(value: Number) -> str:
    """A price to the cent: 164.89."""
    return f"{Decimal(round(Fraction(value) * 100)) / 100:,.2f}"


def day(value: date | None) -> str:
    """15 Jan 2027, the same in every locale."""
    return f"{value.day} {value:%b %Y}" if value else ""


def contract(leg: Leg) -> str:
    """stock, or 15 Jan 2027 185 call."""
    if leg.kind == "stock":
        return "stock"
    return f"{day(leg.expiry)} {price(leg.strike or 0)} {leg.kind}".strip()


def net(payoff: Payoff) -> str:
    """Net debit $16,489."""
    name = "credit" if payoff.net > 0 else "debit"
    return f"Net {name} {money(abs(payoff.net))}" if payoff.net else "Net zero"


def break_evens(payoff: Payoff) -> str:
    return ", ".join(map(_zero, payoff.break_evens)) or "None"


def _zero(zero: Zero) -> str:
    if zero.high is None:
        return f"{cents(zero.low)} and above"
    if zero.high == zero.low:
        return cents(zero.low)
    return f"{cents(zero.low)} to {cents(zero.high)}"


def tiles(payoff: Payoff) -> list[Tile]:
    """What to know at a glance, in the order in which people ask."""
    return [_max_profit(payoff), _max_loss(payoff), _break_even(payoff), _reward(payoff)]


def _max_profit(payoff: Payoff) -> Tile:
    if payoff.max_profit is None:
        return Tile("Max profit", "Unlimited", "gain", (_beyond(payoff, "adds"),))
    tone = "gain" if payoff.max_profit > 0 else "loss" if payoff.max_profit < 0 else ""
    return Tile("Max profit", money(payoff.max_profit, True), tone, _sum(payoff, payoff.best_at[0]))


def _max_loss(payoff: Payoff) -> Tile:
    if payoff.max_loss is None:
        return Tile("Max loss", "Unlimited", "loss", (_beyond(payoff, "costs"),))
    tone = "loss" if payoff.max_loss < 0 else "gain" if payoff.max_loss > 0 else ""
    worst = next(knot for knot in payoff.knots if payoff.at(knot) == payoff.max_loss)
    return Tile("Max loss", money(payoff.max_loss, True), tone, _sum(payoff, worst))


def _beyond(payoff: Payoff, does: str) -> str:
    last = payoff.knots[-1]
    where = f"Above {price(last)}" if last else "With stock alone"
    return f"{where}, each point that the price rises {does} {money(abs(payoff.slope))}."


def _sum(payoff: Payoff, knot: Decimal) -> tuple[str, ...]:
    """What each leg gives at one price."""
    one = [
        f"{leg.side.title()} {leg.quantity:,} {contract(leg)} at {price(leg.price or 0)}: "
        f"{money(leg.result(knot), True)}"
        for leg in payoff.legs
    ]
    return (f"With the price at {price(knot)} at expiry:", *one)


def _break_even(payoff: Payoff) -> Tile:
    label = "Break-even" if len(payoff.break_evens) < 2 else "Break-evens"
    how = "Where the straight pieces of the curve meet zero, solved exactly and shown to the cent."
    if not payoff.break_evens:
        how = "The curve never meets zero."
    return Tile(label, break_evens(payoff), "", (how,))


def _reward(payoff: Payoff) -> Tile:
    """Profit for each dollar that can be lost."""
    best, worst = payoff.max_profit, payoff.max_loss
    label = "Reward to risk"
    if worst is not None and worst >= 0:
        return Tile(label, "No risk", "", ("By these prices the legs cannot lose: check them.",))
    if worst is None:
        return Tile(label, "\u2013", "", ("The largest loss is unlimited, so there is no ratio.",))
    if best is None:
        return Tile(label, "Unlimited", "", ("The profit has no limit, the loss has one.",))
    ratio = Fraction(best) / -Fraction(worst)
    how = f"{money(best, True)} divided by {money(abs(worst))} at risk."
    return Tile(label, f"{float(ratio):.2f}".replace("-", MINUS), "", (how,))

"""Numbers in words, and tiles that can be checked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from portfolio.planning import figures
from portfolio.planning.payoff import derive
from tests.planning.test_payoff import option, stock

COVERED = [stock("buy", 100, "168.99"), option("sell", "call", "185", "4.10")]


def test_figures_read_as_people_write_them() -> None:
    assert [figures.money(Decimal(n)) for n in ("1234.5", "-20", "0", "-0.004")] == [
        "$1,234.50",
        "\u2212$20",
        "$0",
        "$0",
    ]
    assert [figures.price(Decimal(n)) for n in ("168.99", "4.1", "185", "0.0525")] == [
        "168.99",
        "4.10",
        "185",
        "0.0525",
    ]
    assert figures.cents(Fraction(305, 3)) == "101.67"
    assert figures.day(date(2027, 1, 5)) == "5 Jan 2027"


def test_tiles_say_the_numbers_and_how_they_come_about() -> None:
    tiles = figures.tiles(derive(COVERED))
    assert [(tile.label, tile.value, tile.tone) for tile in tiles] == [
        ("Max profit", "+$2,011", "gain"),
        ("Max loss", "\u2212$16,489", "loss"),
        ("Break-even", "164.89", ""),
        ("Reward to risk", "0.12", ""),
    ]
    assert tiles[0].how == (
        "With the price at 185 at expiry:",
        "Buy 100 stock at 168.99: +$1,601",
        "Sell 1 15 Jan 2027 185 call at 4.10: +$410",
    )


def test_tiles_of_what_has_no_limit() -> None:
    short = figures.tiles(derive([option("sell", "call", "175", "1.15")]))
    assert [tile.value for tile in short] == ["+$115", "Unlimited", "176.15", "\u2013"]
    assert short[1].how == ("Above 175, each point that the price rises costs $100.",)
    long = figures.tiles(derive([option("buy", "call", "100", "3")]))
    assert [tile.value for tile in long] == ["Unlimited", "\u2212$300", "103.00", "Unlimited"]
    free = figures.tiles(derive([option("buy", "put", "100", "0")]))
    assert [tile.value for tile in free] == ["+$10,000", "$0", "100.00 and above", "No risk"]

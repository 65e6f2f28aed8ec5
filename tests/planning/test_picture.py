"""The pay-off picture: what is drawn is the curve, and no word covers another or the curve."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings

from portfolio.planning import figures, picture
from portfolio.planning.payoff import Leg, derive
from tests.planning.test_payoff import CASES, option, some_legs, stock

COVERED = [stock("buy", 100, "168.99"), option("sell", "call", "185", "4.10")]


def words(drawn: picture.Picture) -> list[str]:
    return [label.text for label in drawn.labels]


@pytest.mark.parametrize("size", picture.SIZES, ids=lambda size: size.name)
def test_draw_a_covered_call(size: picture.Size) -> None:
    drawn = picture.draw(derive(COVERED), size, [("target", Decimal(185)), ("stop", Decimal(90))])
    assert [run.tone for run in drawn.runs] == ["loss", "gain"]
    assert len(drawn.dots) == 1
    assert drawn.dots[0][1] == drawn.zero_y
    assert len(drawn.marks) == 1  # the stop lies outside of the picture
    assert {"164.89", "+$2,011", "target 185", "185", "$0"} <= set(words(drawn))


@pytest.mark.parametrize("name", CASES)
def test_every_structure_is_drawn_with_its_break_evens(name: str) -> None:
    payoff = derive(CASES[name][0])
    drawn = picture.draw(payoff, picture.SIZES[0])
    roots = [figures.cents(zero.low) for zero in payoff.break_evens]
    assert [text for text in words(drawn) if text in roots] == roots


@settings(max_examples=25, deadline=None)
@given(some_legs)
def test_labels_cover_nothing_and_stay_inside(legs: list[Leg]) -> None:
    for size in picture.SIZES:
        drawn = picture.draw(derive(legs), size)
        boxes = [label.box(size.type) for label in drawn.labels]
        for a, b in combinations(boxes, 2):
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
        assert all(box[0] >= 0 and box[2] <= size.width for box in boxes)
        assert all(box[1] >= 0 and box[3] <= size.height for box in boxes)


@pytest.mark.parametrize("size", picture.SIZES, ids=lambda size: size.name)
def test_strikes_that_stand_close_are_all_named(size: picture.Size) -> None:
    condor = [
        option("buy", "put", "590", "3.10"),
        option("sell", "put", "600", "4.05"),
        option("sell", "call", "660", "3.20"),
        option("buy", "call", "670", "1.95"),
    ]
    drawn = picture.draw(derive(condor), size)
    strikes = [label.text for label in drawn.labels if label.tone == "strike"]
    assert strikes == ["590", "600", "660", "670"]

"""Shapes that serializers share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from portfolio.api.fields import Money, Strict, Text


class Shape(Strict):
    text = Text(required=False)
    money = Money(required=False, allow_null=True)


def read(data: Any) -> Any:
    shape = Shape(data=data)
    shape.is_valid(raise_exception=True)
    return shape.validated_data


def test_what_is_taken() -> None:
    assert read({"text": " a\n", "money": "12.50"}) == {"text": " a\n", "money": Decimal("12.50")}
    assert read({"text": "", "money": 3}) == {"text": "", "money": Decimal(3)}
    assert read({"money": None}) == {"money": None}


@pytest.mark.parametrize(
    "data",
    [
        {"txt": "a"},
        {"text": 1},
        {"text": True},
        {"text": "\x00"},
        {"text": "\ud800"},
        {"money": "x"},
    ],
)
def test_what_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(data)


def test_money_is_given_without_trailing_zeros() -> None:
    assert Shape({"text": "", "money": Decimal("185.5000")}).data["money"] == "185.5"
    assert Shape({"text": "", "money": Decimal("100")}).data["money"] == "100"

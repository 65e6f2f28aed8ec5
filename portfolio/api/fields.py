"""The shapes that serializers of the API share. They parse and draw; `checks` decide.

`Strict` refuses names it does not know: a misspelt field that is silently dropped is a change
that the caller believes to have made.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.request import Request

Parsed = TypeVar("Parsed", bound="serializers.Serializer[Any]")


class Strict(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError({name: "There is no such field." for name in unknown})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text and nothing that could be read as text; kept as it is typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Money(serializers.DecimalField):
    """A price: taken as text or number, given as text without trailing zeros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"max_digits": 14, "decimal_places": 4, "normalize_output": True, **options}
        )


def body(kind: type[Parsed], request: Request) -> Any:
    """What was sent, parsed; a refusal names the fields."""
    parsed = kind(data=request.data)
    parsed.is_valid(raise_exception=True)
    return parsed.validated_data


def query(kind: type[Parsed], request: Request, only: Container[str] | None = None) -> Any:
    """What stands in the address, parsed; of it `only` these. An empty value is none, as in a form
    of the pages.
    """
    given = request.query_params.items()
    data = {name: value for name, value in given if value and (only is None or name in only)}
    parsed = kind(data=data)
    parsed.is_valid(raise_exception=True)
    return parsed.validated_data

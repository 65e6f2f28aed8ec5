"""Lists in parts, all in one way: a cursor goes on behind the last row that was given.

Promise: whatever comes and goes meanwhile, no row is given twice in its place, and none that keeps
its place is left out. A cursor is signed and says where it stands in the order of its list, so what
this list did not write for this order is refused. `page_size` is at most 200.

Nothing here imports a view, because the settings name a class of this module.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core import signing
from django.db.models import OrderBy, Q, QuerySet
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from portfolio.api.fields import Strict, query
from portfolio.api.problems import Refused

MOST, USUAL = 200, 50


class Part(Strict):
    """What every list takes; its filters and orders are added by a class of its own."""

    cursor = serializers.CharField(
        default="", max_length=2000, help_text="From `next`; it belongs to its list and its order"
    )
    page_size = serializers.IntegerField(default=USUAL, min_value=1, max_value=MOST)


class Key(NamedTuple):
    """One part of an order: a field or an annotation."""

    name: str
    descending: bool
    nulls_last: bool


class Cursors(BasePagination):
    """For a queryset in an order of names whose last one is unique."""

    next: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        asked, keys = query(Part, request, only=Part().fields), _keys(queryset)
        salt = f"{__name__}:{request.path.rstrip('/')}:{keys}"
        if asked["cursor"]:
            queryset = queryset.filter(_behind(keys, _place(asked["cursor"], salt)))
        size = asked["page_size"]
        found = list(queryset[: size + 1])
        if len(found) > size:
            here = request.build_absolute_uri()
            cursor = signing.dumps([_plain(found[size - 1], key) for key in keys], salt=salt)
            self.next = replace_query_param(here, "cursor", cursor)
        return found[:size]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": address, "results": schema},
        }


def _keys(queryset: QuerySet[Any]) -> list[Key]:
    """The order as it was asked for, else the model's own."""
    return [_key(term) for term in queryset.query.order_by or queryset.model._meta.ordering or ()]


def _key(term: Any) -> Key:
    if isinstance(term, OrderBy):
        by: Any = term.expression  # an F
        return Key(by.name, term.descending, bool(term.nulls_last))
    return Key(term.removeprefix("-"), term.startswith("-"), nulls_last=False)


def _plain(row: Any, key: Key) -> object:
    """As JSON has it; a field reads it again, to the microsecond."""
    value = getattr(row, key.name)
    return value if value is None or isinstance(value, int | str) else str(value)


def _place(cursor: str, salt: str) -> list[Any]:
    try:
        return list(signing.loads(cursor, salt=salt))
    except signing.BadSignature:
        raise Refused({"cursor": ["This list gave no such cursor. Begin without one."]}) from None


def _behind(keys: list[Key], place: list[Any]) -> Q:
    """What comes after this place: the first key that differs decides; no value comes last."""
    behind, same = Q(), Q()
    for key, value in zip(keys, place, strict=True):
        if value is not None:
            beyond = Q(**{f"{key.name}__{'lt' if key.descending else 'gt'}": value})
            none = Q(**{key.name: None}) if key.nulls_last else Q()
            behind |= same & (beyond | none)
        same &= Q(**{key.name: value})
    return behind

"""Lists in parts: `page` where things have places, `cursor` where things are added at the end.

Both take `page_size`, at most 200. Nothing here imports a view, because the settings name a class
of this module.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination, PageNumberPagination
from rest_framework.request import Request

MAX = 200
BIGGEST = 2**63


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX


class Cursors(CursorPagination):
    """A cursor that we did not write is not one."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        place = cursor.position if cursor else None
        if place is not None and not self.is_place(str(place)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    @abstractmethod
    def is_place(self, text: str) -> bool:
        """Whether a row of this order can stand there."""


class OldestFirst(Cursors):
    """In the order in which they came to this instance: what is new stands behind what was read."""

    ordering = ("id",)

    def is_place(self, text: str) -> bool:
        return text.isdecimal() and int(text) < BIGGEST


class NewestFirst(Cursors):
    """By when it happened: what is new stands before what was read."""

    ordering = ("-at", "-id")

    def is_place(self, text: str) -> bool:
        try:
            return timezone.is_aware(datetime.fromisoformat(text))
        except ValueError:
            return False

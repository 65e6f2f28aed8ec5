"""The form of an idea between a post and `checks`: what was typed stays as it was typed.

Forms parse and nothing else. Leg rows are named `legs-<place>-<field>`; a row in which nothing was
typed does not count, and the buttons that add and remove rows post the whole form, so they work
without JavaScript and lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict

from portfolio.planning import checks
from portfolio.planning.snapshots import IdeaView, number

FIELDS = (
    "symbol",
    "strategy",
    "direction",
    "status",
    "thesis",
    "notes",
    "tags",
    "target",
    "stop",
)
TYPED = ("quantity", "strike", "expiry", "price")
LEG_KEY = re.compile(r"legs-(\d{1,3})-([a-z]+)")
Errors = dict[str, list[str]]


@dataclass
class Row:
    """One leg as typed."""

    place: int
    values: dict[str, str]
    errors: Errors = field(default_factory=dict)


@dataclass
class IdeaForm:
    values: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)
    new_row: int | None = None  # the row that was just added gets the focus
    uid: UUID = field(default_factory=uuid4)  # of a new idea: its form sent twice makes it once

    @classmethod
    def empty(cls) -> IdeaForm:
        return cls(rows=[_blank(0)])

    @classmethod
    def of(cls, view: IdeaView) -> IdeaForm:
        """What is stored, ready to be changed."""
        values = {name: _text(getattr(view, name)) for name in FIELDS}
        rows = [
            Row(place, {name: _text(getattr(leg, name)) for name in checks.LEG})
            for place, leg in enumerate(view.legs)
        ]
        return cls({**values, "tags": ", ".join(view.tags)}, rows or [_blank(0)])

    @classmethod
    def read(cls, post: QueryDict) -> IdeaForm:
        """What was posted; rows in their order, numbered anew."""
        found: dict[int, dict[str, str]] = {}
        for key, value in post.items():
            match = LEG_KEY.fullmatch(key)
            if match and match[2] in checks.LEG:
                found.setdefault(int(match[1]), {})[match[2]] = str(value)
        values = {name: post.get(name, "") for name in FIELDS}
        found.pop(_place(post.get("remove_leg")), None)
        ordered = [found[place] for place in sorted(found)]
        rows = [Row(place, row) for place, row in enumerate(ordered)]
        form = cls(values, rows, uid=_uid(post.get("uid", "")))
        if "add_leg" in post and len(form.rows) < checks.MAX_LEGS:
            form.new_row = len(form.rows)
            form.rows.append(_blank(form.new_row))
        return form

    @staticmethod
    def reshapes(post: QueryDict) -> bool:
        """Was it a button for a row, not the one that saves?"""
        return "add_leg" in post or "remove_leg" in post

    @property
    def fresh(self) -> bool:
        """Nobody has typed yet: the first field gets the focus."""
        return not self.values

    def legs(self) -> list[dict[str, Any]]:
        """For the action. Rows without anything typed are dropped, here and on the page."""
        kept = [row for row in self.rows if any(row.values.get(name, "").strip() for name in TYPED)]
        self.rows = [Row(place, row.values) for place, row in enumerate(kept)]
        return [dict(row.values) for row in self.rows]

    def refuse(self, errors: Mapping[str, list[str]]) -> None:
        """Puts each sentence beside its field."""
        for key, sentences in errors.items():
            match = LEG_KEY.fullmatch(key)
            where = self.rows[int(match[1])].errors if match else self.errors
            where[match[2] if match else key] = list(sentences)
        self.rows = self.rows or [_blank(0)]

    @property
    def general(self) -> list[str]:
        """What is wrong with the whole."""
        return [line for key in ("", "legs") for line in self.errors.get(key, [])]

    @property
    def first_error(self) -> str:
        """The id of the first field with a complaint: it gets the focus."""
        named = [name for name in FIELDS if name in self.errors][:1]
        in_rows = [f"legs-{row.place}-{name}" for row in self.rows for name in row.errors]
        order = ("symbol", "strategy", "direction", "status")
        return (
            next((name for name in order if name in self.errors), "") or (in_rows + named + [""])[0]
        )


def _blank(place: int) -> Row:
    return Row(place, {"side": "buy", "kind": "call", "multiplier": "100"})


def _uid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        return uuid4()


def _place(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 4 else -1


def _text(value: object) -> str:
    if value is None:
        return ""
    return (number(value) or "") if isinstance(value, Decimal) else str(value)

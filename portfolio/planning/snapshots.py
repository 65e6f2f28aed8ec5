"""An idea as plain JSON, and back as something to draw.

`write` makes the snapshot of an own idea: what versions keep and what friends receive. Numbers are
strings without trailing zeros, so equal ideas give equal snapshots.

`read` makes an `IdeaView` of any snapshot, a friend's included, which is treated as hostile:
whatever is missing, mistyped or too large becomes a default, and it never raises. A leg that makes
no sense is left out and counted in `skipped`: a pay-off of the others would be a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolio.planning import checks
from portfolio.planning.payoff import Leg
from portfolio.sharing.checks import Invalid

SCHEMA = 1
UNSHOWABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{checks.INVISIBLE}]")


@dataclass(frozen=True)
class IdeaView:
    """What the pages draw. Every field has its type and its bounds, whatever the snapshot was."""

    symbol: str
    direction: str
    strategy: str
    status: str
    legs: tuple[Leg, ...]
    thesis: str
    notes: str
    tags: tuple[str, ...]
    target: Decimal | None
    stop: Decimal | None
    created_at: datetime | None
    skipped: int = 0


def write(
    idea: Any, legs: Iterable[Leg], tags: Iterable[str], created_at: datetime
) -> dict[str, object]:
    """The snapshot of anything that has an idea's attributes."""
    return {
        "schema": SCHEMA,
        "symbol": idea.symbol,
        "direction": idea.direction,
        "strategy": idea.strategy,
        "status": idea.status,
        "legs": [_leg(leg) for leg in legs],
        "thesis": idea.thesis,
        "notes": idea.notes,
        "tags": sorted(tags),
        "target": number(idea.target),
        "stop": number(idea.stop),
        "created_at": created_at.isoformat(timespec="seconds"),
    }


def _leg(leg: Leg) -> dict[str, object]:
    return {
        "side": leg.side,
        "kind": leg.kind,
        "quantity": leg.quantity,
        "strike": number(leg.strike),
        "expiry": leg.expiry.isoformat() if leg.expiry else None,
        "price": number(leg.price),
        "multiplier": leg.multiplier,
    }


def number(value: Decimal | None) -> str | None:
    """185.5000 -> "185.5"; no exponent."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read(snapshot: object) -> IdeaView:
    """What can be read of it. Never raises."""
    raw = snapshot if isinstance(snapshot, Mapping) else {}
    given = raw.get("legs")
    rows = given[: checks.MAX_LEGS] if isinstance(given, list) else []
    legs = [leg for leg in map(_read_leg, rows) if leg]
    return IdeaView(
        symbol=_line(raw.get("symbol"), 12) or "?",
        direction=_choice(raw.get("direction"), checks.DIRECTIONS),
        strategy=_line(raw.get("strategy"), 60),
        status=_choice(raw.get("status"), checks.STATUSES),
        legs=tuple(legs),
        thesis=_text(raw.get("thesis"), checks.MAX_THESIS),
        notes=_text(raw.get("notes"), checks.MAX_NOTES),
        tags=_tags(raw.get("tags")),
        target=_money(raw.get("target")),
        stop=_money(raw.get("stop")),
        created_at=_time(raw.get("created_at")),
        skipped=len(given) - len(legs) if isinstance(given, list) else 0,
    )


def _read_leg(raw: object) -> Leg | None:
    """A leg that passes the same checks as my own; anything else is none."""
    if not isinstance(raw, Mapping):
        return None
    try:
        _, legs = checks.clean(_BLAMELESS, [{key: _plain(raw.get(key)) for key in checks.LEG}])
    except Invalid:
        return None
    return legs[0]


_BLAMELESS = {"symbol": "X", "direction": "neutral", "strategy": "X"}


def _plain(value: object) -> object:
    """Only short text and integers reach the checks; lists, objects, floats and the rest do not."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**12 else None
    return value if len(value) <= 40 else None


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return UNSHOWABLE.sub("", value[:limit]).encode("utf-8", "replace").decode()


def _line(value: object, limit: int) -> str:
    return " ".join(_text(value, limit).split())


def _choice(value: object, choices: tuple[str, ...]) -> str:
    return value if isinstance(value, str) and value in choices else ""


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    names = (_line(tag, checks.MAX_TAG) for tag in value[: checks.MAX_TAGS])
    return tuple(dict.fromkeys(name for name in names if name))


def _money(value: object) -> Decimal | None:
    if not isinstance(value, str) or not 0 < len(value) <= 40 or not checks.NUMBER.fullmatch(value):
        return None
    try:
        money = Decimal(value)
    except InvalidOperation:  # "-" and "." are of a number's shape and no number
        return None
    return money if 0 <= money < checks.MAX_MONEY else None


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time and time.tzinfo and 1990 <= time.year <= 2100 else None

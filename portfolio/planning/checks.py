"""What an idea may be: fields and legs from a form or the API -> clean values, or `Invalid`.

Pure. One home for the rules of forms, API and events: every field's complaints are collected, each
a sentence, keyed by the field ("symbol") or by the leg and its field ("legs-0-strike"). Clean
values are what the models store: `Decimal`, `date`, `int`, an upper-case symbol, lower-case tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolio.planning.payoff import Leg
from portfolio.planning.strategies import direction_hint
from portfolio.sharing.checks import Invalid

DIRECTIONS = ("bullish", "bearish", "neutral", "volatile")
SIDES = ("buy", "sell")
KINDS = ("stock", "call", "put")

# The one table of statuses: from each, where an idea may go. The first is the usual next step.
MOVES: dict[str, tuple[str, ...]] = {
    "draft": ("planned", "watching", "open", "cancelled"),
    "planned": ("watching", "open", "draft", "cancelled"),
    "watching": ("open", "planned", "cancelled"),
    "open": ("closed", "watching"),
    "closed": ("open",),
    "cancelled": ("draft",),
}
STATUSES = tuple(MOVES)

MAX_THESIS = 16 * 1024  # bytes
MAX_NOTES = 4 * 1024  # bytes
MAX_TAGS, MAX_TAG = 20, 32
MAX_LEGS = 12
MAX_MONEY = Decimal(10) ** 9

SYMBOL = re.compile(r"[A-Z0-9^/$][A-Z0-9.^/-]{0,11}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE = re.compile(r"[0-9]{1,9}")
NUMBER = re.compile(r"-?[0-9]{0,20}(\.[0-9]{0,20})?")
GROUPED = re.compile(r"\$?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
DECIMAL_COMMA = re.compile(r"([0-9]{0,9}),([0-9]{1,9})")
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Never shown (`snapshots`), so not kept: control characters beyond ASCII, and the marks that turn
# text around, which could make a strike read backwards.
INVISIBLE = "\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
_DROPPED = re.compile(f"[{INVISIBLE}]")

Cleaner = Callable[[Any], Any]


def clean(
    fields: Mapping[str, Any], legs: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[Leg]]:
    """Every field and every leg checked; one `Invalid` with all that is wrong."""
    errors: dict[str, list[str]] = {}
    values = {
        name: _try(errors, name, cleaner, fields.get(name)) for name, cleaner in FIELDS.items()
    }
    if values["strategy"] and values["direction"] == "":
        values["direction"] = _try(errors, "direction", _implied, values["strategy"])
    legs = list(legs)
    if len(legs) > MAX_LEGS:
        errors["legs"] = [f"An idea has at most {MAX_LEGS} legs."]
    cleaned = [_leg(errors, place, leg) for place, leg in enumerate(legs[:MAX_LEGS])]
    if errors:
        raise Invalid(errors)
    return values, [leg for leg in cleaned if leg]


def _try(errors: dict[str, list[str]], key: str, cleaner: Cleaner, value: object) -> Any:
    try:
        return cleaner(value)
    except ValueError as error:
        errors.setdefault(key, []).append(str(error))
        return None


def _leg(errors: dict[str, list[str]], place: int, raw: Mapping[str, Any]) -> Leg | None:
    """One leg; what stock must not have and an option must have is said at the field itself."""
    before = len(errors)
    stock = raw.get("kind") == "stock"
    cleaners = LEG | (STOCK if stock else {})
    values = {
        name: _try(errors, f"legs-{place}-{name}", cleaner, raw.get(name))
        for name, cleaner in cleaners.items()
    }
    return Leg(**values) if len(errors) == before else None


def change_status(status: str, new: str) -> None:
    """`Invalid` unless the table allows the move."""
    if new not in MOVES.get(status, ()):
        raise Invalid({"status": [f"An idea that is {status} cannot become {new or 'nothing'}."]})


def tags(value: str | Iterable[object] | None) -> list[str]:
    """Tags from a list or from text with commas: lower case, single spaces, no "#", no repeats."""
    if not isinstance(value or "", str | list | tuple | set):
        raise ValueError("Tags are a list of words.")
    parts = value.split(",") if isinstance(value, str) else [str(part) for part in value or ()]
    shown = [_DROPPED.sub("", part) for part in parts]
    names = [" ".join(part.split()).lstrip("#").strip().lower() for part in shown]
    names = sorted({name for name in names if name})
    if len(names) > MAX_TAGS:
        raise ValueError(f"At most {MAX_TAGS} tags, please.")
    if any(len(name) > MAX_TAG or "," in name or UNSTORABLE.search(name) for name in names):
        raise ValueError(f"A tag has at most {MAX_TAG} characters and no comma.")
    return names


def _symbol(value: object) -> str:
    symbol = str(value or "").strip().upper()
    if not symbol:
        raise ValueError("Enter the symbol of the underlying, for example AAPL.")
    if not SYMBOL.fullmatch(symbol):
        raise ValueError("A symbol has up to 12 letters, digits and . - / ^, for example BRK.B.")
    return symbol


def _one_of(choices: Sequence[str], sentence: str, default: str | None = None) -> Cleaner:
    def cleaner(value: object) -> str:
        text = str(value or "").strip() or default
        if text is None or (text not in choices and text != default):
            raise ValueError(sentence)
        return text

    return cleaner


def _text(limit: int, what: str, required: str = "") -> Cleaner:
    """Text of at most `limit` bytes, with unified line ends."""

    def cleaner(value: object) -> str:
        text = _DROPPED.sub("", str(value or "").replace("\r\n", "\n").replace("\r", "\n")).strip()
        if required and not text:
            raise ValueError(required)
        if UNSTORABLE.search(text):
            raise ValueError(f"The {what} holds characters that cannot be stored.")
        if len(text.encode()) > limit:
            raise ValueError(f"The {what} has at most {limit:,} bytes.")
        return text

    return cleaner


def _name(value: object) -> str:
    text = " ".join(_DROPPED.sub("", str(value or "")).split())
    if not text:
        raise ValueError("Name the strategy, for example Covered call.")
    if len(text) > 60 or UNSTORABLE.search(text):
        raise ValueError("The strategy's name has at most 60 characters.")
    return text


def _implied(strategy: str) -> str:
    """The direction, where the person leaves it to the strategy. Without a strategy nothing is
    asked: that complaint comes first.
    """
    direction = direction_hint(strategy)
    if not direction:
        raise ValueError(f"\u201c{strategy}\u201d is no strategy known here: choose a direction.")
    return direction


def _number(value: object) -> Decimal:
    """A plain number; grouping commas and a dollar sign are forgiven, exponents are not."""
    text = _ungrouped(value).removeprefix("$")
    if comma := DECIMAL_COMMA.fullmatch(text):
        raise ValueError(f"Write {comma[1] or 0}.{comma[2]} with a point.")
    if not NUMBER.fullmatch(text):
        raise ValueError("Enter a number, for example 12.50.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("Enter a number, for example 12.50.") from None


def _ungrouped(value: object) -> str:
    """Without the commas that group thousands. Any other comma stays: it may mean a decimal point,
    and 1,25 must not become 125.
    """
    text = str(value).strip()
    return text.replace(",", "") if GROUPED.fullmatch(text) else text


def _money(required: str = "", above: bool = True) -> Cleaner:
    """A price of at most four decimals; `above`: zero will not do."""

    def cleaner(value: object) -> Decimal | None:
        if value is None or str(value).strip() == "":
            if required:
                raise ValueError(required)
            return None
        number = _number(value)
        if number < 0 or (above and number == 0) or number >= MAX_MONEY:
            least = "above 0" if above else "at least 0"
            raise ValueError(f"This must be {least} and below a thousand million.")
        if number != round(number, 4):
            raise ValueError("At most four decimals, please.")
        return number

    return cleaner


def _count(least: int, most: int, default: int | None = None) -> Cleaner:
    def cleaner(value: object) -> int:
        if default is not None and (value is None or str(value).strip() == ""):
            return default
        text = _ungrouped("" if value is None else value)
        if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"Enter a whole number from {least} to {most:,}.")
        return int(text)

    return cleaner


def _day(value: object) -> date:
    text = value.isoformat() if isinstance(value, date) else str(value or "").strip()
    if not text:
        raise ValueError("An option needs its expiry.")
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise ValueError("Enter a date like 2027-01-15.")
    return day


def _absent(sentence: str) -> Cleaner:
    def cleaner(value: object) -> None:
        if value is not None and str(value).strip():
            raise ValueError(sentence)

    return cleaner


FIELDS: dict[str, Cleaner] = {
    "symbol": _symbol,
    "direction": _one_of(DIRECTIONS, "Choose one of the four directions.", default=""),
    "strategy": _name,
    "status": _one_of(STATUSES, "Choose one of the statuses.", default="draft"),
    "thesis": _text(MAX_THESIS, "thesis"),
    "notes": _text(MAX_NOTES, "notes"),
    "tags": tags,
    "target": _money(),
    "stop": _money(),
}
LEG: dict[str, Cleaner] = {
    "side": _one_of(SIDES, "Choose buy or sell."),
    "kind": _one_of(KINDS, "Choose stock, call or put."),
    "quantity": _count(1, 1_000_000),
    "strike": _money("An option needs its strike."),
    "expiry": _day,
    "price": _money(above=False),
    "multiplier": _count(1, 10_000, default=100),
}
STOCK: dict[str, Cleaner] = {
    "strike": _absent("Stock has no strike."),
    "expiry": _absent("Stock has no expiry."),
    "multiplier": lambda value: 1,
}

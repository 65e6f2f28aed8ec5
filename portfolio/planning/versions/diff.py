"""What is different between two versions of an idea: fields, legs beside their twins, lines.

Pure. It takes two `IdeaView`s and returns rows for a template. A row's `mark` is one word (added,
removed, changed, same), which chooses sign and colour, so colour is never the only signal. Legs are
paired with what they most likely were; equal lines far from any change are folded into a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import attrgetter
from typing import Any

from portfolio.planning import figures
from portfolio.planning.payoff import Leg
from portfolio.planning.shown import LABELS
from portfolio.planning.snapshots import IdeaView
from portfolio.sharing import reading

WORD = re.compile(r"\d+(?:[.,]\d+)+\s*|\w+\s*|\W")  # 1.20 is one
AROUND = 3  # equal lines that are shown before and after a change
SIGNS = {"added": "+", "removed": figures.MINUS, "changed": "\u2260", "same": ""}


@dataclass(frozen=True)
class Pair:
    """One thing before and after; "" where there is none."""

    name: str
    before: str
    after: str

    @property
    def mark(self) -> str:
        if self.before == self.after:
            return "same"
        return "changed" if self.before and self.after else "added" if self.after else "removed"


@dataclass(frozen=True)
class LegPair:
    mark: str
    cells: tuple[Pair, ...]

    @property
    def sign(self) -> str:
        return SIGNS[self.mark]


@dataclass(frozen=True)
class Piece:
    """A part of a line; `new`: it is not in the other one."""

    text: str
    new: bool


Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Line:
    """One line of both texts side by side; None where there is none. `gap`: so many equal ones."""

    mark: str
    before: Pieces | None = None
    after: Pieces | None = None
    gap: int = 0


@dataclass(frozen=True)
class Difference:
    fields: list[Pair]
    legs: list[LegPair]
    texts: list[tuple[str, list[Line]]]

    @property
    def nothing(self) -> bool:
        return not (self.fields or self.legs or self.texts)


def between(before: IdeaView, after: IdeaView) -> Difference:
    """Only what differs; legs come all or not at all, so that they can be read as a whole."""
    legs = list(_legs(before.legs, after.legs))
    texts = {name: (getattr(before, name), getattr(after, name)) for name in ("thesis", "notes")}
    return Difference(
        [pair for pair in _fields(before, after) if pair.mark != "same"],
        legs if any(pair.mark != "same" for pair in legs) else [],
        [(name.title(), lines(*both)) for name, both in texts.items() if both[0] != both[1]],
    )


# Fields -------------------------------------------------------------------------------------------


def _fields(before: IdeaView, after: IdeaView) -> Iterator[Pair]:
    for name in ("symbol", "strategy", "direction", "status", "target", "stop"):
        both = (_value(getattr(view, name)) for view in (before, after))
        yield Pair(name.title(), *both)
    gone, come = set(before.tags) - set(after.tags), set(after.tags) - set(before.tags)
    yield Pair("Tags", _tags(gone), _tags(come))


def _value(value: Any) -> str:
    if value is None:
        return ""
    return LABELS.get(value, value) if isinstance(value, str) else figures.price(value)


def _tags(names: set[str]) -> str:
    return ", ".join(f"#{name}" for name in sorted(names))


# Legs ---------------------------------------------------------------------------------------------

#: What makes two legs the same one, from sure to likely.
LIKENESS: tuple[Callable[[Leg], Hashable], ...] = (
    lambda leg: leg,
    attrgetter("side", "kind", "strike", "expiry"),
    attrgetter("kind", "strike", "expiry"),
    attrgetter("side", "kind"),
)


def _legs(before: Sequence[Leg], after: Sequence[Leg]) -> Iterator[LegPair]:
    """In the order of now; what was removed stands where it stood."""
    twins = _twins(before, after)
    gone = [(place, 0, leg, None) for place, leg in enumerate(before) if place not in twins]
    was = {now: then for then, now in twins.items()}
    here = [
        (place, 1, before[was[place]] if place in was else None, leg)
        for place, leg in enumerate(after)
    ]
    for _place, _here, old, new in sorted([*gone, *here], key=lambda row: row[:2]):
        yield _leg_pair(old, new)


def _twins(before: Sequence[Leg], after: Sequence[Leg]) -> dict[int, int]:
    """The place of each leg that is still there, and its place now."""
    twins: dict[int, int] = {}
    for likeness in LIKENESS:
        for place, leg in enumerate(before):
            free = (n for n in range(len(after)) if n not in twins.values())
            alike = (n for n in free if likeness(after[n]) == likeness(leg))
            if place not in twins and (twin := next(alike, None)) is not None:
                twins[place] = twin
    return twins


def _leg_pair(old: Leg | None, new: Leg | None) -> LegPair:
    mark = "same" if old == new else "changed" if old and new else "added" if new else "removed"
    cells = (
        Pair(name, say(old) if old else "", say(new) if new else "") for name, say in CELLS.items()
    )
    return LegPair(mark, tuple(cells))


CELLS: dict[str, Callable[[Leg], str]] = {
    "Side": lambda leg: leg.side.title(),
    "Contract": figures.contract,
    "Qty": lambda leg: f"{leg.quantity:,}",
    "Price": lambda leg: "\u2013" if leg.price is None else figures.price(leg.price),
}


# Lines --------------------------------------------------------------------------------------------


def lines(before: str, after: str) -> list[Line]:
    """Both texts line by line, as they are read; as they are written, if that alone differs."""
    old, new = reading.lines(before), reading.lines(after)
    if old == new:
        old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    end = 0
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND):
        found += _gap(group[0][1] - end)
        for step in group:
            found += _step(old, new, *step)
        end = group[-1][2]
    return found + _gap(len(old) - end)


def _gap(number: int) -> list[Line]:
    return [Line("gap", gap=number)] if number > 0 else []


def _step(
    old: list[str], new: list[str], deed: str, i: int, j: int, k: int, m: int
) -> Iterator[Line]:
    for before, after in zip_longest(old[i:j], new[k:m]):
        if deed == "equal":
            yield Line("same", (Piece(before, False),), (Piece(after, False),))
        elif before is None:
            yield Line("added", None, (Piece(after, False),))
        elif after is None:
            yield Line("removed", (Piece(before, False),))
        else:
            yield Line("changed", *_words(before, after))


def _words(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Two lines, with the words marked that the other one has not."""
    old, new = (WORD.findall(text) for text in (before, after))
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    left = [Piece("".join(old[i:j]), deed != "equal") for deed, i, j, _, _ in steps if i < j]
    right = [Piece("".join(new[k:m]), deed != "equal") for deed, _, _, k, m in steps if k < m]
    return tuple(left), tuple(right)

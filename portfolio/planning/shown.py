"""What the pages draw of a position: its snapshot read, its numbers derived, its pictures placed.

Own ideas and friends' copies alike; nothing here asks the database, so a list of 25 costs what the
list's query costs. Whatever a friend put into a snapshot has become bounded values in
`snapshots.read` before it arrives here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from portfolio.models import Idea, SharedPosition
from portfolio.planning import checks, figures, payoff, picture, snapshots
from portfolio.planning.payoff import NotDerivable, Payoff

LABELS = {**dict(Idea.Status.choices), **dict(Idea.Direction.choices)}
STEPS = ("draft", "planned", "watching", "open", "closed")
INCOMPLETE = "A part of this idea cannot be read by this version, so its pay-off is not shown."


@dataclass(frozen=True)
class Step:
    """One status on the way from draft to closed; `allowed`: a button goes there."""

    status: str
    label: str
    state: str  # done, now or nothing
    allowed: bool


@dataclass(frozen=True)
class LegRow:
    side: str
    tone: str
    contract: str
    quantity: str
    price: str


class Shown:
    """One position on a page. Templates read its attributes."""

    def __init__(self, position: SharedPosition) -> None:
        self.position = position
        self.view = snapshots.read(position.snapshot)
        self.waiting = position.version == 0
        self.status = LABELS.get(self.view.status, "")
        self.direction = LABELS.get(self.view.direction, "")
        self.name = "New idea" if self.waiting else f"{self.view.symbol} {self.view.strategy}"

    @cached_property
    def _derived(self) -> Payoff | str:
        if self.view.skipped:
            return INCOMPLETE
        try:
            return payoff.derive(self.view.legs)
        except NotDerivable as why:
            return str(why)

    @property
    def payoff(self) -> Payoff | None:
        return self._derived if isinstance(self._derived, Payoff) else None

    @property
    def why_not(self) -> str:
        return self._derived if isinstance(self._derived, str) else ""

    @property
    def tiles(self) -> list[figures.Tile]:
        return figures.tiles(self.payoff) if self.payoff else []

    @property
    def net(self) -> str:
        return figures.net(self.payoff) if self.payoff else ""

    @property
    def expiry(self) -> str:
        """The one day on which the legs expire; nothing if they have several, or none."""
        days = {leg.expiry for leg in self.view.legs if leg.expiry}
        return figures.day(days.pop()) if len(days) == 1 else ""

    @property
    def pictures(self) -> list[picture.Picture]:
        if not self.payoff:
            return []
        marks = [("target", self.view.target), ("stop", self.view.stop)]
        given = [(name, value) for name, value in marks if value is not None]
        return [picture.draw(self.payoff, size, given) for size in picture.SIZES]

    @property
    def table(self) -> list[tuple[str, str]]:
        """The corners of the curve in words: what the picture says, for those who do not see it."""
        if not self.payoff:
            return []
        corners = payoff.points(self.payoff, *payoff.window(self.payoff))
        return [(figures.cents(at), figures.money(value, True)) for at, value in corners]

    @property
    def steps(self) -> list[Step]:
        """A cancelled idea has stopped on the way: that is shown behind the steps."""
        now = self.view.status
        shown = STEPS if now != "cancelled" else (*STEPS, now)
        place = shown.index(now) if now in STEPS else -1
        allowed = () if self.position.owner else checks.MOVES.get(now, ())
        return [
            Step(
                status,
                LABELS[status],
                "now" if status == now else "done" if index < place else "",
                status in allowed,
            )
            for index, status in enumerate(shown)
        ]

    @property
    def may_cancel(self) -> bool:
        return not self.position.owner and "cancelled" in checks.MOVES.get(self.view.status, ())

    @property
    def legs(self) -> list[LegRow]:
        return [
            LegRow(
                leg.side.title(),
                "gain" if leg.side == "buy" else "loss",
                figures.contract(leg),
                f"{leg.quantity:,}",  # the side is said beside it
                "\u2013" if leg.price is None else figures.price(leg.price),
            )
            for leg in self.view.legs
        ]

    @property
    def levels(self) -> list[tuple[str, str]]:
        """Target and stop, as far as they are set."""
        levels = [("Target", self.view.target), ("Stop", self.view.stop)]
        return [(name, figures.price(value)) for name, value in levels if value is not None]

"""One relay beside the other: what was measured in turn, its ratio, and whether that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import median

AT_LEAST, AT_MOST = ">=", "<="


@dataclass(frozen=True)
class Versus:
    """`goal` is for `ratio`, ours to theirs; without a ratio, for `ours` itself. None: no goal."""

    name: str
    unit: str
    ours: float
    theirs: float | None = None
    ratio: float | None = None
    sign: str = ""
    goal: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        found = self.ours if self.ratio is None else self.ratio
        return found >= self.goal if self.sign == AT_LEAST else found <= self.goal

    def row(self) -> tuple[str, ...]:
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        goal = "" if self.goal is None else f"{self.sign} {self.goal:g}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        shown = (self.name, brief(self.ours), brief(self.theirs), self.unit, ratio, goal, verdict)
        return (*shown, self.note)


def brief(value: float | None) -> str:
    """Three digits of it."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def compare(
    name: str,
    unit: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    sign: str = "",
    goal: float | None = None,
    note: str = "",
) -> Versus:
    """Medians, and the median of the rounds' ratios: what disturbs a round disturbs both in it."""
    if not theirs:
        return Versus(name, unit, median(ours), note=note)
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else ""
    about = ", ".join(filter(None, (spread, note)))
    return Versus(name, unit, median(ours), median(theirs), median(ratios), sign, goal, note=about)


def sliced(
    name: str,
    unit: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    sign: str = "",
    goal: float | None = None,
) -> Versus:
    """Of many short slices in turn, the ratio of the medians, and where it lies nine times in ten
    when other pairs of neighbours are drawn from them (bootstrap).
    """
    if not theirs:
        return Versus(name, unit, median(ours))
    pairs, draw = list(zip(ours, theirs, strict=True)), Random(1)
    drawn = sorted(_ratio(draw.choices(pairs, k=len(pairs))) for _ in range(1_000))
    note = f"{drawn[50]:.2f} to {drawn[949]:.2f} nine times in ten, of {len(pairs)} pairs"
    return Versus(name, unit, median(ours), median(theirs), _ratio(pairs), sign, goal, note)


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return median(ours for ours, _ in pairs) / median(theirs for _, theirs in pairs)


HEAD = ("", "ours", "Socket.IO", "unit", "ratio", "goal", "", "of the rounds")


def table(found: Iterable[Versus]) -> str:
    rows = [HEAD, *(one.row() for one in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_data(found: Iterable[Versus]) -> list[dict[str, object]]:
    return [{**asdict(one), "met": one.met} for one in found]

"""Where the lines, areas and words of the pay-off picture stand: numbers for an SVG template.

Pure. `draw` is given a payoff and a size and returns coordinates. A label is placed at the first
of its possible spots where it covers neither another label nor the curve and stays inside the
frame; if there is none it is left out, because the table under the picture says it as well. Widths
of words are estimated, a little on the wide side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import cycle, pairwise

from portfolio.planning import figures
from portfolio.planning.payoff import Payoff, points, window

WIDTH_OF_A_CHARACTER = 0.6  # of the type size
Place = tuple[float, float]
Mark = tuple[str, Decimal]


@dataclass(frozen=True)
class Size:
    """One picture for wide screens, one for phones: type keeps its size, the frame does not."""

    name: str
    width: int
    height: int
    type: int
    left: int
    bottom: int

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.width - 8

    @property
    def floor(self) -> int:
        """Where the words below the plot begin."""
        return self.height - self.bottom


SIZES = (Size("wide", 760, 290, 12, 54, 30), Size("narrow", 340, 268, 12, 46, 42))


@dataclass(frozen=True)
class Label:
    text: str
    x: float
    y: float
    anchor: str  # start, middle, end
    tone: str = ""

    def box(self, size: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, with a little air at the sides."""
        width = len(self.text) * size * WIDTH_OF_A_CHARACTER
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left - 2, self.y - size, left + width + 2, self.y + size * 0.3


@dataclass(frozen=True)
class Run:
    """A stretch of the curve on one side of zero."""

    tone: str  # gain, loss, or flat at zero
    line: str
    area: str


@dataclass
class Picture:
    size: Size
    zero_y: float
    runs: list[Run] = field(default_factory=list)
    dots: list[Place] = field(default_factory=list)
    grid: list[float] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


class _Frame:
    """Prices and money to x and y."""

    def __init__(self, payoff: Payoff, size: Size) -> None:
        self.size = size
        self.low, self.high = window(payoff)
        self.corners = points(payoff, self.low, self.high)
        values = [value for _, value in self.corners] + [Fraction(0)]
        reach = max(values) - min(values) or Fraction(1)
        self.bottom, self.top = (
            min(values) - reach * Fraction(14, 100),
            max(values) + reach * Fraction(16, 100),
        )

    def x(self, price: Fraction | Decimal) -> float:
        share = (Fraction(price) - self.low) / (self.high - self.low)
        return round(self.size.left + float(share) * (self.size.right - self.size.left), 1)

    def y(self, money: Fraction) -> float:
        share = (self.top - money) / (self.top - self.bottom)
        return round(float(share) * self.size.floor, 1)

    def place(self, corner: tuple[Fraction, Fraction]) -> Place:
        return self.x(corner[0]), self.y(corner[1])


def draw(payoff: Payoff, size: Size, marks: Iterable[Mark] = ()) -> Picture:
    """The whole picture. Marks (target, stop) outside of the window are left out."""
    frame = _Frame(payoff, size)
    picture = Picture(size, frame.y(Fraction(0)))
    picture.runs = _runs(frame, picture.zero_y)
    roots = [zero.low for zero in payoff.break_evens if frame.low < zero.low < frame.high]
    picture.dots = [(frame.x(root), picture.zero_y) for root in roots]
    inside = [mark for mark in marks if frame.low < mark[1] < frame.high]
    picture.marks = [frame.x(value) for _, value in inside]
    ticks = _ticks(frame)
    picture.grid = [y for _, y in ticks if y != picture.zero_y]
    _label(picture, frame, payoff, ticks, roots, inside)
    return picture


def _runs(frame: _Frame, zero_y: float) -> list[Run]:
    """Neighbouring pieces on the same side of zero, as one line and one area."""
    groups: list[tuple[str, list[tuple[Fraction, Fraction]]]] = []
    for left, right in pairwise(frame.corners):
        height = left[1] + right[1]
        tone = "gain" if height > 0 else "loss" if height < 0 else "flat"
        if groups and groups[-1][0] == tone:
            groups[-1][1].append(right)
        else:
            groups.append((tone, [left, right]))
    return [_run(tone, [frame.place(corner) for corner in run], zero_y) for tone, run in groups]


def _run(tone: str, places: Sequence[Place], zero_y: float) -> Run:
    area = [(places[0][0], zero_y), *places, (places[-1][0], zero_y)]
    return Run(tone, _path(places), _path(area))


def _path(places: Iterable[Place]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _ticks(frame: _Frame) -> list[tuple[Fraction, float]]:
    """A few round amounts of money, as far as their words fit beside the plot."""
    ticks = [(value, frame.y(value)) for value in _round_steps(frame.bottom, frame.top, 6)]
    return [(value, y) for value, y in ticks if y > frame.size.type * 0.7]


def _round_steps(low: Fraction, high: Fraction, most: int) -> list[Fraction]:
    """The multiples of 1, 2 or 5 times a power of ten between two numbers; at most `most`."""
    step = Fraction(1, 100)
    for factor in cycle((Fraction(2), Fraction(5, 2), Fraction(2))):  # 1, 2, 5, 10, ...
        if (high - low) / step <= most:
            break
        step *= factor
    return [step * place for place in range(-(-low // step), high // step + 1)]


def _short(value: Fraction) -> str:
    """$0, \u2212$2.5k, $1M: for the axis alone."""
    amount, unit = abs(value), ""
    for limit, name in ((10**6, "M"), (10**3, "k")):
        if amount >= limit and not unit:
            amount, unit = amount / limit, name
    sign = figures.MINUS if value < 0 else ""
    return f"{sign}${float(amount):g}{unit}"


def _label(
    picture: Picture,
    frame: _Frame,
    payoff: Payoff,
    ticks: Sequence[tuple[Fraction, float]],
    roots: Sequence[Fraction],
    marks: Sequence[Mark],
) -> None:
    """The most important words first: they get the best places."""
    size = picture.size
    for value, y in ticks:
        _put(picture, frame, [Label(_short(value), size.left - 8, y + size.type * 0.35, "end")])
    for root in roots:
        _put(
            picture, frame, _around(figures.cents(root), frame.x(root), picture.zero_y, size, "be")
        )
    for extreme, tone in ((payoff.max_profit, "gain"), (payoff.max_loss, "loss")):
        spot = _extreme(frame, extreme)
        if extreme and spot:
            _put(picture, frame, _around(figures.money(extreme, True), *spot, size, tone))
    for name, at in marks:
        _put(picture, frame, _beside(f"{name} {figures.price(at)}", frame.x(at), size))
    _label_prices(picture, frame, payoff)


def _label_prices(picture: Picture, frame: _Frame, payoff: Payoff) -> None:
    """Along the bottom: the strikes, and round prices where there is room between them. A strike
    too close to another one stands in a second row, if the picture has one.
    """
    size = picture.size
    first = size.floor + size.type + 6
    rounds = _round_steps(frame.low, frame.high, min(size.width // 56, 9))
    prices = [(Fraction(knot), "strike") for knot in payoff.knots[1:]] + [(at, "") for at in rounds]
    for price, tone in prices:
        rows = (first, first + size.type + 5) if tone else (first,)
        words, x = figures.price(price), frame.x(price)
        _put(picture, frame, [Label(words, x, y, "middle", tone) for y in rows])


def _beside(text: str, x: float, size: Size) -> list[Label]:
    """Spots for a word at a vertical line: on top or at its foot, right or left of it."""
    rows = (size.type + 2, size.floor - 6)
    spots = [(x + 5, y, "start") for y in rows] + [(x - 5, y, "end") for y in rows]
    return [Label(text, *spot, "mark") for spot in spots]


def _extreme(frame: _Frame, value: Decimal | None) -> Place | None:
    """The middle of the longest stretch at this height, or the corner there; None: out of sight."""
    flat = [(a[0], b[0]) for a, b in pairwise(frame.corners) if a[1] == b[1] == value]
    corners = [(price, price) for price, height in frame.corners if height == value]
    if not corners:
        return None
    left, right = max(flat or corners[:1], key=lambda stretch: stretch[1] - stretch[0])
    return frame.x((left + right) / 2), frame.y(Fraction(value or 0))


def _around(text: str, x: float, y: float, size: Size, tone: str) -> list[Label]:
    """Spots for a word about a point: above and below it, then beside it, near before far."""
    spots = []
    for away in (8.0, 22.0, 40.0):
        over, under = y - away, y + away + size.type * 0.8
        spots += [(x, over, "middle"), (x, under, "middle")]
        spots += [(x + side * 8, row, anchor) for row in (under, over) for side, anchor in SIDES]
    return [Label(text, round(a, 1), round(b, 1), anchor, tone) for a, b, anchor in spots]


SIDES = ((1, "start"), (-1, "end"))


def _put(picture: Picture, frame: _Frame, spots: Iterable[Label]) -> None:
    """The first spot that is free, or none."""
    size = picture.size
    lines = list(pairwise(frame.place(corner) for corner in frame.corners))
    taken = [label.box(size.type) for label in picture.labels]
    for label in spots:
        box = label.box(size.type)
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size.width and box[3] <= size.height
        crossed = any(_overlap(box, other) for other in taken) or any(
            _crosses(box, *line) for line in lines
        )
        if inside and not crossed:
            picture.labels.append(label)
            return


def _overlap(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crosses(box: Sequence[float], start: Place, end: Place) -> bool:
    """Does a line pass through a box? The part of the line over the box's width decides."""
    (x1, y1), (x2, y2) = start, end
    left, right = max(box[0], x1), min(box[2], x2)
    if left > right:
        return False
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    heights = (y1 + slope * (left - x1), y1 + slope * (right - x1))
    return min(heights) < box[3] and max(heights) > box[1]

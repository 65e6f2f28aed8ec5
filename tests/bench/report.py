"""Figures, the machine they were measured on, and how both are shown."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles


@dataclass(frozen=True)
class Figure:
    """One measured number beside the one that was promised; smaller is better in all of them."""

    name: str
    measured: float
    goal: float
    unit: str
    note: str = ""

    @property
    def met(self) -> bool:
        return self.measured <= self.goal

    def row(self) -> tuple[str, ...]:
        found, wanted = (f"{value:,.5g} {self.unit}".strip() for value in self._both())
        return self.name, found, f"<= {wanted}", "met" if self.met else "MISSED", self.note

    def _both(self) -> tuple[float, float]:
        return round(self.measured, 2), self.goal


def spread(name: str, seconds: Sequence[float], p50: float, p99: float) -> list[Figure]:
    """The middle and the slow end of many times; goals in milliseconds."""
    slow = quantiles(seconds, n=100)[98]
    note = f"of {len(seconds)}"
    return [
        Figure(f"{name}, p50", 1000 * median(seconds), p50, "ms", note),
        Figure(f"{name}, p99", 1000 * slow, p99, "ms", f"{note}, max {1000 * max(seconds):.0f} ms"),
    ]


def machine() -> dict[str, str]:
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def table(figures: Iterable[Figure]) -> str:
    rows = [("figure", "measured", "goal", "", ""), *(figure.row() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_data(figures: Iterable[Figure]) -> list[dict[str, object]]:
    return [{**asdict(figure), "met": figure.met} for figure in figures]

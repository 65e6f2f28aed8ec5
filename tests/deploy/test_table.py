"""docs/observability.md has every name that /metrics tells, as it is told, and no other."""

from __future__ import annotations

import re

from tests.deploy.scrapes import Family
from tests.house import read

OF_EVERY_CLIENT = ("process_", "python_")
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \| (.*?) \| (.*?) \| (.*?) \|$", re.M)


def documented(text: str, prefix: str) -> dict[str, Family]:
    return {
        name: Family(name, type_, meaning, frozenset(re.findall(r"`(\w+)`", labels)))
        for name, type_, labels, _unit, meaning in ROW.findall(text)
        if name.startswith(prefix)
    }


def misfits(text: str) -> list[str]:
    """Names whose end is not the unit of their row."""
    ends = {"seconds": r"_seconds(_total)?$", "bytes": r"_bytes(_total)?$"}
    return [
        name
        for name, _type, _labels, unit, _meaning in ROW.findall(text)
        if any((unit == of) != bool(re.search(end, name)) for of, end in ends.items())
    ]


def own(told: dict[str, Family]) -> dict[str, Family]:
    return {name: of for name, of in told.items() if not name.startswith(OF_EVERY_CLIENT)}


def test_table_of_the_instance(instance: dict[str, Family]) -> None:
    assert documented(read("docs/observability.md"), "portfolio_") == own(instance)


def test_table_of_the_relay(relay: dict[str, Family]) -> None:
    assert documented(read("docs/observability.md"), "collab_relay_") == own(relay)


def test_units_are_in_the_names() -> None:
    assert misfits(read("docs/observability.md")) == []


def test_a_row_is_read_and_a_wrong_unit_is_told() -> None:
    row = "| `a_seconds` | gauge | `x`, `y` | seconds | How long |"
    assert documented(row, "a") == {
        "a_seconds": Family("a_seconds", "gauge", "How long", frozenset({"x", "y"}))
    }
    assert misfits(row) == []
    assert misfits(row.replace("seconds |", "tabs |")) == ["a_seconds"]
    assert misfits(row.replace("a_seconds", "a")) == ["a"]

"""A scrape, read: which names it has, of which type and meaning, and which labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Family:
    """`name` is what people ask for: a counter's ends in _total, a histogram's in nothing."""

    name: str
    type: str
    meaning: str
    labels: frozenset[str]


def families(text: str) -> dict[str, Family]:
    """By name; `le` is every histogram's and not told."""
    found = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[name] = Family(name, family.type, family.documentation, frozenset(labels))
    return found


def series(known: Iterable[Family]) -> dict[str, frozenset[str]]:
    """Every name that a query may ask for, with its labels."""
    found: dict[str, frozenset[str]] = {}
    for family in known:
        found[family.name] = family.labels
        if family.type == "histogram":
            found[f"{family.name}_bucket"] = family.labels | {"le"}
            found[f"{family.name}_count"] = found[f"{family.name}_sum"] = family.labels
    return found

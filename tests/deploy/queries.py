"""The queries of the dashboards and alerts, and the names and labels in them.

A name is what stands before a brace, a bracket or a comparison and begins as ours do, or as those
that every client has. Labels are what stands in the braces after it, and what `by` and `without`
name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from tests.house import ROOT

RULES = ROOT / "deploy" / "prometheus" / "portfolio.rules.yml"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
OF_SCRAPING = {"job", "instance"}  # Prometheus adds them to everything
NAMES = re.compile(r"\b((?:portfolio|collab_relay|process|python)_[a-z_]+|up)\b(?:\{([^}]*)\})?")
GROUPS = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Asked:
    """One name in a query, with the labels it is selected by."""

    name: str
    labels: frozenset[str]


def asked(query: str) -> set[Asked]:
    plain = re.sub(r'"[^"]*"', '""', query)
    return {
        Asked(name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels)) - OF_SCRAPING)
        for name, labels in NAMES.findall(plain)
    }


def grouped(query: str) -> set[str]:
    plain = re.sub(r'"[^"]*"', '""', query)
    words = {word for group in GROUPS.findall(plain) for word in re.findall(r"\w+", group)}
    return words - OF_SCRAPING


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the rows, which have a title and nothing to show."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def of_dashboards() -> list[str]:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    return [t["expr"] for b in boards for panel in panels(b) for t in panel["targets"]]

"""The dashboards: what Grafana needs to import them, and a reader to understand each panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.queries import DASHBOARDS, panels


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def unclear(panel: dict[str, Any]) -> list[str]:
    """What a panel lacks."""
    told = {
        "title": panel.get("title"),
        "description": len(panel.get("description", "")) > 10,
        "unit": panel.get("fieldConfig", {}).get("defaults", {}).get("unit"),
        "targets": panel.get("targets"),
        "legends": all(target.get("legendFormat") for target in panel.get("targets", [])),
        "source": panel.get("datasource") == {"type": "prometheus", "uid": "${datasource}"},
    }
    return [name for name, there in told.items() if not there]


def overlaps(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )


def test_there_is_one_for_each() -> None:
    assert [path.name for path in DASHBOARDS] == ["instance.json", "relay.json"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_says_what_it_shows(path: Path) -> None:
    board = read(path)
    assert {p["title"]: lacks for p in panels(board) if (lacks := unclear(p))} == {}
    titles = [panel["title"] for panel in panels(board) if panel["type"] != "stat"]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_can_import_it(path: Path) -> None:
    """An id of its own for each panel, none on top of another, and a choice of the source."""
    board = read(path)
    ids = [panel["id"] for panel in board["panels"]]
    places = [panel["gridPos"] for panel in board["panels"]]
    assert board["schemaVersion"] >= 36
    assert "id" not in board  # Grafana's own number of a board
    assert len(ids) == len(set(ids))
    assert [place for place in places if place["x"] + place["w"] > 24] == []
    assert [
        (one, other)
        for number, one in enumerate(places)
        for other in places[:number]
        if overlaps(one, other)
    ] == []
    variables = [variable["name"] for variable in board["templating"]["list"]]
    assert variables == ["datasource", "instance"]


def test_what_a_panel_lacks_is_told() -> None:
    assert unclear({"title": "Events", "targets": [{"expr": "x"}]}) == [
        "description",
        "unit",
        "legends",
        "source",
    ]
    here = {"x": 0, "y": 0, "w": 8, "h": 8}
    assert overlaps(here, here | {"x": 7})
    assert not overlaps(here, here | {"x": 8})

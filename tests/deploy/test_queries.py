"""What dashboards and alerts ask for is told: every name, and every label of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.queries import Asked, asked, grouped, of_dashboards, rules
from tests.deploy.scrapes import Family, series

QUERIES = [*of_dashboards(), *(rule["expr"] for rule in rules())]


@pytest.fixture
def told(instance: dict[str, Family], relay: dict[str, Family]) -> dict[str, frozenset[str]]:
    """By a scrape of each, and what Prometheus itself adds."""
    return {"up": frozenset(), **series(instance.values()), **series(relay.values())}


def unknown(query: str, told: dict[str, frozenset[str]]) -> list[str]:
    """Names that nobody tells, and labels that they do not have."""
    found = asked(query)
    names = [one.name for one in found if one.name not in told]
    labels = [f"{one.name}{{{x}}}" for one in found for x in one.labels - told.get(one.name, set())]
    here = frozenset().union(*(told.get(one.name, frozenset()) for one in found))
    return sorted(names + labels + [f"by ({x})" for x in grouped(query) - here])


@pytest.mark.django_db
def test_every_name_and_label_is_told(told: dict[str, frozenset[str]]) -> None:
    assert {query: missing for query in QUERIES if (missing := unknown(query, told))} == {}
    assert [query for query in QUERIES if not asked(query)] == []


def test_what_nobody_tells_is_found() -> None:
    told = {"portfolio_syncs_total": frozenset({"result"}), "portfolio_tabs": frozenset()}
    good = 'sum without (result) (rate(portfolio_syncs_total{result!="gap", job=~"a"}[5m]))'
    assert asked(good) == {Asked("portfolio_syncs_total", frozenset({"result"}))}
    assert unknown(good, told) == []
    assert unknown("portfolio_syncs", told) == ["portfolio_syncs"]
    assert unknown('portfolio_tabs{kind="x"}', told) == ["portfolio_tabs{kind}"]
    assert unknown("sum by (route, instance) (portfolio_tabs)", told) == ["by (route)"]


def test_prometheus_takes_every_query_of_the_dashboards(promtool: str, tmp_path: Path) -> None:
    """As rules that record something."""
    queries = [query.replace("$__rate_interval", "5m") for query in of_dashboards()]
    recorded = [{"record": f"q:{n}", "expr": query} for n, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": recorded}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

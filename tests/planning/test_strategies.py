"""The offered names: distinct, each with a direction."""

from __future__ import annotations

from portfolio.planning import checks, strategies


def test_strategies_have_distinct_names_and_known_directions() -> None:
    names = [strategy.name.casefold() for strategy in strategies.STRATEGIES]
    assert len(names) == len(set(names)) >= 30
    assert {strategy.direction for strategy in strategies.STRATEGIES} == set(checks.DIRECTIONS)
    assert strategies.direction_hint(" iron CONDOR ") == "neutral"
    assert strategies.direction_hint("Something else") == ""

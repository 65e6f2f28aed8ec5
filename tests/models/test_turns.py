"""The one turn: nothing on SQLite; and nobody locks a friend or a position without it."""

from __future__ import annotations

import ast

import pytest
from pytest_django import DjangoAssertNumQueries

from portfolio.models.turns import take_turn
from tests.conftest import ROOT

LOCKS = "select_for_update"
#: Which functions lock one of these rows under somebody else's turn, or lock another row.
UNDER_ANOTHER = {
    "portfolio/link/peer.py": {"_mint"},  # one friend, and nothing after it
    "portfolio/sharing/incoming.py": {"_said"},  # the inbox's
    "portfolio/sharing/talk/incoming.py": {"comment_reacted"},  # the inbox's
    "portfolio/sharing/copies/found.py": {"find"},  # the inbox's
    "portfolio/sharing/actions.py": {"_unsay"},  # of who has locked the position
    "portfolio/planning/actions.py": {"_chosen", "_locked"},  # ideas
    "portfolio/friends/actions.py": {"update_card"},  # the identity
    "portfolio/notices/actions.py": {"was_here"},  # the identity
}


@pytest.mark.django_db
def test_costs_nothing_where_there_is_one_writer(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        take_turn()


def test_whoever_locks_takes_the_turn_first() -> None:
    faults = {}
    for path in sorted((ROOT / "portfolio").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            text = ast.unparse(function)
            turn, lock = text.find("take_turn()"), text.find(LOCKS)
            if lock >= 0 and not 0 <= turn < lock:
                faults.setdefault(name, set()).add(function.name)
    assert faults == UNDER_ANOTHER

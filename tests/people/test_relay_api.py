"""The relay by Alice's own programs: nothing is tried by looking."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.program import Program
from tests.link.test_checkup import WELL, serving
from tests.owner import alice, program

__all__ = ["alice", "program"]
RELAY, CHECK = "/api/v1/relay", "/api/v1/relay/check"


@pytest.fixture(autouse=True)
def linked(settings: Any) -> None:
    settings.ENABLE_COLLABORATION = True


def test_check_says_of_every_step_what_it_found(program: Program, settings: Any) -> None:
    with serving(200, WELL) as (address, asked):
        settings.COLLABORATION_SERVICE_URL = address
        before = program.get(f"{RELAY}/").json()
        assert (before, asked) == ({"on": True, "address": address, "checked": None}, [])
        found = program("POST", f"{CHECK}/").json()
        assert found == program.get(RELAY).json()
    checked = found["checked"]
    assert checked["well"] is True
    assert [(step["name"], step["well"]) for step in checked["steps"]] == [
        ("Name", True),
        ("Connection", True),
        ("Answer", True),
    ]


def test_check_that_fails_says_where(program: Program, settings: Any) -> None:
    settings.COLLABORATION_SERVICE_URL = "http://no-such-name.invalid:9000"
    checked = program("POST", CHECK).json()["checked"]
    (step,) = checked["steps"]
    assert (checked["well"], step["name"]) == (False, "Name")
    assert step["words"].startswith("Its name is not known here.")


def test_without_a_link_nothing_is_tried(program: Program, settings: Any) -> None:
    with serving(200, WELL) as (address, asked):
        settings.ENABLE_COLLABORATION, settings.COLLABORATION_SERVICE_URL = False, address
        found = program("POST", CHECK).json()
    assert (found, asked) == ({"on": False, "address": address, "checked": None}, [])

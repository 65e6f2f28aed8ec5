"""Many ideas at once by Alice's own programs: all or none, and told from where to where."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from portfolio.models import Friend, Idea
from tests.api.program import IDEAS, Program, pointers
from tests.planning.conftest import copy_of


@pytest.fixture
def ids(program: Program) -> list[str]:
    return [program.idea(symbol=name).removeprefix(f"{IDEAS}/") for name in ("AAPL", "MSFT")]


def changed(answer: Any) -> list[tuple[str, int, int]]:
    assert answer.status_code == 200, answer.content
    return sorted((one["id"], one["before"], one["after"]) for one in answer.json()["changed"])


def test_tags_come_and_go_at_many(program: Program, ids: list[str]) -> None:
    said = {"ids": ids, "add": ["Earnings", "new"], "remove": ["income"]}
    assert changed(program("POST", f"{IDEAS}/tags/", said)) == sorted((one, 1, 2) for one in ids)
    for one in ids:
        assert program.get(f"{IDEAS}/{one}").json()["idea"]["tags"] == ["earnings", "new"]
    assert changed(program("POST", f"{IDEAS}/tags", {"ids": ids, "add": ["new"]})) == []


def test_many_move_or_none(program: Program, ids: list[str]) -> None:
    moved = program("POST", f"{IDEAS}/status/", {"ids": ids[:1], "status": "open"})
    assert changed(moved) == [(ids[0], 1, 2)]
    refused = program("POST", f"{IDEAS}/status", {"ids": ids, "status": "draft"})
    assert pointers(refused) == ["/status"]
    assert refused.json()["errors"][0]["detail"].startswith("AAPL Covered call: ")
    statuses = Idea.objects.order_by("symbol").values_list("status", flat=True)
    assert list(statuses) == ["open", "draft"]


def test_restoring_is_the_undo(program: Program, ids: list[str]) -> None:
    ((idea, before, _after),) = changed(
        program("POST", f"{IDEAS}/status", {"ids": ids[:1], "status": "open"})
    )
    program("POST", f"{IDEAS}/{idea}/versions/{before}/restore")
    assert program.get(f"{IDEAS}/{idea}").json()["idea"]["status"] == "draft"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"ids": []}, "/ids"),
        ({"ids": ["x"]}, "/ids/0"),
        ({}, "/ids"),
        ({"ids": None}, "/ids"),
        ({"add": ["x" * 33]}, "/tags"),
        ({"add": ["a,b"]}, "/tags"),
        ({"add": [1]}, "/add/0"),
        ({"add": []}, "/tags"),
        ({"tags": ["a"]}, "/tags"),
    ],
)
def test_what_many_cannot_be(
    program: Program, ids: list[str], said: dict[str, object], pointer: str
) -> None:
    wanted = {"ids": ids, "add": ["new"], **said} if said else {}
    assert pointers(program("POST", f"{IDEAS}/tags", wanted)) == [pointer]


def test_only_mine_change(program: Program, ids: list[str], bob: Friend) -> None:
    copy = copy_of(bob, Idea.objects.all()[0].position.snapshot)
    wanted = {"ids": [ids[0], str(copy.pk), str(uuid4())]}
    for path, more in (("tags", {"add": ["new"]}), ("status", {"status": "open"})):
        answer = program("POST", f"{IDEAS}/{path}", wanted | more)
        assert pointers(answer) == ["/ids/1", "/ids/2"]
    assert {idea.position.version for idea in Idea.objects.all()} == {1}


def test_samples_are_loaded_once(program: Program) -> None:
    made = program("POST", f"{IDEAS}/samples").json()["results"]
    assert len(made) == Idea.objects.count() == 3
    assert made[0] == program.get(f"{IDEAS}/{made[0]['id']}").json()
    assert program("POST", f"{IDEAS}/samples/").json()["results"] == []

"""An idea's versions by Alice's own programs: listed, read, compared, restored."""

from __future__ import annotations

import pytest

from portfolio.models import Friend, Idea
from tests.api.program import IDEAS, Program, pointers
from tests.planning.conftest import copy_of


@pytest.fixture
def twice(program: Program) -> str:
    """The address of an idea that was changed once."""
    idea = program.idea()
    program("PATCH", idea, {"thesis": "Other.", "tags": ["income", "new"], "legs": []})
    return idea


def test_versions_are_listed_newest_first(program: Program) -> None:
    idea = program.idea()
    program("PATCH", idea, {"thesis": "Other."})
    listed = program.get(f"{idea}/versions/").json()["results"]
    assert [(one["number"], one["changed"]) for one in listed] == [(2, "thesis"), (1, "created")]
    assert [one["idea"]["thesis"] for one in listed] == ["Other.", "Rich **premium**."]
    assert program.get(f"{idea}/versions?ordering=number").json()["results"] == listed[::-1]


def test_one_version_is_what_it_was(program: Program, twice: str) -> None:
    listed = program.get(f"{twice}/versions").json()["results"]
    for slash in ("", "/"):
        assert program.get(f"{twice}/versions/1{slash}").json() == listed[1]
    assert program.get(f"{twice}/versions/3").status_code == 404


def test_what_differs_between_two_versions(program: Program, twice: str) -> None:
    found = program.get(f"{twice}/versions/compare/").json()
    assert (found["before"], found["after"]) == (1, 2)
    assert found["values"] == [{"name": "Tags", "mark": "added", "before": "", "after": "#new"}]
    assert [leg["mark"] for leg in found["legs"]] == ["removed", "removed"]
    assert found["legs"][0]["cells"][0] == {
        "name": "Side",
        "mark": "removed",
        "before": "Buy",
        "after": "",
    }
    (text,) = found["texts"]
    (line,) = text["lines"]
    assert (text["name"], line["mark"], line["gap"]) == ("Thesis", "changed", 0)
    assert "".join(piece["text"] for piece in line["after"]) == "Other."


def test_versions_are_compared_either_way(program: Program, twice: str) -> None:
    there = program.get(f"{twice}/versions/compare?before=1&after=2").json()
    back = program.get(f"{twice}/versions/compare?before=2&after=1").json()
    assert [one["values"][0]["mark"] for one in (there, back)] == ["added", "removed"]
    same = program.get(f"{twice}/versions/compare?before=1&after=1").json()
    assert (same["values"], same["legs"], same["texts"]) == ([], [], [])
    oldest = program.get(f"{twice}/versions/compare?after=1").json()
    assert (oldest["before"], oldest["after"]) == (1, 1)


@pytest.mark.parametrize("query", ["before=9", "before=x", "before=-1", "before=0", "from=1"])
def test_version_that_there_is_not_is_refused(program: Program, twice: str, query: str) -> None:
    answer = program.get(f"{twice}/versions/compare?{query}")
    assert pointers(answer) == [f"/{query.split('=')[0]}"]


def test_version_is_restored_as_a_new_one(program: Program, twice: str) -> None:
    first = program.get(f"{twice}/versions/1").json()["idea"]
    restored = program("POST", f"{twice}/versions/1/restore", If_Match='"2"')
    assert (restored.json()["idea"], restored["ETag"]) == (first, '"3"')
    assert program("POST", f"{twice}/versions/2/restore/", If_Match='"2"').status_code == 412
    assert program("POST", f"{twice}/versions/9/restore").status_code == 404
    assert Idea.objects.get().position.version == 3


def test_copy_has_no_versions(program: Program, idea: Idea, bob: Friend) -> None:
    copy = f"{IDEAS}/{copy_of(bob, idea.position.snapshot).pk}/versions"
    for path in ("", "/1", "/compare"):
        assert program.get(f"{copy}{path}").status_code == 404
    assert program("POST", f"{copy}/1/restore").status_code == 404

"""Ideas by Alice's own programs, and the address that friends share with them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio.models import Friend, Idea, IdeaVersion, Share, SharedPosition, Tombstone
from portfolio.sharing import actions as sharing
from tests.api.program import IDEAS, NVDA, Program, pointers
from tests.planning.conftest import copy_of


def symbols(program: Program, query: str) -> list[str]:
    answer = program.get(f"{IDEAS}{query}")
    return [one["idea"]["symbol"] for one in answer.json()["results"]]


@pytest.mark.parametrize("slash", ["", "/"])
def test_idea_is_created_and_read(program: Program, alice: User, slash: str) -> None:
    made = program("POST", f"{IDEAS}{slash}", {**NVDA, "status": "planned"})
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    read = program.get(f"{made['Location']}{slash}")
    assert (read.json(), read["ETag"]) == (made.json(), '"1"')
    content = read.json()["idea"]
    assert (content["symbol"], content["status"], content["tags"]) == (
        "NVDA",
        "planned",
        ["income"],
    )
    assert content["target"] == "185.5"
    assert IdeaVersion.objects.get().by == alice


def test_change_leaves_what_it_does_not_name(program: Program) -> None:
    idea = program.idea()
    before = program.get(idea).json()
    after = program("PATCH", f"{idea}/", {"thesis": "Other.", "target": None}).json()
    assert after["version"] == 2
    assert after["idea"] == {**before["idea"], "thesis": "Other.", "target": None}
    assert program("PATCH", idea, {}).json()["version"] == 2
    assert program("PATCH", idea, {"legs": []}).json()["idea"]["legs"] == []


def test_change_reaches_the_friends(program: Program, bob: Friend) -> None:
    idea = program.idea()
    sharing.share_position(SharedPosition.objects.get(), bob)
    program("PATCH", idea, {"thesis": "Other."})
    program("PUT", f"{idea}/status", {"status": "open"})
    said = bob.outgoing.order_by("seq").values_list("name", flat=True)
    assert list(said) == ["position_shared", "position_updated", "position_updated"]
    program("DELETE", idea)
    assert not Share.objects.exists()


def test_status_has_its_moves(program: Program) -> None:
    idea = program.idea()
    assert pointers(program("PATCH", idea, {"status": "open"})) == ["/status"]
    assert program("PUT", f"{idea}/status/", {"status": "open"}).json()["idea"]["status"] == "open"
    assert pointers(program("PUT", f"{idea}/status", {"status": "draft"})) == ["/status"]
    assert pointers(program("PUT", f"{idea}/status", {"status": "lost"})) == ["/status"]


def test_list_is_filtered_and_ordered(program: Program) -> None:
    program.idea(symbol="AAPL", tags=["earnings"])
    program.idea(symbol="MSFT", status="open")
    assert symbols(program, "") == ["MSFT", "AAPL"]
    assert symbols(program, "/?ordering=symbol") == ["AAPL", "MSFT"]
    assert symbols(program, "?ordering=-symbol") == ["MSFT", "AAPL"]
    assert symbols(program, "?ordering=updated_at") == ["AAPL", "MSFT"]
    assert symbols(program, "?status=open") == ["MSFT"]
    assert symbols(program, "?tag=Earnings") == ["AAPL"]
    assert symbols(program, "?symbol=aap") == ["AAPL"]
    assert symbols(program, "?q=EARN+aapl") == ["AAPL"]
    assert symbols(program, "?ordering=status") == ["AAPL", "MSFT"]
    assert symbols(program, "?ordering=-created_at&q=msft") == ["MSFT"]
    assert symbols(program, "?q=&status=&tag=&symbol=&ordering=") == ["MSFT", "AAPL"]
    assert program.get("/api/v1/shared/?q=&friend=").status_code == 200
    assert pointers(program.get(f"{IDEAS}?status=lost&ordering=x")) == ["/status", "/ordering"]


def test_copies_are_read_and_not_changed(program: Program, idea: Idea, bob: Friend) -> None:
    copy = copy_of(bob, idea.position.snapshot)
    copy_of(bob, idea.position.snapshot, hidden=True)
    (listed,) = program.get("/api/v1/shared").json()["results"]
    assert (listed["id"], listed["owner"]["id"]) == (str(copy.pk), bob.pk)
    assert program.get(f"/api/v1/shared/?friend={bob.pk}").json()["results"] == [listed]
    assert program.get(f"/api/v1/shared/?friend={bob.pk + 1}").json()["results"] == []
    where = f"{IDEAS}/{copy.pk}"
    assert program.get(where).json() == listed
    assert program("PATCH", where, {"thesis": "Mine"}).status_code == 404
    assert program("DELETE", where).status_code == 404
    assert program.get(f"{where}/versions").status_code == 404


def test_copy_is_taken_off_my_list(program: Program, idea: Idea, bob: Friend) -> None:
    copy = copy_of(bob, idea.position.snapshot, share_id=uuid4())
    where = f"/api/v1/shared/{copy.pk}"
    read = program.get(where)
    assert (read.json(), read["ETag"]) == (program.get(f"{IDEAS}/{copy.pk}").json(), '"1"')
    assert program("DELETE", where, If_Match='"7"').status_code == 412
    assert program("DELETE", f"{where}/", If_Match=read["ETag"]).status_code == 204
    assert program.get("/api/v1/shared").json()["results"] == []
    assert Tombstone.objects.get().share_id == copy.share_id
    mine = f"/api/v1/shared/{idea.pk}"
    assert [program(method, mine).status_code for method in ("GET", "DELETE")] == [404, 404]


def test_queries_do_not_grow_with_ideas(program: Program) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            program.idea()
        with CaptureQueriesContext(connection) as queries:
            assert program.get(IDEAS).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_signed_token_is_judged_by_sharing(program: Program) -> None:
    idea = program.idea()
    friend, person = Program("a.b.c").get(idea), Program("").get(idea)
    assert friend.json()["detail"] == "This token opens nothing here."
    for answer in (friend, person):
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert Program("a.b.c").get(f"{idea}/share").status_code == 401

"""Keys on creations and versions on changes, as a program meets them."""

from __future__ import annotations

import pytest

from portfolio.models import Comment, Idea
from tests.api.program import IDEAS, NVDA, Program, pointers


def test_repeated_creation_makes_one_idea(program: Program) -> None:
    first = program("POST", IDEAS, NVDA, Idempotency_Key="a")
    again = program("POST", f"{IDEAS}/", NVDA, Idempotency_Key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), first["Location"], first["ETag"]) == (
        again.json(),
        again["Location"],
        again["ETag"],
    )
    assert Idea.objects.count() == 1


def test_key_of_another_request_conflicts(program: Program) -> None:
    idea = program.idea()
    assert (
        program("POST", f"{idea}/comments", {"text": "1"}, Idempotency_Key="a").status_code == 201
    )
    answer = program("POST", f"{idea}/comments", {"text": "2"}, Idempotency_Key="a")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_impossible_keys(program: Program, key: str) -> None:
    assert pointers(program("POST", IDEAS, NVDA, Idempotency_Key=key)) == [""]


def test_change_of_an_old_version_is_refused(program: Program) -> None:
    idea = program.idea()
    read = program.get(idea)["ETag"]
    assert program("PATCH", idea, {"notes": "1"}, If_Match=read).status_code == 200
    late = program("PATCH", idea, {"notes": "2"}, If_Match=read)
    assert (late.status_code, late["Content-Type"]) == (412, "application/problem+json")
    assert Idea.objects.get().notes == "1"
    assert program("DELETE", idea, If_Match=read).status_code == 412
    assert program("PUT", f"{idea}/status", {"status": "open"}, If_Match=read).status_code == 412
    assert program("PATCH", idea, {"notes": "3"}, If_Match="*").status_code == 200
    assert program("PATCH", idea, {"notes": "4"}).status_code == 200

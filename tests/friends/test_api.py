"""Friends and the instance's standing over the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portfolio.link import identity
from portfolio.models import Friend
from portfolio.people.actions import make_token
from tests.api.conftest import friend
from tests.api.program import Program


@pytest.fixture
def program(db: None) -> Program:
    identity.ensure("Alice", "http://127.0.0.1:8000")
    return Program(make_token(User.objects.create_user("alice"), "a", "read", 1)[1])


@pytest.mark.parametrize("slash", ["", "/"])
def test_friends_are_listed_by_name(program: Program, slash: str) -> None:
    charlie = friend("Charlie", state=Friend.State.BLOCKED)
    bob = friend("Bob")
    listed = program.get(f"/api/v1/friends{slash}").json()
    assert listed["count"] == 2
    assert [one["id"] for one in listed["results"]] == [bob.pk, charlie.pk]
    first = listed["results"][0]
    assert {name: first[name] for name in ("user_id", "display_name", "state", "online")} == {
        "user_id": "b" * 43,
        "display_name": "Bob",
        "state": "friend",
        "online": False,
    }
    assert not {"box_key", "card", "invite_secret"} & set(first)


def test_standing(program: Program) -> None:
    standing = program.get("/api/v1/status/").json()
    assert standing["display_name"] == "Alice"
    assert standing["user_id"] == identity.keys().user_id
    assert standing["link"] == {"state": "off", "queued": 0, "online": 0}

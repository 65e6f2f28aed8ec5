"""The switch, by a program."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portfolio.access import me
from portfolio.link import identity
from portfolio.people.actions import make_token
from tests.api.program import Program, pointers

ADDRESS = "/api/v1/privacy"
pytestmark = pytest.mark.django_db


def program(scope: str) -> Program:
    identity.ensure("Alice", "http://127.0.0.1:8000")
    person, _new = User.objects.get_or_create(username="alice")
    return Program(make_token(person, scope, scope, 1)[1])


@pytest.mark.parametrize("slash", ["", "/"])
def test_switch_is_read_and_set(slash: str) -> None:
    mine, said = program("write"), {"shows_presence": False}
    assert mine.get(ADDRESS + slash).json() == {"shows_presence": True}
    answer = mine("PUT", ADDRESS + slash, said)
    assert (answer.status_code, answer.json(), me().shows_presence) == (200, said, False)
    assert mine.get(ADDRESS + slash).json() == said


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"shows_presence": "perhaps"}, "/shows_presence"),
        ({}, "/shows_presence"),
        ({"shows_presence": False, "more": 1}, "/more"),
    ],
)
def test_nonsense_is_refused_where_it_stands(said: dict[str, object], pointer: str) -> None:
    answer = program("write")("PUT", ADDRESS, said)
    assert (answer.status_code, pointers(answer)) == (400, [pointer])
    assert me().shows_presence is True


def test_token_that_reads_may_not_set_it() -> None:
    assert program("read")("PUT", ADDRESS, {"shows_presence": False}).status_code == 403
    assert me().shows_presence is True


def test_switch_that_was_turned_meanwhile_stays() -> None:
    mine = program("write")
    read = mine.get(ADDRESS)["ETag"]
    off = mine("PUT", ADDRESS, {"shows_presence": False}, If_Match=read)
    assert off["ETag"] == mine.get(ADDRESS)["ETag"] != read
    assert mine("PUT", ADDRESS, {"shows_presence": True}, If_Match=read).status_code == 412
    assert me().shows_presence is False

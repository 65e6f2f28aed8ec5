"""My own card and box key over the API."""

from __future__ import annotations

import pytest

from portfolio.link import identity
from tests.api.program import Program, pointers
from tests.friends.test_api import signed_in

IDENTITY = "/api/v1/identity"


@pytest.fixture
def program(db: None) -> Program:
    return signed_in("write")


def test_identity_is_public_alone(program: Program) -> None:
    mine = program.get(f"{IDENTITY}/").json()
    assert set(mine) == {
        "user_id",
        "display_name",
        "backend_url",
        "card_revision",
        "box_key",
        "box_key_at",
        "created_at",
    }
    assert (mine["user_id"], mine["box_key_at"]) == (identity.keys().user_id, None)


def test_new_name_is_a_new_card(program: Program) -> None:
    changed = program("PATCH", IDENTITY, {"display_name": " Alice B. "}).json()
    assert (changed["display_name"], changed["card_revision"]) == ("Alice B.", 2)
    assert pointers(program("PATCH", IDENTITY, {"display_name": " "})) == ["/display_name"]
    assert pointers(program("PATCH", IDENTITY, {"backend_url": "http://x"})) == ["/backend_url"]


def test_box_key_is_changed(program: Program) -> None:
    before = program.get(IDENTITY).json()
    after = program("POST", f"{IDENTITY}/box-key").json()
    assert after["box_key"] == identity.keys().box_key != before["box_key"]
    assert after["box_key_at"] is not None
    assert signed_in("read")("POST", f"{IDENTITY}/box-key").status_code == 403
    assert identity.keys().box_key == after["box_key"]


def test_card_that_changed_meanwhile_is_not_changed(program: Program) -> None:
    read = program.get(IDENTITY)["ETag"]
    first = program("PATCH", IDENTITY, {"display_name": "Alice B."}, If_Match=read)
    assert (first.status_code, first["ETag"]) == (200, '"2"')
    late = program("PATCH", IDENTITY, {"display_name": "Late"}, If_Match=read)
    assert (late.status_code, program.get(IDENTITY).json()) == (412, first.json())
    assert program("POST", f"{IDENTITY}/box-key", If_Match=read).status_code == 412
    assert identity.keys().box_key == first.json()["box_key"]
    assert program("POST", f"{IDENTITY}/box-key/", If_Match=first["ETag"])["ETag"] == '"3"'

"""Invitations and codes over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portfolio.friends import actions
from portfolio.friends.codes import read_code
from portfolio.models import Friend, Invite
from tests.api.program import Program, pointers
from tests.friends.conftest import RELAY, Person
from tests.friends.test_api import signed_in

INVITES, READ, ACCEPT = "/api/v1/invites", "/api/v1/codes/read", "/api/v1/codes/accept"


@pytest.fixture
def program(db: None) -> Program:
    return signed_in("write")


def test_invitation_is_made_shown_and_revoked(program: Program) -> None:
    made = program("POST", INVITES)
    assert made.status_code == 201
    invite = Invite.objects.get()
    assert made["Location"] == f"{INVITES}/{invite.pk}"
    assert read_code(made.json()["code"]).secret == invite.secret
    assert program.get(made["Location"]).json() == made.json()
    assert program("DELETE", made["Location"]).status_code == 204
    closed = program.get(made["Location"]).json()
    assert (closed["state"], closed["code"]) == ("revoked", "")


def test_same_key_makes_one_invitation(program: Program) -> None:
    first = program("POST", INVITES, Idempotency_Key="one")
    again = program("POST", INVITES, Idempotency_Key="one")
    assert (first.json(), Invite.objects.count()) == (again.json(), 1)


def test_too_many_invitations_are_refused(program: Program) -> None:
    for _ in range(50):
        actions.invite()
    refused = program("POST", INVITES)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["detail"] == "50 invitations are open. Revoke one first."


def test_list_says_how_each_stands(program: Program, bob: Person) -> None:
    rows = [actions.invite()[0] for _ in range(4)]
    Invite.objects.filter(pk=rows[0].pk).update(used_by=bob.id)
    actions.revoke_invite(rows[1])
    Invite.objects.filter(pk=rows[2].pk).update(expires_at=timezone.now() - timedelta(days=1))
    listed = program.get(f"{INVITES}/").json()["results"]
    states = {one["id"]: (one["state"], bool(one["code"])) for one in listed}
    wanted = [("used", False), ("revoked", False), ("expired", False), ("open", True)]
    assert states == {row.pk: state for row, state in zip(rows, wanted, strict=True)}


def test_reading_token_sees_no_code_and_changes_nothing(program: Program, bob: Person) -> None:
    invite, _code = actions.invite()
    reader = signed_in("read")
    assert [one["code"] for one in reader.get(INVITES).json()["results"]] == [""]
    assert reader("DELETE", f"{INVITES}/{invite.pk}").status_code == 403
    assert reader("POST", ACCEPT, {"code": bob.code()}).status_code == 403
    assert list(Invite.objects.open()) == [invite]


def test_code_is_read_before_it_is_accepted(program: Program, bob: Person) -> None:
    known = actions.pin(bob.card())
    newcomer = {"display_name": "Bob", "backend_url": "https://new.example"}
    assert pointers(program("POST", READ, {"code": bob.code()})) == ["/code"]
    Friend.objects.update(state=Friend.State.LEAVING)
    said = program("POST", READ, {"code": bob.code(**newcomer)}).json()
    assert said == {
        "user_id": bob.id,
        "display_name": "Bob",
        "backend_url": "https://new.example",
        "relay": RELAY,
        "same_relay": True,
        "resembles": [],
    }
    assert Friend.objects.get() == known


def test_code_of_a_new_id_resembles_whom_i_know(
    program: Program, bob: Person, charlie: Person
) -> None:
    known = actions.pin(bob.card())
    said = program("POST", READ, {"code": charlie.code(display_name="Bob")}).json()
    assert said["resembles"] == [{"friend": known.pk, "what": "name and address"}]


def test_accepted_code_waits(program: Program, bob: Person) -> None:
    answer = program("POST", ACCEPT, {"code": bob.code(), "on_my_network": True})
    assert (answer.status_code, answer.json()["state"]) == (201, "knocking")
    assert program.get(answer["Location"]).json() == answer.json()
    assert Friend.objects.get().on_my_network


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"code": "hello"}, "/code"),
        ({"code": "pp1.AAAA"}, "/code"),
        ({}, "/code"),
        ({"code": "x" * 20_000}, "/code"),
    ],
)
def test_bad_code_is_a_problem(program: Program, sent: dict[str, str], pointer: str) -> None:
    for path in (READ, ACCEPT):
        assert pointers(program("POST", path, sent)) == [pointer]


def test_other_relay_needs_a_word(program: Program, bob: Person) -> None:
    code = bob.code(relay="https://relay.example")
    assert program("POST", READ, {"code": code}).json()["same_relay"] is False
    assert pointers(program("POST", ACCEPT, {"code": code})) == ["/same_relay"]
    assert program("POST", ACCEPT, {"code": code, "same_relay": True}).status_code == 201


def test_invitation_that_was_used_meanwhile_is_not_revoked(program: Program, bob: Person) -> None:
    """Revoking it then would do nothing about who is in."""
    made = program("POST", INVITES)
    Invite.objects.update(used_by=bob.id)
    assert program("DELETE", made["Location"], If_Match=made["ETag"]).status_code == 412
    assert Invite.objects.get().revoked_at is None
    read = program.get(made["Location"])["ETag"]
    assert program("DELETE", made["Location"], If_Match=read).status_code == 204


def test_invitations_are_filtered_by_state(program: Program) -> None:
    first, second = actions.invite()[0], actions.invite()[0]
    actions.revoke_invite(second)

    def found(query: str) -> list[int]:
        return [one["id"] for one in program.get(f"{INVITES}?{query}").json()["results"]]

    assert (found("state=open"), found("state=revoked")) == ([first.pk], [second.pk])
    assert found("ordering=created_at") == [first.pk, second.pk]
    assert pointers(program.get(f"{INVITES}?state=lost")) == ["/state"]

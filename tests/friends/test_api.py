"""Friends over the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.friends import actions
from portfolio.link import identity
from portfolio.models import Friend, Mute
from portfolio.people.actions import make_token
from tests.api.conftest import friend
from tests.api.program import Program, pointers
from tests.friends.conftest import Person

FRIENDS = "/api/v1/friends"


def signed_in(scope: str) -> Program:
    identity.ensure("Alice", "http://127.0.0.1:8000")
    person, _new = User.objects.get_or_create(username="alice")
    return Program(make_token(person, scope, scope, 1)[1])


@pytest.fixture
def program(db: None) -> Program:
    return signed_in("write")


@pytest.fixture
def bob_row(program: Program, bob: Person) -> Friend:
    return actions.pin(bob.card())


def path_of(row: Friend, rest: str = "") -> str:
    return f"{FRIENDS}/{row.pk}{rest}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_friends_are_listed_by_name(program: Program, slash: str) -> None:
    charlie = friend("Charlie", state=Friend.State.BLOCKED)
    bob = friend("Bob", nickname="Bobby")
    listed = program.get(f"{FRIENDS}{slash}").json()
    assert listed["next"] is None
    assert [one["id"] for one in listed["results"]] == [bob.pk, charlie.pk]
    first = listed["results"][0]
    wanted = {
        "user_id": "b" * 43,
        "name": "Bobby",
        "display_name": "Bob",
        "nickname": "Bobby",
        "digits": identity.safety_digits(identity.keys().user_id, "b" * 43),
        "verified_at": None,
        "muted": False,
        "state": "friend",
        "online": False,
        "last_seen": None,
        "moved_to": "",
        "resembles": [],
    }
    assert {name: first[name] for name in wanted} == wanted
    assert not {"box_key", "card", "invite_secret"} & set(first)


def test_list_does_not_ask_more_for_more_friends(program: Program) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert program.get(FRIENDS).status_code == 200
        return len(asked)

    friend("Bob")
    queries()
    one = queries()
    for number in range(20):
        friend("Bob", user_id=f"{number:043}")
    assert queries() == one


def test_notes_are_changed_as_on_the_page(program: Program, bob_row: Friend) -> None:
    wanted = {"nickname": "Bobby", "verified": True, "muted": True, "on_my_network": False}
    changed = program("PATCH", path_of(bob_row), wanted).json()
    assert (changed["name"], changed["muted"], changed["on_my_network"]) == ("Bobby", True, False)
    assert changed["verified_at"] is not None
    assert Mute.objects.get().friend == bob_row
    back = {"nickname": "", "verified": False, "muted": False}
    changed = program("PATCH", path_of(bob_row), back).json()
    assert (changed["name"], changed["verified_at"], changed["muted"]) == ("Bob", None, False)


def test_unknown_and_wrong_notes_are_refused(program: Program, bob_row: Friend) -> None:
    wrong = {"nickname": "x" * 81, "blocked": True}
    assert pointers(program("PATCH", path_of(bob_row), wrong)) == ["/blocked"]
    assert pointers(program("PATCH", path_of(bob_row), {"nickname": "x" * 81})) == ["/nickname"]


def test_change_of_what_was_read_before_is_refused(program: Program, bob_row: Friend) -> None:
    read = program.get(path_of(bob_row))["ETag"]
    first = program("PATCH", path_of(bob_row), {"muted": True}, If_Match=read)
    second = program("PATCH", path_of(bob_row), {"nickname": "B"}, If_Match=read)
    assert (first.status_code, second.status_code) == (200, 412)
    assert first["ETag"] == program.get(path_of(bob_row))["ETag"] != read
    gone = program("DELETE", path_of(bob_row), If_Match=first["ETag"])
    assert gone.status_code == 204


def test_removed_friend_is_leaving(program: Program, bob_row: Friend) -> None:
    assert program("DELETE", path_of(bob_row)).status_code == 204
    assert Friend.objects.get().state == Friend.State.LEAVING


def test_blocked_friend_is_another_row_until_unblocked(program: Program, bob_row: Friend) -> None:
    blocked = program("POST", path_of(bob_row, "/block")).json()
    assert (blocked["state"], blocked["user_id"]) == ("blocked", bob_row.user_id)
    assert program.get(path_of(bob_row)).status_code == 404
    assert program("POST", f"{FRIENDS}/{blocked['id']}/unblock").status_code == 204
    assert Friend.objects.count() == 0


def test_move_is_answered(program: Program, bob_row: Friend) -> None:
    Friend.objects.update(moved_to="https://bob.example")
    refused = program("POST", path_of(bob_row, "/move"), {"agreed": False}).json()
    assert (refused["moved_to"], refused["refused_url"]) == ("", "https://bob.example")
    agreed = program("POST", path_of(bob_row, "/move"), {"agreed": True}).json()
    assert (agreed["backend_url"], agreed["refused_url"]) == ("https://bob.example", "")
    assert pointers(program("POST", path_of(bob_row, "/move"), {})) == ["/agreed"]


def test_replaced_friend(program: Program, bob_row: Friend, charlie: Person) -> None:
    new = actions.pin(charlie.card(display_name="Bob"))
    resembled = program.get(path_of(new)).json()["resembles"]
    assert resembled == [{"friend": bob_row.pk, "what": "name and address"}]
    path = path_of(bob_row, "/replaced")
    assert pointers(program("POST", path, {"by": bob_row.pk})) == ["/by"]
    assert program("POST", path, {"by": new.pk}).json()["id"] == new.pk
    assert Friend.objects.get(pk=bob_row.pk).state == Friend.State.LEAVING
    assert program.get(path_of(new)).json()["resembles"] == []


def test_reading_token_changes_nobody(program: Program, bob_row: Friend) -> None:
    reader = signed_in("read")
    assert reader.get(path_of(bob_row)).status_code == 200
    for method, rest in (("PATCH", ""), ("DELETE", ""), ("POST", "/block"), ("POST", "/move")):
        assert reader(method, path_of(bob_row, rest), {}).status_code == 403
    assert Friend.objects.get() == bob_row


def test_friends_are_filtered_and_ordered(program: Program) -> None:
    bob = friend("Bob", verified_at=timezone.now())
    carol = friend("Carol", nickname="Alf", state=Friend.State.BLOCKED)

    def found(query: str) -> list[int]:
        return [one["id"] for one in program.get(f"{FRIENDS}?{query}").json()["results"]]

    assert found("") == [carol.pk, bob.pk]
    assert found("ordering=-name") == [bob.pk, carol.pk]
    assert found("state=friend") == found("verified=true") == [bob.pk]
    assert found("verified=false") == found(f"user_id={carol.user_id}") == [carol.pk]
    assert found("state=friend&verified=false") == []
    assert pointers(program.get(f"{FRIENDS}?state=x&verified=perhaps")) == ["/state", "/verified"]


@pytest.mark.parametrize(
    ("rest", "said"),
    [("/block", None), ("/unblock", None), ("/move", {"agreed": True}), ("/replaced", {"by": 1})],
)
def test_no_step_is_taken_with_who_has_changed_meanwhile(
    program: Program, bob_row: Friend, rest: str, said: object
) -> None:
    read = program.get(path_of(bob_row))["ETag"]
    Friend.objects.update(moved_to="https://elsewhere.example")
    late = program("POST", path_of(bob_row, rest), said, If_Match=read)
    assert late.status_code == 412
    assert Friend.objects.get().state == Friend.State.FRIEND
    assert Friend.objects.get().moved_to == "https://elsewhere.example"

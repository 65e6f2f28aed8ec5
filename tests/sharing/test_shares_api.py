"""Who may read an idea, as Alice's own programs say it."""

from __future__ import annotations

from typing import Any

import pytest

from portfolio.models import Friend, Outgoing, Share
from tests.api.conftest import friend
from tests.api.program import Program, pointers


def readers(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["friend"]["display_name"] for one in answer.json()["results"]]


def test_share_with_exactly_these(program: Program, idea: str, bob: Friend) -> None:
    charlie = friend("Charlie")
    answer = program("PUT", f"{idea}/share/", {"friends": [bob.pk, charlie.pk]})
    assert answer.status_code == 200
    assert [one["friend"]["id"] for one in answer.json()["results"]] == [bob.pk, charlie.pk]
    assert answer.json()["results"][0]["delivery"]["state"] == "waiting"
    told = Outgoing.objects.filter(friend=charlie).values_list("name", flat=True)
    assert list(told) == ["position_shared"]
    program("PUT", f"{idea}/share", {"friends": [bob.pk]})
    assert "position_shared" not in told.all()
    assert list(Share.objects.live().values_list("friend", flat=True)) == [bob.pk]


def test_shares_have_an_etag(program: Program, idea: str, bob: Friend) -> None:
    nobody = program.get(f"{idea}/share")["ETag"]
    assert (
        program("PUT", f"{idea}/share", {"friends": [bob.pk]}, If_Match=nobody).status_code == 200
    )
    assert program("PUT", f"{idea}/share", {"friends": []}, If_Match=nobody).status_code == 412
    assert Share.objects.live().count() == 1


@pytest.mark.parametrize("friends", [[999], ["x"], [2**70], [True], "x", None, {}])
def test_share_with_nobody_known(program: Program, idea: str, friends: object) -> None:
    answer = program("PUT", f"{idea}/share", {"friends": friends})
    assert (answer.status_code, {p.split("/")[1] for p in pointers(answer)}) == (400, {"friends"})


def test_share_with_a_blocked_friend(program: Program, idea: str) -> None:
    blocked = friend("Bob", state=Friend.State.BLOCKED)
    assert program("PUT", f"{idea}/share", {"friends": [blocked.pk]}).status_code == 400


def test_share_with_these_as_well(program: Program, idea: str, bob: Friend) -> None:
    """As it was first written down: POST, and user ids."""
    charlie = friend("Charlie")
    assert readers(program("POST", f"{idea}/share", {"friend_ids": [bob.user_id]})) == ["Bob"]
    both = program("POST", f"{idea}/share/", {"friends": [charlie.pk]})
    assert readers(both) == ["Bob", "Charlie"]
    again = program("POST", f"{idea}/share", {"friend_ids": [bob.user_id, charlie.user_id]})
    assert (readers(again), again["ETag"]) == (["Bob", "Charlie"], both["ETag"])
    told = Outgoing.objects.filter(name="position_shared").values_list("friend", flat=True)
    assert sorted(told) == [bob.pk, charlie.pk]


def test_exactly_these_by_user_id(program: Program, idea: str, bob: Friend) -> None:
    program("POST", f"{idea}/share", {"friend_ids": [bob.user_id]})
    charlie = friend("Charlie")
    assert readers(program("PUT", f"{idea}/share", {"friend_ids": [charlie.user_id]})) == [
        "Charlie"
    ]
    assert readers(program("PUT", f"{idea}/share", {"friend_ids": []})) == []


@pytest.mark.parametrize("friend_ids", [["c" * 43], [""], [7], [None], [{}], ["\x00"], "x", None])
def test_user_id_of_nobody(program: Program, idea: str, bob: Friend, friend_ids: object) -> None:
    for method in ("POST", "PUT"):
        answer = program(method, f"{idea}/share", {"friend_ids": friend_ids})
        assert answer.status_code == 400
        assert {pointer.split("/")[1] for pointer in pointers(answer)} == {"friend_ids"}
    assert not Share.objects.exists()


def test_friends_are_named_in_one_way(program: Program, idea: str, bob: Friend) -> None:
    both = {"friends": [bob.pk], "friend_ids": [bob.user_id]}
    for method in ("POST", "PUT"):
        assert pointers(program(method, f"{idea}/share", both)) == [""]
        assert pointers(program(method, f"{idea}/share", {})) == [""]
    assert pointers(program("POST", f"{idea}/share", {"friend_ids": []})) == [""]
    assert not Share.objects.exists()


def test_sharing_is_a_creation_and_a_change(program: Program, idea: str, bob: Friend) -> None:
    wanted, nobody = {"friend_ids": [bob.user_id]}, program.get(f"{idea}/share")["ETag"]
    first = program("POST", f"{idea}/share", wanted, Idempotency_Key="a", If_Match=nobody)
    again = program("POST", f"{idea}/share", wanted, Idempotency_Key="a", If_Match=nobody)
    assert (readers(first), again["Idempotent-Replay"]) == (["Bob"], "1")
    assert (again.json(), again["ETag"]) == (first.json(), first["ETag"])
    late = program("POST", f"{idea}/share", wanted, If_Match=nobody)
    assert late.status_code == 412


def test_sharing_is_not_for_a_copy(program: Program, idea: str, bob: Friend) -> None:
    position = bob.positions.create(uid="00000000-0000-4000-8000-000000000001", version=1)
    where = f"{idea.rsplit('/', 1)[0]}/{position.pk}/share"
    assert program("POST", where, {"friend_ids": [bob.user_id]}).status_code == 404

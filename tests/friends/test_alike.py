"""Who claims to be somebody I know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from portfolio.friends.alike import claims, settled, unsettled
from portfolio.models import Friend

State = Friend.State
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def person(pk: int, name: str, url: str = "", **more: object) -> Friend:
    fields = {"state": State.FRIEND, "added_at": BEGAN + timedelta(days=pk)} | more
    return Friend(pk=pk, user_id=f"{pk:043}", display_name=name, backend_url=url, **fields)


BOB = person(1, "Bob", "https://bob.example")


@pytest.mark.parametrize(
    ("newer", "what"),
    [
        (person(2, "Bob"), "name"),
        (person(2, " b O b"), "name"),
        (person(2, "\uff22ob"), "name"),  # full-width
        (person(2, "Bobby", "https://bob.example"), "address"),
        (person(2, "Bobby", moved_to="https://bob.example"), "address"),
        (person(2, "Bob", "https://bob.example"), "name and address"),
    ],
)
def test_claim_says_what_is_the_same(newer: Friend, what: str) -> None:
    assert [(one.older, one.what) for one in claims(newer, [BOB])] == [(BOB, what)]
    assert [(one.newer, one.older, one.what) for one in unsettled([newer, BOB])] == [
        (newer, BOB, what)
    ]


def test_my_own_name_for_somebody_can_be_claimed_too() -> None:
    known = person(1, "Robert", nickname="Bob")
    assert [one.what for one in claims(person(2, "Bob"), [known])] == ["name"]


@pytest.mark.parametrize(
    "other",
    [person(2, "Charlie"), person(2, "Charlie", "https://charlie.example"), person(2, "Bo")],
)
def test_others_claim_nothing(other: Friend) -> None:
    assert list(claims(other, [BOB])) == []
    assert unsettled([other, BOB]) == []


def test_same_id_is_the_same_person() -> None:
    assert list(claims(BOB, [BOB])) == []


@pytest.mark.parametrize("answer", [{"verified_at": timezone.now()}, {"nickname": "Bobby"}])
def test_question_is_settled_by_a_mark_on_the_newer_one(answer: dict[str, object]) -> None:
    newer = person(2, "Bob", **answer)
    assert settled(newer)
    assert unsettled([BOB, newer]) == []
    older = person(1, "Bob", **answer)
    assert len(unsettled([older, person(2, "Bob")])) == 1


@pytest.mark.parametrize("state", [State.LEAVING, State.BLOCKED])
def test_who_has_gone_is_no_question(state: str) -> None:
    assert unsettled([BOB, person(2, "Bob", state=state)]) == []


def test_three_of_one_name_are_three_pairs() -> None:
    found = unsettled([person(number, "Bob") for number in (3, 1, 2)])
    assert {(one.older.pk, one.newer.pk) for one in found} == {(1, 2), (1, 3), (2, 3)}

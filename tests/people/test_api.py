"""Tokens over the API: listed and revoked by programs, made by people alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.models import ApiToken, KeptAnswer
from portfolio.people.actions import make_token
from tests.api.program import Program
from tests.people.conftest import PASSWORD

TOKENS = "/api/v1/tokens"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice")


def test_person_makes_a_token_that_works(alice: User, client: Client) -> None:
    client.force_login(alice)
    answer = client.post(f"{TOKENS}/", {"name": "Sheet", "scope": "write"}, "application/json")
    made = answer.json()
    assert (answer.status_code, made["scope"], made["state"]) == (201, "write", "live")
    assert made["token"].startswith(made["prefix"])
    (listed,) = Program(made["token"]).get(TOKENS).json()["results"]
    assert "token" not in listed
    assert {**listed, "last_used_at": None} == {k: v for k, v in made.items() if k != "token"}


def test_token_makes_no_token(alice: User) -> None:
    program = Program(make_token(alice, "a", "write", 1)[1])
    answer = program("POST", TOKENS, {"name": "successor"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert ApiToken.objects.count() == 1


def test_token_revokes_itself(alice: User) -> None:
    token, text = make_token(alice, "a", "write", 1)
    assert Program(text)("DELETE", f"{TOKENS}/{token.pk}/").status_code == 204
    assert Program(text).get(TOKENS).status_code == 401


def test_tokens_of_others_do_not_exist(alice: User) -> None:
    other, _ = make_token(User.objects.create_user("charlie"), "c", "read", None)
    program = Program(make_token(alice, "a", "write", 1)[1])
    assert program("DELETE", f"{TOKENS}/{other.pk}").status_code == 404
    assert program("DELETE", f"{TOKENS}/{'9' * 18}").status_code == 404
    assert [one["name"] for one in program.get(TOKENS).json()["results"]] == ["a"]


def test_an_open_browser_makes_no_token_without_the_password(client: Client, db: None) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    client.post("/account/login/", {"login": "alice", "password": PASSWORD})
    wanted = {"name": "Sheet", "scope": "write"}
    refused = client.post(TOKENS, wanted, "application/json")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "Give your password on the page of tokens first.",
    )
    client.post("/account/again/?next=/settings/tokens/", {"password": PASSWORD})
    assert client.post(TOKENS, wanted, "application/json").status_code == 201


def test_repeated_request_names_the_token_and_does_not_show_it_again(
    alice: User, client: Client
) -> None:
    """Shown once and kept hashed, whatever keeps answers: the text is nowhere."""
    client.force_login(alice)
    wanted, key = {"name": "Sheet", "scope": "write"}, {"Idempotency-Key": "a"}
    first = client.post(TOKENS, wanted, "application/json", headers=key)
    again = client.post(TOKENS, wanted, "application/json", headers=key)
    text = first.json()["token"]
    assert (again.status_code, again["Idempotent-Replay"]) == (201, "1")
    assert again.json() == {**first.json(), "token": None}
    assert again["Location"] == first["Location"] == f"{TOKENS}/{ApiToken.objects.get().pk}"
    assert text not in str(list(KeptAnswer.objects.values()))
    assert Program(text).get(first["Location"]).json()["name"] == "Sheet"
    other = client.post(TOKENS, {"name": "Other"}, "application/json", headers=key)
    assert other.status_code == 409


def test_misspelt_wish_is_refused(alice: User, client: Client) -> None:
    client.force_login(alice)
    answer = client.post(TOKENS, {"name": "Sheet", "day": 1}, "application/json")
    assert answer.json()["errors"] == [{"pointer": "/day", "detail": "There is no such field."}]
    assert not ApiToken.objects.exists()


def test_tokens_that_open_something_alone(alice: User) -> None:
    token, text = make_token(alice, "a", "write", 1)
    ended, _ = make_token(alice, "b", "read", 1)
    program = Program(text)
    program("DELETE", f"{TOKENS}/{ended.pk}")

    def listed(query: str) -> list[int]:
        return [one["id"] for one in program.get(f"{TOKENS}?{query}").json()["results"]]

    assert listed("live=true") == [token.pk]
    assert listed("ordering=created_at") == [token.pk, ended.pk] == listed("")[::-1]
    assert program.get(f"{TOKENS}/{ended.pk}/").json()["state"] == "revoked"

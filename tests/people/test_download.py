"""The file of the page, after the password once more; the API's; and both without collecting it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from portfolio.people import download
from portfolio.people.actions import make_token
from tests.api.program import Program
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGE, FILE = "/settings/export/", "/settings/export/file/"


@pytest.fixture
def alice(client: Client, identity: object) -> User:
    person = User.objects.create_user("alice", password=PASSWORD)
    client.post("/account/login/", {"login": "alice", "password": PASSWORD})
    return person


def test_file_wants_the_password_once_more(client: Client, alice: User) -> None:
    asked = f"/account/again/?next={FILE}"
    assert client.get(FILE)["Location"].replace("%2F", "/") == asked
    assert "/account/again/?next=/settings/export/" in client.get(PAGE).content.decode()
    assert client.post(f"/account/again/?next={PAGE}", {"password": "wrong"}).status_code == 200
    again = client.post(f"/account/again/?next={PAGE}", {"password": PASSWORD})
    assert (again.status_code, again["Location"]) == (302, PAGE)
    assert f'href="{FILE}"' in client.get(PAGE).content.decode()
    file = client.get(FILE)
    assert json.loads(file.getvalue())["me"]["user_name"] == "alice"
    assert file["Content-Disposition"][:40] == 'attachment; filename="portfolio-planner-'
    assert (file["Content-Type"], file["Cache-Control"]) == ("application/json", "no-store")


def test_person_without_a_password_is_not_asked_for_one(client: Client, identity: object) -> None:
    client.force_login(User.objects.create_user("alice"))
    assert json.loads(client.get(FILE).getvalue())["ideas"] == []


def test_file_is_not_for_strangers(client: Client) -> None:
    assert client.get(FILE)["Location"].startswith("/account/login/")
    assert client.post(FILE).status_code == 302


@pytest.mark.parametrize("address", ["/api/v1/export", "/api/v1/export/"])
def test_program_that_may_read_gets_the_same(alice: User, address: str) -> None:
    answer = Program(make_token(alice, "a", "read", 1)[1]).get(address)
    found = json.loads(answer.getvalue())
    assert (answer.status_code, found["format"]) == (200, "portfolio-planner-export")
    assert Program("pp_wrong").get(address).status_code == 401


def test_session_does_not_get_around_the_password(client: Client, alice: User) -> None:
    assert client.get("/api/v1/export").status_code == 403
    client.post(f"/account/again/?next={PAGE}", {"password": PASSWORD})
    assert client.get("/api/v1/export").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_server_hands_pieces_on_as_they_are_read(identity: object) -> None:
    """As under ASGI: not one piece more is read than was asked for."""
    taken: list[int] = []

    def pieces() -> Any:
        for number in range(3):
            taken.append(number)
            yield f"{number}"

    async def read() -> list[tuple[bytes, int]]:
        return [(piece, len(taken)) async for piece in download.Streamed(pieces())]

    assert async_to_sync(read)() == [(b"0", 1), (b"1", 2), (b"2", 3)]


@pytest.mark.django_db(transaction=True)
def test_file_over_asgi(identity: object) -> None:
    person = User.objects.create_user("alice")

    async def fetch() -> bytes:
        client = AsyncClient()
        await client.aforce_login(person)
        answer = await client.get(FILE)
        return b"".join([piece async for piece in answer])

    assert json.loads(async_to_sync(fetch)())["me"]["user_name"] == "alice"

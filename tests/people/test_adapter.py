"""Sign-up: the first person with the token, once; nobody without, nobody after."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.people import tokens
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db
FORM = {"username": "alice", "password1": PASSWORD, "password2": PASSWORD}


def use_link(client: Client) -> None:
    client.get(tokens.first_person_url(""))


def sign_up(client: Client, **changes: str) -> Any:
    return client.post("/account/signup/", {**FORM, **changes})


@pytest.mark.django_db(transaction=True)
def test_first_person_owns_the_instance(client: Client) -> None:
    use_link(client)
    assert sign_up(client)["Location"] == "/"
    alice = User.objects.get()
    assert (alice.username, alice.is_staff, alice.is_superuser) == ("alice", True, True)
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_token_works_once(client: Client) -> None:
    bob = Client()
    use_link(client)
    bob.session.update(client.session)
    session = bob.session
    session.update(dict(client.session.items()))
    session.save()
    sign_up(client)
    sign_up(bob, username="bob")
    assert [user.username for user in User.objects.all()] == ["alice"]
    User.objects.all().delete()
    sign_up(bob, username="bob")
    assert User.objects.count() == 0


def test_stranger_cannot_sign_up(client: Client) -> None:
    tokens.new_first_token()
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 0


def test_weak_password_is_said_beside_its_field(client: Client) -> None:
    use_link(client)
    response = sign_up(client, password1="alice", password2="alice")
    assert User.objects.count() == 0
    assert sorted(response.context["form"].errors) == ["password1"]

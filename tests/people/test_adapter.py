"""Sign-up: the first person with the token, once; nobody without, nobody after."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.link.identity import UNNAMED
from portfolio.models import Identity
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


@pytest.mark.parametrize(
    ("typed", "seen"),
    [("Alice Miller", "Alice Miller"), ("", "alice"), (" \u202e ", "alice")],
)
def test_friends_see_the_name_that_was_given(client: Client, typed: str, seen: str) -> None:
    Identity.objects.create(user_id="x" * 43, display_name=UNNAMED)
    use_link(client)
    page = client.get("/account/signup/")
    assert page.context["form"]["display_name"].value() is None
    assert list(page.context["form"].fields) == [
        "username",
        "display_name",
        "password1",
        "password2",
    ]
    assert "friends see it too, unless you give them another name" in page.content.decode()
    sign_up(client, display_name=typed)
    assert Identity.objects.get().display_name == seen


def test_name_of_the_environment_is_not_asked_again(client: Client, settings: Any) -> None:
    settings.BACKEND_DISPLAY_NAME = "Alice of the mill"
    Identity.objects.create(user_id="x" * 43, display_name="Alice of the mill")
    use_link(client)
    page = client.get("/account/signup/")
    assert list(page.context["form"].fields) == ["username", "password1", "password2"]
    assert "nobody else sees it" in page.content.decode()
    sign_up(client, display_name="Mallory")
    assert Identity.objects.get().display_name == "Alice of the mill"


def test_stranger_cannot_sign_up(client: Client) -> None:
    tokens.new_first_token()
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 0


def test_weak_password_is_said_beside_its_field(client: Client) -> None:
    use_link(client)
    response = sign_up(client, password1="alice", password2="alice")
    assert User.objects.count() == 0
    assert sorted(response.context["form"].errors) == ["password1"]

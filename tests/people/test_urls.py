"""Signing in and out through the pages, the limits on it, and what every answer carries."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import get_template
from django.test import Client

from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password=PASSWORD, is_staff=True, is_superuser=True)


def sign_in(client: Client, password: str = PASSWORD, name: str = "alice") -> Any:
    return client.post("/account/login/", {"login": name, "password": password})


def test_sign_in_and_out(client: Client, alice: User) -> None:
    assert sign_in(client)["Location"] == "/"
    assert client.get("/account/password/").status_code == 200
    assert client.get("/account/logout/").status_code == 200
    assert client.post("/account/logout/").status_code == 302
    response = client.get("/account/password/")
    assert response["Location"] == "/account/login/?next=/account/password/"


def test_person_without_a_password_sets_one(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"))
    page = client.get("/account/password/", follow=True)
    assert page.redirect_chain == [("/account/password/set/", 302)]
    client.post("/account/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get().check_password(PASSWORD)


def test_wrong_password_says_nothing_of_who_exists(client: Client, alice: User) -> None:
    [known] = sign_in(client, "wrong").context["form"].non_field_errors()
    [unknown] = sign_in(client, "wrong", "charlie").context["form"].non_field_errors()
    assert known == unknown


def test_sixth_wrong_password_is_refused_even_if_the_next_is_right(
    client: Client, alice: User
) -> None:
    for _ in range(5):
        sign_in(client, "wrong")
    assert sign_in(client).status_code == 200  # the form again, not the way in
    assert "_auth_user_id" not in client.session


def test_admin_has_no_sign_in_of_its_own(client: Client, alice: User) -> None:
    assert client.get("/admin/login/")["Location"].startswith("/account/login/")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_admin_is_not_for_everybody(client: Client) -> None:
    client.force_login(User.objects.create_user("charlie"))
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("path", ["/account/login/", "/nothing/here/", "/health"])
def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    response = client.get(path)
    assert sorted(response["Content-Security-Policy"].split("; ")) == [
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
    ]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_cookies_are_out_of_reach_of_scripts(client: Client, alice: User, settings: Any) -> None:
    client.get("/account/login/")
    sign_in(client)
    assert sorted(client.cookies) == sorted(
        [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]
    )
    assert all(cookie["httponly"] for cookie in client.cookies.values())
    assert all(cookie["samesite"] == "Lax" for cookie in client.cookies.values())


def test_post_without_the_csrf_token_is_refused_in_words(alice: User) -> None:
    response = sign_in(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "Please send it again" in response.content.decode()


def test_page_that_is_not_there(client: Client) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "429", "500"])
def test_error_page_draws_without_a_request(name: str) -> None:
    html = get_template(f"{name}.html").render()
    assert html.count("<h1>") == 1

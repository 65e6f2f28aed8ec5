"""The two links that let a person in, and the page of tokens for programs."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import Client

from portfolio.models import ApiToken
from portfolio.people import actions, tokens
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_IN = "/account/login/"


def path_of(url: str) -> str:
    return url.removeprefix("http://x")


def test_first_person_goes_on_to_sign_up_without_the_token(client: Client) -> None:
    response = client.get(path_of(tokens.first_person_url("http://x")))
    assert (response.status_code, response["Location"]) == (302, "/account/signup/")
    assert client.get("/account/signup/").templates[0].name == "account/signup.html"


def test_first_person_with_a_wrong_token_finds_sign_up_closed(client: Client) -> None:
    tokens.new_first_token()
    client.get("/people/first/wrong/")
    assert client.get("/account/signup/").templates[0].name == "account/signup_closed.html"


def test_first_person_when_somebody_is_there_signs_in(client: Client) -> None:
    link = path_of(tokens.first_person_url("http://x"))
    User.objects.create_user("alice")
    page = client.get(link, follow=True)
    assert page.redirect_chain == [("/account/login/?used=1", 302)]
    assert banner(page) == ["This link has been used."]


def banner(page: Any) -> list[str]:
    return re.findall(r'<p class="banner">(.*?)</p>\n<h1>Sign in</h1>', page.content.decode())


def test_sign_in_page_says_when_nobody_has_signed_up(client: Client) -> None:
    said = "Nobody has signed up here yet: open the link that the console printed."
    assert banner(client.get(SIGN_IN)) == [said]
    User.objects.create_user("alice")
    assert "banner" not in client.get(SIGN_IN).content.decode()


def test_wrong_password_is_told_without_a_banner(client: Client) -> None:
    User.objects.create_user("alice")
    page = client.post(SIGN_IN, {"login": "alice", "password": "wrong"})
    assert (page.status_code, "banner" in page.content.decode()) == (200, False)


def test_enter_signs_in_with_debug_alone(client: Client, settings: Any) -> None:
    alice = User.objects.create_user("alice")
    link = path_of(tokens.sign_in_url("http://x"))
    assert client.get(link).status_code == 404
    settings.DEBUG = True
    assert client.get(link)["Location"] == "/"
    assert get_user(client) == alice


# Tokens for programs.


TOKENS = "/settings/tokens/"


@pytest.fixture
def alice(client: Client) -> User:
    person = User.objects.create_user("alice")
    client.force_login(person)
    return person


def test_new_token_is_shown_once(client: Client, alice: User) -> None:
    page = client.post(TOKENS, {"name": "Sheet", "scope": "write", "days": "90"})
    text = page.context["text"]
    assert (page.status_code, text[:3]) == (200, "pp_")
    assert text in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    made = ApiToken.objects.get()
    assert (made.person, made.scope, made.name) == (alice, "write", "Sheet")
    again = client.get(TOKENS).content.decode()
    assert text not in again
    assert made.prefix in again


def test_token_form_keeps_what_was_typed(client: Client, alice: User) -> None:
    page = client.post(TOKENS, {"name": "Sheet", "scope": "all", "days": "90"})
    assert page.status_code == 422
    assert 'value="Sheet"' in page.content.decode()
    assert not ApiToken.objects.exists()


def test_token_wants_the_password_once_more(client: Client) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    client.post("/account/login/", {"login": "alice", "password": PASSWORD})
    asked, wanted = (
        f"/account/again/?next={TOKENS}",
        {"name": "Sheet", "scope": "read", "days": "90"},
    )
    page = client.get(TOKENS).content.decode()
    assert (asked in page, "Make token" in page) == (True, False)
    assert client.post(TOKENS, wanted)["Location"] == asked
    assert not ApiToken.objects.exists()
    assert client.post(asked, {"password": PASSWORD})["Location"] == TOKENS
    assert "Make token" in client.get(TOKENS).content.decode()
    assert client.post(TOKENS, wanted).context["text"][:3] == "pp_"


def test_token_is_revoked_by_its_person_alone(client: Client, alice: User) -> None:
    token, _ = actions.make_token(alice, "Sheet", "read", 1)
    stranger = Client()
    stranger.force_login(User.objects.create_user("charlie"))
    path = f"{TOKENS}{token.pk}/revoke/"
    assert stranger.post(path).status_code == 404
    assert client.get(path).status_code == 405
    assert client.post(path)["Location"] == TOKENS
    token.refresh_from_db()
    assert token.state == "revoked"
    assert path not in client.get(TOKENS).content.decode()


def test_tokens_of_others_are_not_listed(client: Client, alice: User) -> None:
    actions.make_token(User.objects.create_user("charlie"), "Secret sheet", "read", 1)
    assert "Secret sheet" not in client.get(TOKENS).content.decode()


# Settings.


def test_hub_leads_to_every_section(client: Client, alice: User, identity: object) -> None:
    page = client.get("/settings/").content.decode()
    for path in re.findall(r'<li><a href="(/settings/[^"]+)"', page):
        shown = client.get(path).content.decode()
        assert (path, f'href="{path}" aria-current="page"' in shown) == (path, True)
    assert '<li><a href="/settings/tokens/"' in page

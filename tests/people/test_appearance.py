"""How pages look: cookies that the server writes into the page, set by a plain post."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from portfolio.people.appearance import chosen

pytestmark = pytest.mark.django_db
PAGE = "/settings/appearance/"
HERE = {"HTTP_REFERER": "http://testserver/friends/"}


@pytest.fixture(autouse=True)
def alice(client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))


def root(client: Client, path: str = PAGE) -> str:
    found = re.search(r"<html[^>]*>", client.get(path).content.decode())
    return found.group() if found else ""


def test_nothing_chosen_leaves_it_to_the_device(client: Client) -> None:
    assert root(client) == '<html lang="en">'


def test_choice_is_in_every_page_before_the_first_byte(client: Client) -> None:
    answer = client.post(PAGE, {"theme": "dark", "text": "large", "keys": "off"}, **HERE)
    assert (answer.status_code, answer["Location"]) == (302, "/friends/")
    wanted = '<html lang="en" data-theme="dark" data-text="large" data-keys="off">'
    assert [root(client, path) for path in (PAGE, "/friends/", "/nothing/")] == [wanted] * 3
    client.logout()
    client.cookies["theme"] = "dark"
    assert root(client, "/account/login/") == '<html lang="en" data-theme="dark">'


def test_button_of_the_header_sets_the_theme_alone(client: Client) -> None:
    for said, theme in (("light", "light"), ("dark", "dark"), ("automatic", "auto")):
        page = client.get("/friends/").content.decode()
        [value] = re.findall(r'name="theme" value="(\w+)" data-theme-button', page)
        assert value == theme
        assert client.post(PAGE, {"theme": value}, **HERE)["Location"] == "/friends/"
        assert f'aria-label="Theme: {said}"' in client.get("/friends/").content.decode()
    assert sorted(set(client.cookies) & {"theme", "text", "keys"}) == ["theme"]


def test_page_shows_what_is_chosen(client: Client) -> None:
    client.post(PAGE, {"theme": "light", "text": "larger", "keys": "on"})
    page = client.get(PAGE).content.decode()
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["light", "larger", "on"]


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"text": "<b>"}, {"keys": "maybe"}])
def test_what_is_no_choice_is_refused(client: Client, wrong: dict[str, str]) -> None:
    answer = client.post(PAGE, wrong)
    assert (answer.status_code, set(answer.cookies) & set(wrong)) == (422, set())


def test_cookie_that_is_no_choice_is_not_believed(rf: RequestFactory, settings: Any) -> None:
    request = rf.get("/")
    request.COOKIES["theme"] = 'dark" onload="x'
    assert chosen(request) == {"theme": "auto", "text": "normal", "keys": "on"}


def test_cookies_are_secure_where_the_instance_is(client: Client, settings: Any) -> None:
    settings.HTTPS = True
    cookie = client.post(PAGE, {"theme": "dark"}).cookies["theme"]
    assert (cookie["secure"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_choice_leads_back_to_the_very_page(client: Client) -> None:
    """With its filters; and never to another host."""
    here = {"HTTP_REFERER": "http://testserver/ideas/?q=income&page=2"}
    assert client.post(PAGE, {"theme": "dark"}, **here)["Location"] == "/ideas/?q=income&page=2"
    away = {"HTTP_REFERER": "http://testserver//evil.example/?q=1"}
    assert client.post(PAGE, {"theme": "dark"}, **away)["Location"] == "/evil.example/?q=1"

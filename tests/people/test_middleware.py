"""Signed out in the middle of something: to the sign-in page, and back to a page that exists.
A database that cannot be written, and a page that is gone: said in words.
"""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from portfolio.people.middleware import StorageMiddleware

PAGE = "http://testserver/account/password/"
SIGN_IN = "/account/login/?next=/account/password/"


def test_page_leads_back_to_itself(client: Client) -> None:
    assert client.get("/account/password/")["Location"] == SIGN_IN


def test_post_leads_back_to_the_page_it_was_sent_from(client: Client) -> None:
    response = client.post("/account/password/", headers={"referer": PAGE})
    assert (response.status_code, response["Location"]) == (302, SIGN_IN)


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_leaves_the_whole_page(client: Client, method: str) -> None:
    headers = {"hx-request": "true", "hx-current-url": PAGE}
    response = getattr(client, method)("/account/password/", headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (200, SIGN_IN)


@pytest.mark.parametrize(
    "page", ["", "https://elsewhere.example/x/", "//elsewhere.example/x/", "http://testserver//"]
)
def test_way_back_is_never_elsewhere(client: Client, page: str) -> None:
    response = client.post("/account/password/", headers={"referer": page})
    assert response["Location"] == "/account/login/?next=/"


@pytest.mark.parametrize("error", ["database is locked", "database or disk is full"])
def test_a_database_that_cannot_be_written_is_said_in_words(
    error: str, rf: RequestFactory, caplog: pytest.LogCaptureFixture
) -> None:
    middleware = StorageMiddleware(lambda _request: HttpResponse())
    answer = middleware.process_exception(rf.post("/ideas/new/"), OperationalError(error))
    assert (answer.status_code, b"<h1>Not saved</h1>" in answer.content) == (503, True)
    [fields] = [record.__dict__["fields"] for record in caplog.records]
    assert fields == {"path": "/ideas/new/", "why": f"OperationalError: {error}"}


def test_any_other_error_stays_one(rf: RequestFactory) -> None:
    middleware = StorageMiddleware(lambda _request: HttpResponse())
    assert middleware.process_exception(rf.post("/ideas/new/"), ValueError()) is None


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_idea_that_is_gone_is_told_on_our_page(client: Client, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    client.force_login(User.objects.create_user("alice"))
    answer = client.get(f"/ideas/{uuid4()}/")
    assert (answer.status_code, answer.templates[0].name) == (404, "404.html")


@pytest.mark.django_db
def test_page_for_somebody_else_is_told_on_our_page(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    client.force_login(User.objects.create_user("charlie"))
    answer = client.get("/admin/", follow=True)
    assert (answer.status_code, answer.templates[0].name) == (403, "403.html")


def test_address_without_a_view_keeps_the_developers_page(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    answer = client.get("/nothing/here/")
    assert (answer.status_code, "URLconf" in answer.content.decode()) == (404, True)

"""Signed out in the middle of something: to the sign-in page, and back to a page that exists."""

import pytest
from django.test import Client

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


@pytest.mark.parametrize("page", ["", "https://elsewhere.example/x/", "//elsewhere.example/x/"])
def test_way_back_is_never_elsewhere(client: Client, page: str) -> None:
    response = client.post("/account/password/", headers={"referer": page})
    assert response["Location"] == "/account/login/?next=/"

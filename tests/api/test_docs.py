"""The API's pages: for the person who lives here, with a policy that lets their styles in and
nothing else.
"""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client


def test_page_has_its_own_policy(browser: Client) -> None:
    page = browser.get("/docs")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"].split("; ")
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'self'" in policy
    other = browser.get("/friends/")["Content-Security-Policy"]
    assert "unsafe-inline" not in other


def test_page_needs_no_inline_script_and_no_other_server(browser: Client) -> None:
    html = browser.get("/docs/").content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    places = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert [place for place in places if not place.startswith("/")] == []
    files = [place.removeprefix("/static/") for place in places if place.startswith("/static/")]
    assert files
    assert [name for name in files if finders.find(name) is None] == []


def test_page_is_for_who_is_signed_in(alice: User, client: Client) -> None:
    assert client.get("/docs")["Location"] == "/account/login/?next=/docs"

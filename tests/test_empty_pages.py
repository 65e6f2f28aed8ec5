"""Every page of an instance with nothing in it: it opens, its forms lead somewhere, and a list that
is empty says what it is for and what to do now; with sample ideas where those would fill it.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.link.identity import ensure
from tests.test_pages import kind, sends, walk

pytestmark = pytest.mark.django_db

CREATE = "Create New Idea /ideas/new/"
SAMPLES = "Load sample ideas /ideas/samples/"
INVITE = "Invite a friend /friends/"
#: The heading of each empty page, and the buttons under what it says.
EMPTY = {
    "/": ("Plan a trade before you place it", [CREATE, SAMPLES]),
    "/ideas/": ("Plan your first trade", [CREATE, SAMPLES]),
    "/ideas/shared/": ("Nothing shared with you yet", [INVITE]),
    "/friends/": (
        "Plan with people you trust",
        ["Invite a friend /friends/invite/", "Enter a code /friends/add/"],
    ),
    "/notifications/": ("Nothing yet", [INVITE]),
    "/activity/": ("Nothing has happened yet", [CREATE, SAMPLES]),
}


class EmptyStates(HTMLParser):
    """What stands in the elements of class `empty`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.sentences: list[str] = []
        self.buttons: list[str] = []
        self._inside: list[str] = []  # the open elements, from the empty state's own on
        self._button = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if self._inside or "empty" in found.get("class", "").split():
            self._inside.append(tag)
        if "btn" in found.get("class", "").split():
            self._button = found.get("href") or found.get("formaction", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        within = {"h2": self.headings, "h3": self.headings, "p": self.sentences}
        for tag in self._inside if data.strip() else ():
            if tag in ("a", "button"):
                self.buttons.append(f"{data.strip()} {self._button}")
            elif tag in within:
                within[tag].append(data.strip())


@pytest.fixture(params=[True, False], ids=["with a relay", "alone"])
def alice(client: Client, settings: Any, request: pytest.FixtureRequest) -> Client:
    """Signed in for the first time."""
    settings.ENABLE_COLLABORATION = request.param
    ensure("Alice", "http://127.0.0.1:8000")
    client.force_login(User.objects.create_superuser("alice", password="a long enough one"))
    return client


def state(client: Client, path: str) -> EmptyStates:
    return EmptyStates(client.get(path).content.decode())


def test_every_page_of_an_empty_instance_says_what_it_is_for(alice: Client) -> None:
    faults, empty, asked = [], {}, set()
    for here, page in walk(alice):
        found = state(alice, here)
        if found.headings:
            assert found.sentences, here
            empty[here] = (" ".join(found.headings), found.buttons)
        if page.headings != 1 or not page.title.strip():
            faults.append(f"{here}: {page.headings} h1, title {page.title!r}")
        for method, action, fields in page.sent():
            there = urljoin(here, action)
            way = (method, kind(there), tuple(name for name, _ in fields))
            if way not in asked:
                asked.add(way)
                faults += sends(alice, method, there, fields, here)
    assert faults == []
    assert empty == EMPTY


@pytest.mark.parametrize("path", [path for path, (_, ways) in EMPTY.items() if SAMPLES in ways])
def test_sample_ideas_fill_the_page_that_offers_them(alice: Client, path: str) -> None:
    assert alice.post("/ideas/samples/").status_code == 302
    assert state(alice, path).headings == []


def test_idea_without_friends_leads_to_them(alice: Client) -> None:
    alice.post("/ideas/samples/")
    [idea, *_] = [here for here, _ in walk(alice) if kind(here) == "/ideas/*/?"]
    found = state(alice, f"{idea}share/")
    assert (found.headings, found.buttons) == (["No friends yet"], ["Go to Friends /friends/"])
    assert "Nothing said yet. Friends you share this with" in alice.get(idea).content.decode()


def test_friends_are_offered_where_one_can_choose_among_them(alice: Client) -> None:
    for path in ("/settings/notifications/", "/settings/relay/", "/settings/profile/"):
        main = alice.get(path).content.decode().partition("<main")[2].partition("</main")[0]
        assert 'href="/friends/"' in main, path

"""Every page without a script: each link leads somewhere, each form posts, each button is in reach.

Alice is signed in and has some of everything. From the first page on, every link is followed and
every form sent as it stands, each into a transaction that is taken back; so a page that nobody
links to, or a form that leads nowhere, fails here whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from portfolio.friends import actions as friends
from portfolio.link.identity import ensure
from portfolio.models import Comment, Friend, Notice, SharedPosition
from portfolio.people.actions import make_token
from tests.link.people import card_of, new_keys
from tests.models import rows

pytestmark = pytest.mark.django_db

NOT_OURS = re.compile(r"/(admin|static|api|docs)\b|/settings/export/file/")
#: Addresses that no link of a signed-in person's leads to, and why.
UNLINKED = {
    "accept_code": "the answer to a good code",
    "account_inactive": "for who may not sign in",
    "account_login": "for who is not signed in",
    "account_set_password": "for who has none",
    "account_signup": "for the first person",
    "activity_seen": "a look, told by a script",
    "code_page": "the link of a code",
    "comment": "a comment alone, for a script",
    "conversation": "where a comment has answers",
    "enter": "the demo's link",
    "first_person": "the console's link",
    "health": "for machines",
    "load_samples": "where there is no idea yet",
    "metrics": "for machines",
    "notice_open": "from a notice, which is drawn for who has one",
    "notices_unread": "in the answer to what it takes back",
    "people": "names, for a script that completes them",
    "restored": "after a restore",
    "share_again": "after a restore",
    "unmute_idea": "where one is muted",
}


@dataclass
class Form:
    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Button:
    """One that sends; `form` is where it belongs, None where it belongs nowhere."""

    form: Form | str | None
    formaction: str
    name: str
    value: str


class Page(HTMLParser):
    """What a browser without scripts sees of a page: headings, links, forms, buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title, self.headings = "", 0
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.named: dict[str, Form] = {}
        self.buttons: list[Button] = []
        self._form: Form | None = None
        self._select: tuple[str, bool] = ("", False)
        self._text: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        handler = getattr(self, f"_on_{tag}", None)
        if handler:
            handler(found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if self._text is not None and tag in ("title", "textarea"):
            text = "".join(self._text)
            if tag == "title":
                self.title = self.title or text
            elif self._form:
                self._form.fields.append((self._area, text.removeprefix("\n")))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _on_title(self, _found: dict[str, str]) -> None:
        self._text = []

    def _on_textarea(self, found: dict[str, str]) -> None:
        self._area, self._text = found.get("name", ""), []

    def _on_h1(self, _found: dict[str, str]) -> None:
        self.headings += 1

    def _on_a(self, found: dict[str, str]) -> None:
        self.links.append(found.get("href", ""))

    def _on_form(self, found: dict[str, str]) -> None:
        self._form = Form(found.get("method", "get").lower(), found.get("action", ""))
        self.forms.append(self._form)
        self.named[found.get("id", "")] = self._form

    def _on_input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text")
        ticked = kind not in ("checkbox", "radio") or "checked" in found
        if self._form and found.get("name") and ticked and kind != "submit":
            self._form.fields.append((found["name"], found.get("value", "")))

    def _on_select(self, found: dict[str, str]) -> None:
        self._select = (found.get("name", ""), False)

    def _on_option(self, found: dict[str, str]) -> None:
        name, chosen = self._select
        if self._form and name and (not chosen or "selected" in found):
            if chosen:
                self._form.fields.pop()
            self._form.fields.append((name, found.get("value", "")))
            self._select = (name, True)

    def _on_button(self, found: dict[str, str]) -> None:
        if found.get("type", "submit") == "submit":
            belongs = found.get("form") or self._form
            action, name = found.get("formaction", ""), found.get("name", "")
            self.buttons.append(Button(belongs, action, name, found.get("value", "")))

    def sent(self) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
        """Each way to send something: method, address, fields."""
        for button in self.buttons:
            form = self.named.get(button.form) if isinstance(button.form, str) else button.form
            assert form is not None, f"a button of {button.form or 'no form'}"
            own = [(button.name, button.value)] if button.name else []
            yield form.method, button.formaction or form.action, form.fields + own


@pytest.fixture
def alice(client: Client, settings: Any) -> Client:
    """Signed in, with some of everything."""
    settings.ENABLE_COLLABORATION = True
    ensure("Alice", "http://127.0.0.1:8000")
    person = User.objects.create_superuser("alice", password="a long enough one")
    client.force_login(person)
    client.post("/ideas/samples/")
    bob = friends.pin(card_of(new_keys(), "Bob"))
    friends.block_friend(friends.pin(card_of(new_keys(), "Mallory")))
    dora = friends.pin(card_of(new_keys(), "Dora"))
    Friend.objects.filter(pk=dora.pk).update(moved_to="https://dora.example.org")
    idea = SharedPosition.objects.own()[0]
    lease = timezone.now() + timedelta(days=1)
    copy = rows.copy(bob, lease, snapshot=idea.snapshot, share_id=uuid4())
    for number in range(1, 60):
        Comment.objects.create(
            position=idea, author=bob.user_id, author_name="Bob", text="Hi", number=number
        )
    Notice.objects.create(kind="shared", who="Bob", friend=bob, position=copy, for_me=True)
    friends.invite()
    make_token(person, "Sheet", "read", None)
    client.post(f"/ideas/{idea.pk}/comments/", {"text": "Mine"})
    client.post(f"/ideas/{idea.pk}/status/", {"status": "watching"})
    Client().force_login(person)
    return client


def kind(address: str) -> str:
    """The path with a star for every id in it, and the names of what is asked."""
    parts = urlsplit(address)
    asked = ",".join(sorted(re.findall(r"(\w+)=", parts.query)))
    return re.sub(r"/[0-9a-f-]{36}|/\d+", "/*", parts.path) + f"?{asked}"


def walk(client: Client, most: int = 3) -> Iterator[tuple[str, Page]]:
    """Every page, from the first on; at most so many of a kind."""
    waiting, seen, kinds = ["/"], {"/"}, {}
    while waiting:
        here = waiting.pop(0)
        answer = client.get(here, follow=True)
        assert answer.status_code == 200, here
        page = Page(answer.content.decode())
        here = answer.redirect_chain[-1][0] if answer.redirect_chain else here
        yield here, page
        for link in page.links:
            there = urljoin(here, link).partition("#")[0]
            if not there.startswith("/") or NOT_OURS.match(there) or there in seen:
                continue
            kinds[kind(there)] = kinds.get(kind(there), 0) + 1
            if kinds[kind(there)] <= most:
                seen.add(there)
                waiting.append(there)


def names() -> set[str]:
    """Of every address of ours that is a page or a form's."""
    groups = [one for one in get_resolver().url_patterns if not NOT_OURS.match(f"/{_path(one)}")]
    ours = [one for group in groups for one in getattr(group, "url_patterns", [group])]
    return {str(one.name) for one in ours if one.name and not NOT_OURS.match(f"/{_path(one)}")}


def _path(pattern: URLPattern | URLResolver) -> str:
    return str(pattern.pattern).lstrip("^")


def test_every_page_is_whole_and_every_form_leads_somewhere(alice: Client) -> None:
    faults, reached, asked = [], set(), set()
    for here, page in walk(alice):
        reached.add(resolve(urlsplit(here).path).url_name)
        if page.headings != 1 or not page.title.strip():
            faults.append(f"{here}: {page.headings} h1, title {page.title!r}")
        for method, action, fields in page.sent():
            there = urljoin(here, action)
            reached.add(resolve(urlsplit(there).path).url_name)
            way = (method, kind(there), tuple(name for name, _ in fields))
            if way not in asked:
                asked.add(way)
                faults += sends(alice, method, there, fields, here)
    assert faults == []
    left = names() - reached
    assert (sorted(left - set(UNLINKED)), sorted(set(UNLINKED) - left)) == ([], [])


def sends(
    client: Client, method: str, there: str, fields: list[tuple[str, str]], here: str
) -> list[str]:
    """As that person, by a browser of its own; nothing of it stays."""
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    other = Client(headers={"Referer": f"http://testserver{here}"})
    other.cookies.load({name: one.value for name, one in client.cookies.items()})
    with transaction.atomic():
        answer = getattr(other, method)(there, data)
        transaction.set_rollback(True)
    return (
        []
        if answer.status_code in (200, 302, 422)
        else [f"{here}: {method} {there} is {answer.status_code}"]
    )

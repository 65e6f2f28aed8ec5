"""The pages of versions: mine alone, by plain requests first."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portfolio.models import Friend, Idea, Identity
from portfolio.planning import actions
from tests.planning.conftest import LEGS, copy_of
from tests.planning.test_views import text, url


def test_versions_are_listed_shown_and_restored(browser: Client, idea: Idea, alice: User) -> None:
    actions.edit_idea(idea, {"thesis": "Second."}, None, alice)
    assert "Thesis" in text(browser.get(url("versions", idea)))
    old = browser.get(url("version", idea, 1))
    assert "Rich premium ." in text(old)
    assert browser.get(url("version", idea, 9)).status_code == 404
    assert browser.post(url("restore", idea, 9)).status_code == 404
    browser.post(url("restore", idea, 1))
    assert Idea.objects.get().thesis == "Rich **premium**."


def test_versions_say_who_and_from_where_to_where(browser: Client, idea: Idea, alice: User) -> None:
    actions.change_status(idea, "watching", alice)
    assert idea.versions.get(number=2).changed == "Draft \u2192 Watching"
    Identity.objects.update(display_name="Alice Miller")
    for page in (url("versions", idea), url("idea", idea)):
        shown = text(browser.get(page))
        assert "Draft \u2192 Watching Alice Miller" in shown


def test_old_version_without_words_says_so(browser: Client, alice: User) -> None:
    bare = actions.create_idea({"symbol": "SPY", "strategy": "Long call"}, [], alice)
    assert "Nothing written." in text(browser.get(url("version", bare, 1)))


def test_compare_shows_the_newest_two_or_what_is_asked(
    browser: Client, idea: Idea, alice: User, bob: Friend
) -> None:
    for thesis in ("Second.", "Third."):
        actions.edit_idea(idea, {"thesis": thesis}, LEGS[:1], alice)
    address = url("compare_versions", idea)
    newest = browser.get(address)
    assert "From version 2" in text(newest)
    assert "Before: Second ." in text(newest)
    assert "After: Third ." in text(newest)
    html = browser.get(f"{address}?from=1&to=2").content.decode()
    assert re.findall(r'<option value="(\d)" selected', html) == ["1", "2"]
    assert '<tr class="removed"><td><span class="tag removed">' in html
    assert f'formaction="{url("restore", idea, 1)}"' in html
    swapped = browser.get(f"{address}?from=3&to=1").content.decode()
    assert re.findall(r'<option value="(\d)" selected', swapped) == ["1", "3"]
    for nonsense in ("from=9&to=x", "from=&to=", f"from={'9' * 30}"):
        assert "From version 2" in text(browser.get(f"{address}?{nonsense}"))
    assert "Choose two different versions" in text(browser.get(f"{address}?from=2&to=2"))


def test_compare_of_one_version_and_of_what_is_not_mine(
    browser: Client, idea: Idea, bob: Friend
) -> None:
    page = browser.get(url("compare_versions", idea))
    assert "This idea has not been changed since it was created" in text(page)
    copy = copy_of(bob, idea.position.snapshot)
    for address in (f"/ideas/{copy.pk}/versions/compare/", f"/ideas/{copy.pk}/versions/"):
        assert browser.get(address).status_code == 404
    assert Client().get(url("compare_versions", idea)).status_code == 302


def test_versions_ask_as_much_for_many_as_for_few(browser: Client, idea: Idea, alice: User) -> None:
    actions.edit_idea(idea, {"thesis": "A."}, None, alice)
    counts = []
    for more in (1, 19):
        for number in range(more):
            actions.edit_idea(idea, {"notes": f"{more} {number}"}, None, alice)
        for name in ("versions", "compare_versions"):
            with CaptureQueriesContext(connection) as queries:
                browser.get(url(name, idea))
            counts.append(len(queries))
    assert counts[:2] == counts[2:]

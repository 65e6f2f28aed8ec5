"""The pages of versions: mine alone, by plain requests first."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from portfolio.models import Idea, Identity
from portfolio.planning import actions
from tests.planning.test_views import text, url


def test_versions_are_listed_shown_and_restored(browser: Client, idea: Idea, alice: User) -> None:
    actions.edit_idea(idea, {"thesis": "Second."}, None, alice)
    assert "thesis" in text(browser.get(url("versions", idea)))
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

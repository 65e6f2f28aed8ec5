"""One undo for a change of one idea and of many; what changed since stays."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.models import Idea
from portfolio.planning import actions, undo
from portfolio.planning.actions import Step
from tests.planning.conftest import FIELDS

BUTTON = re.compile(r'form="post" formaction="([^"]+)" name="steps" value="([^"]+)">Undo')


def button_in(page: str) -> tuple[str, str]:
    """Where an undo goes, and what it carries."""
    (found,) = BUTTON.findall(page)
    return found


def press(browser: Client, page: str) -> str:
    """The text of the page that the undo leads to, and of its message."""
    address, steps = button_in(page)
    back = browser.post(address, {"steps": steps})
    return browser.get(back["Location"]).content.decode()


@pytest.fixture
def ideas(alice: User) -> list[Idea]:
    return [actions.create_idea({**FIELDS, "tags": tag}, [], alice) for tag in ("one", "two")]


def tags(idea: Idea) -> list[str]:
    return list(idea.tags.values_list("name", flat=True))


def test_message_offers_an_undo_only_where_something_changed(idea: Idea) -> None:
    assert undo.offered("Nothing changed", [], "/ideas/") == "Nothing changed"
    said = undo.offered("<Done>", [Step(idea.pk, 1, 2)], "/ideas/")
    assert said.startswith("&lt;Done&gt; <button")
    assert button_in(said)[0] == "/ideas/undo/"


def test_an_undo_goes_back_to_its_page_and_can_be_undone(
    browser: Client, ideas: list[Idea], alice: User
) -> None:
    steps = actions.tag_ideas([idea.pk for idea in ideas], alice, add="hedge")
    said = undo.offered("Tagged 2 ideas", steps, "/ideas/?sort=symbol")
    address, signed = button_in(said)
    assert browser.post(address, {"steps": signed})["Location"] == "/ideas/?sort=symbol"
    assert [tags(idea) for idea in ideas] == [["one"], ["two"]]
    page = browser.get("/ideas/").content.decode()
    assert "Undone for 2 ideas" in page
    press(browser, page)
    assert [tags(idea) for idea in ideas] == [["hedge", "one"], ["hedge", "two"]]


def test_what_changed_since_stays(browser: Client, ideas: list[Idea], alice: User) -> None:
    steps = actions.tag_ideas([idea.pk for idea in ideas], alice, add="hedge")
    said = undo.offered("Tagged 2 ideas", steps, "/ideas/")
    actions.edit_idea(ideas[1], {"thesis": "Newer."}, None, alice)
    assert "Undone for 1 idea; 1 idea changed since" in press(browser, said)
    assert [tags(idea) for idea in ideas] == [["one"], ["hedge", "two"]]
    assert undo.TOO_LATE in press(browser, said)
    assert Idea.objects.get(pk=ideas[1].pk).thesis == "Newer."


def test_only_what_was_signed_here_is_undone(browser: Client) -> None:
    assert browser.post("/ideas/undo/", {"steps": "forged"}).status_code == 404
    assert browser.post("/ideas/undo/").status_code == 404
    assert browser.get("/ideas/undo/").status_code == 405
    stranger = Client().post("/ideas/undo/", {"steps": "forged"})
    assert stranger["Location"].startswith("/account/login/")

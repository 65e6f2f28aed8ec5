"""Pages for everybody: axe finds nothing serious, by light and by dark, and on a phone nothing is
wider than the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portfolio.templatetags.portfolio import exists
from portfolio.templatetags.sections import SECTIONS
from tests.browser.people import (
    Person,
    Stage,
    create_idea,
    message,
    open_copy,
    path_of,
    say,
    share,
)

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
WIDTHS = (360, 1440)
AT_REST = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(
    () => Promise.allSettled(document.getAnimations().map(one => one.finished)))"""


def complaints(page: Page) -> Iterator[str]:
    """What axe holds against the page as it is now, per theme."""
    page.emulate_media(reduced_motion="reduce")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate(AT_REST)
        for found in Axe().run(page).response["violations"]:
            if found["impact"] in GRAVE:
                where = [f"{node['target']} {why(node)}" for node in found["nodes"]]
                yield f"{path_of(page)} {theme} {found['id']}: {'; '.join(where)}"


def why(node: dict[str, Any]) -> str:
    return " ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))


def wider(page: Page) -> Iterator[str]:
    """What does not fit the screen's width."""
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > page.viewport_size["width"]:
        yield f"{path_of(page)} is {width} wide"


def open_share_dialog(page: Page) -> None:
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("dialog", name="Share").get_by_role("checkbox").first.wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_for_everybody(stage: Stage, width: int) -> None:
    symbol = f"AXE{width}"
    alice, bob = stage.enter("Alice", width=width), stage.enter("Bob", width=width)
    own = create_idea(
        alice, symbol, thesis="Income **first**, see [the chart](https://example.org)."
    )
    own.get_by_label("Add tags").fill("income, earnings")
    own.get_by_role("button", name="Add", exact=True).click()
    share(own, "Bob")
    copy = open_copy(bob, symbol)
    say(copy, "Great setup! I like this trade.")
    expect(message(own, "Great setup!")).to_be_visible()

    found = [line for page in (own, copy) for line in (*complaints(page), *wider(page))]
    open_share_dialog(own)
    found += [*complaints(own), *wider(own)]
    for person, path in walk(alice, bob, path_of(own)):
        page = person.open(path)
        found += [*complaints(page), *wider(page)]
        page.close()
    assert found == []


def walk(alice: Person, bob: Person, idea: str) -> Iterator[tuple[Person, str]]:
    for path in ("/", "/ideas/", "/ideas/new/", "/friends/", "/friends/add/"):
        yield alice, path
    yield alice, f"{idea}versions/"
    yield alice, f"{idea}versions/compare/"
    for path in ("/ideas/shared/", "/notifications/", "/activity/"):
        yield bob, path


@pytest.mark.parametrize("width", WIDTHS)
def test_settings_are_for_everybody(stage: Stage, width: int) -> None:
    alice, found = stage.enter("Alice", width=width), []
    for path in ("/settings/", *[one.path for one in SECTIONS if exists(one.path)]):
        page = alice.open(path)
        found += [*complaints(page), *wider(page)]
        page.close()
    assert found == []


@pytest.mark.parametrize("width", WIDTHS)
def test_sign_in_is_for_everybody(stage: Stage, width: int) -> None:
    page = stage.guest(width).new_page()
    page.goto(stage.cluster.alice.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [*complaints(page), *wider(page)] == []

"""By the keyboard alone: the way to the content, focus that is seen, dialogs that give it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person, create_idea

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement"
INSIDE = "document.querySelector('dialog[open]').contains(document.activeElement)"
SEEN = """[...document.querySelectorAll(':focus')].map(one => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const on = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
    return [on && (outlineStyle !== 'none' && outlineWidth !== '0px'), one.outerHTML.slice(0, 120)];
})"""


def test_first_key_leads_to_the_content(alice: Person) -> None:
    page = alice.open("/ideas/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("path", ["/ideas/", "/friends/", "/settings/", "/settings/appearance/"])
def test_focus_can_be_seen_wherever_it_is(alice: Person, path: str) -> None:
    page = alice.open(path)
    hidden = []
    for _ in range(40):
        page.keyboard.press("Tab")
        hidden += [what for seen, what in page.evaluate(SEEN) if not seen]
    assert hidden == []


def held_and_given_back(page: Page) -> None:
    """Tab stays in the open dialog; Esc closes it."""
    for _ in range(30):
        page.keyboard.press("Tab")
        inside = page.evaluate(f"{FOCUSED} === document.body || {INSIDE}")
        assert inside, page.evaluate(f"{FOCUSED}.outerHTML")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_help_gives_the_focus_back(alice: Person) -> None:
    page = alice.open("/ideas/")
    page.locator("summary[aria-label=Account]").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keyboard").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    held_and_given_back(page)
    expect(page.locator("summary[aria-label=Account]")).to_be_focused()


def test_share_dialog_gives_the_focus_back(alice: Person) -> None:
    page = create_idea(alice, "KEYS")
    share = page.get_by_role("link", name="Share", exact=True)
    share.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Share").get_by_role("checkbox").first.wait_for()
    held_and_given_back(page)
    expect(share).to_be_focused()


def test_menu_closes_and_gives_the_focus_back(alice: Person) -> None:
    page = alice.open("/ideas/")
    summary = page.locator("summary[aria-label=Account]")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.get_by_role("link", name="Change password")).to_be_hidden()


def test_chords_lead_to_places(alice: Person) -> None:
    page = alice.open("/ideas/")
    for key, path in (("s", "/settings/"), ("f", "/friends/"), ("w", "/ideas/shared/")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")


def test_slash_leads_to_the_search_of_ideas_from_anywhere(alice: Person) -> None:
    create_idea(alice, "FIND")
    page = alice.open("/settings/")
    page.keyboard.press("/")
    page.wait_for_url("**/ideas/*")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("find")
    expect(page.locator(".ideas b").first).to_have_text("FIND")


def test_ctrl_enter_on_a_tick_changes_nothing(alice: Person) -> None:
    """The form of the ticks has several buttons, and the tick chooses none of them."""
    create_idea(alice, "AAPL")
    page = alice.open("/ideas/")
    sent: list[str] = []
    page.on("request", lambda it: sent.append(it.url) if it.method == "POST" else None)
    page.locator(".tick input").first.check()
    page.keyboard.press("Control+Enter")
    page.locator("#many-tags").fill("late")
    with page.expect_event("requestfinished", lambda it: "/ideas/many/" in it.url):
        page.locator("#many-tags").press("Control+Enter")
    assert len(sent) == 1

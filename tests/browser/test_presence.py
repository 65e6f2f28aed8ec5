"""Who sees whom look and type, on real screens: Alice's idea, and Bob's copy of it.

That a friend without the share hears nothing is seen at the wire: tests/system/test_presence.py.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import (
    COMPOSER,
    WITHIN,
    Person,
    Stage,
    message,
    say,
    shared,
)

pytestmark = pytest.mark.browser

LINGERS = 3_000  # ms: a page that was left, with the moment that it may take to load it again
GONE = 30_000  # ms: the relay waits 10 s, since most come back
TYPED = 8_000  # ms: "typing" holds for 6 s
QUIET = """Object.defineProperty(document, 'hidden', { configurable: true, get: () => HIDDEN });
document.dispatchEvent(new Event('visibilitychange'));"""


def line(page: Page) -> str:
    return page.locator("[data-presence]").inner_text().strip()


def shows(page: Page, words: str, within: float = WITHIN) -> None:
    expect(page.locator("[data-presence]")).to_have_text(words, timeout=within)


def hide(page: Page, hidden: bool) -> None:
    """As if another tab was in front."""
    page.evaluate(QUIET.replace("HIDDEN", str(hidden).lower()))


def test_looking_and_typing_come_and_go(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "LOOK", bob)
    shows(here, "Bob is looking at this")
    shows(there, "Alice is looking at this")
    there.locator(COMPOSER).press_sequentially("I think", delay=40)
    shows(here, "Bob is typing…")
    assert line(there) == "Alice is looking at this"
    say(there, "I think so, too")
    expect(message(here, "I think so, too")).to_be_visible(timeout=WITHIN)
    shows(here, "Bob is looking at this")

    there.locator(COMPOSER).press_sequentially("Wait", delay=40)
    shows(here, "Bob is typing…")
    shows(here, "Bob is looking at this", TYPED)  # he stopped
    there.locator(COMPOSER).fill("")
    there.close()
    shows(here, "", LINGERS)


def test_hidden_tab_looks_at_nothing(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "HIDE", bob)
    shows(here, "Bob is looking at this")
    hide(there, True)
    shows(here, "", LINGERS)
    there.locator(COMPOSER).fill("Nobody hears this")
    here.wait_for_timeout(1_000)
    assert line(here) == ""
    hide(there, False)
    shows(here, "Bob is looking at this")


def test_tabs_of_one_person_agree(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "TABS", bob)
    second, other = (
        alice.open(here.url.removeprefix(alice.instance.url)),
        bob.open(there.url.removeprefix(bob.instance.url)),
    )
    there.locator(COMPOSER).press_sequentially("Both", delay=40)
    for page in (here, second):
        shows(page, "Bob is typing…")
    assert line(other) == "Alice is looking at this"  # never himself
    there.close()
    for page in (here, second):
        shows(page, "Bob is looking at this", TYPED)  # the other tab still is
    other.close()
    for page in (here, second):
        shows(page, "", LINGERS)


def test_three_people_see_each_other(alice: Person, bob: Person, charlie: Person) -> None:
    here, there, third = shared(alice, "TREE", bob, charlie)
    for page, words in (
        (here, "Bob and Charlie are looking at this"),
        (there, "Alice and Charlie are looking at this"),
        (third, "Alice and Bob are looking at this"),
    ):
        shows(page, words)
    third.locator(COMPOSER).press_sequentially("Hello", delay=40)
    for page in (here, there):
        shows(page, "Charlie is typing…")


def test_standing_of_a_friend_follows_them(stage: Stage, alice: Person, bob: Person) -> None:
    _here, there = shared(alice, "SEEN", bob)
    mark = there.locator(".standing")
    expect(mark).to_have_text("Online", timeout=WITHIN)
    alice.forgive("net::ERR_", "WebSocket", "[object Event]")  # her own tab loses its server
    alice.instance.stop()
    expect(mark).to_have_text("Last seen just now", timeout=GONE)
    expect(there.locator("[data-presence]")).to_have_text("")
    alice.instance.start()
    expect(mark).to_have_text("Online", timeout=10_000)

"""What friends did, on the screen: the bell agrees in every tab, and to look is to read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import (
    WITHIN,
    Person,
    Stage,
    create_idea,
    open_copy,
    reload_until,
    row,
    say,
    share,
    toast,
)
from tests.system.cluster import wait_for
from tests.system.oracle import unreceipted

pytestmark = pytest.mark.browser


def bell(page: Page) -> Locator:
    return page.locator(".top .bell")


def counts(page: Page, unread: int) -> None:
    """Within the time in which a friend's doing is on the screen."""
    name = f"Notifications, {unread} unread" if unread else "Notifications"
    expect(bell(page)).to_have_attribute("aria-label", name, timeout=WITHIN)


def quiet(*people: Person) -> None:
    wait_for(lambda: not any(unreceipted(one.instance) for one in people), what="all quiet")


def all_read(person: Person) -> None:
    page = person.open("/notifications/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(toast(page, "")).to_be_visible()
    counts(page, 0)
    page.close()


def test_two_tabs_agree_and_reading_in_one_clears_the_other(alice: Person, bob: Person) -> None:
    idea = create_idea(alice, "TWOTABS")
    share(idea, "Bob")
    open_copy(bob, "TWOTABS").close()
    quiet(alice, bob)
    all_read(bob)
    one, other = bob.open("/friends/"), bob.open("/ideas/shared/")
    say(idea, "News for Bob.")
    for tab in (one, other):
        counts(tab, 1)
    mark = row(other, "TWOTABS").locator(".unread-mark")
    expect(mark).to_have_text(re.compile(r"1\s*unread"), timeout=WITHIN)
    bell(one).click()
    line = bob.settled(one).locator(".feed > .unread").first
    expect(line).to_contain_text("Alice commented on TWOTABS")
    line.get_by_role("link").click()
    expect(one.get_by_role("heading", level=1)).to_contain_text("TWOTABS")
    for tab in (one, other):
        counts(tab, 0)
    expect(mark).to_have_count(0, timeout=WITHIN)


def test_news_on_an_idea_one_looks_at_is_read_at_once(alice: Person, bob: Person) -> None:
    idea = create_idea(alice, "LOOKED")
    share(idea, "Bob")
    looking = open_copy(bob, "LOOKED")
    quiet(alice, bob)
    all_read(bob)
    elsewhere = bob.open("/friends/")
    looking.bring_to_front()
    say(idea, "Bob sees this as it comes.")
    expect(looking.locator(".msg .text").first).to_have_text("Bob sees this as it comes.")
    counts(looking, 0)
    counts(elsewhere, 0)


def test_marking_read_is_undone_and_muting_too(alice: Person, bob: Person) -> None:
    idea = create_idea(alice, "UNDONE")
    share(idea, "Bob")
    page = bob.open("/notifications/")
    line = page.locator(".feed > li").filter(has_text="UNDONE")
    expect(line.locator(".tag")).to_have_text("New")
    line.get_by_role("button", name="Mark as read").click()
    expect(line.locator(".tag")).to_have_count(0)
    toast(page, "Marked as read").get_by_role("button", name="Undo").click()
    expect(line.locator(".tag")).to_have_text("New")
    copy = open_copy(bob, "UNDONE")
    copy.get_by_role("button", name="Mute this idea").click()
    expect(copy.get_by_role("button", name="Unmute this idea")).to_be_visible()
    counts(copy, 0)
    other = bob.open("/friends/")
    copy.close()
    say(idea, "Nobody is told.")
    quiet(alice, bob)
    activity = bob.open("/activity/")
    expect(activity.locator(".feed > li").first).to_contain_text("Alice commented on UNDONE")
    expect(bell(other)).to_have_attribute("aria-label", "Notifications")


def test_without_a_script_a_button_reads(alice: Person, stage: Stage) -> None:
    plain_bob = stage.enter("Bob", scripts=False)
    idea = create_idea(alice, "PLAIN")
    share(idea, "Bob")
    quiet(alice, plain_bob)
    page = plain_bob.open("/notifications/")
    told = page.locator(".feed > .unread").filter(has_text="PLAIN")
    reload_until(page, lambda: told.count() == 1)
    told.get_by_role("link").click()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PLAIN")
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)

"""Talking on the screen: signs, mentions, drafts and looks, between two people, live."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import (
    COMPOSER,
    WITHIN,
    Person,
    Stage,
    create_idea,
    message,
    say,
    shared,
)

pytestmark = pytest.mark.browser


def react(page: Page, text: str, sign: str) -> None:
    said = message(page, text)
    said.hover()
    said.locator("summary").click()
    said.get_by_role("button", name=sign, exact=True).click()


def test_sign_arrives_and_is_taken_back_by_keyboard(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "SIGN", bob)
    say(there, "Why not the 190?")
    expect(message(here, "Why not")).to_be_visible(timeout=WITHIN)
    react(here, "Why not", "Agree")
    sign = message(there, "Why not").get_by_role("button", name="Agree: Alice")
    expect(sign).to_have_text("1", timeout=WITHIN)
    sign.click()
    mine = message(here, "Why not").get_by_role("button", name="Agree: you and Bob")
    expect(mine).to_have_text("2", timeout=WITHIN)
    expect(mine).to_have_attribute("aria-pressed", "true")
    mine.focus()
    here.keyboard.press("Enter")
    expect(message(there, "Why not").get_by_role("button", name="Agree: you")).to_have_text(
        "1", timeout=WITHIN
    )
    expect(message(here, "Why not").get_by_role("button", name="Agree: Bob")).to_be_focused()


def test_mention_is_completed_and_arrives_marked(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "NAME", bob)
    there.click(COMPOSER)
    there.keyboard.type("Ask @al")
    people = there.get_by_role("listbox", name="People")
    expect(people.get_by_role("option")).to_have_text(["Alice"])
    expect(there.locator(COMPOSER)).to_have_attribute(
        "aria-activedescendant", re.compile("^people-text-.*-0$")
    )
    there.keyboard.press("Escape")
    expect(people).to_have_count(0)
    there.keyboard.press("Backspace")
    there.keyboard.press("Enter")
    expect(there.locator(COMPOSER)).to_have_value("Ask @Alice ")
    there.keyboard.type("again")
    there.keyboard.press("Control+Enter")
    expect(message(here, "again").locator(".mention.me")).to_have_text("@Alice", timeout=WITHIN)
    expect(message(there, "again").locator(".mention")).to_have_text("@Alice", timeout=WITHIN)
    kinds = alice.instance.query("select kind from portfolio_notice where for_me order by id")
    assert kinds[-1] == ("mention",)


def test_draft_survives_a_reload_with_what_it_answers(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "DRFT", bob)
    say(there, "A question?")
    said = message(here, "A question?")
    expect(said).to_be_visible(timeout=WITHIN)
    said.hover()
    said.get_by_role("link", name="Reply to Bob").click()
    expect(here.locator(".reply-chip")).to_contain_text("A question?")
    here.fill(COMPOSER, "An answer that is not sent yet")
    here.reload()
    alice.settled(here)
    expect(here.locator(COMPOSER)).to_have_value("An answer that is not sent yet")
    expect(here.locator(".reply-chip")).to_contain_text("A question?")
    second = alice.context.new_page()
    second.goto(here.url)
    alice.settled(second)
    expect(second.locator(COMPOSER)).to_have_value("An answer that is not sent yet")
    here.press(COMPOSER, "Control+Enter")
    expect(message(there, "An answer").locator(".quote")).to_contain_text("A question?")
    expect(here.locator(COMPOSER)).to_have_value("")
    expect(second.locator(COMPOSER)).to_have_value("")
    here.reload()
    expect(here.locator(COMPOSER)).to_have_value("")


def test_draft_stays_with_who_wrote_it(stage: Stage, bob: Person) -> None:
    alice = stage.enter("Alice")
    here, _ = shared(alice, "OUT", bob)
    here.fill(COMPOSER, "Nobody else's business")
    expect(here.locator(COMPOSER)).to_have_value("Nobody else's business")
    assert drafts(here) == 1
    here.click("details.menu summary[aria-label=Account]")
    here.click("text=Sign out")
    here.wait_for_url("**/account/login/**")
    assert drafts(here) == 0


def drafts(page: Page) -> int:
    count = "Object.keys(localStorage).filter(key => key.startsWith('draft:')).length"
    return int(page.evaluate(count))


def test_refused_text_is_not_overwritten_by_a_draft(alice: Person) -> None:
    alice.forgive("422")
    here = create_idea(alice, "LONG")
    here.fill(COMPOSER, "x" * 8_001)
    here.press(COMPOSER, "Control+Enter")
    expect(here.get_by_role("alert")).to_contain_text("Shorten the comment")
    expect(here.locator(COMPOSER)).to_have_value("x" * 8_001)


def test_seen_appears_when_somebody_has_looked(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "SEEN", bob)
    there.goto(f"{bob.instance.url}/friends/")
    bob.settled(there)
    say(here, "Have you read this?")
    mark = message(here, "Have you read").locator(".delivery")
    expect(mark).to_have_text("Delivered to Bob", timeout=WITHIN)
    there.go_back()
    expect(mark).to_have_text("Seen by Bob", timeout=WITHIN)
    say(there, "Yes.")
    expect(message(there, "Yes.").locator(".delivery")).to_have_text(
        "Seen by Alice", timeout=WITHIN
    )


def test_who_is_no_reader_sees_nothing_of_it(alice: Person, bob: Person, charlie: Person) -> None:
    here, there = shared(alice, "PRIV", bob)
    say(here, "Between us, @Bob")
    expect(message(there, "Between us")).to_be_visible(timeout=WITHIN)
    react(there, "Between us", "Thanks")
    expect(message(here, "Between us").locator(".sign")).to_have_text("1", timeout=WITHIN)
    page = charlie.open("/ideas/shared/")
    expect(page.locator(".ideas > li").filter(has_text="PRIV")).to_have_count(0)
    tables = ("portfolio_comment", "portfolio_reaction", "portfolio_incoming")
    rows = [str(charlie.instance.query(f"select * from {table}")) for table in tables]
    assert [word for word in ("Between us", "thanks") if word in "".join(rows)] == []


def test_answers_open_in_place_and_stay_live(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "TALK", bob)
    say(here, "The question")
    expect(message(there, "The question")).to_be_visible(timeout=WITHIN)
    said = message(there, "The question")
    said.hover()
    said.get_by_role("link", name="Reply to Alice").click()
    expect(there.locator(".reply-chip")).to_contain_text("The question")
    say(there, "The first answer")
    here.get_by_role("link", name="1 answer").click()
    dialog = here.get_by_role("dialog", name="Answers")
    expect(dialog.locator(".msg .text")).to_have_text(["The question", "The first answer"])
    dialog.get_by_label("Answer", exact=True).fill("The second answer")
    dialog.get_by_role("button", name="Send the answer").click()
    expect(dialog.locator(".msg")).to_have_count(3, timeout=WITHIN)
    expect(dialog.get_by_label("Answer", exact=True)).to_have_value("")
    expect(there.get_by_role("link", name="2 answers")).to_be_visible(timeout=WITHIN)
    here.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(here.locator(".talk .msg")).to_have_count(3)

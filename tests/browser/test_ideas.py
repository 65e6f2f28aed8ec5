"""Finding ideas and changing many: the address, the back button, ticks that a push leaves alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person, Stage, create_idea, row, say, share, toast

pytestmark = pytest.mark.browser


def plan(owner: Person, symbol: str, tags: str) -> None:
    """By the plain form, quickly."""
    page = owner.open("/ideas/new/")
    page.get_by_label("Symbol").fill(symbol)
    page.get_by_label("Strategy").fill("Long call")
    page.get_by_label("Tags").fill(tags)
    page.get_by_role("button", name="Create Idea").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(symbol)
    page.close()


def symbols(page: Page) -> list[str]:
    return page.locator(".ideas .what b").all_inner_texts()


def expect_symbols(page: Page, *wanted: str) -> None:
    expect(page.locator(".ideas .what b")).to_have_text(list(wanted))


def test_the_dashboard_follows_what_happens(alice: Person, bob: Person) -> None:
    plan(alice, "FIRST", "")
    page = alice.open("/")
    drafts = page.get_by_role("link", name="Draft")
    before = int(drafts.inner_text())
    plan(alice, "LIVED", "")
    expect(drafts).to_have_text(str(before + 1))
    theirs = create_idea(bob, "THEIRS")
    share(theirs, "Alice")
    news = page.get_by_role("region", name="What friends did")
    expect(news).to_contain_text("Bob shared THEIRS Covered Call")
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/ideas/$"))
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_an_open_list_says_what_another_tab_did(alice: Person, bob: Person) -> None:
    idea = create_idea(alice, "TWOTABS")
    mine, theirs = alice.open("/ideas/?q=twotabs"), bob.open("/ideas/shared/?q=twotabs")
    share(idea, "Bob")
    expect(row(mine, "TWOTABS")).to_contain_text("Shared with 1")
    expect(row(theirs, "TWOTABS")).to_contain_text("Shared by Alice")
    say(idea, "Mine alone")
    for page in (mine, theirs):
        expect(row(page, "TWOTABS")).to_contain_text("1 comments")
    friends = bob.open("/friends/")
    friends.get_by_role("link", name="Alice").click()
    friends.get_by_role("link", name="Rename").click()
    friends.get_by_label("What you call them").fill("Alicia")
    friends.get_by_role("button", name="Save").click()
    expect(row(theirs, "TWOTABS")).to_contain_text("Shared by Alicia")
    toast(friends, "Called Alicia now").get_by_role("button", name="Undo").click()
    expect(row(theirs, "TWOTABS")).to_contain_text(re.compile(r"Shared by Alice\b"))
    share(idea)
    expect(row(mine, "TWOTABS")).not_to_contain_text("Shared with")
    expect(row(theirs, "TWOTABS")).to_have_count(0)


def test_search_sort_and_the_back_button(alice: Person) -> None:
    for symbol, tags in (("FINDA", "find me"), ("FINDB", "find me"), ("OTHER", "")):
        plan(alice, symbol, tags)
    page = alice.open("/ideas/")
    page.keyboard.press("/")
    page.keyboard.type("find ME", delay=30)
    expect_symbols(page, "FINDB", "FINDA")
    expect(page.get_by_role("status").filter(has_text="2 ideas found")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/ideas/\?q=find\+ME$"))
    page.get_by_label("Sort by").select_option("symbol")
    expect_symbols(page, "FINDA", "FINDB")
    expect(page).to_have_url(re.compile(r"/ideas/\?q=find\+ME&sort=symbol$"))
    page.go_back()
    expect_symbols(page, "FINDB", "FINDA")
    expect(page.get_by_label("Sort by")).to_have_value("-updated_at")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/ideas/$"))
    expect(row(page, "OTHER")).to_be_visible()
    page.go_forward()
    expect_symbols(page, "FINDB", "FINDA")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("find ME")
    page.get_by_role("link", name="Remove the filter Search").click()
    expect(row(page, "OTHER")).to_be_visible()


def test_many_are_tagged_while_the_list_moves_and_undone(alice: Person) -> None:
    for symbol in ("MANYA", "MANYB", "MANYC"):
        plan(alice, symbol, "many")
    page = alice.open("/ideas/?tag=many&sort=symbol")
    bar = page.get_by_role("form", name="Change all that are ticked")
    expect(bar).to_be_hidden()
    page.get_by_label("Select MANYA Long call").check()
    page.get_by_label("Select MANYC Long call").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 ideas ticked")
    page.get_by_label("Select MANYB Long call").uncheck()
    bar.get_by_label("Tags").fill("hedge")
    plan(alice, "MANYD", "many")  # a push redraws the list under the ticks
    expect_symbols(page, "MANYA", "MANYB", "MANYC", "MANYD")
    expect(bar).to_contain_text("2 ideas ticked")
    expect(bar.get_by_label("Tags")).to_have_value("hedge")
    bar.get_by_role("button", name="Add tags").click()
    expect(toast(page, "Tagged 2 ideas")).to_be_visible()
    expect(bar).to_be_hidden()
    tagged = page.locator(".ideas > li").filter(has_text="#hedge").locator("b")
    expect(tagged).to_have_text(["MANYA", "MANYC"])
    toast(page, "Tagged 2 ideas").get_by_role("button", name="Undo").click()
    expect(toast(page, "Undone for 2 ideas")).to_be_visible()
    expect(tagged).to_have_count(0)
    expect_symbols(page, "MANYA", "MANYB", "MANYC", "MANYD")


def test_many_are_tagged_without_a_script(stage: Stage) -> None:
    alice = stage.enter("Alice", scripts=False)
    plan(alice, "PLAIN", "")
    page = alice.open("/ideas/?q=plain")
    page.get_by_label("Select PLAIN Long call").check()
    page.get_by_label("Tags", exact=True).fill("by-hand")
    page.get_by_role("button", name="Add tags").click()
    expect(page).to_have_url(re.compile(r"/ideas/\?q=plain$"))
    expect(row(page, "PLAIN")).to_contain_text("#by-hand")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "PLAIN")).not_to_contain_text("#by-hand")


def test_versions_side_by_side_and_back_to_one(alice: Person) -> None:
    plan(alice, "DIFFS", "one")
    page = alice.open("/ideas/?q=diffs")
    row(page, "DIFFS").get_by_role("link").click()
    for tag in ("two", "three"):
        page.get_by_label("Add tags").fill(tag)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".chips").filter(has_text=f"#{tag}")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    fields = page.get_by_role("region", name="Fields")
    expect(fields.locator("ins")).to_have_text(["#three"])
    page.get_by_label("Before").select_option("1")
    expect(fields.locator("ins")).to_have_text(["#three, #two"])
    expect(page).to_have_url(re.compile(r"compare/\?from=1&to=3$"))
    page.go_back()
    expect(fields.locator("ins")).to_have_text(["#three"])
    page.go_forward()
    page.get_by_role("button", name="Restore version 1").click()
    expect(toast(page, "Back to version 1")).to_be_visible()
    expect(page.locator(".chips").filter(has_text="#two")).to_have_count(0)
    toast(page, "Back to version 1").get_by_role("button", name="Undo").click()
    expect(page.locator(".chips").filter(has_text="#two")).to_be_visible()

"""What is being written and not sent is there again: after a reload, a refusal, a lost sign-in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Person, create_idea, fill_leg, message, path_of, say

pytestmark = pytest.mark.browser

COUNT = "Object.keys(localStorage).filter(key => key.startsWith('draft:')).length"


def thesis(page: Page) -> Locator:
    return page.get_by_label("Thesis")


def restored(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="is here again")


def strikes(page: Page) -> list[str]:
    return [field.input_value() for field in page.get_by_label("Strike").all()]


def begin(owner: Person, symbol: str) -> Page:
    page = owner.open("/ideas/new/")
    page.get_by_label("Symbol").fill(symbol)
    page.get_by_label("Strategy").fill("Covered call")
    page.get_by_label("Status").select_option("Watching")
    thesis(page).fill("Long and well considered.\n\nTwo paragraphs.")
    fill_leg(page)
    return page


def test_new_idea_survives_a_reload_with_its_legs(alice: Person) -> None:
    page = begin(alice, "KEPT")
    page.get_by_role("button", name="Add a leg").click()
    page.get_by_role("group", name="Leg 2").get_by_label("Strike").fill("260")
    page.goto(page.url)
    expect(restored(page)).to_be_visible()
    expect(page.get_by_role("group", name="Leg 2").get_by_label("Strike")).to_have_value("260")
    assert strikes(page) == ["250", "260"]
    expect(page.get_by_label("Symbol")).to_have_value("KEPT")
    expect(page.get_by_label("Status")).to_have_value("watching")
    expect(thesis(page)).to_have_value("Long and well considered.\n\nTwo paragraphs.")
    page.get_by_role("button", name="Remove leg 2").click()
    expect(page.get_by_label("Strike")).to_have_count(1)
    page.get_by_role("button", name="Create Idea").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("KEPT")
    page.goto(f"{alice.instance.url}/ideas/new/")
    expect(thesis(page)).to_have_value("")
    assert page.evaluate(COUNT) == 0


def test_draft_with_a_leg_less_than_the_form(alice: Person) -> None:
    page = create_idea(alice, "LESS")
    page.goto(f"{page.url}edit/")
    page.get_by_role("button", name="Remove leg 1").click()
    expect(page.get_by_label("Strike")).to_have_count(0)
    page.goto(page.url)
    expect(restored(page)).to_be_visible()
    expect(page.get_by_label("Strike")).to_have_count(0)


def test_draft_is_discarded_by_its_button(alice: Person) -> None:
    page = begin(alice, "AWAY")
    page.goto(page.url)
    page.get_by_role("button", name="Discard it").click()
    expect(restored(page)).to_be_hidden()
    expect(page.get_by_label("Symbol")).to_have_value("")
    assert page.evaluate(COUNT) == 0


def test_edit_is_restored_on_what_it_was_typed_on(alice: Person) -> None:
    """Saved in another tab meanwhile: the draft is back, and the server asks before it replaces."""
    alice.forgive("422")
    other = create_idea(alice, "BOTH")
    page = alice.open(f"{path_of(other)}edit/")
    thesis(page).fill("Typed and not saved.")
    other.get_by_role("button", name="Watching").click()
    expect(other.locator(".steps .now")).to_have_text("Watching")
    new = alice.open("/ideas/new/")
    expect(thesis(new)).to_have_value("")
    page.goto(page.url)
    expect(thesis(page)).to_have_value("Typed and not saved.")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("alert")).to_contain_text("You changed this idea in another tab")
    page.goto(page.url)
    expect(thesis(page)).to_have_value("Typed and not saved.")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("main")).to_contain_text("Typed and not saved.")
    page.goto(f"{page.url}edit/")
    expect(restored(page)).to_be_hidden()


def test_what_was_refused_is_kept_and_not_overwritten(alice: Person) -> None:
    alice.forgive("422")
    page = begin(alice, "no symbol")
    page.get_by_role("button", name="Create Idea").click()
    expect(page.get_by_label("Symbol")).to_have_attribute("aria-invalid", "true")
    expect(restored(page)).to_be_hidden()
    page.goto(f"{alice.instance.url}/ideas/new/")
    expect(page.get_by_label("Symbol")).to_have_value("no symbol")
    expect(thesis(page)).to_have_value("Long and well considered.\n\nTwo paragraphs.")


def test_sign_in_that_was_lost_does_not_cost_the_idea(alice: Person) -> None:
    alice.forgive("403", "WebSocket")
    page = begin(alice, "BACK")
    alice.context.clear_cookies()
    page.get_by_role("button", name="Create Idea").click()
    page.get_by_label("Symbol").wait_for(state="detached")
    page.goto(alice.instance.url + alice.instance.entrance)
    page.goto(f"{alice.instance.url}/ideas/new/")
    expect(page.get_by_label("Symbol")).to_have_value("BACK")


def test_edit_of_a_comment_survives_a_reload(alice: Person) -> None:
    page = create_idea(alice, "EDIT")
    say(page, "As it was said")
    edit(page, "As it was said").fill("As it should be")
    page.reload()
    field = edit(page, "As it was said")
    expect(field).to_have_value("As it should be")
    field.press("Control+Enter")
    expect(message(page, "As it should be")).to_be_visible()
    expect(edit(page, "As it should be")).to_have_value("As it should be")
    assert page.evaluate(COUNT) == 0


def edit(page: Page, text: str) -> Locator:
    said = message(page, text)
    said.hover()
    said.get_by_role("link", name="Edit my comment").click()
    return page.get_by_label("My comment", exact=True)


def test_answer_in_the_dialog_survives_a_reload(alice: Person) -> None:
    page = create_idea(alice, "ANSW")
    say(page, "The question")
    said = message(page, "The question")
    said.hover()
    said.get_by_role("link", name="Reply to").click()
    expect(page.locator(".reply-chip")).to_contain_text("The question")
    say(page, "The first answer")
    answer(page).fill("The second answer, half")
    page.reload()
    field = answer(page)
    expect(field).to_have_value("The second answer, half")
    field.press("Control+Enter")
    expect(page.get_by_role("dialog").locator(".msg")).to_have_count(3)
    expect(field).to_have_value("")
    assert page.evaluate(COUNT) == 0


def answer(page: Page) -> Locator:
    page.get_by_role("link", name="1 answer").click()
    return page.get_by_label("Answer", exact=True)

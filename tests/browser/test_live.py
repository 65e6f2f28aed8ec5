"""What a person sees in a real browser: changes without a reload, and nothing lost on the way.

One instance as a real process, two tabs in one Chromium. Chromium is driven from a thread of its
own, because its driver runs an event loop that no other test should meet.
"""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.people import Browse, path_of
from tests.system.cluster import Instance

pytestmark = pytest.mark.browser

COMPOSER = ".composer textarea"


def open_live(context: BrowserContext, url: str) -> Page:
    """A page whose socket is up."""
    page = context.new_page()
    with page.expect_event("websocket") as opened:
        page.goto(url)
    assert "/live/" in opened.value.url
    page.wait_for_timeout(300)
    return page


def send(page: Page, text: str) -> None:
    page.fill(COMPOSER, text)
    page.press(COMPOSER, "Control+Enter")


def thread(page: Page) -> list[str]:
    return [message.strip() for message in page.locator(".msg .text").all_inner_texts()]


def test_comment_reaches_another_tab_and_leaves_its_draft_alone(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        here, there = open_live(context, idea), open_live(context, idea)
        send(here, "The first")
        expect(there.locator(".msg").last).to_contain_text("The first")
        there.fill(COMPOSER, "A draft")
        there.evaluate("document.querySelector('.msg').stayed = true")
        send(here, "The second")
        expect(there.locator(".msg").last).to_contain_text("The second")
        assert there.evaluate("document.querySelector('.msg').stayed") is True
        assert there.input_value(COMPOSER) == "A draft"
        expect(here.locator(COMPOSER)).to_have_value("")
        assert thread(here) == thread(there)

    browse(steps)


def test_comment_that_the_page_lost_comes_back(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        here, there = open_live(context, idea), open_live(context, idea)
        for text in ("Lost", "Kept"):
            send(here, text)
            expect(there.locator(".msg").last).to_contain_text(text)
        there.evaluate("[...document.querySelectorAll('.msg')].at(-2).remove()")
        send(here, "After it")
        expect(there.locator(".msg").last).to_contain_text("After it")
        expect(there.locator(".msg").nth(-3)).to_contain_text("Lost")
        assert thread(here) == thread(there)

    browse(steps)


def test_text_typed_while_an_answer_is_on_its_way_stays(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page = open_live(context, idea)
        context.route("**/comments/", lambda route: (page.wait_for_timeout(400), route.continue_()))
        with page.expect_response("**/comments/"):
            send(page, "Sent slowly")
            page.fill(COMPOSER, "Typed meanwhile")
        expect(page.locator(".msg").last).to_contain_text("Sent slowly")
        expect(page.locator(COMPOSER)).to_have_value("Typed meanwhile")

    browse(steps)


def test_tab_outlives_a_killed_server(browse: Browse, idea: str, alone: Instance) -> None:
    def steps(context: BrowserContext) -> None:
        page, other = open_live(context, idea), context.new_page()
        pill = page.locator(".top .pill:visible")
        alone.kill()
        expect(pill).to_have_text("Connecting")
        alone.start()
        other.goto(idea)
        send(other, "After the restart")
        expect(page.locator(".msg").last).to_contain_text("After the restart")
        expect(pill).not_to_have_text("Connecting")

    browse(steps)


def test_signing_out_ends_the_other_tabs(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page, other = open_live(context, idea), open_live(context, idea)
        page.click("details.menu summary")
        page.click("text=Sign out")
        other.wait_for_url("**/account/login/**")

    browse(steps)


def test_theme_is_in_the_page_before_any_script(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page = open_live(context, idea)
        html = page.locator("html")
        for theme in ("light", "dark"):
            page.click("[data-theme-button]")
            expect(html).to_have_attribute("data-theme", theme)
        expect(page.locator("[data-theme-button]")).to_have_attribute("aria-label", "Theme: dark")
        assert 'data-theme="dark"' in (page.reload() or pytest.fail("no answer")).text()
        page.click("[data-theme-button]")
        assert "data-theme=" not in (page.reload() or pytest.fail("no answer")).text()[:200]

    browse(steps)


def test_single_keys_work_outside_fields_until_switched_off(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page = open_live(context, idea)
        page.keyboard.press("c")
        expect(page.locator(COMPOSER)).to_be_focused()
        page.keyboard.type("? n c")
        expect(page.locator(COMPOSER)).to_have_value("? n c")
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        page.uncheck("#single-keys")
        page.keyboard.press("Escape")
        expect(page.locator("#help")).to_be_hidden()
        page.keyboard.press("?")
        page.keyboard.press("n")
        expect(page.locator("#help")).to_be_hidden()
        assert path_of(page) == idea

    browse(steps)


def inside(page: Page, selector: str) -> None:
    """Nothing of it is cut off at a side, and no word is broken to fit."""
    for element in page.locator(f"{selector} :is(button, input, select, span, kbd)").all():
        box = element.bounding_box()
        if box and box["width"] > 1:
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
            assert box["height"] < 60


def test_pages_keep_within_the_policy_and_the_screen(browse: Browse, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page, complaints = context.new_page(), []
        page.set_viewport_size({"width": 360, "height": 740})
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else 0)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for url in (idea, "/", "/ideas/", "/ideas/new/", "/friends/", "/settings/relay/"):
            page.goto(url)
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") == 360, url
        page.goto("/ideas/")
        page.locator(".tick").first.click()
        inside(page, ".many")
        page.keyboard.press("?")
        inside(page, "#help li")
        assert complaints == []

    browse(steps)


def test_a_toast_outlives_the_button_that_asked_for_it(browse: Browse, alone: Instance) -> None:
    """A push often draws the list anew before the answer to the button in it comes."""

    def steps(context: BrowserContext) -> None:
        page = open_live(context, f"{alone.url}/friends/")
        page.get_by_role("button", name="Invite a friend").first.click()
        page.goto(f"{alone.url}/friends/")

        def drawn_anew(route: Route) -> None:
            page.evaluate(
                "(() => { const list = document.querySelector('#friends-all');"
                " list.replaceWith(list.cloneNode(true)); })()"
            )
            route.continue_()

        page.route("**/revoke/", drawn_anew)
        page.get_by_role("button", name="Revoke").click()
        expect(page.locator("#toasts")).to_contain_text("Invitation revoked")

    browse(steps)

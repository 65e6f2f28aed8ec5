"""When something takes long, fails, or cannot be reached at all: said, with what to do, and over by
itself when it is over. What was typed stays.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.people import COMPOSER, Stage, pill, toast
from tests.system.acts import sample_ideas

pytestmark = pytest.mark.browser

KEEP_AT_WORK = """addEventListener("pagehide", () => {
    const { animationName } = getComputedStyle(document.querySelector("#busy"));
    sessionStorage.setItem("at-work", `${document.activeElement.ariaDisabled} ${animationName}`);
})"""  # no locator is answered while a page is left
AWAY = "Your instance cannot be reached. What you type stays here."


@pytest.fixture
def idea(stage: Stage) -> str:
    alice = stage.cluster.alice
    alice.sign_in()
    return f"{alice.url}/ideas/{sample_ideas(alice)[0]}/"


def open_page(stage: Stage, address: str) -> Page:
    """Alice, in a browser whose complaints nobody counts: here they are what is tested."""
    page = stage.guest().new_page()
    page.route("**/django-htmx*", lambda route: route.abort())  # DEBUG's: a failure is the page
    page.goto(stage.cluster.alice.url + stage.cluster.alice.entrance)
    page.goto(address)
    expect(pill(page)).to_have_text("Live")
    return page


def test_instance_that_is_away_is_said_until_it_is_back(stage: Stage, idea: str) -> None:
    page = open_page(stage, idea)
    page.fill(COMPOSER, "Half a thought")
    stage.cluster.alice.stop()
    expect(page.locator("#reach")).to_have_text(AWAY)
    expect(pill(page)).to_have_text("Connecting")
    expect(page.locator(COMPOSER)).to_have_value("Half a thought")
    stage.cluster.alice.start()
    expect(page.locator("#reach")).to_have_text("", timeout=10_000)
    expect(pill(page)).not_to_have_text("Connecting", timeout=10_000)
    expect(page.locator(COMPOSER)).to_have_value("Half a thought")


def test_device_without_a_network_is_said_at_once(stage: Stage, idea: str) -> None:
    page = open_page(stage, idea)
    page.context.set_offline(True)
    expect(page.locator("#reach")).to_have_text(AWAY)
    expect(pill(page)).to_have_text("Connecting")
    page.context.set_offline(False)
    expect(page.locator("#reach")).to_have_text("")
    expect(pill(page)).to_have_text("Live", timeout=10_000)


def test_what_is_sent_meanwhile_can_be_sent_again(stage: Stage, idea: str) -> None:
    page = open_page(stage, idea)
    page.context.set_offline(True)
    page.fill(COMPOSER, "Sent in a tunnel")
    page.press(COMPOSER, "Control+Enter")
    said = toast(page, "Your instance cannot be reached. What you typed is still here.")
    expect(said).to_be_visible()
    expect(page.locator(COMPOSER)).to_have_value("Sent in a tunnel")
    page.context.set_offline(False)
    said.get_by_role("button", name="Try again").click()
    expect(page.locator(".msg").last).to_contain_text("Sent in a tunnel")
    expect(page.locator(COMPOSER)).to_have_value("")
    expect(said).to_have_count(0)


def test_plain_form_does_not_leave_into_nothing(stage: Stage, idea: str) -> None:
    page = open_page(stage, f"{idea}edit/")
    page.context.set_offline(True)
    expect(page.locator("#reach")).to_have_text(AWAY)
    page.get_by_label("Thesis").fill("Written in a tunnel.")
    page.get_by_role("button", name="Save").last.click()
    said = toast(page, "Your instance cannot be reached.")
    expect(said).to_be_visible()
    page.context.set_offline(False)
    said.get_by_role("button", name="Try again").click()
    expect(page.locator("main")).to_contain_text("Written in a tunnel.")


def test_plain_form_is_sent_once_and_seen_to_be_at_work(stage: Stage, idea: str) -> None:
    page = open_page(stage, f"{idea}edit/")
    page.evaluate(KEEP_AT_WORK)
    held: list[Route] = []
    page.route("**/edit/", lambda route: held.append(route))
    page.get_by_label("Thesis").fill("Sent once.")
    save = page.get_by_role("button", name="Save").last
    save.dblclick(no_wait_after=True)
    page.keyboard.press("Enter")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("main")).to_contain_text("Sent once.")
    assert page.evaluate("sessionStorage.getItem('at-work')") == "true sweep"
    assert len(held) == 1
    page.unroute("**/edit/")
    page.go_back()
    expect(save).to_be_enabled()
    page.get_by_label("Thesis").fill("And once more.")
    save.click()
    expect(page.locator("main")).to_contain_text("And once more.")


def test_refused_write_says_what_to_do_and_tries_again(stage: Stage, idea: str) -> None:
    page = open_page(stage, idea)
    page.route("**/comments/", lambda route: route.fulfill(status=503, body=""), times=1)
    page.fill(COMPOSER, "While it was locked")
    page.press(COMPOSER, "Control+Enter")
    said = toast(page, "Not saved: the database is busy, or its disk is full.")
    expect(said).to_be_visible()
    expect(page.locator(COMPOSER)).to_have_value("While it was locked")
    said.get_by_role("button", name="Try again").click()
    expect(page.locator(".msg").last).to_contain_text("While it was locked")


@pytest.mark.parametrize(
    ("status", "words", "button"),
    [
        (500, "Your instance had an error", "Try again"),
        (403, "This page is older than your sign-in.", "Reload"),
        (404, "This is gone", "Reload"),
        (429, "Too often.", "Try again"),
        (418, "That did not work.", "Try again"),
    ],
)
def test_each_failure_has_its_words(
    stage: Stage, idea: str, status: int, words: str, button: str
) -> None:
    page = open_page(stage, idea)
    page.route("**/comments/", lambda route: route.fulfill(status=status, body=""))
    for _ in range(2):  # the same again is one toast, not two
        page.fill(COMPOSER, "Hello")
        page.press(COMPOSER, "Control+Enter")
        expect(toast(page, words).get_by_role("button", name=button)).to_have_count(1)
    expect(page.locator(COMPOSER)).to_have_value("Hello")


def test_what_takes_long_is_seen_to_be_at_work(stage: Stage, idea: str) -> None:
    page = open_page(stage, idea)
    held: list[Route] = []
    page.route("**/comments/", lambda route: held.append(route))
    expect(page.locator("#busy")).to_have_css("opacity", "0")
    page.fill(COMPOSER, "Slowly")
    page.press(COMPOSER, "Control+Enter")
    expect(page.locator("#busy")).to_have_css("opacity", "1")
    held[0].continue_()
    expect(page.locator(".msg").last).to_contain_text("Slowly")
    expect(page.locator("#busy")).to_have_css("opacity", "0")

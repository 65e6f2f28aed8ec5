"""A tab that slept is right again at once: frozen, cut off without knowing it, its server gone and
back. One instance; a second tab is where things change meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.browser.people import Browse
from tests.system.cluster import Instance, free_port
from tests.system.proxy import Proxy

pytestmark = pytest.mark.browser

AWAKE = 5_000  # ms; what was measured stands in docs/presence.md
COMPOSER = ".composer textarea"


@pytest.fixture
def way(alone: Instance) -> Iterator[Proxy]:
    """A network of its own between one browser and the instance."""
    proxy = Proxy(alone.port, free_port())
    proxy.start()
    yield proxy
    proxy.stop()


def opened(context: BrowserContext, url: str) -> Page:
    """A page whose socket answers."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("document.body.classList.contains('socket-down') === false")
    page.wait_for_timeout(500)
    return page


def say(page: Page, text: str) -> None:
    page.fill(COMPOSER, text)
    page.press(COMPOSER, "Control+Enter")
    expect(page.locator(".msg").last).to_contain_text(text)


def freeze(page: Page) -> CDPSession:
    """No timer, no message, no event of its socket: Chromium itself freezes hidden tabs alone, and
    a driven one is never hidden, so its debugger holds it.
    """
    session = page.context.new_cdp_session(page)
    asleep: list[str] = []
    session.on("Debugger.paused", lambda why: asleep.append(why["reason"]))
    session.send("Debugger.enable")
    page.evaluate("setTimeout(() => { debugger; }, 50)")
    page.context.pages[0].wait_for_timeout(300)
    assert asleep
    return session


def thaw(session: CDPSession, page: Page) -> float:
    """When it woke; with the event of a tab that comes to the front."""
    session.send("Debugger.resume")
    woke = time.monotonic()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return woke


def shown_since(woke: float, page: Page, text: str) -> None:
    """It is there within the time, which is printed."""
    expect(page.locator(".msg").last).to_contain_text(text, timeout=AWAKE)
    print(f"awake after {time.monotonic() - woke:.2f} s")


def test_frozen_tab_is_right_when_it_thaws(browse: Browse, alone: Instance, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page, other = (opened(context, alone.url + idea) for _ in range(2))
        asleep = freeze(page)
        say(other, "Said while it slept")
        shown_since(thaw(asleep, page), page, "Said while it slept")

    browse(steps)


def test_tab_whose_server_was_started_again_while_it_slept(
    browse: Browse, alone: Instance, idea: str
) -> None:
    def steps(context: BrowserContext) -> None:
        page = opened(context, alone.url + idea)
        asleep = freeze(page)
        alone.kill()
        alone.start()
        other = opened(context, alone.url + idea)
        say(other, "Said after the restart")
        shown_since(thaw(asleep, page), page, "Said after the restart")
        expect(page.locator("body")).not_to_have_class("socket-down")

    browse(steps)


def test_tab_with_a_connection_that_is_dead_without_knowing_it(
    browse: Browse, alone: Instance, idea: str, way: Proxy
) -> None:
    """As after a night in a bag: no packet of the old connection arrives anywhere."""

    def steps(context: BrowserContext) -> None:
        far = f"http://127.0.0.1:{way.port}"
        page, other = opened(context, far + idea), opened(context, alone.url + idea)
        asleep = freeze(page)
        way.lose()
        say(other, "Said to a dead connection")
        woke = thaw(asleep, page)
        shown_since(woke, page, "Said to a dead connection")
        say(other, "And to a living one")
        expect(page.locator(".msg").last).to_contain_text("And to a living one")

    browse(steps)


def test_tab_that_was_offline_does_not_wait_for_its_next_try(
    browse: Browse, alone: Instance, idea: str, way: Proxy
) -> None:
    def steps(context: BrowserContext) -> None:
        far = f"http://127.0.0.1:{way.port}"
        page, other = opened(context, far + idea), opened(context, alone.url + idea)
        way.refuses = True
        way.cut()
        expect(page.locator("body")).to_have_class("socket-down")
        page.wait_for_timeout(5_000)  # its tries have become rare
        say(other, "Said while it was offline")
        way.refuses = False
        page.evaluate("dispatchEvent(new Event('online'))")
        shown_since(time.monotonic(), page, "Said while it was offline")

    browse(steps)


def test_living_socket_is_kept(browse: Browse, alone: Instance, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page, sockets = context.new_page(), []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(alone.url + idea)
        page.wait_for_timeout(1_000)
        for _ in range(5):
            page.evaluate("dispatchEvent(new Event('focus'))")
            page.wait_for_timeout(700)
        assert len(sockets) == 1

    browse(steps)


def test_times_are_told_anew(browse: Browse, alone: Instance, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page = opened(context, alone.url + idea)
        say(page, "How long ago?")
        page.evaluate("now => { Date.now = () => now }", (time.time() + 300) * 1000)
        page.evaluate("document.dispatchEvent(new Event('resume'))")
        expect(page.locator(".msg time").last).to_have_text("5 min ago", timeout=500)

    browse(steps)

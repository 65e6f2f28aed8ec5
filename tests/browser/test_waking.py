"""A tab that slept is right again at once: frozen, cut off without knowing it, offline, its server
gone and back. How long that takes is for `./dev bench waking` to say; here is what makes it quick:
whoever wakes dials at once, or has given a socket half a second to answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import Browse
from tests.browser.sleep import SLEEPS, Night, opened, speak
from tests.system.cluster import Instance, free_port, wait_for
from tests.system.proxy import Proxy

pytestmark = pytest.mark.browser

NOTE_SOCKETS = """window.dialled = [];
window.WebSocket = class extends WebSocket {
    constructor(address) { super(address); dialled.push(this); }
}"""
DIALLED, LOST = "dialled.length", "dialled.at(-1).readyState === WebSocket.CLOSED"
TOLD = "[...document.querySelectorAll('.msg time')].at(-1).textContent"
COUNT_PONGS = """window.pongs = 0;
dialled[0].addEventListener('message', ({ data }) => { pongs += data === 'pong'; });"""
COMES_TO_THE_FRONT = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def way(alone: Instance) -> Iterator[Proxy]:
    """A network of its own between one tab and the instance."""
    proxy = Proxy(alone.port, free_port())
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("sleep", SLEEPS)
def test_tab_is_right_when_it_wakes(
    browse: Browse, alone: Instance, idea: str, way: Proxy, sleep: str
) -> None:
    def steps(context: BrowserContext) -> None:
        night = Night(context, alone, way, idea)
        SLEEPS[sleep](night, f"Said while {sleep}")
        _, page, other = context.pages
        expect(page.locator("body")).not_to_have_class("socket-down")
        speak(other, "Said to a living one")
        expect(page.locator(".msg").last).to_contain_text("Said to a living one")

    browse(steps)


def clocked(night: Night) -> Page:
    """A tab whose sockets are counted, and whose clock stands until it is told to go on."""
    page = night.context.new_page()
    page.add_init_script(NOTE_SOCKETS)
    page.clock.install()
    night.far(page)
    page.clock.pause_at(timezone.now() + timedelta(seconds=2))
    assert page.evaluate(DIALLED) == 1
    return page


def test_dead_connection_has_half_a_second_to_answer(
    browse: Browse, alone: Instance, idea: str, way: Proxy
) -> None:
    def steps(context: BrowserContext) -> None:
        page = clocked(Night(context, alone, way, idea))
        way.lose()
        page.evaluate(COMES_TO_THE_FRONT)
        page.clock.run_for(499)
        assert page.evaluate(DIALLED) == 1
        page.clock.run_for(1)
        assert page.evaluate(DIALLED) == 2

    browse(steps)


def test_tab_that_was_offline_does_not_wait_for_its_next_try(
    browse: Browse, alone: Instance, idea: str, way: Proxy
) -> None:
    def steps(context: BrowserContext) -> None:
        night = Night(context, alone, way, idea)
        page = clocked(night)
        other = opened(context.new_page(), alone.url + idea)
        way.refuses = True
        way.cut()
        for tries in range(2, 8):  # rarer each time
            wait_for(lambda n=tries: page.clock.run_for(1_000) or page.evaluate(DIALLED) >= n)
        wait_for(lambda: page.evaluate(LOST))
        tries = page.evaluate(DIALLED)
        assert page.evaluate(f"dispatchEvent(new Event('online')); {DIALLED}") == tries + 1
        wait_for(lambda: page.evaluate(LOST))
        speak(other, "Said while it was offline")
        way.refuses = False
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator(".msg").last).to_contain_text("Said while it was offline")

    browse(steps)


def test_living_socket_is_kept(browse: Browse, alone: Instance, idea: str, way: Proxy) -> None:
    def steps(context: BrowserContext) -> None:
        page = clocked(Night(context, alone, way, idea))
        page.evaluate(COUNT_PONGS)
        for looks in range(1, 6):
            page.evaluate("dispatchEvent(new Event('focus'))")
            wait_for(lambda n=looks: page.evaluate("pongs") == n)
            page.clock.run_for(700)
        assert page.evaluate(DIALLED) == 1

    browse(steps)


def test_times_are_told_anew(browse: Browse, alone: Instance, idea: str) -> None:
    def steps(context: BrowserContext) -> None:
        page = opened(context.new_page(), alone.url + idea)
        speak(page, "How long ago?")
        page.evaluate("now => { Date.now = () => now }", (time.time() + 300) * 1000)
        assert page.evaluate(f"document.dispatchEvent(new Event('resume')); {TOLD}") == "5 min ago"

    browse(steps)

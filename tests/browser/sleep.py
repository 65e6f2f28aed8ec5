"""A tab that sleeps while something is said, and wakes: the four ways, each to the time it took.

They run for the tests, which look at what is there in the end, and for `./dev bench waking`, which
looks at the time. A second tab is where things go on meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.browser.people import COMPOSER, say
from tests.system.cluster import Instance, wait_for
from tests.system.proxy import Proxy

# Without a timer or a frame: Chromium gives few of either to a tab behind another.
SHOWN = """text => new Promise((resolve, reject) => {
    const look = () => {
        if ([...document.querySelectorAll('.msg')].at(-1)?.textContent.includes(text)) resolve();
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    setTimeout(() => reject(new Error(`not shown: ${text}`)), 15000);
    look();
})"""


@dataclass
class Night:
    """One instance, and `way`, a network of its own for the tab that sleeps."""

    context: BrowserContext
    one: Instance
    way: Proxy
    idea: str

    def tabs(self) -> tuple[Page, Page]:
        """Who sleeps, and who does not."""
        return self.far(), opened(self.context.new_page(), self.one.url + self.idea)

    def far(self, page: Page | None = None) -> Page:
        address = f"http://127.0.0.1:{self.way.port}{self.idea}"
        return opened(page or self.context.new_page(), address)


def opened(page: Page, url: str) -> Page:
    """A page whose socket is open."""
    page.goto(url)
    page.wait_for_selector("html[data-test-socket]")
    return page


def frozen(night: Night, text: str) -> float:
    """Its socket lives all the time."""
    page, other = night.tabs()
    asleep = freeze(page)
    speak(other, text)
    return thaw(asleep, page, text)


def served_anew(night: Night, text: str) -> float:
    """Its instance was started again while it slept."""
    page, other = night.tabs()
    asleep = freeze(page)
    night.one.kill()
    night.one.start()
    speak(opened(other, other.url), text)
    return thaw(asleep, page, text)


def cut_off(night: Night, text: str) -> float:
    """As after a night in a bag: no packet of the old connection arrives anywhere."""
    page, other = night.tabs()
    asleep = freeze(page)
    night.way.lose()
    speak(other, text)
    return thaw(asleep, page, text)


def offline(night: Night, text: str) -> float:
    """It saw its connection go, and its tries have become rare."""
    page, other = night.tabs()
    night.way.refuses = True
    night.way.cut()
    page.wait_for_selector("body.out-of-reach")
    speak(other, text)
    night.way.refuses = False
    page.evaluate("dispatchEvent(new Event('online'))")
    return right_since(time.monotonic(), page, text)


SLEEPS: dict[str, Callable[[Night, str], float]] = {
    "its socket lives": frozen,
    "its server was started again": served_anew,
    "its connection is dead": cut_off,
    "it was offline": offline,
}


def speak(page: Page, text: str) -> None:
    say(page, text)
    expect(page.locator(".msg").last).to_contain_text(text)
    expect(page.locator(COMPOSER)).to_have_value("")


def freeze(page: Page) -> CDPSession:
    """No timer, no message, no event of its socket: Chromium itself freezes hidden tabs alone, and
    a driven one is never hidden, so its debugger holds it.
    """
    session, awake = page.context.new_cdp_session(page), page.context.pages[0]
    asleep: list[str] = []
    session.on("Debugger.paused", lambda why: asleep.append(why["reason"]))
    session.send("Debugger.enable")
    page.evaluate("setTimeout(() => { debugger; }, 50)")
    wait_for(lambda: awake.wait_for_timeout(10) or asleep, what="a tab that is held")
    return session


def thaw(asleep: CDPSession, page: Page, text: str) -> float:
    """With the event of a tab that comes to the front."""
    asleep.send("Debugger.resume")
    woke = time.monotonic()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return right_since(woke, page, text)


def right_since(woke: float, page: Page, text: str) -> float:
    """Seconds until it has what was said meanwhile."""
    page.evaluate(SHOWN, text)
    return time.monotonic() - woke

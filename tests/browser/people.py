"""People at their screens: one browser, a context each, signed in at their own instance.

What a page complains about (console errors, exceptions, requests that fail or are refused) is kept
per person; `Stage.assert_quiet` fails on any of it. Everything in here runs in the one thread that
may touch the browser: `conftest.py` sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.system.cluster import Cluster, Instance, wait_for

WITHIN = 10_000  # ms: patience with a busy machine; how long it takes is for ./dev bench to say
expect.set_options(timeout=WITHIN)
COMPOSER = ".composer textarea"
Browse = Callable[[Callable[[BrowserContext], None]], None]
TELL_WHEN_OPEN = """document.addEventListener('htmx:wsOpen', () => {
    document.documentElement.setAttribute('data-test-socket', 'open');
})"""


@dataclass
class Person:
    """One person's browser context at their instance."""

    name: str
    instance: Instance
    context: BrowserContext
    scripts: bool = True
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(TELL_WHEN_OPEN)
        self.context.on("console", lambda said: self._hear(said.type == "error", said.text))
        self.context.on("weberror", lambda error: self._hear(True, str(error.error)))
        self.context.on(
            "requestfailed",
            # a page that is left lets go of what it was still asking for
            lambda request: self._hear(
                request.failure != "net::ERR_ABORTED", f"{request.url}: {request.failure}"
            ),
        )
        self.context.on(
            "response",
            lambda answer: self._hear(answer.status >= 400, f"{answer.url}: {answer.status}"),
        )

    def forgive(self, *parts: str) -> None:
        """Complaints with these words in them are what the test is about. Said before they can
        come: a browser tells of them when it likes.
        """
        self.forgiven += parts

    def _hear(self, bad: bool, what: str) -> None:
        if bad and not any(part in what for part in self.forgiven):
            self.complaints.append(f"{self.name}: {what}")

    def open(self, path: str) -> Page:
        """A tab of their own instance, its socket open."""
        page = self.context.new_page()
        page.goto(self.instance.url + path)
        return self.settled(page)

    def settled(self, page: Page) -> Page:
        if self.scripts:
            page.wait_for_selector("html[data-test-socket]")
        return page


@dataclass
class Stage:
    """The cluster's people, as far as a test lets them enter."""

    browser: Browser
    cluster: Cluster
    people: list[Person] = field(default_factory=list)
    guests: list[BrowserContext] = field(default_factory=list)

    def enter(self, name: str, scripts: bool = True, width: int = 1280) -> Person:
        """Signed in by the one-click link, in a fresh context, at the dashboard."""
        context = self.browser.new_context(
            java_script_enabled=scripts, viewport={"width": width, "height": 900}
        )
        person = Person(name, self.cluster.instances[name.lower()], context, scripts)
        self.people.append(person)
        page = person.open(person.instance.entrance)
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        page.close()
        return person

    def guest(self, width: int = 1280) -> BrowserContext:
        """Somebody who has not signed in."""
        context = self.browser.new_context(viewport={"width": width, "height": 900})
        self.guests.append(context)
        return context

    def assert_quiet(self) -> None:
        assert [line for person in self.people for line in person.complaints] == []

    def leave(self) -> None:
        for context in (*self.guests, *[person.context for person in self.people]):
            context.close()


# What people do ---------------------------------------------------------------------------------


def create_idea(owner: Person, symbol: str, thesis: str = "") -> Page:
    """From Collaboration by the form; the page of the new idea."""
    page = owner.open("/ideas/")
    page.get_by_role("link", name="Create New Idea").first.click()
    page.get_by_label("Symbol").fill(symbol)
    page.get_by_label("Strategy").fill("Covered Call")
    page.get_by_label("Status").select_option("Planned")
    page.get_by_label("Thesis").fill(thesis)
    fill_leg(page)
    page.get_by_role("button", name="Create Idea").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(symbol)
    return owner.settled(page)


def fill_leg(page: Page) -> None:
    """One call sold."""
    leg = page.get_by_role("group", name="Leg 1")
    leg.get_by_label("Side").select_option("Sell")
    for label, value in (
        ("Quantity", "1"),
        ("Strike", "250"),
        ("Expiry", "2030-01-18"),
        ("Price", "4.20"),
    ):
        leg.get_by_label(label).fill(value)


def share(page: Page, *names: str) -> None:
    """In the dialog: exactly these friends; the button's word depends on what is shared now."""
    page.get_by_role("link", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_role("checkbox").first.wait_for()
    for label in dialog.locator("label.check").all():
        label.get_by_role("checkbox").set_checked(label.locator("bdi").inner_text() in names)
    dialog.get_by_role("button", name="Shar").click()


def row(page: Page, symbol: str) -> Locator:
    """The line of an idea in a list."""
    return page.locator(".ideas > li").filter(has_text=symbol)


def open_copy(friend: Person, symbol: str) -> Page:
    """From Shared With Me, as soon as it is there."""
    page = friend.open("/ideas/shared/")
    row(page, symbol).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(symbol)
    return friend.settled(page)


def shared(owner: Person, symbol: str, *friends: Person) -> list[Page]:
    """A new idea at its owner's, and its copy at each friend's."""
    here = create_idea(owner, symbol)
    share(here, *[friend.name for friend in friends])
    return [here, *[open_copy(friend, symbol) for friend in friends]]


def say(page: Page, text: str) -> None:
    page.fill(COMPOSER, text)
    page.press(COMPOSER, "Control+Enter")


def texts(page: Page) -> list[str]:
    """What was said, from the top."""
    return [text.strip() for text in page.locator(".msg .text").all_inner_texts()]


def message(page: Page, text: str) -> Locator:
    return page.locator(".msg").filter(has_text=text)


def pill(page: Page) -> Locator:
    return page.locator(".top .pill:visible")


def toast(page: Page, text: str) -> Locator:
    return page.locator("#toasts .toast").filter(has_text=text)


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def reload_until(page: Page, condition: Callable[[], bool]) -> None:
    """What a person without scripts does."""

    def look() -> bool:
        page.reload()
        return condition()

    wait_for(look, 10)

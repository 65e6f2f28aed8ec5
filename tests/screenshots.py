"""Pictures of every page that the demo links to, for looking at: narrow and wide, light and dark.

    ./dev screenshots [folder]

A fresh demo of Alice and Bob runs in a folder of its own for as long as it takes, after they have
shared, talked and changed something. Pages are found by following links from the first one, so a
new page appears without being named here; what opens by a click is in `OPENED`.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.house import ROOT

WIDTHS = {360: 780, 1440: 900}
THEMES = ("light", "dark")
MOST = 45  # pages of one person
NO_PAGE = re.compile(r"log-?out|/admin/|/static/|/file/$|/docs|/api/")
LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.href)"
#: A call of the API by the page's own session.
CALL = """async ([method, path, body]) => {
    const headers = {'Content-Type': 'application/json'};
    Object.assign(headers, JSON.parse(document.body.getAttribute('hx-headers')));
    const sent = body === null ? undefined : JSON.stringify(body);
    const answer = await fetch('/api/v1' + path, {method, headers, body: sent});
    if (!answer.ok) throw new Error(path + ': ' + await answer.text());
    return answer.json();
}"""
#: What a page shows after a click: of which kind of page, its name, and what is done there.
OPENED: list[tuple[str, str, Callable[[Page], None]]] = [
    ("/ideas/", "ticked", lambda page: page.locator("#results .tick").first.click()),
    ("/ideas/*/", "share", lambda page: click_if_there(page, ".btn[data-open]")),
    ("/", "keyboard", lambda page: page.keyboard.press("?")),
]


def click_if_there(page: Page, selector: str) -> None:
    for found in page.locator(selector).all()[:1]:
        found.click()


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@contextmanager
def demo(place: str) -> Iterator[dict[str, str]]:
    """The sign-in links of a running demo."""
    words = ["demo", "--place", place, "--port", "18800", "--relay-port", free_port()]
    said = Path(place, "said.txt")
    with (
        said.open("w") as output,
        subprocess.Popen([sys.executable, str(ROOT / "manage.py"), *words], stdout=output) as demo,
    ):
        try:
            while "Ctrl+C stops all" not in said.read_text():
                if demo.poll() is not None:
                    raise SystemExit("The demo did not start: run ./dev demo to see why.")
                time.sleep(0.1)
            yield dict(re.findall(r"^  (Alice|Bob) +(http://\S+)", said.read_text(), re.M))
        finally:
            demo.terminate()


# A little life ------------------------------------------------------------------------------------


def call(page: Page, method: str, path: str, body: object = None) -> Any:
    return page.evaluate(CALL, [method, path, body])


def until(page: Page, path: str, enough: int = 1) -> list[dict[str, Any]]:
    """What a list holds as soon as it holds enough: it came from the other one."""
    while len(found := call(page, "GET", path)["results"]) < enough:
        time.sleep(0.1)
    return found


def live_in(alice: Page, bob: Page) -> tuple[list[str], list[str]]:
    """Alice shares a sample and says why, Bob asks, she changes it; Bob shares one of his own.

    The ideas to look at: of each, the one that they talk about, and of Alice Bob's.
    """
    ideas = {one["idea"]["symbol"]: one["id"] for one in until(alice, "/positions/ideas")}
    friend = until(alice, "/friends")[0]["id"]
    for symbol in ("NVDA", "AAPL"):
        call(alice, "PUT", f"/positions/ideas/{ideas[symbol]}/share", {"friends": [friend]})
    copy = until(bob, "/shared?symbol=NVDA")[0]["id"]
    talk(alice, bob, f"/positions/ideas/{ideas['NVDA']}", f"/positions/ideas/{copy}")
    call(alice, "PUT", f"/positions/ideas/{ideas['AAPL']}/status", {"status": "open"})
    return [ideas["NVDA"], share_back(alice, bob)], [copy]


def talk(alice: Page, bob: Page, nvda: str, copy: str) -> None:
    asked = call(
        bob, "POST", f"{copy}/comments", {"text": "Why not the 190? You keep more of a rise."}
    )
    until(alice, f"{nvda}/comments")
    answer = {
        "text": "It pays 2.60 only. @Bob, I am **happy to be called away** at 185.",
        "reply_to": asked["uid"],
    }
    call(alice, "POST", f"{nvda}/comments", answer)
    theirs = until(bob, f"{copy}/comments", 2)[1]["id"]
    call(bob, "PUT", f"{copy}/comments/{theirs}/reaction", {"signs": ["agree"]})
    call(bob, "POST", f"{copy}/comments", {"text": "Fair. Watch the ex-dividend on the 12th."})
    until(alice, f"{nvda}/comments", 3)
    idea = call(alice, "GET", nvda)["idea"]
    legs = [dict(leg) for leg in idea["legs"]]
    legs[1]["price"] = "4.30"
    thesis = idea["thesis"].replace(
        "- Buy the call back at 1.20",
        "- Buy the call back at 1.10\n- Ex-dividend on the 12th: decide the day before",
    )
    call(
        alice,
        "PATCH",
        nvda,
        {
            "legs": legs,
            "thesis": thesis,
            "tags": ["income", "earnings", "short-term"],
            "target": "188",
        },
    )


def share_back(alice: Page, bob: Page) -> str:
    """Legs of two expiries, without a sample's tags."""
    legs = [
        {
            "side": "sell",
            "kind": "call",
            "quantity": 2,
            "strike": "260",
            "expiry": "2030-01-18",
            "price": "6.10",
        },
        {
            "side": "buy",
            "kind": "call",
            "quantity": 2,
            "strike": "260",
            "expiry": "2030-03-15",
            "price": "9.40",
        },
    ]
    idea = {
        "symbol": "TSLA",
        "strategy": "Calendar spread",
        "direction": "neutral",
        "status": "planned",
        "tags": ["volatility"],
        "legs": legs,
        "thesis": "The front month is dear.",
    }
    made = call(bob, "POST", "/positions/ideas", idea)
    friend = until(bob, "/friends")[0]["id"]
    call(bob, "PUT", f"/positions/ideas/{made['id']}/share", {"friends": [friend]})
    return str(until(alice, "/shared")[0]["id"])


# Pictures -----------------------------------------------------------------------------------------


def pages_from(page: Page, ideas: list[str]) -> list[str]:
    """Addresses of this instance, nearest first; one of each kind (/friends/<id>/ counts once)."""
    origin = urlsplit(page.url)._replace(path="", query="").geturl()
    found = [page.url, *(f"{origin}/ideas/{idea}/" for idea in ideas)]
    kinds = {kind(address) for address in found}
    for address in found:
        page.goto(address)
        for link in page.evaluate(LINKS):
            wanted = link.startswith(origin) and not re.search(
                r"log-?out|/admin/|/static/|/file/$|/docs|/api/", link
            )
            if wanted and kind(link) not in kinds:
                kinds.add(kind(link))
                found.append(link)
        if len(found) >= MOST:
            break
    return found[:MOST]


def kind(address: str) -> str:
    """The path with a star for every id in it."""
    return re.sub(r"/[0-9a-f-]{36}|/\d+", "/*", urlsplit(address).path)


def name_of(address: str) -> str:
    return kind(address).strip("/").replace("/", "-").replace("*", "one") or "home"


def shoot(
    browser: Browser, person: str, state: StorageState, addresses: list[str], folder: Path
) -> None:
    for width, height in WIDTHS.items():
        for theme in THEMES:
            with browser.new_context(
                storage_state=state,
                viewport={"width": width, "height": height},
                color_scheme=theme,  # type: ignore[arg-type]  # one of two words
            ) as context:
                page = context.new_page()
                for place, (address, name, act) in enumerate(states(addresses)):
                    page.goto(address)
                    act(page)
                    page.wait_for_timeout(150)  # a dialog fetches what it shows
                    file = folder / f"{person}-{place:02}-{name}-{width}-{theme}.png"
                    page.screenshot(path=file, full_page=act is nothing)
                    print(file, flush=True)


def nothing(page: Page) -> None:
    """A page as it comes."""


def states(addresses: list[str]) -> Iterator[tuple[str, str, Callable[[Page], None]]]:
    for address in addresses:
        yield address, name_of(address), nothing
        for path, name, act in OPENED:
            if kind(address) == path:
                yield address, f"{name_of(address)}-{name}", act


def main(chromium: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, demo(place) as links, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        people = {name.lower(): browser.new_page() for name in links}
        for page, link in zip(people.values(), links.values(), strict=True):
            page.goto(link)
        ideas = live_in(*people.values())
        for (name, page), own in zip(people.items(), ideas, strict=True):
            page.goto(urlsplit(page.url)._replace(path="/", query="").geturl())
            shoot(browser, name, page.context.storage_state(), pages_from(page, own), folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

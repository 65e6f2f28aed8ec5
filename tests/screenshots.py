"""Pictures of every page that the demo links to, for looking at: narrow and wide, light and dark.

    ./dev screenshots [folder]

A fresh demo of Alice and Bob runs in a folder of its own for as long as it takes. Pages are found
by following links from the first one, so a new page appears without being named here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.house import ROOT

WIDTHS = {360: 780, 1440: 900}
THEMES = ("light", "dark")
MOST = 14  # pages of one person
LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.href)"


@contextmanager
def demo(place: str) -> Iterator[dict[str, str]]:
    """The sign-in links of a running demo."""
    words = ["demo", "--place", place, "--port", "18800", "--relay-port", "18899"]
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


def pages_from(page: Page) -> list[str]:
    """Addresses of this instance, nearest first; one of each kind (/ideas/<id>/ counts once)."""
    origin = urlsplit(page.url)._replace(path="", query="").geturl()
    found, kinds = [page.url], {kind(page.url)}
    for address in found:
        page.goto(address)
        for link in page.evaluate(LINKS):
            wanted = link.startswith(origin) and not re.search(r"log-?out|/admin/|/static/", link)
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


def shoot(browser: Browser, person: str, link: str, folder: Path) -> None:
    with browser.new_context() as first:
        page = first.new_page()
        page.goto(link)
        state, addresses = first.storage_state(), pages_from(page)
    for width, height in WIDTHS.items():
        for theme in THEMES:
            with browser.new_context(
                storage_state=state,
                viewport={"width": width, "height": height},
                color_scheme=theme,  # type: ignore[arg-type]  # one of two words
            ) as context:
                page = context.new_page()
                for address in addresses:
                    page.goto(address)
                    file = folder / f"{person.lower()}-{name_of(address)}-{width}-{theme}.png"
                    page.screenshot(path=file, full_page=True)
                    print(file, flush=True)


def main(chromium: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, demo(place) as links, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for person, link in links.items():
            shoot(browser, person, link, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

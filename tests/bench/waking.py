"""How long a tab that slept takes to be right again, in Chromium: from waking to the screen. The
sleeps are those of `tests.browser.sleep`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from tests.bench import inside
from tests.bench.report import Figure
from tests.browser.people import TELL_WHEN_OPEN
from tests.browser.sleep import SLEEPS, Night
from tests.system import acts
from tests.system import cluster as clusters
from tests.system.cluster import Instance, free_port
from tests.system.proxy import Proxy

TIMES = 5


def measured(folder: Path) -> Iterator[Figure]:
    if "CHROMIUM" not in os.environ:
        print("no Chromium: how a tab wakes is not measured", file=sys.stderr)
        return
    one = clusters.alone(folder)
    one.environment["DEBUG"] = "false"
    cookies, idea = inside.call(one, "session"), f"/ideas/{acts.own_ideas(one)[0]}/"
    way = Proxy(one.port, free_port())
    one.start()
    way.start()
    try:
        for kind, sleep in SLEEPS.items():
            took = []
            for number in range(TIMES):
                with signed_in(one, cookies) as context:
                    took.append(sleep(Night(context, one, way, idea), f"{kind}, {number}"))
            yield Figure(f"tab awake: {kind}, max", max(took), 1, "s", f"of {TIMES}")
    finally:
        way.stop()
        one.kill()


@contextmanager
def signed_in(one: Instance, cookies: dict[str, str]) -> Iterator[BrowserContext]:
    """A browser with one tab, since there must be one that does not sleep."""
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"]
        )
        context = launched.new_context()
        context.add_init_script(TELL_WHEN_OPEN)
        context.add_cookies(
            [{"name": name, "value": value, "url": one.url} for name, value in cookies.items()]
        )
        context.new_page()
        yield context
        launched.close()

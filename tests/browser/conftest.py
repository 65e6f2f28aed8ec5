"""One Chromium for the tests of this folder, and people who sit before it.

Chromium's driver runs an event loop that no other test should meet, so it lives in a thread of its
own; a test that asks for a `stage` runs in that thread, and fails when any page complained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.people import TELL_WHEN_OPEN, Browse, Person, Stage
from tests.system import cluster as clusters
from tests.system.cluster import Cluster, Instance
from tests.system.conftest import prepared, pytest_runtest_makereport

# Here, too, a cluster is prepared once and copied, and a failed test shows what its servers said.
__all__ = ["prepared", "pytest_runtest_makereport"]


@pytest.fixture(scope="session")
def chrome(chromium: str) -> Iterator[tuple[ThreadPoolExecutor, Browser]]:
    """A browser, and the only thread that may touch it."""
    with ThreadPoolExecutor(1) as thread:
        driver = thread.submit(sync_playwright().start).result()
        launch = partial(driver.chromium.launch, executable_path=chromium, args=["--no-sandbox"])
        browser = thread.submit(launch).result()
        yield thread, browser
        thread.submit(browser.close).result()
        thread.submit(driver.stop).result()


@pytest.fixture(scope="module")
def cluster(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Relay, Alice, Bob and Charlie, running and friends."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("browser") / "cluster")
    try:
        running.start()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Alice's instance with sample ideas, and no relay."""
    made = clusters.alone(tmp_path_factory.mktemp("alone"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def browse(chrome: tuple[ThreadPoolExecutor, Browser], alone: Instance) -> Browse:
    """Runs the steps with fresh cookies, Alice signed in at the instance that is alone."""
    thread, browser = chrome

    def inside(steps: Callable[[BrowserContext], None]) -> None:
        context = browser.new_context(base_url=alone.url, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(15_000)
        context.add_init_script(TELL_WHEN_OPEN)
        context.new_page().goto(alone.entrance)
        steps(context)
        context.close()

    return lambda steps: thread.submit(inside, steps).result()


@pytest.fixture
def idea(alone: Instance) -> str:
    """The path of one of its ideas."""
    [[key]] = alone.query("SELECT position_id FROM portfolio_idea LIMIT 1")
    return f"/ideas/{clusters.dashed(str(key))}/"


@pytest.fixture
def stage(chrome: tuple[ThreadPoolExecutor, Browser], cluster: Cluster) -> Iterator[Stage]:
    thread, browser = chrome
    stage = Stage(browser, cluster)
    yield stage
    thread.submit(stage.leave).result()
    for server in cluster.servers:  # what a test stopped runs again for the next one
        if not server.alive():
            server.start()


@pytest.fixture
def alice(chrome: tuple[ThreadPoolExecutor, Browser], stage: Stage) -> Person:
    return chrome[0].submit(stage.enter, "Alice").result()


@pytest.fixture
def bob(chrome: tuple[ThreadPoolExecutor, Browser], stage: Stage) -> Person:
    return chrome[0].submit(stage.enter, "Bob").result()


@pytest.fixture
def charlie(chrome: tuple[ThreadPoolExecutor, Browser], stage: Stage) -> Person:
    return chrome[0].submit(stage.enter, "Charlie").result()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Acts in the browser's thread; then the pages must have been content."""
    if "stage" not in pyfuncitem.funcargs:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    def act() -> None:
        pyfuncitem.obj(**given)
        pyfuncitem.funcargs["stage"].assert_quiet()

    pyfuncitem.funcargs["chrome"][0].submit(act).result()
    return True

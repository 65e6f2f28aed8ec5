"""The ground every test stands on: an environment of its own and an empty DATA_DIR.

Nothing of `portfolio` is imported here, so that the relay's tests run in a tree without it. What
a developer has exported never reaches a test: the environment is cleaned before Django reads its
settings. `tests/relay` has settings of its own and therefore a run of its own; `./dev test` does
both.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

# Their assertions, too, say what they compared.
pytest.register_assert_rewrite("tests.browser.people", "tests.system.acts", "tests.system.oracle")

ROOT = Path(__file__).resolve().parent.parent
RELAY_SETTINGS = "collab_relay.settings"
RELAY_RUN = f"pytest --ds={RELAY_SETTINGS} tests/relay"

# What the settings read from the environment (docs/operating.md); tests start without it.
SETTINGS = [
    "DATABASE_URL",
    "SECRET_KEY",
    "ENCRYPTION_KEY",
    "CORS_ORIGINS",
    "USE_MOCK_SCHWAB_DATA",
    "LOG_LEVEL",
    "COLLABORATION_SERVICE_URL",
    "BACKEND_USER_ID",
    "BACKEND_URL",
    "BACKEND_DISPLAY_NAME",
    "PORT",
    "DEBUG",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "REDIS_URL",
    "RELAY_URLS",
    "RELAY_RATE",
    "RELAY_BURST",
    "RELAY_ALLOWED_USERS",
    "LOG_DIR",
    "LOG_FORMAT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "METRICS_TOKEN",
    "METRICS_FRIENDS",
    "CRASH_AT",
]


def _clean_environment() -> None:
    """Nothing of this shell, no relay to dial, and a folder that is gone when the tests are."""
    for name in SETTINGS:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    folder = tempfile.mkdtemp(prefix="portfolio-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {"DATA_DIR": folder, "ENABLE_COLLABORATION": "false"}


def _set_up_django() -> None:
    """Before a conftest below imports a model; with --ds pytest-django has done it already."""
    if (ROOT / "portfolio" / "settings.py").exists():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.settings")
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        import django

        django.setup()


_clean_environment()
_set_up_django()


def _is_relay_run() -> bool:
    return os.environ.get("DJANGO_SETTINGS_MODULE") == RELAY_SETTINGS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="100,000 schedules instead of 2,000, and all `long` tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    asked = [str(arg) for arg in config.invocation_params.args]
    relay = any("tests/relay" in arg and not arg.startswith("--ignore") for arg in asked)
    if relay and not _is_relay_run():
        raise pytest.UsageError(f"tests/relay has its own settings: {RELAY_RUN}")


def pytest_report_header(config: pytest.Config) -> str | None:
    return None if _is_relay_run() else f"not in this run: tests/relay ({RELAY_RUN})"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    relay = ROOT / "tests" / "relay"
    return True if collection_path == relay and not _is_relay_run() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`long` and `bench` tests are left out unless asked for; pytest's last line counts them. With
    --long nothing is stopped for taking its time.
    """
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
    wanted = {"long": config.getoption("--long"), "bench": "bench" in config.getoption("-m")}
    left_out = [
        item
        for item in items
        if any(item.get_closest_marker(m) and not on for m, on in wanted.items())
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """With -n each worker makes a DATA_DIR of its own, above, before it reads the settings. Were
    their name handed down, pytest-django would read them first, with this process's folder.
    """
    if not _is_relay_run():
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keys are made anew in each process, and a test must have the same name in all of them."""
    return argname if isinstance(val, str | bytes) and len(val) >= 32 else None


@pytest.fixture
def long_run(request: pytest.FixtureRequest) -> bool:
    """True with --long: as many schedules, kills and examples as patience allows."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: object) -> Path:
    """Each test its own empty DATA_DIR: keys and locks of one never meet those of another."""
    folder = tmp_path / "data"
    folder.mkdir()
    if hasattr(settings, "DATA_DIR"):
        settings.DATA_DIR = folder  # type: ignore[attr-defined]  # pytest-django's wrapper takes any name
    return folder


@pytest.fixture(scope="session", autouse=True)
def every_fragment() -> None:
    """As in a server: with the addresses come the views, and with them the fragments. So a change
    told of a fragment that nobody registered fails the test it happens in.
    """
    from django.urls import get_resolver

    assert get_resolver().url_patterns


@pytest.fixture
def marked(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Callable[[Callable[[], object]], set[str]]:
    """What open tabs draw anew after this is done: `marked(act)` is {"idea:7", "my_ideas:all"}."""

    def topics(act: Callable[[], object]) -> set[str]:
        from portfolio.live.topics import Topic

        with django_capture_on_commit_callbacks() as told:
            act()
        after = [argument for call in told for argument in getattr(call, "args", ())]
        return {f"{one.name}:{one.id}" for one in after if isinstance(one, Topic)}

    return topics


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; ./dev finds or fetches one and hands it over in CHROMIUM."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path:
        return path
    complaint = "No Chromium: ./dev test fetches one, or set CHROMIUM to the path of yours."
    if os.environ.get("CI") == "true":
        pytest.fail(complaint)
    pytest.skip(complaint)

"""The two shapes of a line, and what never gets into one."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.db import OperationalError

from observability import logs
from observability.logs import Json, Line, Shape, bound, cleaned, get_logger, named, told
from portfolio.link.peers import Unreachable
from tests.house import ROOT, files, imported, read

MOMENT = "2025-11-01T12:26:40Z"
CANARY = "canary-7f3a"


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelname": "INFO", "created": 1762000000.9})
    made.name, made.args = "library", arguments
    made.__dict__.update(more)
    return made


def ours(message: str, **fields: object) -> logging.LogRecord:
    return record(message, fields=fields)


def caught(error: BaseException) -> BaseException:
    """As it looks once it was raised."""
    try:
        raise error
    except BaseException as raised:
        return raised


def failed(error: BaseException) -> logging.LogRecord:
    raised = caught(error)
    return record("Failed", fields={}, exc_info=(type(raised), raised, raised.__traceback__))


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """What our loggers write from now on, each line as a program would."""
    out, logger = StringIO(), logging.getLogger("observability")
    handler = logging.StreamHandler(out)
    handler.setFormatter(Line())
    logger.addHandler(handler)
    yield out.getvalue
    logger.removeHandler(handler)


def test_a_line_has_moment_level_message_and_fields() -> None:
    line = Line().format(ours("Backend connected", user_id="abc", friends=2))
    assert line == f'{MOMENT} [INFO]: Backend connected {{"user_id":"abc","friends":2}}'
    assert Line().format(ours("Closing")) == f"{MOMENT} [INFO]: Closing"


def test_json_has_the_same() -> None:
    assert json.loads(Json().format(ours("Backend connected", user_id="abc"))) == {
        "timestamp": MOMENT,
        "level": "INFO",
        "message": "Backend connected",
        "user_id": "abc",
    }


def test_a_message_cannot_make_a_line_of_its_own() -> None:
    line = Line().format(ours("a\nb\r", why="c\nd"))
    assert line == f'{MOMENT} [INFO]: a\\nb\\r {{"why":"c\\nd"}}'
    assert Line().format(record("a\nb")) == f'{MOMENT} [INFO]: a {{"logger":"library"}}'


def test_a_long_value_is_cut() -> None:
    line = json.loads(Json().format(ours("Long", why="x" * 301)))
    assert line["why"] == "x" * 300 + "..."


def test_a_logger_takes_a_sentence_and_fields(said: Callable[[], str]) -> None:
    get_logger("observability.here").info("Happened: 5 %s", count=1)
    assert said().endswith(' [INFO]: Happened: 5 %s {"count":1}\n')


def test_what_is_bound_is_in_every_line_of_its_task(said: Callable[[], str]) -> None:
    log = get_logger("observability.here")

    async def of(name: str) -> None:
        with bound(request_id=name):
            await asyncio.sleep(0)
            await asyncio.to_thread(log.info, f"For {name}")

    async def both() -> None:
        await asyncio.gather(of("one"), of("two"))

    asyncio.run(both())
    log.info("Neither")
    lines = sorted(line.split("]: ")[1] for line in said().splitlines())
    assert lines == ['For one {"request_id":"one"}', 'For two {"request_id":"two"}', "Neither"]


def test_what_libraries_say_has_the_surroundings_too() -> None:
    with bound(request_id="one"):
        line = Line().format(record("Not Found: %s", "/x"))
    fields = '{"request_id":"one","logger":"library"}'
    assert line == f"{MOMENT} [INFO]: Not Found: /x {fields}"


@pytest.mark.parametrize("shape", [Line(), Json()])
@pytest.mark.parametrize(
    "error",
    [ValueError(CANARY), KeyError(CANARY), ExceptionGroup(CANARY, [ValueError(CANARY)])],
)
def test_an_exception_comes_with_its_places_and_without_its_words(
    shape: Shape, error: Exception
) -> None:
    secret = CANARY  # a local variable of the frame
    text = shape.format(failed(error))
    assert type(error).__name__ in text
    assert "in caught" in text
    assert secret not in text


def test_an_exception_comes_with_its_causes_first() -> None:
    first = caught(OSError(28, "No space left on device"))
    second = RuntimeError(CANARY)
    second.__cause__ = first
    lines = [line for line in told(caught(second)).splitlines() if not line.startswith(" ")]
    assert lines == [
        "Traceback (most recent call last):",
        "OSError: [Errno 28] No space left on device",
        "Traceback (most recent call last):",
        "RuntimeError",
    ]


def test_words_of_machines_are_told() -> None:
    assert named(OperationalError("database is locked")) == "OperationalError: database is locked"
    assert named(Unreachable("private address")) == "Unreachable: private address"
    assert named(ConnectionRefusedError(111, "Connection refused")) == (
        "ConnectionRefusedError: [Errno 111] Connection refused"
    )
    assert named(ValueError(CANARY)) == "ValueError"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/ideas/?q=secret&page=2", "/ideas/?..."),
        ("redis://:secret@cache:6379/0 is away", "redis://...cache:6379/0 is away"),
        (f"/people/first/{'a-_b' * 10}xyz/", "/people/first/.../"),
        (f"/live/{'aZ' * 20}:1vM:{'k' * 43}/", "/live/.../"),
        (
            "/ideas/7b0f5a52-6a43-4c57-9d3a-1f7b1d8a2c01/share",
            "/ideas/7b0f5a52-6a43-4c57-9d3a-1f7b1d8a2c01/share",
        ),
    ],
)
def test_places_of_secrets_are_cleaned(given: str, shown: str) -> None:
    assert cleaned(given) == shown
    assert Line().message_of(record("%s", given)) == shown


def test_libraries_repeat_no_words_of_exceptions() -> None:
    """As Django's security loggers, asyncio and Daphne write theirs."""
    error = caught(ValueError(CANARY))
    info = (ValueError, error, error.__traceback__)
    written = [
        record(CANARY, exc_info=info),
        record(f"Task was never retrieved\nfuture: <Task exception={error!r}>", exc_info=info),
        record("Exception inside application: %s\n%s%s", error, "Traceback", CANARY),
    ]
    texts = [Line().format(each) for each in written]
    assert [text for text in texts if CANARY in text] == []
    assert ["in caught" in text for text in texts] == [True] * 3
    assert (
        texts[2]
        .splitlines()[0]
        .startswith(f"{MOMENT} [INFO]: Exception inside application: ValueError")
    )


def test_a_thread_that_fails_is_told_without_words(said: Callable[[], str]) -> None:
    def fail() -> None:
        raise ValueError(CANARY)

    before = threading.excepthook
    threading.excepthook = logs._thread_failed
    try:
        thread = threading.Thread(target=fail, name="worker")
        thread.start()
        thread.join()
    finally:
        threading.excepthook = before
    assert 'A thread failed {"thread":"worker"}' in said()
    assert "in fail" in said()
    assert CANARY not in said()


@pytest.mark.parametrize(
    ("level", "heard"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("CRITICAL", "CRITICAL")]
)
def test_libraries_are_heard_from_warnings_up(level: str, heard: str) -> None:
    found = logs.config(level, "line", "portfolio", {})
    others = "CRITICAL" if level == "CRITICAL" else "WARNING"
    assert found["loggers"]["portfolio"]["level"] == heard
    assert {found["root"]["level"], found["loggers"]["django"]["level"]} == {others}


CODE = """
import sys
from observability.logs import get_logger
print(*sorted({"rich", "twisted", "greenlet", "django"} & set(sys.modules)))
import twisted.logger, greenlet
"""


def test_loading_it_is_cheap_and_takes_nothing_away() -> None:
    run = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("\n", "")


def test_there_is_one_way_to_log() -> None:
    programs = files("portfolio/**/*.py", "collab_relay/**/*.py", "observability/**/*.py")
    others: list[Any] = [
        (path, name)
        for path in programs
        for _line, name in imported(read(path))
        if name.split(".")[0] in ("logging", "structlog") and path != "observability/logs.py"
    ]
    allowed = [("portfolio/people/first_run.py", "logging")]
    allowed += [("portfolio/people/first_run.py", "logging.handlers.RotatingFileHandler")]
    assert others == allowed
    assert structlog.is_configured()

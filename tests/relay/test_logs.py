"""The two shapes of a line in the log."""

import json
import logging
import sys

import pytest

from collab_relay.logs import Json, Lines


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelname": "INFO", "created": 1762000000.9})
    made.__dict__.update(more)
    return made


def test_a_line_has_moment_level_message_and_fields() -> None:
    line = Lines().format(record("Backend connected", fields={"user_id": "abc", "friends": 2}))
    assert line == ('2025-11-01T12:26:40Z [INFO]: Backend connected {"user_id":"abc","friends":2}')
    assert Lines().format(record("Closing")) == "2025-11-01T12:26:40Z [INFO]: Closing"


def test_a_message_cannot_make_a_line_of_its_own() -> None:
    line = Lines().format(record("a\nb\r", fields={"why": "c\nd"}))
    assert line == '2025-11-01T12:26:40Z [INFO]: a\\nb\\r {"why":"c\\nd"}'


def test_json_has_the_same() -> None:
    line = Json().format(record("Backend connected", fields={"user_id": "abc"}))
    assert json.loads(line) == {
        "timestamp": "2025-11-01T12:26:40Z",
        "level": "INFO",
        "message": "Backend connected",
        "user_id": "abc",
    }


@pytest.mark.parametrize("shape", [Lines(), Json()])
def test_an_exception_comes_along(shape: logging.Formatter) -> None:
    try:
        raise ValueError("what happened")
    except ValueError:
        failed = record("Failed", exc_info=sys.exc_info())
    assert "ValueError: what happened" in shape.format(failed)

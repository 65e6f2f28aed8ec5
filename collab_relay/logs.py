"""How the relay writes its log: ids and sizes, never content, tokens, keys or addresses.

2025-11-01T10:00:00Z [INFO]: Backend connected {"user_id":"..."}
"""

import json
import logging
import time

_logger = logging.getLogger("collab_relay")


def log(message: str, level: int = logging.INFO, **fields: object) -> None:
    """One line: a fixed message, and what varies as fields."""
    _logger.log(level, message, extra={"fields": fields})


class Lines(logging.Formatter):
    """The message and its fields on one line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        line = f"{_moment(record)} [{record.levelname}]: {_one_line(record.getMessage())}"
        if fields:
            line += " " + json.dumps(fields, separators=(",", ":"), default=str)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "timestamp": _moment(record),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _one_line(message: str) -> str:
    return message.replace("\r", "\\r").replace("\n", "\\n")

"""How both programs write their logs: ids, sizes, times; never content, tokens or keys.

2026-11-21T15:14:23Z [INFO]: Backend connected {"user_id":"..."}

Promises: a record is one line (and the lines of its traceback), in this shape or as JSON. What
varies is a field, with what `bound` says of the surroundings: the request, the event. Of an
exception the log has its type and where it came from, and its words only where a machine wrote
them: others may repeat what somebody typed. What libraries say loses tokens and query strings.

Loading structlog leaves out its colours and Twisted, which would cost each process 10 MB.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

_SPARED = {name for name in ("rich", "twisted", "greenlet") if name not in sys.modules}
sys.modules.update(dict.fromkeys(_SPARED))  # type: ignore[arg-type] # None: "not to be had"
import structlog  # noqa: E402 - see above

for _name in _SPARED:
    del sys.modules[_name]

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LONGEST = 300  # characters of one value
#: Exceptions whose words come from the system or from Python.
SPEAKS: tuple[type[BaseException], ...] = (
    OSError,
    AttributeError,
    ImportError,
    NameError,
    RecursionError,
)
_FRAMES = 40  # of one exception
_SECRET_PLACES = re.compile(r"\?\S*|(?<=://)[^\s/@]*@|[^\s/?&=]{40,}")

Fields = Mapping[str, object]
Caught = tuple[type[BaseException], BaseException, TracebackType | None]


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """`log = get_logger(__name__)`, then `log.info("What happened", user_id=..., count=...)`: a
    fixed sentence, and fields. Levels below LOG_LEVEL cost next to nothing.
    """
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger


#: `with bound(request_id=...)`: every line until then, of this task or thread, has these fields.
bound = structlog.contextvars.bound_contextvars


def config(level: str, form: str, own: str, handlers: Mapping[str, Mapping[str, object]]) -> Any:
    """For LOGGING. `own` is the program's package; libraries are heard from WARNING up, since what
    they say at lower levels has queries, headers and frames in it.
    """
    others = max(level, "WARNING", key=logging.getLevelName)
    shape = {"()": SHAPES[form]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"shape": shape},
        "handlers": {name: {**each, "formatter": "shape"} for name, each in handlers.items()},
        "root": {"level": others, "handlers": list(handlers)},
        "loggers": {
            own: {"level": level},
            "observability": {"level": level},
            "django": {"level": others, "handlers": []},
            "django.request": {"level": "ERROR"},  # what is below, each request's own line tells
            # uvicorn, Daphne and Twisted tell of every connection, with addresses and paths.
            "uvicorn": {"level": others},
            "daphne": {"level": others},
        },
    }


def set_up(logging_config: Any) -> None:
    """For LOGGING_CONFIG: the standard library's loggers, and structlog in front of them."""
    logging.config.dictConfig(logging_config)
    levels = [each["level"] for each in logging_config["loggers"].values()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _record],
        wrapper_class=structlog.make_filtering_bound_logger(min(map(logging.getLevelName, levels))),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    threading.excepthook = _thread_failed


def _record(_logger: object, _method: str, fields: Any) -> Any:
    """The arguments of the standard library's logger."""
    message, exc_info = fields.pop("event"), fields.pop("exc_info", None)
    return (message,), {"exc_info": exc_info, "extra": {"fields": fields}}


class Shape(logging.Formatter):
    """What both shapes show. A record with `fields` is ours; any other comes from a library."""

    def message_of(self, record: logging.LogRecord) -> str:
        if hasattr(record, "fields"):
            return record.getMessage()
        return cleaned(_foreign(record))

    def fields_of(self, record: logging.LogRecord) -> dict[str, object]:
        fields: Fields | None = getattr(record, "fields", None)
        if fields is None:
            fields = structlog.contextvars.get_contextvars() | {"logger": record.name}
        return {name: shortened(value) for name, value in fields.items()}


class Line(Shape):
    """The message and its fields on one line, for people."""

    def format(self, record: logging.LogRecord) -> str:
        fields, caught = self.fields_of(record), _caught(record)
        line = f"{_moment(record)} [{record.levelname}]: {_one_line(self.message_of(record))}"
        if fields:
            line += " " + json.dumps(fields, separators=(",", ":"), default=str)
        return f"{line}\n{told(caught)}" if caught else line


class Json(Shape):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "timestamp": _moment(record),
            "level": record.levelname,
            "message": self.message_of(record),
            **self.fields_of(record),
        }
        if caught := _caught(record):
            entry["exception"] = told(caught)
        return json.dumps(entry, default=str)


SHAPES: dict[str, type[Shape]] = {"line": Line, "json": Json}


def cleaned(text: str) -> str:
    """A path, or what a library says, without query strings, passwords and what may be a token."""
    return _SECRET_PLACES.sub(lambda found: "?..." if found[0][0] == "?" else "...", text)


def shortened(value: object) -> object:
    return f"{value[:LONGEST]}..." if isinstance(value, str) and len(value) > LONGEST else value


def told(caught: Caught | BaseException) -> str:
    """A traceback without values: causes first, each with its places in the code."""
    return "\n".join(line for each in _chain(_error(caught)) for line in _places(each))


def named(error: BaseException) -> str:
    """Its type, and its words where they are a machine's."""
    said = " ".join(str(error).split()) if speaks(error) else ""
    name = type(error).__qualname__
    return f"{name}: {shortened(cleaned(said))}" if said else name


def speaks(error: BaseException) -> bool:
    """A database's are a machine's when they tell of the database, and not of a row. An exception
    of ours whose words are fixed says so by `speaks = True`.
    """
    ours = getattr(error, "speaks", False) is True
    return ours or isinstance(error, SPEAKS) or type(error).__name__ == "OperationalError"


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.insert(0, following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return found


def _places(error: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]:
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    yield named(error)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from (f"  | {line}" for line in _places(each))


def _foreign(record: logging.LogRecord) -> str:
    """A library's words: exceptions by name, and of several lines, which repeat more, the first."""
    arguments = record.args
    if isinstance(arguments, tuple):
        arguments = tuple(named(a) if isinstance(a, BaseException) else a for a in arguments)
    message = str(record.msg) % arguments if arguments else str(record.msg)
    caught = _caught(record)
    if caught and not speaks(_error(caught)) and (words := str(_error(caught))):
        message = message.replace(words, "...")
    return message.split("\n", 1)[0]


def _caught(record: logging.LogRecord) -> Caught | BaseException | None:
    """The exception of a record; Daphne hands it over among the arguments."""
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info
    given = record.args if isinstance(record.args, tuple) else ()
    return next((each for each in given if isinstance(each, BaseException)), None)


def _error(caught: Caught | BaseException) -> BaseException:
    return caught if isinstance(caught, BaseException) else caught[1]


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else ""
    if failed.exc_value is not None:
        get_logger(__name__).error("A thread failed", thread=name, exc_info=failed.exc_value)


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _one_line(message: str) -> str:
    return message.replace("\r", "\\r").replace("\n", "\\n")

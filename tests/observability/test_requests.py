"""Each request has its id, in its answer and in its lines; none is taken from a stranger."""

import asyncio
import logging
import re
from typing import Any

import pytest

from observability.logs import Line, get_logger
from observability.requests import Message, Receive, Requests, Scope, Send, is_loopback

log = get_logger("observability.application")
GIVEN = "7f3a-canary_1.b"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    log.warning("Inside")
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept", "subprotocol": None})
        return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def call(kind: str = "http", path: str = "/x/", trusts: bool = True, *ids: str) -> list[Message]:
    """What the application sends when it is asked with these ids."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    scope: Scope = {"type": kind, "path": path, "query_string": b"q=canary"}
    scope["headers"] = [(b"x-request-id", each.encode()) for each in ids]
    if kind == "http":
        scope["method"] = "POST"
    asyncio.run(Requests(application, lambda _scope: trusts)(scope, receive, send))
    return sent


def id_of(sent: list[Message]) -> str:
    return str(dict(sent[0]["headers"])[b"x-request-id"].decode())


def fields(records: list[logging.LogRecord]) -> list[dict[str, Any]]:
    return [record.__dict__["fields"] for record in records]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_an_id_of_a_trusted_proxy_is_kept(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "observability"):
        sent = call(kind, "/x/", True, GIVEN)
    assert id_of(sent) == GIVEN
    assert {each["request_id"] for each in fields(caplog.records)} == {GIVEN}
    assert caplog.messages == ["Inside", "Request"]


@pytest.mark.parametrize(
    "ids",
    [[], ["short"], ["a" * 65], ["line\nbreak"], ['quote"quote'], ["a b c d e f"], [GIVEN, GIVEN]],
)
def test_any_other_id_is_made_anew(ids: list[str]) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", id_of(call("http", "/x/", True, *ids)))


def test_a_strangers_id_is_not_taken() -> None:
    found = id_of(call("http", "/x/", False, GIVEN))
    assert re.fullmatch(r"[0-9a-f]{16}", found)
    assert found != id_of(call("http", "/x/", False, GIVEN))


def test_a_request_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "observability"):
        call("http", f"/people/first/{'t' * 43}/")
    [_inside, told] = caplog.records
    line = re.sub(r'"(ms|request_id)":[^,}]+', r'"\1":_', Line().format(told))
    assert line.split("]: ")[1] == (
        'Request {"method":"POST","path":"/people/first/.../","status":200,"ms":_,"request_id":_}'
    )


def test_what_machines_ask_all_the_time_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "observability"):
        call("http", "/health")
        call("http", "/static/app.css")
    assert caplog.messages == ["Inside", "Inside"]


def test_an_application_that_fails_is_told_and_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    async def never() -> Message:
        return {}

    async def send(message: Message) -> None: ...

    scope = {"type": "http", "path": "/x", "headers": [], "method": "GET"}
    with caplog.at_level(logging.INFO, "observability"), pytest.raises(ValueError, match=r"^$"):
        asyncio.run(Requests(fails, lambda _scope: False)(scope, never, send))
    assert fields(caplog.records)[0]["status"] == 0


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.org", False),
    ],
)
def test_an_address_of_this_machine(address: str, is_here: bool) -> None:
    assert is_loopback(address) is is_here

"""What an ASGI application sees of a WebSocket, and what the client sees of the application."""

import asyncio
from typing import Any

import pytest

from collab_relay.guest import STRAIGHT, Message

from .raw import masked
from .served import REQUEST, serve


class Application:
    """Accepts, keeps what it was given and what comes, and answers `answer`."""

    def __init__(self, *answer: Message) -> None:
        self.scope: Message = {}
        self.heard: list[Message] = []
        self.answer = answer

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.scope = scope
        self.heard.append(await receive())
        headers = [(b"X-Request-ID", b"abcdef")]
        await send({"type": "websocket.accept", "subprotocol": "two", "headers": headers})
        for message in self.answer:
            await send(message)
        while self.heard[-1]["type"] != "websocket.disconnect":
            self.heard.append(await receive())


async def test_the_application_sees_the_request() -> None:
    app = Application()
    async with serve(app) as it:
        answer = await it.request(*REQUEST, "X-Name: J\xfcrgen")
        assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert answer.count(b"Sec-WebSocket-Protocol: two\r\n") == 1
        assert answer.count(b"X-Request-ID: abcdef\r\n") == 1
        scope = app.scope
        assert (scope["type"], scope["scheme"]) == ("websocket", "ws")
        assert (scope["path"], scope["query_string"]) == ("/ws/some body", b"a=b")
        assert scope["client"] == it.writer.get_extra_info("sockname")
        assert scope["server"] == it.writer.get_extra_info("peername")
        assert scope["subprotocols"] == ["one", "two"]
        assert (b"x-name", b"J\xfcrgen") in scope["headers"]
        assert scope["extensions"] == {STRAIGHT: it.socket}


async def test_messages_come_in_order_and_the_end_after_them() -> None:
    app = Application({"type": "websocket.send", "text": "hello"})
    async with serve(app) as it:
        await it.request(*REQUEST)
        assert await it.reader.readexactly(7) == b"\x81\x05hello"
        it.writer.write(masked(b"one") + masked(b"t", 0x01) + masked(b"wo", 0x80))
        it.writer.write(masked(b"three", 0x82) + masked(b"\x03\xe8", 0x88))
        assert await it.reader.read() == b"\x88\x02\x03\xe8"
    assert [message["type"].removeprefix("websocket.") for message in app.heard] == [
        "connect",
        "receive",
        "receive",
        "receive",
        "disconnect",
    ]
    assert [message.get("text") for message in app.heard] == [None, "one", "two", None, None]


async def test_nothing_is_read_while_a_message_waits() -> None:
    waits = asyncio.Event()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None})
        await waits.wait()
        await receive()

    async with serve(app) as it:
        await it.request(*REQUEST)
        await it.settle()
        assert it.socket.transport.is_reading()
        it.writer.write(masked(b"one"))
        while it.socket.transport.is_reading():
            await asyncio.sleep(0)
        waits.set()
        await it.settle()


async def test_a_refusal_is_a_close_that_may_be_answered() -> None:
    app = Application({"type": "websocket.close", "code": 4401, "reason": "token"})
    async with serve(app) as it:
        await it.request(*REQUEST)
        assert await it.reader.readexactly(9) == b"\x88\x07\x11\x31token"
        it.writer.write(masked(b"too late") + masked(b"\x11\x31", 0x88))
        assert await it.reader.read() == b""
    assert [message["type"] for message in app.heard[1:]] == ["websocket.disconnect"]


async def test_an_error_in_the_application_closes(caplog: pytest.LogCaptureFixture) -> None:
    app = Application({"type": "no such thing"})
    async with serve(app) as it:
        await it.request(*REQUEST)
        assert await it.reader.readexactly(4) == b"\x88\x02\x03\xf3"
    assert caplog.messages == ["The application of a WebSocket failed"]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param(REQUEST[:5], b"400", id="no key"),
        pytest.param([*REQUEST[:4], "Sec-WebSocket-Version: 8", REQUEST[5]], b"400", id="old"),
        pytest.param(["POST / HTTP/1.1", *REQUEST[1:]], b"405", id="not a GET"),
        pytest.param([*REQUEST, *["X-More: x"] * 200], b"", id="too many headers"),
    ],
)
async def test_what_is_no_handshake_never_reaches_the_application(
    lines: list[str], status: bytes
) -> None:
    app = Application()
    async with serve(app) as it:
        it.writer.write("\r\n".join([*lines, "", ""]).encode())
        assert (await it.reader.read()).split(b" ")[1:2] == [status] * bool(status)
    assert app.scope == {}

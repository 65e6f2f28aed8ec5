"""The ASGI side of a WebSocket on which nobody has signed in yet: from its request until then.

Promises: nothing is read while a message waits to be received. It ends with the application, which
is done when somebody has signed in, or is refused; the `Socket` goes on, or closes.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from websockets.http11 import Request
from websockets.server import ServerProtocol

from observability.logs import get_logger

from .framing import FAILED

if TYPE_CHECKING:
    from .websocket import Socket

log = get_logger(__name__)

STRAIGHT = "portfolio.straight"  # the extension under which the scope has the `Socket`

Message = dict[str, Any]


class Guest:
    """Of one socket, which `begin`s with the request."""

    def __init__(self, socket: "Socket", app: Any, tasks: set[asyncio.Task[None]]) -> None:
        self._socket, self._app, self._tasks = socket, app, tasks
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.has_begun = False

    def begin(self, data: bytes) -> None:
        """The request, which uvicorn has read to its end."""
        self.has_begun = True
        handshake = ServerProtocol()
        handshake.receive_data(data)
        for request in handshake.events_received():
            self._response = handshake.accept(cast(Request, request))
            if self._response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
                return self._start(self._scope(cast(Request, request)))
            self._socket.transport.write(self._response.serialize())
        self._socket.transport.close()

    def _start(self, scope: Message) -> None:
        self.inbox.put_nowait({"type": "websocket.connect"})
        task = asyncio.get_running_loop().create_task(self._run(scope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _scope(self, request: Request) -> Message:
        path, _, query = request.path.partition("?")
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(",")
        transport = self._socket.transport
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": "",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in request.headers.raw_items()
            ],
            "subprotocols": [name.strip() for name in offered if name.strip()],
            "extensions": {STRAIGHT: self._socket},
        }

    async def _run(self, scope: Message) -> None:
        try:
            await self._app(scope, self.receive, self.send)
        except Exception:
            log.exception("The application of a WebSocket failed")
            self._socket.close(FAILED)

    async def receive(self) -> Message:
        message = await self.inbox.get()
        if self.inbox.empty():
            self._socket.read_on()
        return message

    def waiting(self) -> list[str | None]:
        return [self.inbox.get_nowait()["text"] for _ in range(self.inbox.qsize())]

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            self._socket.write([message["text"].encode()])
        elif kind == "websocket.close":
            self._socket.close(message["code"], message["reason"])
        elif kind == "websocket.accept":
            self._accept(message["subprotocol"], message.get("headers", ()))
        else:
            raise ValueError(f"{kind} is nothing that this relay sends")

    def _accept(self, subprotocol: str | None, headers: Iterable[tuple[bytes, bytes]]) -> None:
        answer = self._response
        if subprotocol is not None:
            answer.headers["Sec-WebSocket-Protocol"] = subprotocol
        for name, value in headers:
            answer.headers[name.decode("latin-1")] = value.decode("latin-1")
        self._socket.transport.write(answer.serialize())

"""A WebSocket of the relay in this process, with any ASGI application behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from collab_relay.websocket import Heartbeat, Socket

REQUEST = (
    "GET /ws/some%20body?a=b HTTP/1.1",
    "Host: relay.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==",
    "Sec-WebSocket-Protocol: one, two",
)


class Served:
    """`socket` is the relay's end; `reader` and `writer` are the client's."""

    def __init__(self, app: Any) -> None:
        self.state, self.heartbeat = ServerState(), Heartbeat()
        self._config = uvicorn.Config(app, lifespan="off", log_config=None, proxy_headers=False)
        self._config.load()
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    def make(self) -> Socket:
        self.socket = Socket(self._config, self.state, {}, self.heartbeat)
        return self.socket

    async def request(self, *lines: str) -> bytes:
        """The head of the answer."""
        self.writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return await self.reader.readuntil(b"\r\n\r\n")

    async def settle(self) -> None:
        """Until the relay has read all that was sent; it must have nothing else to say."""
        self.writer.write(b"\x89\x82\0\0\0\0ok")
        assert await self.reader.readexactly(4) == b"\x8a\x02ok"


@asynccontextmanager
async def serve(app: Callable[..., Any]) -> AsyncIterator[Served]:
    served = Served(app)
    server = await asyncio.get_running_loop().create_server(served.make, "127.0.0.1", 0)
    served.reader, served.writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield served
    finally:
        served.writer.close()
        server.close()
        await server.wait_closed()
        for task in list(served.state.tasks):
            await task

"""A load balancer for tests: each new TCP connection to the next process, round and round.

It keeps the address a connection comes from, as every loopback address is ours, so that limits by
address hold as they do behind a real one.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Balancer:
    """Listens from the start; `targets` may be set and changed at any time."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.targets: list[str] = []
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        coming = asyncio.start_server(self._come, sock=self._listener)
        server = self._loop.run_until_complete(coming)
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = writer.get_extra_info("peername")[0]
        for _ in self.targets:
            target = urlsplit(self.targets[next(self._turn) % len(self.targets)])
            try:
                there, back = await asyncio.open_connection(
                    target.hostname, target.port, local_addr=(source, 0)
                )
            except OSError:
                continue  # that one is down: the next
            await asyncio.gather(_pour(reader, back), _pour(there, writer))
            return
        writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()

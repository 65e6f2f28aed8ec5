"""The socket of one instance: text in, frames to the hub, what is due back out.

Promises: what a connection is due in one tick of the loop leaves as one message of at most 64 KiB,
written by one task a connection, so a reader that stalls blocks that task alone. Nobody stays
longer than ten seconds without authenticating. Closing never waits for the other side.

It decides nothing about frames: that is `hub`. It has a receive loop of its own, because Channels
visits a thread for every message, for database connections that the relay has none of.

Life cycle: one consumer and one `Peer` a connection. One thread, the event loop's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer

from .connection import Connection
from .limits import Bucket
from .logs import log
from .protocol import (
    AUTHENTICATE_SECONDS,
    SUBPROTOCOL,
    Authenticate,
    Close,
    Code,
    FromInstance,
    FromRelay,
    ProtocolError,
    Refused,
    decode_from_instance,
    encode_frame,
    pack,
)
from .service import NotAdmitted, Relay, deliver

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CLOSE_SECONDS = 5.0  # then the socket is given up, whatever is still unread


class Gone(Exception):
    """The other side has left."""


class Peer(Connection):
    """A connection with its socket."""

    def __init__(self, user_id: str, bucket: Bucket, shared: Bucket, send: Send) -> None:
        super().__init__(user_id, bucket, shared)
        self._send = send
        self._queue: list[bytes] = []
        self._writer: asyncio.Task[None] | None = None
        self._reader = asyncio.current_task()
        self._deadline: asyncio.TimerHandle | None = None
        self.was_given_up = False
        self.code: Close | None = None

    def put(self, item: FromRelay | Close) -> None:
        """Send the frame, or close, with all that is due by the end of this tick.

        Encoded at once: an event is a view into the message it came in, which would stay in
        memory with it.
        """
        if isinstance(item, Close):
            self._close(item)
        else:
            self._queue.append(encode_frame(item))
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._queue:
                due, self._queue = self._queue, []
                for text in pack(due):
                    await self._send({"type": "websocket.send", "text": text})
            if self.code is not None:
                await self._send(_closing(self.code))
        except (OSError, RuntimeError):  # what servers raise once the socket is closed
            self._queue.clear()
        finally:
            self._writer = None

    def _close(self, code: Close) -> None:
        if self.code is not None:
            return
        self.code = code
        if code is Close.SLOW:
            self._queue.clear()
        self._deadline = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """End the consumer, upon which the server drops the socket."""
        if self._reader is not None:
            self.was_given_up = True
            self._reader.cancel()

    async def written(self) -> None:
        """Until all that was put is with the operating system."""
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def release(self) -> None:
        """The consumer has ended."""
        self._reader = None
        if self._deadline is not None:
            self._deadline.cancel()
        if self._writer is not None:
            self._writer.cancel()


class RelayConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels ships no types
    channel_layer_alias = None

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        offered = SUBPROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        if not offered:
            return await send(_closing(Close.VERSION))
        address = scope["client"][0] if scope.get("client") else ""
        try:
            peer, rest = await self._welcome(scope["path"], address, receive, send)
        except NotAdmitted as refusal:
            await send(_closing(refusal.code))
        except (Gone, OSError):
            return
        else:
            await self._serve(peer, rest, receive)

    # Before authentication

    async def _welcome(
        self, path: str, address: str, receive: Receive, send: Send
    ) -> tuple[Peer, list[FromInstance | Refused]]:
        """The peer, and the frames that came along; NotAdmitted, Gone."""
        self.relay.arrive(address)
        try:
            async with asyncio.timeout(AUTHENTICATE_SECONDS):
                return await self._authenticate(path.removeprefix("/ws/"), address, receive, send)
        except NotAdmitted:
            self.relay.failed(address)
            raise
        except TimeoutError:
            self.relay.failed(address)
            raise NotAdmitted(Close.SLOW) from None
        finally:
            self.relay.settled(address)

    async def _authenticate(
        self, user_id: str, address: str, receive: Receive, send: Send
    ) -> tuple[Peer, list[FromInstance | Refused]]:
        hello = self.relay.hello()
        await send({"type": "websocket.send", "text": encode_frame(hello).decode()})
        frames = await _frames(receive)
        first = frames.pop(0) if frames else None
        if not isinstance(first, Authenticate):
            raise NotAdmitted(Close.NOT_JSON)
        self.relay.identify(first.token, user_id, hello.nonce)
        peer = Peer(user_id, *self.relay.buckets(user_id, address), send)
        peer.display_name, peer.backend_url = first.display_name, first.backend_url
        peer.friends, peer.invites = set(first.friends), set(first.invites)
        return peer, frames

    # After it

    async def _serve(
        self, peer: Peer, frames: list[FromInstance | Refused], receive: Receive
    ) -> None:
        hub, now = self.relay.hub, self.relay.now
        self.relay.keep_time()
        deliver(hub.join(peer, now()))
        log("Backend connected", user_id=peer.id, friends=len(peer.friends))
        try:
            while True:
                deliver(hub.handle(peer, frames, now()))
                try:
                    frames = await _frames(receive)
                except NotAdmitted as refusal:
                    frames = []
                    deliver(hub.drop(peer, refusal.code, now()))
        except Gone:
            pass
        except asyncio.CancelledError:
            if not peer.was_given_up:
                raise
        finally:
            deliver(hub.leave(peer, now()))
            peer.release()
            log("Backend disconnected", user_id=peer.id, code=peer.code)


async def _frames(receive: Receive) -> list[FromInstance | Refused]:
    """The frames of the next message. Gone, or NotAdmitted when it is none."""
    message = await receive()
    if message["type"] != "websocket.receive":
        raise Gone
    text = message.get("text")
    if text is None:
        raise NotAdmitted(Close.NOT_JSON)
    try:
        return decode_from_instance(text)
    except ProtocolError as error:
        is_json = error.code is not Code.NOT_JSON
        raise NotAdmitted(Close.TOO_BIG if is_json else Close.NOT_JSON) from error


def _closing(code: Close) -> Message:
    return {"type": "websocket.close", "code": int(code), "reason": code.name.lower()}

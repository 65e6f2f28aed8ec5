"""The socket of one instance: text in, frames to the hub, what is due back out.

Promises: what a connection is due in one tick of the loop leaves as one message of at most 64 KiB;
what a reader that stalls is due waits without a task and delays nobody. Nobody stays longer than
ten seconds without authenticating. Closing never waits for the other side.

It decides nothing about frames: that is `hub`. Coming, signing in and leaving go through ASGI. The
messages between go straight between `server.Socket` and `Peer`: through ASGI each costs a queue,
a change of task and a pause of reading, twice what routing does.

Life cycle: one consumer and one `Peer` a connection. One thread, the event loop's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels.consumer import AsyncConsumer

from observability.logs import get_logger

from . import settings
from .connection import Connection
from .hub import Output
from .limits import Bucket
from .protocol import (
    AUTHENTICATE_SECONDS,
    SUBPROTOCOL,
    Authenticate,
    Close,
    Code,
    EventAck,
    FromInstance,
    FromRelay,
    ProtocolError,
    Refused,
    decode_from_instance,
    encode_frame,
    messages,
    packed,
)
from .service import NotAdmitted, Relay, deliver

log = get_logger(__name__)

TELLS_EVENTS = settings.LOG_LEVEL == "DEBUG"  # at any other level it costs nothing

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STRAIGHT = "portfolio.straight"  # the extension under which the scope has the `server.Socket`
CLOSE_SECONDS = 5.0  # then the socket is given up, whatever is still unread


END = {"type": "portfolio.end"}  # from a peer to its own consumer: all is written, close


class Gone(Exception):
    """The other side has left."""


class Peer(Connection):
    """A connection with its socket, a `server.Socket`."""

    def __init__(self, user_id: str, bucket: Bucket, shared: Bucket, relay: Relay) -> None:
        super().__init__(user_id, bucket, shared)
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._reader = asyncio.current_task()
        self._deadline: asyncio.TimerHandle | None = None
        self._socket: Any = None
        self._due: list[FromRelay] = []
        self._held: list[bytes] = []  # what was due when the socket was full
        self._will_flush = False
        self.was_given_up = self.has_ended = False
        self.code: Close | None = None

    def attach(self, socket: Any) -> None:
        """From now on messages come to `take`, and leave."""
        self._socket = socket
        socket.attach(self)

    def take(self, text: str | None) -> None:
        """The next message; None when it is no text."""
        if self.is_closing:
            return
        hub, now = self._relay.hub, self._relay.now()
        try:
            outputs = hub.handle(self, _decoded(text), now)
        except NotAdmitted as refusal:
            outputs = hub.drop(self, refusal.code, now)
        if TELLS_EVENTS:
            _tell_events(self.id, outputs)
        deliver(outputs)

    def put(self, item: FromRelay | Close) -> None:
        """Send the frame, or close, with all that is due by the end of this tick."""
        if isinstance(item, Close):
            self._close(item)
        else:
            self._due.append(item)
        if not self._will_flush:
            self._will_flush = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Also called when a socket that was full has room again."""
        self._will_flush = False
        due, self._due = self._due, []
        if not self._socket.writable.is_set():
            # As bytes: an event is a view into the message it came in, and would keep all of it.
            self._held += map(encode_frame, due)
            return
        if self._held:
            held, self._held = self._held, []
            self._socket.write(packed([*held, *map(encode_frame, due)]))
        elif due:
            self._socket.write(messages(due))
        if self.code is not None and not self.has_ended:
            self.has_ended = True
            self._socket.queue.put_nowait(END)

    def _close(self, code: Close) -> None:
        if self.code is not None:
            return
        self.code = code
        if code is Close.SLOW:
            self._due.clear()
            self._held.clear()
        self._deadline = self._loop.call_later(CLOSE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """End the consumer, upon which the server drops the socket."""
        if self._reader is not None:
            self.was_given_up = True
            self._reader.cancel()

    def release(self) -> None:
        """The consumer has ended."""
        self._reader = None
        self.has_ended = True
        if self._deadline is not None:
            self._deadline.cancel()


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
            peer.attach(scope["extensions"][STRAIGHT])
        except NotAdmitted as refusal:
            await send(_closing(refusal.code))
        except (Gone, OSError):
            return
        else:
            await self._serve(peer, rest, receive, send)

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
        peer = Peer(user_id, *self.relay.buckets(user_id, address), self.relay)
        peer.display_name, peer.backend_url = first.display_name, first.backend_url
        peer.friends, peer.invites = set(first.friends), set(first.invites)
        return peer, frames

    # After it

    async def _serve(
        self, peer: Peer, frames: list[FromInstance | Refused], receive: Receive, send: Send
    ) -> None:
        hub, now = self.relay.hub, self.relay.now
        self.relay.keep_time()
        deliver(hub.join(peer, now()))
        log.info("Backend connected", user_id=peer.id, friends=len(peer.friends))
        try:
            deliver(hub.handle(peer, frames, now()))
            await self._watch(peer, receive, send)
        except (Gone, OSError):
            pass
        except asyncio.CancelledError:
            if not peer.was_given_up:
                raise
        finally:
            deliver(hub.leave(peer, now()))
            peer.release()
            log.info("Backend disconnected", user_id=peer.id, code=peer.code)

    async def _watch(self, peer: Peer, receive: Receive, send: Send) -> None:
        """What came before the peer was attached, then only the end; Gone, OSError."""
        while True:
            message = await receive()
            if message["type"] == "websocket.receive":
                peer.take(message.get("text"))
            elif message is END and peer.code is not None:
                await send(_closing(peer.code))
            else:
                raise Gone


async def _frames(receive: Receive) -> list[FromInstance | Refused]:
    """The frames of the next message. Gone, or NotAdmitted when it is none."""
    message = await receive()
    if message["type"] != "websocket.receive":
        raise Gone
    return _decoded(message.get("text"))


def _tell_events(user_id: str, outputs: Iterable[Output]) -> None:
    """What became of each event, by the number its sender gave it."""
    for ack in (item for _peer, item in outputs if isinstance(item, EventAck)):
        log.debug(
            "Event routed",
            user_id=user_id,
            ref=ack.ref,
            delivered=ack.delivered_to,
            undelivered=ack.undelivered,
        )


def _decoded(text: str | None) -> list[FromInstance | Refused]:
    """NotAdmitted when it is no message."""
    if text is None:
        raise NotAdmitted(Close.NOT_JSON)
    try:
        return decode_from_instance(text)
    except ProtocolError as error:
        is_json = error.code is not Code.NOT_JSON
        raise NotAdmitted(Close.TOO_BIG if is_json else Close.NOT_JSON) from error


def _closing(code: Close) -> Message:
    return {"type": "websocket.close", "code": int(code), "reason": code.name.lower()}

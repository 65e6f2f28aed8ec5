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
from contextvars import copy_context

from channels.consumer import AsyncConsumer

from observability import tracing
from observability.logs import get_logger

from . import settings
from .connection import Connection
from .counts import SAMPLE
from .guest import STRAIGHT, Message
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
from .websocket import Socket

log = get_logger(__name__)

TRACES = bool(settings.OTEL_EXPORTER_OTLP_ENDPOINT)
TELLS_EVENTS = settings.LOG_LEVEL == "DEBUG"  # at any other level it costs nothing

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Gone(Exception):
    """The other side has left."""


class Peer(Connection):
    """A connection with its socket."""

    _socket: Socket

    def __init__(self, user_id: str, bucket: Bucket, shared: Bucket, relay: Relay) -> None:
        super().__init__(user_id, bucket, shared)
        self._relay, self._request = relay, copy_context()  # whose id is in the log
        self._due: list[FromRelay] = []
        self._held: list[bytes] = []  # what was due when the socket was full
        self._will_flush = self.has_ended = False
        self.code: Close | None = None

    def come(self, socket: Socket, frames: list[FromInstance | Refused]) -> None:
        """From now on messages come to `take`, after these frames; the end to `gone`."""
        if not socket.is_open:
            return self._relay.abandon(self)
        self._socket, waiting = socket, socket.attach(self)
        hub, now = self._relay.hub, self._relay.now()
        self._relay.keep_time()
        deliver(self._relay.join(self))
        log.info("Backend connected", user_id=self.id, friends=len(self.friends))
        deliver(hub.handle(self, frames, now))
        for text in waiting:
            self.take(text)

    def gone(self) -> None:
        self.has_ended = True
        deliver(self._relay.hub.leave(self, self._relay.now()))
        self._request.run(log.info, "Backend disconnected", user_id=self.id, code=self.code)

    def take(self, text: str | None) -> None:
        """The next message; None when it is no text."""
        if self.is_closing:
            return
        if not TRACES:
            return self._route(text)
        with tracing.span("route"):
            self._route(text)

    def _route(self, text: str | None) -> None:
        hub, now = self._relay.hub, self._relay.now()
        try:
            outputs = hub.handle(self, _decoded(text), now)
        except NotAdmitted as refusal:
            outputs = hub.drop(self, refusal.code, now)
        if TELLS_EVENTS:
            _tell_events(self.id, outputs)
        deliver(outputs)
        if not hub.messages % SAMPLE:  # what is due leaves before it, in the order of the loop
            asyncio.get_running_loop().call_soon(self._relay.routed, now)

    def put(self, item: FromRelay | Close) -> None:
        """Send the frame, or close, with all that is due by the end of this tick."""
        if type(item) is Close:  # isinstance takes three times as long for an enum
            self._close(item)
        else:
            self._due.append(item)  # type: ignore[arg-type]  # type() narrows one way only
        if not self._will_flush:
            self._will_flush = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Also called when a socket that was full has room again."""
        self._will_flush = False
        due, self._due = self._due, []
        if self._socket.is_full:
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
            self._socket.close(self.code, self.code.name.lower())

    def _close(self, code: Close) -> None:
        if self.code is not None:
            return
        self.code = code
        if code is Close.SLOW:
            self._due.clear()
            self._held.clear()
        self._socket.give_up_soon()


class RelayConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels ships no types
    channel_layer_alias = None

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        offered = SUBPROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        address = scope["client"][0] if scope.get("client") else ""
        if not offered:
            self.relay.hurries(address)
            self.relay.hub.counts.fail("version")
            return await send(_closing(Close.VERSION))
        try:
            peer, rest = await self._welcome(scope["path"], address, receive, send)
            await self.relay.introduce(peer)
        except NotAdmitted as refusal:
            self.relay.hub.counts.fail(refusal.why)
            await send(_closing(refusal.code))
        except Gone:
            return
        else:
            peer.come(scope["extensions"][STRAIGHT], rest)

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

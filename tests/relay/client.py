"""A small instance for tests and measurements: an identity, and a client of the relay's wire.

It keeps the rules of a good client (returns credit, authenticates with its own address of the
relay) unless told not to.
"""

import base64
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import jwt
import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection

from collab_relay import protocol as p

T = TypeVar("T")


class Identity:
    def __init__(self, name: str) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()
        raw = self.key.public_key().public_bytes_raw()
        self.id = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def claims(self, audience: str, nonce: str = "", now: int = 0) -> dict[str, Any]:
        now = now or int(time.time())
        nonce = nonce or secrets.token_urlsafe(16)
        who = {"iss": self.id, "sub": self.id, "aud": audience}
        return {**who, "nonce": nonce, "iat": now, "exp": now + 60}

    def token(self, audience: str, nonce: str = "", **changes: Any) -> str:
        return self.sign(self.claims(audience, nonce) | changes)

    def sign(self, claims: dict[str, Any], headers: dict[str, Any] | None = None) -> str:
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers=headers)


class Client:
    """One connection. `inbox` holds what arrived and was not asked for yet, in order."""

    def __init__(self, socket: ClientConnection, keeps_credit: bool = True) -> None:
        self.socket = socket
        self.keeps_credit = keeps_credit
        self.inbox: list[Any] = []
        self.messages = 0
        self._taken = 0
        self._connected = False

    async def send(self, *frames: p.FromInstance) -> None:
        await self.socket.send(p.encode(frames[0] if len(frames) == 1 else list(frames)))

    async def event(self, to: str, body: str = "{}", ref: int = 1, **more: Any) -> None:
        await self.send(p.CollabEvent(to_users=[to], data=p.Raw(body.encode()), ref=ref, **more))

    async def wait(self, kind: type[T]) -> T:
        """The next frame of this kind; others stay in the inbox."""
        while True:
            for place, frame in enumerate(self.inbox):
                if isinstance(frame, kind):
                    del self.inbox[place]
                    return frame
            await self.read()

    async def read(self) -> None:
        """Take one message off the connection."""
        frames = p.decode_from_relay(await self.socket.recv())
        self.messages += 1
        self.inbox += frames
        for frame in frames:
            if self._connected:
                self._taken += 1
            self._connected = self._connected or isinstance(frame, p.Connected)
        if self.keeps_credit and self._taken >= p.CREDIT_RETURN_FRAMES:
            count, self._taken = self._taken, 0
            with suppress(websockets.ConnectionClosed):  # what came before is still to be read
                await self.send(p.Received(count=count))

    async def settle(self) -> list[Any]:
        """All that arrived before the answer to a ping sent now; the inbox is empty then."""
        await self.send(p.Ping())
        pong = await self.wait(p.Pong)
        assert pong.timestamp > 0
        found, self.inbox = self.inbox, []
        return found

    async def closed(self) -> tuple[int | None, list[Any]]:
        """The close code, and what came before it."""
        try:
            while True:
                await self.read()
        except websockets.ConnectionClosed:
            found, self.inbox = self.inbox, []
            return self.socket.close_code, found

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()


@asynccontextmanager
async def dial(
    url: str,
    path_id: str,
    subprotocol: str | None = p.SUBPROTOCOL,
    address: str = "",
) -> AsyncIterator[Client]:
    """A connection that has not authenticated; with `address`, as if from there."""
    offered = [websockets.Subprotocol(subprotocol)] if subprotocol else None
    here = {"X-Forwarded-For": address} if address else {}
    async with websockets.connect(
        f"{p.normalise_audience(url)}/ws/{path_id}",
        subprotocols=offered,
        additional_headers=here,
        compression=None,
        proxy=None,
        ping_interval=None,
        close_timeout=0.3,
    ) as socket:
        yield Client(socket)


@asynccontextmanager
async def connect(
    url: str,
    me: Identity,
    friends: list[Identity] | None = None,
    invites: list[str] | None = None,
    keeps_credit: bool = True,
    address: str = "",
) -> AsyncIterator[Client]:
    """An authenticated connection; `Connected` is the first frame in the inbox."""
    async with dial(url, me.id, address=address) as client:
        client.keeps_credit = keeps_credit
        hello = await client.wait(p.Hello)
        await client.send(authenticate(url, me, hello, friends or [], invites or []))
        while not client.inbox:
            await client.read()
        yield client


def authenticate(
    url: str,
    me: Identity,
    hello: p.Hello,
    friends: list[Identity] | None = None,
    invites: list[str] | None = None,
) -> p.Authenticate:
    return p.Authenticate(
        token=me.token(p.normalise_audience(url), hello.nonce, iat=hello.time, exp=hello.time + 60),
        display_name=me.name,
        backend_url=f"http://{me.name.lower()}.example",
        friends=[friend.id for friend in friends or []],
        invites=invites or [],
    )

"""Instances as docs/protocol.md describes them, written from the document alone.

Frames are plain dicts. What should come and does not within seconds is a `Broken` promise.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import jwt
import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection

SUBPROTOCOL = "portfolio.relay.v1"
PATIENCE = 8.0
FAILURES, MINUTE = 9, 60.0  # a relay turns an address away after ten failures a minute
Frame = dict[str, Any]


class Broken(AssertionError):
    """A promise that was not kept."""


class Untried(Exception):
    """Cannot be tried at this relay. The text says why."""


class Instance:
    def __init__(self, name: str) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()
        self.id = encoded(self.key.public_key().public_bytes_raw())

    def claims(self, relay: Relay, hello: Frame) -> dict[str, Any]:
        now = hello["time"]
        who = {"iss": self.id, "sub": self.id, "aud": relay.audience}
        return {**who, "nonce": hello["nonce"], "iat": now, "exp": now + 60}

    def token(self, relay: Relay, hello: Frame, **changes: Any) -> str:
        return jwt.encode(self.claims(relay, hello) | changes, self.key, algorithm="EdDSA")


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Line:
    """One connection. It returns credit for every message, unless `returns` is off."""

    def __init__(self, socket: ClientConnection, patience: float) -> None:
        self._socket = socket
        self._patience = patience
        self.subprotocol = socket.subprotocol
        self.inbox: list[Frame] = []
        self.messages = self.largest = 0
        self.returns = True
        self.hello: Frame = {}
        self._is_connected = False

    async def send(self, *frames: Frame) -> None:
        await self.say(json.dumps(frames[0] if len(frames) == 1 else frames))

    async def say(self, message: str | bytes) -> None:
        await self._socket.send(message)

    async def wait(self, kind: str, patience: float = 0) -> Frame:
        """The next frame of this type; others stay in the inbox."""
        patience = patience or self._patience
        try:
            async with asyncio.timeout(patience):
                while True:
                    for frame in self.inbox:
                        if frame["type"] == kind:
                            self.inbox.remove(frame)
                            return frame
                    await self._read()
        except TimeoutError:
            raise Broken(f"no {kind} within {patience:g} s") from None
        except websockets.ConnectionClosed as closed:
            raise Broken(f"closed instead of {kind}: {closed}") from None

    async def _read(self) -> None:
        text = await self._socket.recv()
        self.largest = max(self.largest, len(text.encode() if isinstance(text, str) else text))
        found = json.loads(text)
        frames = found if isinstance(found, list) else [found]
        self.messages += 1
        self.inbox += frames
        if self._is_connected and self.returns:
            await self.send({"type": "received", "count": len(frames)})
        self._is_connected = self._is_connected or "connected" in [one["type"] for one in frames]

    async def settle(self) -> list[Frame]:
        """All that came before the answer to a ping sent now."""
        await self.send({"type": "ping"})
        await self.wait("pong")
        found, self.inbox = self.inbox, []
        return found

    async def closed(self, patience: float = 0) -> int:
        """The close code."""
        patience = patience or self._patience
        try:
            async with asyncio.timeout(patience):
                while True:
                    await self._read()
        except TimeoutError:
            raise Broken(f"not closed within {patience:g} s") from None
        except websockets.ConnectionClosed:
            return self._socket.close_code or 0

    async def refused(self, *codes: int) -> None:
        """Closed with one of these codes, and never connected."""
        code = await self.closed()
        check(code in codes, f"closed with {code}, not {codes}")
        check(not self._is_connected, "was let in")

    async def event(self, *to: Instance, **more: Any) -> None:
        await self.send(event(*to, **more))

    async def ack(self) -> Frame:
        return await self.wait("event_ack")


def event(*to: Instance, **more: Any) -> Frame:
    basic = {"type": "collab_event", "ref": 1, "data": {"box": "QkFTRTY0"}}
    return {**basic, "to_users": [one.id for one in to], **more}


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)


def equal(found: object, expected: object) -> None:
    check(found == expected, f"{found!r} instead of {expected!r}")


@dataclass
class Relay:
    """The relay at an address. On this machine each case comes from an address of its own."""

    url: str
    source: str = ""
    patience: float = PATIENCE
    failures: list[float] = field(default_factory=list)

    @property
    def audience(self) -> str:
        """As docs/protocol.md wants the address in a token."""
        parts = urlsplit(self.url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        usual = {"ws": 80, "wss": 443}[scheme]
        port = "" if parts.port in (None, usual) else f":{parts.port}"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{scheme}://{host}{port}"

    def case(self, number: int) -> Relay:
        """The same relay for another case."""
        host = urlsplit(self.url).hostname or ""
        if is_loopback(host):
            return replace(self, source=f"127.77.{number // 250}.{number % 250 + 1}")
        return self

    async def dare(self) -> None:
        """Before a failure on purpose: wait, where too many of them would shut us out."""
        if self.source:
            return
        now = time.monotonic()
        self.failures = [at for at in self.failures if now - at < MINUTE]
        due = self.failures[-FAILURES] + MINUTE if len(self.failures) >= FAILURES else now
        self.failures.append(due)
        await asyncio.sleep(due - now)

    @asynccontextmanager
    async def dial(
        self, path_id: str, subprotocol: str | None = SUBPROTOCOL
    ) -> AsyncIterator[Line]:
        """A connection that has not signed in."""
        async with websockets.connect(
            f"{self.audience}/ws/{path_id}",
            subprotocols=[websockets.Subprotocol(subprotocol)] if subprotocol else None,
            local_addr=(self.source, 0) if self.source else None,
            compression=None,
            proxy=None,
            ping_interval=None,
            close_timeout=0.3,
            max_size=None,
        ) as socket:
            yield Line(socket, self.patience)

    @asynccontextmanager
    async def guest(self, me: Instance) -> AsyncIterator[Line]:
        """One that has heard `hello`."""
        async with self.dial(me.id) as line:
            line.hello = await line.wait("hello")
            yield line

    @asynccontextmanager
    async def connect(
        self, me: Instance, *friends: Instance, invites: list[str] | None = None
    ) -> AsyncIterator[Line]:
        """One that is signed in; `connected` is still in the inbox."""
        async with self.guest(me) as line:
            await line.send(self.authenticate(me, line.hello, *friends, invites=invites or []))
            line.inbox.insert(0, await line.wait("connected"))
            yield line

    def authenticate(self, me: Instance, hello: Frame, *friends: Instance, **more: Any) -> Frame:
        who = {"display_name": me.name, "backend_url": f"https://{me.name.lower()}.example"}
        token = me.token(self, hello)
        basic = {"type": "authenticate", "token": token, "friends": [one.id for one in friends]}
        return {**basic, **who, **more}


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback and ip_address(host).version == 4
    except ValueError:
        return False

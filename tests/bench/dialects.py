"""What an instance says to either relay: signing in, an event, and how to count without reading.

An event carries the same 512 characters, in place of a sealed box, and the moment it was sent.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from functools import cache
from random import uniform
from typing import Protocol

from collab_relay import protocol as p
from tests.relay.client import Identity, authenticate

BOX = base64.b64encode(os.urandom(384)).decode()
GROUP, REACH = 100, 5  # instances are friends of the five before and behind them in their hundred
MOMENT = 10**17  # plus nanoseconds: as many digits whenever it is
RETRY_AFTER = re.compile(rb'"retry_after":([\d.]+)')


class Dialect(Protocol):
    """`event_mark` and `ack_mark` stand once in each event and each acknowledgement of a delivery;
    `frame_mark` in every frame whatever, for a relay that wants to know how many were taken.
    """

    event_mark: bytes
    ack_mark: bytes
    frame_mark: bytes
    has_arrays: bool

    def request(self, number: int) -> str:
        """The upgrade's path, and the headers that only this relay wants."""

    def sign_in(self, number: int, text: bytes) -> tuple[bytes, bool]:
        """What to answer to the next message of the sign-in, and whether that was the last."""

    def event(self, number: int, to: int) -> bytes: ...

    def answer(self, text: bytes) -> bytes:
        """To anything that is neither event nor acknowledgement."""

    def wait(self, last: bytes, tries: int) -> float:
        """Seconds until dialing again: after this last message, and so many tries in vain."""


@cache
def identity(number: int) -> Identity:
    return Identity(f"Instance {number}")


def friends(number: int) -> list[Identity]:
    first, place = number // GROUP * GROUP, number % GROUP
    near = [*range(-REACH, 0), *range(1, REACH + 1)]
    return [identity(first + (place + away) % GROUP) for away in near]


def data() -> dict[str, object]:
    return {"at": MOMENT, "box": BOX}


def stamped(event: bytes) -> bytes:
    return event.replace(b"%d" % MOMENT, b"%d" % (MOMENT + time.perf_counter_ns()), 1)


def age(stamp: bytes) -> float:
    return (MOMENT + time.perf_counter_ns() - int(stamp)) / 1e9


class Ours:
    """docs/protocol.md, with keys, friends and credit."""

    event_mark, ack_mark, frame_mark = b'"collab_event"', b'"delivered_to":1', b'"type":"'
    has_arrays = True

    def __init__(self, url: str) -> None:
        self._url = url

    def request(self, number: int) -> str:
        return f"/ws/{identity(number).id} HTTP/1.1\r\nSec-WebSocket-Protocol: {p.SUBPROTOCOL}"

    def sign_in(self, number: int, text: bytes) -> tuple[bytes, bool]:
        if b'"connected"' in text:
            return b"", True
        [hello] = p.decode_from_relay(text)
        assert isinstance(hello, p.Hello), hello
        me = identity(number)
        return p.encode(authenticate(self._url, me, hello, friends(number))).encode(), False

    def event(self, number: int, to: int) -> bytes:
        raw = p.Raw(json.dumps(data(), separators=(",", ":")).encode())
        frame = p.CollabEvent(to_users=[identity(to).id], data=raw, ref=number)
        return p.encode(frame).encode()

    def answer(self, text: bytes) -> bytes:
        return b""

    def wait(self, last: bytes, tries: int) -> float:
        """As `portfolio/link/backoff.py` has it."""
        found = RETRY_AFTER.search(last)
        return float(found[1]) if found else uniform(0, min(2.0, 0.5 * 2.0 ** (tries + 1)))


class SocketIO:
    """Socket.IO 4 straight over WebSocket, as its clients do when told to."""

    event_mark, ack_mark, frame_mark = b'"collab_event"', b'"delivered_to":1', b""
    has_arrays = False

    def __init__(self, url: str) -> None:
        pass

    def request(self, number: int) -> str:
        me = identity(number)
        query = f"user_id={me.id}&backend_url=http%3A%2F%2F{number}.example&display_name={number}"
        return f"/socket.io/?EIO=4&transport=websocket&{query} HTTP/1.1"

    def sign_in(self, number: int, text: bytes) -> tuple[bytes, bool]:
        return b"40" if text.startswith(b"0") else b"", b'"connected"' in text

    def event(self, number: int, to: int) -> bytes:
        body = {
            "type": "comment_added",
            "from_user": identity(number).id,
            "to_users": [identity(to).id],
            "data": data(),
        }
        return b"42" + json.dumps(["collab_event", body], separators=(",", ":")).encode()

    def answer(self, text: bytes) -> bytes:
        return b"3" if text == b"2" else b""

    def wait(self, last: bytes, tries: int) -> float:
        """As its own client has it: a second, doubled up to five, more or less."""
        return uniform(0.5, 1.5) * min(5.0, 2.0**tries)

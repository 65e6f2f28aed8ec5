"""A crowd of instances in one process: the same bare WebSocket client for either relay.

Made to cost less than any relay: plain sockets on one epoll, messages cut by hand, events counted
as bytes and never decoded. What differs between relays is a `Dialect` (`dialects`). Each instance
comes from an address of its own in 127.0.0.0/8, as instances do. The first hundred talk, each to
the next; the others are there.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable

from tests.bench.dialects import GROUP, Dialect, age

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
AT_ONCE = 50  # sign-ins under way
READ_BYTES = 262_144
PATIENCE = 30.0
SENT_AT = re.compile(rb'"at":(\d+)')


class Link:
    """One instance's connection."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rest = b""
        self.is_upgraded = self.is_ready = False
        self.event = b""  # one message that is one event for the next instance
        self.last = b""  # the last message that was neither an event nor an acknowledgement
        self.taken = self.due = 0  # frames not yet returned; events it may send

    def dial(self, host: str, port: int, request: str) -> None:
        """OSError when nobody listens."""
        self.socket = socket.socket()
        self.socket.bind((source(self.number), 0))
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.write(upgrade(request))

    def write(self, data: bytes) -> None:
        if self.socket.send(data) != len(data):
            raise RuntimeError("the measuring client has filled a socket: its fault, no relay's")

    def say(self, text: bytes) -> None:
        self.write(message(text))

    def read(self) -> list[tuple[int, bytes]]:
        """The messages that are whole, as (opcode, payload); OSError when the relay is gone."""
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError
        data, at = self.rest + data, 0
        if not self.is_upgraded:
            at = data.index(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else len(data)
            if not data.startswith(b"HTTP/1.1 101"):
                raise ConnectionRefusedError(data[:100])
            self.is_upgraded = True
        found, self.rest = cut(data, at)
        return found


def source(number: int) -> str:
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def upgrade(request: str) -> bytes:
    lines = (
        f"GET {request}",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def message(payload: bytes, opcode: int = TEXT) -> bytes:
    """Masked, as clients must, with a mask of zeros, which costs the client nothing."""
    size = len(payload)
    if size < 126:
        head = bytes([128 | opcode, 128 | size])
    else:
        head = bytes([128 | opcode, 254]) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


def cut(data: bytes, at: int) -> tuple[list[tuple[int, bytes]], bytes]:
    """Whole messages of a server, which masks and splits none, and the beginning of the next."""
    found, end = [], len(data)
    while end - at >= 2:
        size, start = data[at + 1], at + 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(data[at + 2 : start], "big")
        if start + size > end:
            break
        found.append((data[at] & 15, data[start : start + size]))
        at = start + size
    return found, data[at:]


class Crowd:
    """`delivered` and `acked` count events; `delays`, when it is a list, gets their seconds."""

    def __init__(self, dialect: Dialect, host: str, port: int) -> None:
        self.dialect, self._host, self._port = dialect, host, port
        self.links: dict[int, Link] = {}
        self._epoll, self._of_fd = select.epoll(), dict[int, Link]()
        self.sent = self.delivered = self.acked = 0
        self.delays: list[float] | None = None
        self.lost: Callable[[Link], None] = self._unexpected
        self._swept = time.monotonic()

    # Coming and going

    def grow(self, number: int) -> None:
        """As many instances as that, all signed in."""
        waiting = deque(range(len(self.links), number))
        while waiting or len(self.links) < number:
            while waiting and len(self._of_fd) - len(self.links) < AT_ONCE:
                self.dial(waiting.popleft())
            self.turn(0.1)

    def dial(self, number: int) -> Link:
        link = Link(number)
        link.dial(self._host, self._port, self.dialect.request(number))
        self._of_fd[link.socket.fileno()] = link
        self._epoll.register(link.socket, select.EPOLLIN)
        return link

    def _sign_in(self, link: Link, text: bytes) -> None:
        answer, link.is_ready = self.dialect.sign_in(link.number, text)
        if answer:
            link.say(answer)
        if link.is_ready:
            self.links[link.number] = link
            link.taken = text.count(self.dialect.frame_mark) - 1 if self.dialect.frame_mark else 0

    def _drop(self, link: Link) -> None:
        del self._of_fd[link.socket.fileno()]
        link.socket.close()
        if self.links.get(link.number) is link:
            del self.links[link.number]
        self.lost(link)

    @staticmethod
    def _unexpected(link: Link) -> None:
        raise RuntimeError(f"the relay has closed a connection, after {link.last!r}")

    def leave(self) -> None:
        self.lost = lambda link: None
        for link in list(self._of_fd.values()):
            self._drop(link)
        self._epoll.close()

    # Events

    def turn(self, timeout: float) -> list[Link]:
        """Take what has come; the links on which something came."""
        woken = [self._of_fd[fd] for fd, _ in self._epoll.poll(timeout)]
        for link in woken:
            try:
                for opcode, payload in link.read():
                    self._take(link, opcode, payload)
            except OSError:
                self._drop(link)
        if time.monotonic() - self._swept > 1:
            self._sweep()
        return woken

    def _take(self, link: Link, opcode: int, payload: bytes) -> None:
        if opcode == TEXT and link.is_ready:
            self._count(link, payload)
        elif opcode == TEXT:
            self._sign_in(link, payload)
        elif opcode == PING:
            link.write(message(payload, PONG))

    def _count(self, link: Link, payload: bytes) -> None:
        dialect = self.dialect
        events, acks = payload.count(dialect.event_mark), payload.count(dialect.ack_mark)
        self.delivered += events
        self.acked += acks
        link.due += acks
        if events and self.delays is not None:
            self.delays += map(age, SENT_AT.findall(payload))
        elif not events and not acks:
            self._other(link, payload)
        if dialect.frame_mark:
            link.taken += payload.count(dialect.frame_mark)
            if link.taken >= 64:
                self._return(link)

    def _other(self, link: Link, payload: bytes) -> None:
        link.last = payload
        if answer := self.dialect.answer(payload):
            link.say(answer)

    def _return(self, link: Link) -> None:
        link.say(b'{"type":"received","count":%d}' % link.taken)
        link.taken = 0

    def _sweep(self) -> None:
        self._swept = time.monotonic()
        for link in self.links.values():
            if link.taken:
                self._return(link)

    def talkers(self, due: int) -> list[Link]:
        """The first hundred, each with so many events due to the next."""
        links = [self.links[number] for number in range(GROUP)]
        for link in links:
            link.due, link.event = due, self.dialect.event(link.number, (link.number + 1) % GROUP)
        return links

    def send(self, link: Link, count: int, packed: bool) -> None:
        """So many events: one message each, or all in one where the relay has such messages."""
        if packed and self.dialect.has_arrays:
            link.say(b"[" + b",".join([link.event] * count) + b"]")
        else:
            link.write(message(link.event) * count)
        link.due -= count
        self.sent += count

    def drain(self) -> None:
        """Until every event that was sent has been delivered and acknowledged."""
        until = time.monotonic() + PATIENCE
        while (self.delivered, self.acked) != (self.sent, self.sent):
            if time.monotonic() > until:
                raise RuntimeError(f"{self.sent} sent, {self.delivered} there, {self.acked} acked")
            self.turn(0.1)

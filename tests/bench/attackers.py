"""Instances that misbehave, one kind at a time: `python -m tests.bench.attackers KIND URL SECONDS`.

Each kind does what it can as fast as this process can, from as many addresses and with as many
ids as it says, and comes back at once when it is closed. The last line tells how much it was.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

from collab_relay import protocol as p
from tests.bench.crowd import CLOSE, TEXT, Link, message, source, upgrade
from tests.bench.dialects import Ours, identity
from tests.relay.client import authenticate

FIRST = 1_000  # numbers of attackers begin here; below are those who are attacked
INVITE = "ab" * 16


class Villains(Ours):
    """All friends of one another in groups of `together`; `ids` of them, over and over."""

    def __init__(self, url: str, together: int, ids: int) -> None:
        super().__init__(url)
        self.together, self.ids = together, ids
        self.are_strangers = False

    def who(self, number: int) -> int:
        return FIRST + number % self.ids

    def friends(self, number: int) -> list[int]:
        first = self.who(number) - number % self.together
        return [n for n in range(first, first + self.together) if n != self.who(number)]

    def request(self, number: int) -> str:
        return super().request(self.who(number))

    def sign_in(self, number: int, text: bytes) -> tuple[bytes, bool]:
        if self.are_strangers:
            return b'{"type":"authenticate","token":"a.b.c"}', False
        if b'"connected"' in text:
            return b"", True
        [hello] = p.decode_from_relay(text)
        assert isinstance(hello, p.Hello), hello
        known = [identity(n) for n in self.friends(number)]
        me = identity(self.who(number))
        return p.encode(authenticate(self._url, me, hello, known, [INVITE])).encode(), False


class Mob:
    """Attackers and their connections. `done` counts what was thrown at the relay."""

    def __init__(
        self, url: str, together: int = 1, ids: int = 500, addresses: int = 60_000
    ) -> None:
        host, _, port = url.rpartition("//")[2].partition(":")
        self.relay, self.addresses = (host, int(port)), addresses
        self.villains = Villains(url, together, ids)
        self.done = 0
        self.open: dict[int, Link] = {}
        self._epoll, self._numbers = select.epoll(), count()

    def keep(self, number: int, patience: float = 0.001) -> list[Link]:
        """So many connections, as far as the relay lets them; those that are signed in."""
        while len(self.open) < number:
            self.dial()
        for fd, _ in self._epoll.poll(patience):
            if link := self.open.get(fd):
                self._read(link)
        return [link for link in self.open.values() if link.is_ready]

    def dial(self, request: bytes = b"") -> Link:
        link = Link(next(self._numbers))
        link.socket = socket.socket()
        link.socket.bind((source(FIRST + link.number % self.addresses), 0))
        link.socket.settimeout(2)
        link.socket.connect(self.relay)
        link.socket.sendall(request or upgrade(self.villains.request(link.number)))
        self.open[link.socket.fileno()] = link
        self._epoll.register(link.socket, select.EPOLLIN)
        return link

    def _read(self, link: Link) -> None:
        with self.until_closed(link):
            for opcode, payload in link.read():
                if opcode == CLOSE:
                    raise ConnectionResetError
                if opcode == TEXT and not link.is_ready:
                    answer, link.is_ready = self.villains.sign_in(link.number, payload)
                    link.socket.sendall(message(answer) if answer else b"")
                elif opcode == TEXT:
                    self._confirm(link, payload.count(b'"type":"'))

    def _confirm(self, link: Link, frames: int) -> None:
        """They keep to this, or they would not last."""
        link.taken += frames
        if link.taken >= 64:
            link.socket.sendall(message(b'{"type":"received","count":%d}' % link.taken))
            link.taken = 0

    def deaf(self, link: Link) -> None:
        """It does not read any more."""
        if link.due == 0:
            link.due = 1
            self._epoll.modify(link.socket, 0)

    def part(self, link: Link) -> None:
        del self.open[link.socket.fileno()]
        link.socket.close()

    @contextlib.contextmanager
    def until_closed(self, link: Link) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.part(link)

    def throw(self, link: Link, *texts: bytes, each: int = 1) -> None:
        with self.until_closed(link):
            link.socket.sendall(b"".join(map(message, texts)))
            self.done += each * len(texts)


def event(to: int, size: int) -> bytes:
    raw = p.Raw(json.dumps("x" * size).encode())
    return p.encode(p.CollabEvent(to_users=[identity(to).id], data=raw, ref=1)).encode()


def stalled(mob: Mob) -> None:
    """Of each pair one sends 50 KB again and again, and the other has stopped reading."""
    for link in mob.keep(10):
        friend = mob.villains.friends(link.number)[0]
        if link.number % 2:
            mob.deaf(link)
        else:
            mob.throw(link, event(friend, 50_000))
    time.sleep(0.005)


def slow(mob: Mob) -> None:
    """Five hundred who take a second for each byte of their handshake."""
    while len(mob.open) < 500:
        mob.dial(b"G")
    for link in list(mob.open.values()):
        with mob.until_closed(link):
            link.socket.sendall(b"E")
            mob.done += 1
    mob.keep(0, patience=1)


def flood(mob: Mob) -> None:
    """One id, as fast as it goes; it is closed, comes back in debt, and goes on."""
    for link in mob.keep(1):
        mob.throw(link, *[event(FIRST + 1, 10)] * 100)


def flood_of_arrays(mob: Mob) -> None:
    """A thousand frames that are none in each message."""
    for link in mob.keep(1):
        mob.throw(link, b"[" + b",".join([b"{}"] * 1_000) + b"]", each=1_000)


def new_ids(mob: Mob) -> None:
    """The same with another id each time, of which there is no end, from one address."""
    for link in mob.keep(3):
        mob.throw(link, *[event(FIRST + 1, 10)] * 2_100)


def presence(mob: Mob) -> None:
    """A hundred friends who take each other off their lists and put each other on again."""
    for link in mob.keep(100):
        others = [identity(n).id for n in mob.villains.friends(link.number)]
        mob.throw(link, p.encode(p.Friends(remove=others)).encode())
        mob.throw(link, p.encode(p.Friends(add=others)).encode())


def knocks(mob: Mob) -> None:
    """Fifty who knock at each other's doors with a good invite."""
    for link in mob.keep(50):
        to = identity(FIRST + (link.number + 1) % 50).id
        knock = p.encode(p.Knock(to_user=to, invite=INVITE, box="x" * 5_000)).encode()
        mob.throw(link, *[knock] * 4)


def connects(mob: Mob) -> None:
    """They sign in, leave, and sign in again."""
    for link in mob.keep(20):
        mob.part(link)
        mob.done += 1


def strangers(mob: Mob) -> None:
    """Handshakes, each with a token that is none."""
    mob.villains.are_strangers = True
    mob.keep(20)
    mob.done = next(mob._numbers)


KINDS: dict[str, tuple[Callable[[Mob], None], dict[str, int]]] = {
    "stalled": (stalled, {"together": 2}),
    "slow": (slow, {}),
    "flood": (flood, {"ids": 1}),
    "flood of arrays": (flood_of_arrays, {"ids": 1}),
    "new ids": (new_ids, {"addresses": 1}),
    "presence": (presence, {"together": 100, "ids": 100}),
    "knocks": (knocks, {"ids": 50}),
    "connects": (connects, {"addresses": 1}),
    "connects from everywhere": (connects, {}),
    "strangers": (strangers, {"addresses": 1}),
    "strangers from everywhere": (strangers, {}),
}


def main(kind: str, url: str, seconds: str) -> None:
    attack, setting = KINDS[kind]
    mob = Mob(url, **setting)
    for number in range(mob.villains.ids):
        identity(FIRST + number)
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        attack(mob)
    print(f"{mob.done:,}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

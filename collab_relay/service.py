"""The relay of one process: its hub, its clocks, and who is let in.

Promises: a connection is counted against its address until it has authenticated (at most 20), and
an address that fails ten times a minute is turned away; tokens are for one of our addresses; a
nonce is taken once. Nothing of it outlives the process.

It does not read or write sockets (`consumer`). Made by `asgi`, one a process; one thread, the event
loop's.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from observability.logs import get_logger

from . import settings
from .bus import Counts, Who
from .connection import Connection
from .directory import Person
from .hub import Hub, Output
from .lasting import for_ever
from .limits import Bucket, Buckets, Seen, address_key
from .names import is_user_id, normalise_audience
from .protocol import (
    TOKEN_SECONDS,
    VERSION,
    Close,
    Closing,
    Hello,
    Limits,
)
from .tokens import EARLY_SECONDS, Claims, TokenError, verify

if TYPE_CHECKING:
    from .cluster import Cluster

log = get_logger(__name__)

GUESTS = 20  # unauthenticated connections of one address
ATTEMPTS_PER_MINUTE = 10  # failed ones, of one address
ARRIVALS_A_SECOND, ARRIVALS = 20, 300  # connections of one address, and so many at once
HOUSEHOLD = 10  # an address may carry this many times what one id may
# A closing relay spreads its instances' return: so many a second, and all of them within so long.
RETURNS_A_SECOND, RETURN_SECONDS = 250, 10.0
FAREWELL_SECONDS = 2.0


class NotAdmitted(Exception):
    """Why a connection or request is turned away: as a close code, and `why` in words for those
    who run the relay.
    """

    def __init__(self, code: Close, why: str = "") -> None:
        super().__init__(code.name)
        self.code, self.why = code, why or code.name.lower()


class Relay:
    """`urls` are the normalised addresses that tokens may name; `allowed_file` "" admits all."""

    def __init__(self, urls: Iterable[str], rate: int, burst: int, allowed_file: str = "") -> None:
        self.audiences = frozenset(urls)
        self.limits = Limits(rate=rate, burst=burst)
        self.started = self.now()
        self.hub = Hub(self.limits.friends, epoch=time.time() - self.started)
        self._of_id = Buckets(rate, burst)
        self._of_address = Buckets(HOUSEHOLD * rate, HOUSEHOLD * burst)
        self._attempts = Buckets(ATTEMPTS_PER_MINUTE / 60, ATTEMPTS_PER_MINUTE)
        self._arrivals = Buckets(ARRIVALS_A_SECOND, ARRIVALS)
        self._guests: Counter[str] = Counter()
        self._seen = Seen(TOKEN_SECONDS + EARLY_SECONDS)
        self._allowed_file = allowed_file
        self._allowed: frozenset[str] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.cluster: Cluster | None = None
        self.read_allowed()

    @classmethod
    def from_settings(cls, urls: Iterable[str] = ()) -> "Relay":
        relay = cls(
            settings.RELAY_URLS or urls,
            settings.RELAY_RATE,
            settings.RELAY_BURST,
            settings.RELAY_ALLOWED_USERS,
        )
        if settings.REDIS_URL:
            from .cluster import Cluster  # one process needs no Redis, and no time to import it

            relay.cluster = Cluster(relay.hub, settings.REDIS_URL, deliver)
        return relay

    @staticmethod
    def now() -> float:
        return time.monotonic()

    # Coming in

    def arrive(self, address: str) -> None:
        """Count a connection that has not authenticated; NotAdmitted when there are too many."""
        key = address_key(address)
        if self.hurries(address) or self._guests[key] >= GUESTS or not self._may_try(key):
            raise NotAdmitted(Close.RATE)
        self._guests[key] += 1

    def hurries(self, address: str) -> bool:
        """Whether one more connection of the address is too many at this time."""
        now = self.now()
        return self._arrivals.of(address_key(address), now).take(1, now) > 0

    def is_welcome(self, address: str) -> bool:
        """False for who goes on connecting although turned away: not worth a handshake."""
        return not self._arrivals.is_exhausted(address_key(address), self.now())

    def settled(self, address: str) -> None:
        """The connection counted by `arrive` has authenticated, or is gone."""
        key = address_key(address)
        self._guests[key] -= 1
        if not self._guests[key]:
            del self._guests[key]

    def failed(self, address: str) -> None:
        self._attempts.of(address_key(address), self.now()).take(1, self.now())

    @property
    def guests(self) -> int:
        """Connections that have not authenticated."""
        return self._guests.total()

    def routed(self, since: float) -> None:
        """What a message caused that came then has been written."""
        self.hub.counts.routing.observe(self.now() - since)

    def hello(self) -> Hello:
        nonce = secrets.token_urlsafe(16)
        return Hello(version=VERSION, nonce=nonce, time=int(time.time()), limits=self.limits)

    def identify(self, token: str, user_id: str, nonce: str) -> None:
        """NotAdmitted unless it is this id's answer to this nonce, and the id may come in."""
        try:
            verify(token, self.audiences, time.time(), user_id, nonce)
        except TokenError as error:
            log.warning(
                "Token refused", user_id=user_id if is_user_id(user_id) else "", why=str(error)
            )
            raise NotAdmitted(Close.TOKEN, str(error)) from error
        self._check_allowed(user_id)

    async def introduce(self, connection: Connection) -> None:
        """To the other processes, before it may `join`."""
        if self.cluster:
            await self.cluster.introduce(connection)

    def join(self, connection: Connection) -> list[Output]:
        if self.cluster:
            return self.cluster.join(connection)
        return self.hub.join(connection, self.now())

    def abandon(self, connection: Connection) -> None:
        """It was introduced, and has gone before it joined."""
        if self.cluster:
            self.cluster.abandon(connection)

    async def identify_request(self, token: str, address: str) -> Claims:
        """Who asks over HTTP, with a nonce of their own choice: taken once."""
        now = self.now()
        if not self._may_try(address_key(address)) or self._bucket_of(address).take(1, now):
            raise NotAdmitted(Close.RATE)
        try:
            claims = verify(token, self.audiences, time.time())
        except TokenError as error:
            self.failed(address)
            raise NotAdmitted(Close.TOKEN, str(error)) from error
        self._check_allowed(claims.sub)
        used = f"{claims.sub} {claims.nonce}"
        if not self._seen.add(used, now):
            raise NotAdmitted(Close.TOKEN, "repeated")
        if self.cluster and not await self.cluster.is_new(used, TOKEN_SECONDS + EARLY_SECONDS):
            raise NotAdmitted(Close.TOKEN, "repeated")
        return claims

    async def friends_of(self, user_id: str) -> Sequence[Person | Who]:
        """The mutual friends online of somebody who is, at whichever process."""
        if user_id in self.hub.online or not self.cluster:
            return self.hub.friends_of(user_id)
        return await self.cluster.friends_of(user_id)

    def counts(self) -> Counts:
        """Of all processes."""
        if self.cluster:
            return self.cluster.counts()
        return Counts(len(self.hub.online), self.hub.joined, self.hub.events_routed)

    def buckets(self, user_id: str, address: str) -> tuple[Bucket, Bucket]:
        """The bucket of the id and that of its address, as they were left."""
        return self._of_id.of(user_id, self.now()), self._bucket_of(address)

    def _bucket_of(self, address: str) -> Bucket:
        return self._of_address.of(address_key(address), self.now())

    def _may_try(self, key: str) -> bool:
        return self._attempts.has(key, 1, self.now())

    # Who is allowed

    def read_allowed(self) -> None:
        """The ids of the file, and the end of connections that are no longer in it. OSError."""
        if not self._allowed_file:
            return
        lines = Path(self._allowed_file).read_text("utf-8").splitlines()
        self._allowed = frozenset(line.split("#")[0].strip() for line in lines) - {""}
        for connection in list(self.hub.online.values()):
            if connection.id not in self._allowed:
                deliver(self.hub.drop(connection, Close.NOT_ADMITTED, self.now()))

    def _check_allowed(self, user_id: str) -> None:
        if self._allowed is not None and user_id not in self._allowed:
            log.warning("Not in RELAY_ALLOWED_USERS", user_id=user_id)
            raise NotAdmitted(Close.NOT_ADMITTED)

    # Time and the end

    async def open(self) -> None:
        """Before anybody comes."""
        if self.cluster:
            self.keep_time()
            await self.cluster.open()

    def keep_time(self) -> None:
        """Start the ticks, once there is somebody to tick for."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(for_ever(self._tick))

    async def _tick(self) -> None:
        due = self.now() + 1
        await asyncio.sleep(1)
        self.hub.counts.lag.observe(max(0.0, self.now() - due))
        deliver(self.hub.tick(self.now()))

    async def farewell(self) -> None:
        """Tell everybody when to come back, each at another time, and close."""
        connections: list[Any] = list(self.hub.online.values())
        random.shuffle(connections)
        slot = min(1 / RETURNS_A_SECOND, RETURN_SECONDS / max(1, len(connections)))
        for place, connection in enumerate(connections):
            wait = round((place + random.random()) * slot, 6)  # noqa: S311 - spread, not secrecy
            connection.put(Closing(retry_after=wait))
            deliver(self.hub.drop(connection, Close.RESTART, self.now()))
        log.info("Closing", connections=len(connections))
        until = self.now() + FAREWELL_SECONDS
        while not all(connection.has_ended for connection in connections) and self.now() < until:
            await asyncio.sleep(0.01)
        if self.cluster:
            await self.cluster.close()


def deliver(outputs: Iterable[Output]) -> None:
    """Hand each connection what it is due; a connection in here is a `consumer.Peer`."""
    peer: Any
    for peer, item in outputs:
        peer.put(item)


def own_urls(port: int, scheme: str = "http") -> list[str]:
    """What a relay is called on its own machine."""
    hosts = ("127.0.0.1", "localhost", "[::1]")
    return [normalise_audience(f"{scheme}://{host}:{port}") for host in hosts]

"""Relays that break their promises, one each: `python -m tests.relay.liar <lie>`.

They are ours but for the lie, so what the conformance suite finds in one of them is that lie.
"""

import os
import sys
import time
from collections.abc import Iterable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_relay.settings")

import django

from collab_relay.asgi import build
from collab_relay.connection import Connection, Credit
from collab_relay.hub import Hub, Output
from collab_relay.limits import Bucket
from collab_relay.listening import listen
from collab_relay.protocol import FRIENDS, Code, EventAck, FromInstance, FromRelay, Knock, Refused
from collab_relay.server import Server
from collab_relay.service import Relay, own_urls


class Careless(Hub):
    """It asks the sender's list of friends, and not the recipient's."""

    def __init__(self, friends: int = FRIENDS, epoch: float = 0.0) -> None:
        super().__init__(friends, epoch)
        self.directory.friend = self._friend = self._listed  # type: ignore[method-assign]  # the lie itself

    def _listed(self, connection: Connection, other: str) -> Connection | None:
        return self.online.get(other) if other in connection.friends else None


class Flatterer(Hub):
    """Everything was delivered."""

    def _reply(self, connection: Connection, frame: FromRelay) -> None:
        if isinstance(frame, EventAck):
            frame = EventAck(
                ref=frame.ref,
                delivered_to=frame.total_recipients,
                total_recipients=frame.total_recipients,
            )
        super()._reply(connection, frame)


class Gossip(Hub):
    """It answers knocks."""

    def handle(
        self, connection: Connection, frames: Iterable[FromInstance | Refused], now: float
    ) -> list[Output]:
        out = super().handle(connection, frames, now)
        if any(isinstance(frame, Knock) for frame in frames):
            self._error(connection, Code.NOT_EXPECTED, "nobody there")
        return out


class Spendthrift(Hub):
    """Credit has no end."""

    def join(self, connection: Connection, now: float) -> list[Output]:
        connection.credit = Endless()
        return super().join(connection, now)


class Endless(Credit):
    def lend(self, size: int, now: float) -> bool:
        self.owe(size, now)
        return True


class Deaf(Hub):
    """Bad frames are not answered."""

    def _error(self, connection: Connection, code: Code, message: str) -> None: ...


class Doorless(Relay):
    """Any token is good enough."""

    def identify(self, token: str, user_id: str, nonce: str) -> None: ...


class Boundless(Relay):
    """Nobody is ever told to wait."""

    def buckets(self, user_id: str, address: str) -> tuple[Bucket, Bucket]:
        return Bucket(1e9, 1e9, self.now()), Bucket(1e9, 1e9, self.now())


class Sullen(Relay):
    """Nobody is welcome."""

    def is_welcome(self, address: str) -> bool:
        return False


HUBS = {hub.__name__: hub for hub in (Careless, Flatterer, Gossip, Spendthrift, Deaf)}
RELAYS = {relay.__name__: relay for relay in (Doorless, Boundless, Sullen)}


def main(lie: str) -> None:
    django.setup()
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    relay = RELAYS.get(lie, Relay).from_settings(own_urls(port))
    relay.hub = HUBS.get(lie, Hub)(relay.limits.friends, epoch=time.time() - relay.now())
    print(f"Relay listens at http://127.0.0.1:{port}, lying", flush=True)
    Server(relay, build(relay), []).run([listener])


if __name__ == "__main__":
    main(sys.argv[1])

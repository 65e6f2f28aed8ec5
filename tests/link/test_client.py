"""The engine against a relay of a few lines: live, offline, live again, and told off."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.db import connection, transaction
from msgspec import Raw
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from portfolio import metrics
from portfolio.link import client, generation, outbox, status, troubles
from portfolio.link.client import Link
from portfolio.link.connection import Closed
from portfolio.link.events import FriendRemoved
from portfolio.link.messages import Signal
from portfolio.models import Friend
from tests.counting import since
from tests.link.correspondent import Applied, Correspondent

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = '{"type":"hello","version":1,"nonce":"0123456789abcdef","time":1763630000}'


class Relay:
    """Greets, says who is online, and keeps what it is sent; `refuse` closes with that code."""

    def __init__(self) -> None:
        self.online: list[str] = []
        self.along = ""  # a frame that comes in one message with `connected`
        self.refuse: int | None = None
        self.received: list[str] = []
        self.connections: list[ServerConnection] = []

    def __call__(self, peer: ServerConnection) -> None:
        peer.send(HELLO)
        self.received.append(str(peer.recv()))
        if self.refuse:
            peer.close(self.refuse)
            return
        online = ",".join(f'"{user_id}"' for user_id in self.online)
        connected = f'{{"type":"connected","user_id":"{"A" * 43}","online":[{online}]}}'
        peer.send(f"[{connected},{self.along}]" if self.along else connected)
        self.connections.append(peer)
        try:
            for message in peer:
                self.received.append(str(message))
        except ConnectionClosed:
            return


@pytest.fixture
def relay(settings: object, identity: object) -> Iterator[Relay]:
    behaviour = Relay()
    with serve(behaviour, "127.0.0.1", 0, subprotocols=["portfolio.relay.v1"]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.ENABLE_COLLABORATION = True
        port = server.socket.getsockname()[1]
        settings.COLLABORATION_SERVICE_URL = f"http://127.0.0.1:{port}"
        yield behaviour
        server.shutdown()


@pytest.fixture
def link(relay: Relay) -> Iterator[Link]:
    status.report("connecting")
    engine = Link(Applied().hooks())
    yield engine
    engine.stop()
    status.report("connecting")


def soon(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def state() -> str:
    return status.status().state


def test_the_link_goes_live_and_comes_back_after_a_cut(link: Link, relay: Relay) -> None:
    link.start()
    soon(lambda: state() == "live")
    relay.connections[0].close()
    soon(lambda: len(relay.connections) == 2)
    soon(lambda: state() == "live")


def test_a_relay_that_refuses_is_left_alone(link: Link, relay: Relay) -> None:
    relay.refuse = 4401
    link.start()
    soon(lambda: state() == "offline")
    time.sleep(1.5)
    assert len(relay.received) == 1


def test_a_refusal_is_told_in_words_and_a_hurry_ends_the_wait(link: Link, relay: Relay) -> None:
    relay.refuse = 4403
    link.start()
    soon(lambda: state() == "offline")
    assert status.standing().trouble == troubles.of_close(4403)
    relay.refuse = None
    link.hurry()
    soon(lambda: state() == "live")
    now = status.standing()
    assert now.trouble == ""
    assert now.meeting is not None
    assert (now.meeting.trip > 0, now.meeting.skew < -3600) == (True, True)  # HELLO is of last year


def test_a_relay_that_is_switched_off_is_told_in_words(settings: object, identity: object) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.ENABLE_COLLABORATION = True
        settings.COLLABORATION_SERVICE_URL = f"http://127.0.0.1:{bound.getsockname()[1]}"
        engine = Link(Applied().hooks())
        engine.start()
        soon(lambda: state() == "offline")
        engine.stop()
    assert status.standing().trouble == "Nothing listens there; it may be switched off."
    status.report("connecting")


def test_who_is_online_is_met_and_a_friend_made_elsewhere_is_declared(
    link: Link, relay: Relay
) -> None:
    bob = Correspondent()
    bob.befriended()
    relay.online = [bob.keys.user_id]
    link.start()
    soon(lambda: len(relay.received) == 2)
    assert bob.keys.user_id in relay.received[0]
    assert '"type":"collab_event"' in relay.received[1]
    charlie = Correspondent()
    charlie.befriended()
    link.do(client.Session.refresh)
    soon(lambda: charlie.keys.user_id in relay.received[-1])


def test_tell_reaches_only_who_can_be_reached(identity: object) -> None:
    typing = Signal(name="typing", body=Raw(b"{}"))
    assert client.tell(Correspondent().befriended(), typing) is False


def test_offline_the_pill_counts_on(link: Link, relay: Relay) -> None:
    relay.refuse = 4401
    link.start()
    soon(lambda: state() == "offline")
    bob = Correspondent().befriended()
    with transaction.atomic():
        outbox.mint(bob, [])
        outbox.put(Friend.objects.get(), FriendRemoved())
    assert status.status().queued == 1


def test_the_second_process_waits_for_the_lock(link: Link, relay: Relay) -> None:
    other = Link(Applied().hooks())
    link.start()
    soon(lambda: state() == "live")
    other.start()
    time.sleep(0.3)
    assert len(relay.received) == 1
    other.stop()


def test_a_restored_backup_is_noticed_before_start_returns(relay: Relay, identity: object) -> None:
    type(identity).objects.update(generation=9)
    link = Link(Applied().hooks())
    link.start()
    try:
        assert generation.awaits_confirmation() is True
    finally:
        link.stop()


def test_a_ring_that_went_with_a_connection_does_not_silence_the_bell(
    link: Link, relay: Relay
) -> None:
    link.ring()  # its token lies in a queue that the connection replaces
    link.start()
    soon(lambda: state() == "live")
    soon(lambda: not link._rung.is_set())


def test_a_friend_made_elsewhere_is_declared_without_a_ring(link: Link, relay: Relay) -> None:
    link.start()
    soon(lambda: state() == "live")
    charlie = Correspondent()
    thread = threading.Thread(target=lambda: (charlie.befriended(), connection.close()))
    thread.start()
    thread.join()
    soon(lambda: charlie.keys.user_id in relay.received[-1])


def test_pages_that_cannot_be_told_do_not_end_the_link(relay: Relay) -> None:
    def fail() -> None:
        raise ConnectionError("no Redis")

    engine = Link(replace(Applied().hooks(), on_state=fail))
    engine.start()
    try:
        soon(lambda: len(relay.received) == 2)  # again, although the first end could not be told
    finally:
        engine.stop()
        status.report("connecting")


def test_a_reader_ends_although_nobody_takes_what_it_read() -> None:
    class Endless:
        closed = False

        def receive(self) -> bytes:
            if self.closed:
                raise Closed(1001)
            return b"{}"

    socket, room, items = Endless(), threading.Semaphore(3), queue.SimpleQueue()
    reader = threading.Thread(target=client._read, args=(socket, items, room))
    reader.start()
    soon(lambda: items.qsize() == 3)
    socket.closed = True
    room.release()
    reader.join(10)
    taken = [items.get() for _ in range(items.qsize())]
    assert ([type(item) for item in taken], taken[-1].code) == ([bytes] * 4 + [Closed], 1001)


def test_what_comes_along_with_connected_is_taken_and_counted(link: Link, relay: Relay) -> None:
    bob = Correspondent()
    bob.befriended()
    relay.along = f'{{"type":"user_online","user_id":"{bob.keys.user_id}"}}'
    link.start()
    soon(lambda: status.online() == frozenset({bob.keys.user_id}))
    soon(lambda: any('"received","count":1' in message for message in relay.received))


def test_connections_and_how_they_ended_are_counted(link: Link, relay: Relay) -> None:
    connections, lost = since(metrics.CONNECTIONS), since(metrics.ENDS, "lost")
    refused, restarted = since(metrics.ENDS, "not_admitted"), since(metrics.ENDS, "restart")
    link.start()
    soon(lambda: state() == "live")
    relay.refuse = 4403
    relay.connections[0].close(1012)
    soon(lambda: refused() == 1)
    assert (connections(), restarted(), lost()) == (1, 1, 0)


def test_a_relay_that_is_not_there_is_counted_as_unreachable(link: Link, settings: object) -> None:
    unreachable = since(metrics.ENDS, "unreachable")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.COLLABORATION_SERVICE_URL = f"http://127.0.0.1:{bound.getsockname()[1]}"
        link.start()
        soon(unreachable)

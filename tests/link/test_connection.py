"""The socket to the relay, against relays that are not what they should be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest
from websockets.sync.server import ServerConnection, serve

from collab_relay.protocol import Close, ProtocolError
from portfolio.link import connection
from portfolio.link.connection import Closed, RelaySocket

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = '{"type":"hello","version":1,"nonce":"0123456789abcdef","time":1763630000}'
Behaviour = Callable[[ServerConnection], None]


@contextmanager
def relay(behave: Behaviour) -> Iterator[str]:
    """A server on 127.0.0.1 that does this with each connection."""
    with serve(
        behave, "127.0.0.1", 0, subprotocols=["portfolio.relay.v1"], compression=None
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.socket.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
        thread.join(5)


def connected(user_id: str) -> str:
    return f'{{"type":"connected","user_id":"{user_id}","online":[]}}'


def test_authenticate_answers_the_nonce_for_this_relay_alone(identity: object) -> None:
    seen: list[str] = []

    def behave(peer: ServerConnection) -> None:
        peer.send(HELLO)
        seen.append(str(peer.recv()))
        peer.send(connected(identity.user_id))
        peer.recv()

    with relay(behave) as address, closing(RelaySocket(address, identity.user_id)) as socket:
        welcome = socket.authenticate([], [])
    assert welcome.hello.nonce == "0123456789abcdef"
    assert welcome.connected.user_id == identity.user_id
    assert '"type":"authenticate"' in seen[0]
    assert '"display_name":"Alice"' in seen[0]


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        ("not json", ProtocolError),
        (connected("A" * 43), Closed),
        (f"[{HELLO},{HELLO}]", Closed),
        ("[]", Closed),
        ('{"type":"hello"}', Closed),
    ],
)
def test_a_relay_that_greets_wrongly_is_left(
    identity: object, greeting: str, error: type[Exception]
) -> None:
    with (
        relay(lambda peer: peer.send(greeting)) as address,
        closing(RelaySocket(address, identity.user_id)) as socket,
        pytest.raises(error),
    ):
        socket.authenticate([], [])


def received(identity: object, behave: Behaviour) -> bytes:
    with relay(behave) as address, closing(RelaySocket(address, identity.user_id)) as socket:
        return socket.receive()


def test_a_message_in_fragments_is_put_together(identity: object) -> None:
    assert received(identity, lambda peer: peer.send(["a", "b", "c"])) == b"abc"


@pytest.mark.parametrize(
    "message", ["x" * 70_000, ["x" * 40_000, "x" * 40_000], ["x"] * 200, ["x"] * 65]
)
def test_a_message_beyond_the_limits_ends_the_connection(
    identity: object, message: str | list[str]
) -> None:
    with pytest.raises(Closed):
        received(identity, lambda peer: peer.send(message))


def test_a_relay_that_has_gone_silent_is_given_up(
    identity: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behave(peer: ServerConnection) -> None:
        peer.send(HELLO)
        peer.recv()
        peer.send(connected(identity.user_id))
        peer.recv()

    monkeypatch.setattr(connection, "SILENCE", 0.2)
    with relay(behave) as address, closing(RelaySocket(address, identity.user_id)) as socket:
        socket.authenticate([], [])
        with pytest.raises(Closed) as closed:
            socket.receive()
    assert closed.value.code == Close.LOST


def test_the_close_code_is_handed_on(identity: object) -> None:
    with pytest.raises(Closed) as closed:
        received(identity, lambda peer: peer.close(4401, "token"))
    assert closed.value.code == 4401


def test_a_relay_that_is_not_there_is_an_error_at_once(identity: object) -> None:
    with pytest.raises(OSError, match="refused"):
        RelaySocket("http://127.0.0.1:1", identity.user_id)


def test_headers_without_end_are_given_up(
    identity: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_WAIT", 0.5)

    def flood(listener: socket.socket) -> None:
        peer, _address = listener.accept()
        with peer, suppress(OSError):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
            while True:
                peer.sendall(b"x: " + b"a" * 60_000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=flood, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(OSError):  # noqa: PT011 - its words are the system's
            RelaySocket(f"http://127.0.0.1:{listener.getsockname()[1]}", identity.user_id)
        thread.join(5)
    assert not thread.is_alive()

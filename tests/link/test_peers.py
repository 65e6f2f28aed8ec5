"""The guarded fetch against a real server, and addresses that must never see a connection."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from portfolio.link import identity, peers, tokens
from portfolio.link.peers import Unreachable, fetch, needs_my_network
from portfolio.link.sealing import seal
from portfolio.models import Friend
from tests.link.people import new_keys
from tests.link.test_addresses import NO_ADDRESS, PRIVATE

pytestmark = pytest.mark.django_db
BOB, CHARLIE = new_keys(), new_keys()
POSITION = UUID("3f0f7f0e-0000-4000-8000-000000000001")
REQUEST = "r" * 22
ANSWER = b'{"kind":"answer","request":"' + REQUEST.encode() + b'","gone":true}'
Play = Callable[["Bob", BaseHTTPRequestHandler], None]


@dataclass
class Bob:
    """Bob's instance, as far as Alice can tell; `play` says how it answers."""

    play: Play
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str | None] = field(default_factory=list)
    now: int = field(default_factory=lambda: int(time.time()))

    def friend(self, **fields: Any) -> Friend:
        known = {
            "user_id": BOB.user_id,
            "box_key": BOB.box_key,
            "backend_url": f"http://127.0.0.1:{self.port}",
            "on_my_network": True,
        }
        return Friend(**known | fields)


@pytest.fixture
def bob() -> Iterator[Bob]:
    identity.ensure("Alice")
    it = Bob(play=sealed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            it.asked.append((self.path, self.headers["Authorization"].removeprefix("Bearer ")))
            it.cookies.append(self.headers["Cookie"])
            it.play(it, self)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    it.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield it
    server.shutdown()
    server.server_close()
    thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def boxed(payload: bytes = ANSWER) -> bytes:
    mine = identity.keys()
    return json.dumps({"box": seal(payload, BOB, mine.user_id, mine.box_key)}).encode()


def sealed(_bob: Bob, handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, boxed())


def answering(status: int, body: bytes = b"", **headers: str) -> Play:
    return lambda _bob, handler: send(handler, status, body, **headers)


def test_sealed_answer_comes_back_opened(bob: Bob) -> None:
    assert fetch(bob.friend(), POSITION, REQUEST) == ANSWER
    [(path, token)] = bob.asked
    assert path == f"/api/v1/positions/ideas/{POSITION}"
    me = identity.keys().user_id
    assert tokens.read_fetch_token(token, BOB.user_id, path, bob.now) == (me, REQUEST)


def test_wrong_clock_is_put_right_once(bob: Bob) -> None:
    ahead = bob.now + 86_400

    def strict(it: Bob, handler: BaseHTTPRequestHandler) -> None:
        try:
            tokens.read_fetch_token(it.asked[-1][1], BOB.user_id, handler.path, ahead)
            sealed(it, handler)
        except tokens.TokenError:
            send(handler, 401, Date=formatdate(ahead, usegmt=True))

    bob.play = strict
    assert fetch(bob.friend(), POSITION, REQUEST) == ANSWER
    assert len(bob.asked) == 2


@pytest.mark.parametrize(
    ("headers", "asked"),
    [({}, 1), ({"Date": "yesterday"}, 1), ({"Date": formatdate(0, usegmt=True)}, 2)],
)
def test_refused_token_is_not_tried_for_ever(bob: Bob, headers: dict[str, str], asked: int) -> None:
    bob.play = answering(401, **headers)
    with pytest.raises(Unreachable, match="answered 401"):
        fetch(bob.friend(), POSITION, REQUEST)
    assert len(bob.asked) == asked


def test_redirect_is_not_followed_and_no_cookie_kept(bob: Bob) -> None:
    here = f"http://127.0.0.1:{bob.port}/elsewhere"
    bob.play = answering(302, Location=here, **{"Set-Cookie": "a=b"})
    for _ in range(2):
        with pytest.raises(Unreachable, match="answered 302"):
            fetch(bob.friend(), POSITION, REQUEST)
    assert [path for path, _ in bob.asked] == [f"/api/v1/positions/ideas/{POSITION}"] * 2
    assert bob.cookies == [None, None]


@pytest.mark.parametrize("status", [204, 404, 410, 500, 503])
def test_bare_status_decides_nothing(bob: Bob, status: int) -> None:
    bob.play = answering(status)
    with pytest.raises(Unreachable, match=f"answered {status}"):
        fetch(bob.friend(), POSITION, REQUEST)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"box":7}', b"\xff", b'{"box":"AAAA"}'])
def test_what_is_no_box_is_unreachable(bob: Bob, body: bytes) -> None:
    bob.play = answering(200, body)
    with pytest.raises(Unreachable, match="not a box of this friend"):
        fetch(bob.friend(), POSITION, REQUEST)


def test_box_of_somebody_else_is_unreachable(bob: Bob) -> None:
    with pytest.raises(Unreachable, match="not a box of this friend"):
        fetch(bob.friend(user_id=CHARLIE.user_id), POSITION, REQUEST)


def test_endless_answer_is_cut(bob: Bob) -> None:
    bob.play = answering(200, b"x" * (peers.MAX_BYTES + 1))
    with pytest.raises(Unreachable, match="too much came"):
        fetch(bob.friend(), POSITION, REQUEST)


def test_half_an_answer_is_none(bob: Bob) -> None:
    def half(_bob: Bob, handler: BaseHTTPRequestHandler) -> None:
        body = boxed()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        handler.wfile.write(body[:-10])
        handler.close_connection = True

    bob.play = half
    with pytest.raises(Unreachable, match="IncompleteRead"):
        fetch(bob.friend(), POSITION, REQUEST)


@pytest.mark.parametrize("drip", [b"H", b"X-A: b\r\n"])
def test_slow_drip_ends_in_time(bob: Bob, monkeypatch: pytest.MonkeyPatch, drip: bytes) -> None:
    done = threading.Event()

    def slowly(_bob: Bob, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not done.wait(0.02):
            handler.wfile.write(drip)

    bob.play = slowly
    monkeypatch.setattr(peers, "SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="TimeoutError"):
        fetch(bob.friend(), POSITION, REQUEST)
    assert time.monotonic() - started < 20
    done.set()


def test_tls_is_checked(bob: Bob) -> None:
    with pytest.raises(Unreachable, match="SSL"):
        fetch(bob.friend(backend_url=f"https://127.0.0.1:{bob.port}"), POSITION, REQUEST)
    assert bob.asked == []


def test_nobody_there_is_unreachable(bob: Bob) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        fetch(bob.friend(backend_url=f"http://127.0.0.1:{port}"), POSITION, REQUEST)


# Addresses that must never see a connection -------------------------------------------------------


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that anything in this process tries to connect to; none gets through."""
    tried: list[object] = []

    def note(_sock: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", note)
    monkeypatch.setattr(socket.socket, "connect_ex", note)
    return tried


def friend_at(url: str, on_my_network: bool = False) -> Friend:
    return Friend(
        user_id=BOB.user_id, box_key=BOB.box_key, backend_url=url, on_my_network=on_my_network
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", PRIVATE)
def test_private_address_sees_no_connection(
    host: str, scheme: str, connections: list[object]
) -> None:
    identity.ensure("Alice")
    with pytest.raises(Unreachable):
        fetch(friend_at(f"{scheme}://{host}:8001"), POSITION, REQUEST)
    assert connections == []


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_sees_no_connection(url: str, connections: list[object]) -> None:
    identity.ensure("Alice")
    with pytest.raises(Unreachable, match="no address"):
        fetch(friend_at(url, on_my_network=True), POSITION, REQUEST)
    assert connections == []


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver that gives these addresses, one list a question."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_options: object) -> list[object]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_name_is_resolved_once_and_that_address_called(
    monkeypatch: pytest.MonkeyPatch, connections: list[object]
) -> None:
    identity.ensure("Alice")
    asked = resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])  # a name that flips
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        fetch(friend_at("https://bob.example"), POSITION, REQUEST)
    assert (asked, connections) == (["bob.example"], [("8.8.8.8", 443)])


def test_private_one_among_public_ones_is_left_out(
    monkeypatch: pytest.MonkeyPatch, connections: list[object]
) -> None:
    identity.ensure("Alice")
    resolving(monkeypatch, ["10.0.0.1", "8.8.8.8", "169.254.169.254"])
    with pytest.raises(Unreachable):
        fetch(friend_at("http://bob.example"), POSITION, REQUEST)
    assert connections == [("8.8.8.8", 80)]


def test_tick_allows_the_private_address(connections: list[object]) -> None:
    identity.ensure("Alice")
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        fetch(friend_at("http://192.168.1.20:8001", on_my_network=True), POSITION, REQUEST)
    assert connections == [("192.168.1.20", 8001)]


def test_unknown_name_is_unreachable(connections: list[object]) -> None:
    identity.ensure("Alice")
    with pytest.raises(Unreachable, match="gaierror"):
        fetch(friend_at("https://bob.invalid"), POSITION, REQUEST)
    assert connections == []


@pytest.mark.parametrize(
    ("answers", "needs"),
    [(["192.168.1.5"], True), (["127.0.0.1", "10.0.0.1"], True), (["8.8.8.8", "10.0.0.1"], False)],
)
def test_tick_is_offered_for_private_addresses(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], needs: bool
) -> None:
    resolving(monkeypatch, answers)
    assert needs_my_network("http://bob.example") is needs


def test_tick_is_not_offered_for_nonsense() -> None:
    assert [needs_my_network(url) for url in ("", "file:///x")] == [False, False]

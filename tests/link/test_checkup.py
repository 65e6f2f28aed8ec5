"""The way to the relay, against servers that fail at each step."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from portfolio.link import checkup
from portfolio.link.checkup import check

WELL = {"status": "healthy", "version": 1}


@contextmanager
def serving(status: int, said: object, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A web server that gives this answer to everything; its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def names(found: checkup.Checkup) -> list[tuple[str, bool]]:
    return [(step.name, step.well) for step in found.steps]


def test_relay_that_is_well() -> None:
    with serving(200, WELL) as (address, asked):
        found = check(address)
    assert (found.well, found.address) == (True, address)
    assert names(found) == [("Name", True), ("Connection", True), ("Answer", True)]
    assert asked == ["/health"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, b"no such page"),
        (200, b"<html>"),
        (200, ["healthy"]),
        (200, {"status": "healthy"}),
        (200, {"status": "unhealthy", "version": 1}),
        (200, b"[" * 10_000),
        (503, WELL),
    ],
)
def test_something_else_than_a_relay(status: int, said: object) -> None:
    with serving(status, said) as (address, _):
        last = check(address).steps[-1]
    assert (last.name, last.well) == ("Answer", False)
    assert last.words == "Something else answers there, not a relay."


def test_relay_of_another_version() -> None:
    with serving(200, WELL | {"version": 2}) as (address, _):
        last = check(address).steps[-1]
    assert (last.well, last.words[:27]) == (False, "It speaks another version. ")


def test_no_redirect_is_followed() -> None:
    with (
        serving(200, WELL) as (elsewhere, asked),
        serving(302, b"", Location=elsewhere) as (here, _),
    ):
        assert not check(here).well
    assert asked == []


def test_answer_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        last = check(f"http://127.0.0.1:{silent.getsockname()[1]}").steps[-1]
    assert (last.name, last.well, last.words) == ("Answer", False, "It did not answer in time.")


def test_nothing_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        found = check(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert names(found) == [("Name", True), ("Connection", False)]
    assert found.steps[-1].words == "Nothing listens there; it may be switched off."


def test_name_that_nobody_knows() -> None:
    [only] = check("http://no-such-name.invalid:9000").steps
    assert (only.name, only.well, only.words[:27]) == ("Name", False, "Its name is not known here.")


def test_no_tls_where_https_is_said() -> None:
    with serving(200, WELL) as (address, _):
        found = check(address.replace("http:", "https:"))
    assert names(found) == [("Name", True), ("Connection", True), ("Certificate", False)]


def test_no_address() -> None:
    [only] = check("ftp://relay.example").steps
    assert (only.name, only.well) == ("Address", False)

"""The process: how it starts, what it refuses to start with, what it logs, and how it ends."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from collab_relay import protocol as p
from collab_relay.management.commands.runrelay import parse_address

from .client import Identity, connect, dial
from .conftest import RelayProcess


def start(folder: Path, address: str = "127.0.0.1:0", **environment: Any) -> tuple[int, str]:
    """Exit code and output of a start that must fail."""
    relay = RelayProcess(folder, address, **environment)
    try:
        rest = relay.rest()
    finally:
        relay.process.kill()
    return relay.process.returncode, relay.first_line + rest


def test_a_value_that_cannot_be_meant_is_one_line(tmp_path: Path) -> None:
    said = "The environment variable RELAY_RATE must be a whole number from 1 to 1000000.\n"
    assert start(tmp_path, RELAY_RATE="fast") == (1, said)


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"CommandError: Cannot listen at 127.0.0.1:{port}: Address already in use.\n"
        assert start(tmp_path, f"127.0.0.1:{port}") == (1, said)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9000", ("127.0.0.1", 9000)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("localhost:1", ("localhost", 1)),
        ("[::1]:9000", ("::1", 9000)),
    ],
)
def test_an_address_is_a_port_with_or_without_a_host(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "127.0.0.1:99999", "a:b:1", ":1", "-1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="is not a port or address:port"):
        parse_address(text)


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "collaboration-service.log"
    file.mkdir()
    said = f"CommandError: Cannot write {file} (LOG_DIR): Is a directory.\n"
    assert start(tmp_path / "here", LOG_DIR=str(tmp_path)) == (1, said)


async def test_its_addresses_are_those_of_relay_urls_only(tmp_path: Path, alice: Identity) -> None:
    relay = RelayProcess(tmp_path, RELAY_URLS="https://Relay.Example/, wss://other.example:8443")
    try:
        for audience, admitted in {
            "wss://relay.example": True,
            "wss://other.example:8443": True,
            p.normalise_audience(relay.url): False,
        }.items():
            async with dial(relay.url, alice.id) as client:
                hello = await client.wait(p.Hello)
                await client.send(p.Authenticate(token=alice.token(audience, hello.nonce)))
                if admitted:
                    await client.wait(p.Connected)
                else:
                    assert (await client.closed())[0] == p.Close.TOKEN
    finally:
        assert "RELAY_URLS is not set" not in relay.stop()


async def test_the_log_has_ids_and_sizes_only(
    tmp_path: Path, alice: Identity, bob: Identity
) -> None:
    relay = RelayProcess(tmp_path)
    async with connect(relay.url, alice, [bob]) as a, connect(relay.url, bob, [alice]):
        await a.event(bob.id, '{"box":"canary"}')
        await a.wait(p.EventAck)
        async with dial(relay.url, alice.id) as thief:
            hello = await thief.wait(p.Hello)
            await thief.send(p.Authenticate(token="canary", display_name="canary"))
            await thief.closed()
    printed = relay.stop()
    lines = relay.log.splitlines()
    shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[(INFO|WARNING)\]: [A-Z][\w ,]+ (\{.*\})")
    assert all(shape.fullmatch(line) for line in lines), lines
    said = [line.split("]: ")[1] for line in lines]
    assert said[0] == f'Backend connected {{"user_id":"{alice.id}","friends":1}}'
    assert said[-1].startswith("Closing ")
    assert set(lines) <= set(printed.splitlines())
    for secret in ("canary", hello.nonce, "Alice", "127.0.0.1", "eyJ"):
        assert secret not in relay.log


async def test_the_log_can_be_json_and_elsewhere(tmp_path: Path, alice: Identity) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    relay = RelayProcess(tmp_path / "here", LOG_FORMAT="json", LOG_DIR=str(logs))
    async with connect(relay.url, alice):
        pass
    assert f"log in {logs / 'collaboration-service.log'}" in relay.first_line
    relay.stop()
    lines = (logs / "collaboration-service.log").read_text().splitlines()
    first = json.loads(lines[0])
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "level": "INFO",
        "message": "Backend connected",
        "user_id": alice.id,
        "friends": 0,
    }
    assert list((tmp_path / "here").iterdir()) == []


async def test_nothing_but_the_log_is_on_disk(tmp_path: Path, alice: Identity) -> None:
    relay = RelayProcess(tmp_path / "here")
    async with connect(relay.url, alice) as a:
        await a.settle()
    relay.stop()
    assert [file.name for file in (tmp_path / "here").iterdir()] == ["collaboration-service.log"]


async def test_few_open_files_are_warned_about(tmp_path: Path, alice: Identity) -> None:
    said = "This user may have 300 files open, so there is room for about 236 instances. For more"
    for files, warned in ((300, True), (5_000, False)):
        relay = RelayProcess(tmp_path / str(files), files=files)
        async with connect(relay.url, alice):
            pass
        assert (said in relay.stop()) is warned

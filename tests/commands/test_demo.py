"""The demo: who takes part, on which ports, and the whole of it as a process that is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest
from django.core.management.base import CommandError

from portfolio.management.commands.demo import (
    QUIET,
    another,
    held_folder,
    introductions,
    refuse_impossible_ports,
    wanted_people,
)
from tests.house import ROOT

ALICE = {"card": "a", "user_id": "A", "url": "http://127.0.0.1:1", "friends": {}}
BOB = {"card": "b", "user_id": "B", "url": "http://127.0.0.1:2", "friends": {}}


def options(users: int, place: Path) -> dict[str, object]:
    return {"users": users, "port": 8000, "relay_port": 9000, "place": place}


def test_people_have_names_ports_and_folders_of_their_own(tmp_path: Path) -> None:
    people = wanted_people(options(3, tmp_path))
    assert [(each.name, each.url) for each in people] == [
        ("Alice", "http://127.0.0.1:8000"),
        ("Bob", "http://127.0.0.1:8001"),
        ("Charlie", "http://127.0.0.1:8002"),
    ]
    assert {each.environment["DATA_DIR"] for each in people} == {
        str(tmp_path / "demo" / name) for name in ("alice", "bob", "charlie")
    }


@pytest.mark.parametrize("users", [-1, 0, 1, 11])
def test_people_are_two_to_ten(tmp_path: Path, users: int) -> None:
    with pytest.raises(CommandError, match="from 2 to 10"):
        wanted_people(options(users, tmp_path))


def test_strangers_are_introduced() -> None:
    assert introductions(ALICE, [BOB]) == ["--friend", json.dumps({"card": "b"})]


def test_friends_at_the_same_address_are_not_introduced_again() -> None:
    assert introductions(ALICE | {"friends": {"B": BOB["url"]}}, [BOB]) == []
    assert introductions(ALICE | {"friends": {"B": "http://other"}}, [BOB]) != []


def free_ports(count: int) -> int:
    """The first of some ports in a row that are free."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + count < 65_536 and not any(map(listening, range(first, first + count))):
            return first


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def demo(place: Path, port: int, *words: str) -> subprocess.Popen[str]:
    ports = ["--port", str(port), "--relay-port", str(port + 2)]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "demo", "--place", str(place), *ports, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=ignore_interrupts,
    )


def ignore_interrupts() -> None:
    """As a script's shell does for what it starts with &."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def refused(place: Path, port: int, *words: str) -> str:
    """What a demo that must not start says."""
    with demo(place, port, *words) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    return said


ADVICE = "choose others with --port and --relay-port."


def test_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        alice = refused(tmp_path, port, "--relay-port", str(free_ports(1)))
        relay = refused(tmp_path, free_ports(2), "--relay-port", str(port))
    stop = f"Stop what listens there, or {ADVICE}"
    assert alice == f"CommandError: Port {port} is taken; Alice needs it.\n{stop}\n"
    assert relay == f"CommandError: Port {port} is taken; the relay needs it.\n{stop}\n"
    assert [file.name for file in (tmp_path / "demo").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("ports", "why"),
    [
        ({"the relay": 8001, "Bob": 8001}, "Port 8001 is wanted by the relay and Bob"),
        ({"Bob": 65_536}, "65536 is no port, and Bob needs one from 1 to 65535"),
        ({"the relay": 0}, "0 is no port, and the relay needs one from 1 to 65535"),
    ],
)
def test_impossible_ports_are_told(ports: dict[str, int], why: str) -> None:
    with pytest.raises(CommandError) as told:
        refuse_impossible_ports(ports)
    assert str(told.value) == f"{why}: {ADVICE}"


def test_another_demo_is_told_before_its_ports(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with held_folder(folder), socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = refused(tmp_path, taken.getsockname()[1])
        assert said == f"CommandError: {another(folder, str(os.getpid()))}\n"
    held_folder(folder).close()


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError) as told:
        held_folder(tmp_path / "file" / "demo")
    assert str(told.value) == f"{tmp_path}/file/demo cannot be written: Not a directory."


@pytest.mark.parametrize(
    ("line", "quiet"),
    [
        ('2026-11-20T14:14:14Z [INFO]: Request {"method":"GET","path":"/ideas/"}', True),
        ('2026-11-20T14:14:14Z [INFO]: Knock refused {"user_id":"abc"}', True),
        ("Quit the server with CONTROL-C.", True),
        ("", True),
        ('2026-11-20T14:14:14Z [INFO]: Relay connection ended {"code":1006}', False),
        ("2026-11-20T14:14:14Z [WARNING]: The relay did not take a frame", False),
        ("Traceback (most recent call last):", False),
        ("CommandError: Cannot listen at 127.0.0.1:8000: Address already in use.", False),
    ],
)
def test_what_the_terminal_leaves_to_the_logs(line: str, quiet: bool) -> None:
    assert bool(QUIET.match(line)) is quiet


@contextmanager
def running(place: Path, port: int) -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    """A demo that is up, and each one's link."""
    with demo(place, port) as process:
        try:
            yield psutil.Process(process.pid), dict(links(process))
        finally:
            process.kill()


def links(process: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.match(r"  (Alice|Bob) +(http://\S+)", line)
        if found:
            yield found.group(1), found.group(2)
        if "Ctrl+C stops all" in line:
            return
    raise AssertionError("".join(said))


def leads_in(link: str) -> bool:
    """The link ends at a page of this instance, and not at the one that asks for a password."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(link, timeout=10) as answer:
        return answer.status == 200 and "/account/" not in answer.url


@pytest.mark.system
def test_demo_runs_twice_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_ports(3)
    with running(tmp_path, port) as (process, first):
        assert [int(link.split(":")[2].split("/")[0]) for link in first.values()] == [
            port,
            port + 1,
        ]
        assert all(map(leads_in, first.values()))
        children = process.children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.wait(15)
    assert children
    assert psutil.wait_procs(children, timeout=5)[1] == []

    began = time.monotonic()
    with running(tmp_path, port) as (process, _):
        seconds = time.monotonic() - began
        children = process.children(recursive=True)
        process.kill()
        process.wait(15)
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert {path.name for path in (tmp_path / "logs").iterdir()} >= {
        "alice.log",
        "bob.log",
        "relay.log",
    }
    assert seconds < 30, "10 s on a machine that does nothing else"

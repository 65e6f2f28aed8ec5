"""What a doctor says of what it found, and the checks that both programs share."""

import json
import resource
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observability import findings
from observability.findings import Finding, all_well, as_json, examine, shown
from tests.house import ROOT

WELL = Finding("Disk", True, "Room enough.")
ILL = Finding("Open files", False, "At most 5.", "Raise it.")


def test_people_read_one_line_each_and_what_to_do() -> None:
    assert shown([WELL, ILL]) == (
        "ok  Disk        Room enough.\n!!  Open files  At most 5.\n"
        "                -> Raise it.\n\n1 of 2 not well."
    )
    assert shown([WELL]).endswith("\n\nAll well: 1 checks.")


def test_machines_read_json() -> None:
    assert json.loads(as_json([ILL])) == {
        "well": False,
        "findings": [
            {"name": "Open files", "well": False, "words": "At most 5.", "do": "Raise it."}
        ],
    }
    assert (all_well([WELL]), all_well([WELL, ILL])) == (True, False)


def test_a_check_that_stumbles_is_a_finding_without_its_words() -> None:
    def stumbles() -> Iterator[Finding]:
        yield ILL
        raise ValueError("secret")

    found = examine([("First", stumbles), ("Second", lambda: [WELL])])
    assert [(each.name, each.well) for each in found] == [
        ("Open files", False),
        ("First", False),
        ("Disk", True),
    ]
    assert found[1].words == "This check stumbled: ValueError."


def test_versions_are_those_of_the_lock(tmp_path: Path) -> None:
    [found] = findings.versions("Product 1", ROOT / "requirements.txt")
    assert (found.well, found.do) == (True, "")
    assert found.words.startswith("Product 1, Python 3.")
    lock = tmp_path / "requirements.txt"
    lock.write_text("django==1.0 \\\n    --hash=x\nnobody-has-this==2 \\\nmsgspec==0 ; x\n")
    [found] = findings.versions("Product 1", lock)
    assert not found.well
    assert "Other than tested: django " in found.words
    assert found.words.endswith(" for 0.")


def test_old_python_and_old_sqlite_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings.sqlite3, "sqlite_version_info", (3, 8, 0))
    [found] = findings.versions("Product 1", Path("none"))
    assert (found.well, found.do) == (False, "SQLite 3.31 or newer is needed.")
    monkeypatch.setattr(findings.sys, "version_info", (3, 10))
    [found] = findings.versions("Product 1", Path("none"))
    assert (found.well, found.do) == (False, "Python 3.11 or newer is needed.")


def test_open_files() -> None:
    [few] = findings.open_files(256, 1024)
    assert (few.well, few.words) == (False, "At most 256; 1024 are wanted.")
    [enough] = findings.open_files(1024, 1024)
    assert (enough.well, enough.words) == (True, "Up to 1024.")
    [any_number] = findings.open_files(resource.RLIM_INFINITY, 1024)
    assert (any_number.well, any_number.words) == (True, "Up to any number.")


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = findings.room(tmp_path, "the log")
    assert found.well
    monkeypatch.setattr(findings, "LEAST_ROOM", 10**18)
    [found] = findings.room(tmp_path, "the log")
    assert (found.well, found.words.endswith(" MB free for the log.")) == (False, True)


@contextmanager
def redis_saying(answer: bytes) -> Iterator[str]:
    """Answers whatever it is asked, as Redis does, with this."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while asked := self.request.recv(4096):
                commands = asked.split(b"*")[1:]
                hello = b"%1\r\n$5\r\nproto\r\n:3\r\n"
                said = (hello if b"HELLO" in each else answer for each in commands)
                self.request.sendall(b"".join(said))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_redis_that_answers_and_redis_that_refuses() -> None:
    assert list(findings.redis("")) == []
    with redis_saying(b"+PONG\r\n") as where:
        [found] = findings.redis(f"redis://{where}/0")
        assert (found.well, found.words) == (True, f"It answers at {where}.")
    with redis_saying(b"-NOPERM this user has no permissions\r\n") as where:
        [found] = findings.redis(f"redis://:secret@{where}/0")
        assert (found.well, "secret" in str(found)) == (False, False)
    [found] = findings.redis(f"redis://:secret@{where}/0")
    assert (found.well, found.words) == (False, f"No answer at {where}: ConnectionError.")

"""Programs under one roof: shown, logged, restarted, stopped; none survives its roof."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portfolio.management import processes
from portfolio.management.processes import Ended, Program, Roof
from tests.house import ROOT

SERVER = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
print("here I am")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], object], seconds: float = 10) -> bool:
    late = time.monotonic() + seconds
    while not condition() and time.monotonic() < late:
        time.sleep(0.02)
    return bool(condition())


def program(folder: Path, code: str = SERVER) -> Program:
    port = free_port()
    command = [sys.executable, "-c", code, str(port)]
    return Program("alice", command, {}, folder / "logs" / "alice.log", port)


@pytest.fixture
def roofs() -> Iterator[Callable[[Program], Roof]]:
    made: list[Roof] = []

    def under(one: Program) -> Roof:
        made.append(Roof([one]))
        return made[-1]

    yield under
    for roof in made:
        roof.stop()


Under = Callable[[Program], Roof]


def test_lines_are_named_and_logged(
    tmp_path: Path, roofs: Under, capsys: pytest.CaptureFixture[str]
) -> None:
    one = program(tmp_path)
    roofs(one).start()
    assert one.healthy()
    assert one.log.read_text() == "here I am\n"
    assert capsys.readouterr().out == "alice | here I am\n"


def test_quiet_lines_are_logged_alone(
    tmp_path: Path, roofs: Under, capsys: pytest.CaptureFixture[str]
) -> None:
    one = program(tmp_path)
    one.quiet = re.compile("here")
    roofs(one).start()
    assert (one.log.read_text(), capsys.readouterr().out) == ("here I am\n", "")


def test_stop_ends_a_program(tmp_path: Path, roofs: Under) -> None:
    one = program(tmp_path)
    roof = roofs(one)
    roof.start()
    roof.stop()
    assert one.code == -signal.SIGTERM


def test_stop_kills_a_stubborn_program(
    tmp_path: Path, roofs: Under, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    one = program(tmp_path, STUBBORN)
    roof = roofs(one)
    roof.start()
    roof.stop()
    assert one.code == -signal.SIGKILL


def test_program_that_ends_at_once_is_told_with_its_log(tmp_path: Path, roofs: Under) -> None:
    one = program(tmp_path, "import sys; sys.exit(3)")
    with pytest.raises(Ended) as told:
        roofs(one).start()
    assert str(told.value) == f"alice ended with 3: see above, or {one.log}"


def test_program_that_never_answers_is_told(tmp_path: Path, roofs: Under) -> None:
    one = program(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(Ended) as told:
        roofs(one).start(seconds=0.3)
    assert str(told.value) == f"alice does not answer: see {one.log}"


def test_program_that_was_up_is_started_again(
    tmp_path: Path, roofs: Under, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "HALF_BAKED", 0.0)
    one = program(tmp_path)
    roofs(one).start()
    assert one.process
    one.process.kill()
    one.process.wait()
    one.check()
    assert eventually(one.healthy)


def test_nothing_is_left_when_the_roof_is_killed(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from portfolio.management.processes import Program, Roof
one = Program("alice", [sys.executable, "-c", {SERVER!r}, "{free_port()}"], {{}}, Path("a.log"), 0)
one.start()
print(one.process.pid, flush=True)
one.process.wait()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as roof:
        assert roof.stdout
        pid = int(roof.stdout.readline())
        assert alive(pid)
        roof.kill()
    assert eventually(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Running; a dead one that nobody has waited for does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

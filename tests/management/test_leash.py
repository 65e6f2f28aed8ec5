"""The leash, on systems that cannot watch a parent: the command ends when standard input does."""

from __future__ import annotations

import subprocess
import sys

from portfolio.management.processes import LEASH

WATCH = f"""
import runpy, sys
sys.exit(runpy.run_path({str(LEASH)!r})["watch"]([sys.executable, "-c", sys.argv[1]]))
"""
LONG = "import time; print('up', flush=True); time.sleep(60)"


def watched(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WATCH, code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_watched_command_ends_with_the_input() -> None:
    with watched(LONG) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "up\n"
        process.stdin.close()
        assert process.wait(10) != 0


def test_watched_command_ends_when_asked() -> None:
    with watched(LONG) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(10) != 0


def test_watched_command_gives_its_exit_code() -> None:
    with watched("import sys; sys.exit(7)") as process:
        assert process.wait(10) == 7


def test_command_does_not_start_for_a_starter_that_is_gone() -> None:
    command = [sys.executable, str(LEASH), "1", sys.executable, "-c", "print('started')"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")

"""One process per DATA_DIR."""

import subprocess
import sys
from pathlib import Path

from portfolio.link.lock import LinkLock

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
input()
"""


def test_the_second_one_waits_until_the_first_is_killed(data_dir: Path) -> None:
    path = data_dir / "link.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    lock = LinkLock()
    assert lock.acquire() is False
    other.kill()
    other.communicate()
    assert lock.acquire() is True
    lock.release()


def test_holding_it_twice_is_holding_it(data_dir: Path) -> None:
    lock = LinkLock()
    assert [lock.acquire(), lock.acquire()] == [True, True]
    lock.release()

"""Runs a command that ends when the process that started it ends, however that happens.

    python leash.py <pid of the starter> <program> [arguments]

Promise: after `kill -9` of the starter nothing of the command is left. On Linux the kernel sees to
it: the command replaces this process and is killed with its parent. Elsewhere this process stays,
runs the command as its child, and kills it when standard input ends, which the starter holds open
and never writes to. The starter must start it from its main thread: Linux counts the thread as the
parent. Needs the standard library alone, so that it is up in a few milliseconds.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Asks Linux to kill this process with its parent, also after exec."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it died before it could be watched
        sys.exit(1)


def watch(command: list[str]) -> int:
    """Runs the command until it ends or standard input does; its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the starter's own words
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())

    def wait_for_end() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would be held when Python ends
            pass
        child.kill()

    threading.Thread(target=wait_for_end, daemon=True).start()
    return child.wait()


def main(parent: int, command: list[str]) -> int:
    if sys.platform != "linux":
        return watch(command)
    die_with(parent)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))

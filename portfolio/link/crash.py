"""Named moments at which a test may kill this process, to prove that nothing is lost there.

`CRASH_AT=<name>` is honoured under tests only (see settings); anywhere else `point` does nothing.
The names are listed here so that the tests can go through them all.
"""

import os
import signal

from django.conf import settings

POINTS = (
    "outbox_before_commit",
    "outbox_after_commit",
    "event_before_send",
    "event_after_send",
    "inbox_before_commit",
    "inbox_after_commit",
    "receipt_before_send",
    "receipt_after_send",
    "receipt_before_commit",
    "receipt_after_commit",
    "mint_before_commit",
    "mint_after_commit",
    "fetch_before_commit",
    "fetch_after_commit",
)


def point(name: str) -> None:
    """Die here, as by `kill -9`, when this point was asked for."""
    if name == settings.CRASH_AT:
        os.kill(os.getpid(), signal.SIGKILL)

"""One process per DATA_DIR holds the link.

The lock is the operating system's: a kill releases it, so nobody waits for a lease to run out. It
does not tell who holds it.
"""

import fcntl
from pathlib import Path
from typing import IO

from django.conf import settings


class LinkLock:
    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """True if this process holds it now."""
        if self._file is None:
            file = (Path(settings.DATA_DIR) / "link.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._file = file
        return True

    @property
    def held(self) -> bool:
        return self._file is not None

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

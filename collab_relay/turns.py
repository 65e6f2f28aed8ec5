"""Who has much to say is heard in turns, so that nobody waits for them.

Promises: in one tick of the loop, those who wait get about half a millisecond in all, whoever and
however many they are; each in its turn, in the order in which they came. What is short is not kept
waiting at all: that is for who calls to know.

One thread, the event loop's. Nothing is timed out here, and nothing is forgotten: work that fails
ends its own turns and nobody else's.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

SECONDS = 0.0005  # of one tick, for all who wait; one turn may take longer
clock = time.perf_counter


class Turns:
    """`most` of them in one tick."""

    def __init__(self, most: int = 1_000, clock: Callable[[], float] = clock) -> None:
        self._most, self._clock = most, clock
        self._waiting: deque[Callable[[], bool]] = deque()
        self._will_run = False

    def wait(self, work: Callable[[], bool]) -> None:
        """Call it in its turn, and again as long as it says that there is more."""
        self._waiting.append(work)
        if not self._will_run:
            self._run_soon()

    def _run_soon(self) -> None:
        self._will_run = True
        asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._will_run = False
        until = self._clock() + SECONDS
        try:
            for _ in range(min(self._most, len(self._waiting))):
                work = self._waiting.popleft()
                if work():
                    self._waiting.append(work)
                if self._clock() > until:
                    break
        finally:
            if self._waiting and not self._will_run:
                self._run_soon()

"""What goes on as long as the process does: clocks, and who listens to other processes.

Promises: a failure is in the log and costs that one round; without this the task would end in
silence, and the relay go on without its clock.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from observability.logs import get_logger

log = get_logger(__name__)

REST_SECONDS = 1.0  # after a failure, so that one that lasts does not fill the log


async def for_ever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("A round of what goes on all the time failed")
            await asyncio.sleep(REST_SECONDS)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels them until they hear it: before Python 3.12 a task loses the word when what it waits
    for comes in the same instant (https://github.com/python/cpython/issues/86296).
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=0.05)

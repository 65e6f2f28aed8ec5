"""What goes on as long as the process does: clocks, and who listens to other processes.

Promises: a failure is in the log and costs that one round; without this the task would end in
silence, and the relay go on without its clock.
"""

import asyncio
from collections.abc import Awaitable, Callable

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

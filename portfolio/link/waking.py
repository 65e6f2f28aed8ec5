"""One bell for everything that waits: "there may be something new to send".

A ring is a hint and may be lost or repeated; the rows are the truth. Whoever waits registers a
function that only sets a flag or puts a token into a queue, for it runs in the thread of whoever
rings.
"""

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> None:
    """Call this at every ring, from now on."""
    _listeners.append(listener)


def silence(listener: Callable[[], None]) -> None:
    """No more rings for it."""
    if listener in _listeners:
        _listeners.remove(listener)


def wake() -> None:
    """Ring."""
    for listener in list(_listeners):
        listener()

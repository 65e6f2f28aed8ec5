"""Which copy of mine a friend's event is about; of many events at once, looked for once.

Promise: `find` reads the row. Within a `batch`, `find_again` gives what was found for the comment
before, to read alone: a thread of thousands comes as one comment after the other, and most of what
each costs is building its queries. `anew` goes around every handler that may change a copy, erase
it or its comments: what was found before is forgotten.
Runs within the receiving transaction. Imported by the handlers of `sharing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from uuid import UUID

from portfolio.models import Friend, SharedPosition

Handler = Callable[[Friend, Any], None]


@dataclass(slots=True)
class _Batch:
    """Copies by the id that the owner gives them, and how long their threads are, by ours."""

    copies: dict[UUID, SharedPosition] = field(default_factory=dict)
    lengths: dict[UUID, int] = field(default_factory=dict)


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextmanager
def batch() -> Iterator[None]:
    """Around several events of one friend, in one transaction."""
    token = _batch.set(_Batch())
    try:
        yield
    finally:
        _batch.reset(token)


def anew(handler: Handler) -> Handler:
    @wraps(handler)
    def handle(friend: Friend, body: Any) -> None:
        if together := _batch.get():
            together.copies.clear()
            together.lengths.clear()
        handler(friend, body)

    return handle


def find(friend: Friend, uid: UUID) -> SharedPosition | None:
    """This friend's copy. By iteration, for `first` would sort. Its content is read when it is
    looked at: most events are comments.
    """
    rows = SharedPosition.objects.select_for_update().filter(owner=friend, uid=uid)
    return next(iter(rows.defer("snapshot").order_by()), None)


def find_again(friend: Friend, uid: UUID) -> SharedPosition | None:
    """The same to read alone, perhaps as it was found for the comment before."""
    together = _batch.get()
    if together is None:
        return find(friend, uid)
    if uid not in together.copies and (copy := find(friend, uid)):
        together.copies[uid] = copy
    return together.copies.get(uid)


def length(copy: SharedPosition) -> int:
    """How many comments are here when another one comes; in a batch counted once, and then one more
    each time, though one may be refused after all.
    """
    together = _batch.get()
    if together is None:
        return copy.comments.count()
    known = together.lengths.get(copy.pk)
    together.lengths[copy.pk] = copy.comments.count() if known is None else known + 1
    return together.lengths[copy.pk]

"""What the link calls above itself: handed over once, in `asgi.py`, so that it imports nothing of
them.

Every function runs in the link's own thread. `handlers`, `batch`, `restate`, `on_lease` and
`on_refused` run inside a transaction and do no I/O; the others run outside of one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from portfolio.link import messages
from portfolio.link.events import Body
from portfolio.models import Friend

Handler = Callable[[Friend, Body], None]
Stated = tuple[Body, UUID | None]  # an event, and the position or comment it is about


@dataclass(frozen=True)
class Knock:
    """A sealed request to become friends, for somebody who does not list me yet."""

    user_id: str
    invite: str
    box: str


@dataclass(frozen=True)
class Hooks:
    handlers: Mapping[str, Handler]  # event name -> what it does here
    batch: Callable[[], AbstractContextManager[None]]  # around several events of a transaction
    restate: Callable[[Friend], Iterator[Stated]]  # everything a new epoch begins with
    on_delivery: Callable[[Friend, set[UUID]], None]  # receipts came; these subjects have arrived
    on_state: Callable[[], None]  # the connection or the queue has changed
    on_lease: Callable[[Friend], None]  # all that this friend has sent is here
    on_refused: Callable[[Friend, str], None]  # an event of theirs was not applied, and why
    on_meeting: Callable[[Friend], None]  # the friend can be reached now
    on_get: Callable[[Friend, messages.Get], Iterable[messages.Answer]]
    on_answer: Callable[[Friend, messages.Answer], None]
    on_signal: Callable[[Friend, messages.Signal], None]
    on_card: Callable[[Friend, str], None]  # the card that came with a sync
    on_heard: Callable[[Friend], None]  # first box of somebody whose code I accepted
    on_knock: Callable[[str, bytes], None]  # user id, what the opened box says
    knocks: Callable[[], list[Knock]]
    invites: Callable[[], list[str]]  # hashes of my open invites

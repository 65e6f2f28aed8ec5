"""What the processes of one relay say to one another: the messages.

Promises: what `decode` returns is well formed; anything else, as another version may say it, is
None. Boxes are carried as they came, and never opened: nobody here could.

It does not know what the messages do (`neighbours`, `traffic`), how losses show (`lines`) nor how
batches travel (`cluster`). Pure.
"""

from typing import Any

import msgspec
from msgspec import Struct


class _Message(Struct, array_like=True, gc=False):
    """array_like: field names would be most of it."""


class Who(_Message):
    """A connection as friends see it. Of two with the same id the higher `number` is the newer."""

    id: str
    number: int
    display_name: str = ""
    backend_url: str = ""


class Introduce(_Message, tag=1):
    """`who` lists these of yours. Answered by `Known`, so that `question` is settled."""

    who: Who
    friends: list[str]
    question: int = 0


class Known(_Message, tag=2):
    """Who of those introduced to lists them, too; nothing is said of the others."""

    id: str
    number: int
    question: int
    people: list[Who]


class Part(_Message, tag=3):
    """`id` does not list these of yours any more."""

    id: str
    friends: list[str]


class Gone(_Message, tag=4):
    """That connection has ended; newer ones are not meant."""

    id: str
    number: int


class Replaced(_Message, tag=5):
    """There is a connection of this id with this number; older ones are to be closed."""

    id: str
    number: int


class Passed(_Message, tag=6):
    """An event from somebody who lists the recipient."""

    from_user: str
    to_user: str
    data: bytes


class Knocked(_Message, tag=7):
    from_user: str
    to_user: str
    invite: str
    box: str


class Room(_Message, tag=8):
    """Whether there is room for events to this person of mine."""

    id: str
    is_full: bool


class Ask(_Message, tag=9):
    """Who are the friends of this person of yours? Answered by `Told`."""

    question: int
    id: str


class Told(_Message, tag=10):
    question: int
    people: list[Who]


Message = Introduce | Known | Part | Gone | Replaced | Passed | Knocked | Room | Ask | Told


class Counts(_Message):
    """What `/health` tells, of one process."""

    active: int = 0
    joined: int = 0
    routed: int = 0


class Batch(_Message):
    """Number `number` of a stream. `wants` goes up when something of the other was lost: then it
    begins anew, and says so by `honours`. Before that nothing it says is of use.
    """

    sender: str
    stream: int
    number: int
    wants: int
    honours: int
    counts: Counts
    messages: list[Message]


encode = msgspec.msgpack.Encoder().encode
_batch: Any = msgspec.msgpack.Decoder(Batch)


def decode(data: bytes) -> Batch | None:
    """None for anything else."""
    try:
        batch: Batch = _batch.decode(data)
    except msgspec.DecodeError:
        return None
    return batch

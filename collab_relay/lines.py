"""The numbered streams between this process and the others, which show every loss.

Promises: batches count up from 0; one that is missing, late or of a stream that began anew is
noticed with the next one, of which there is one a second at least. Who is silent for five seconds
is given up. What waits to be sent is bounded: what does not fit is lost, and noticed like any other
loss.

It does not know what the messages do, nor how they travel (`cluster`). Pure; one thread.
"""

from collections.abc import Callable
from typing import NamedTuple

from .bus import Batch, Counts, Message, Passed

BATCH_BYTES = 500_000
WAITING_BYTES = 16_000_000  # to one process; then all that waits is lost
MESSAGE_BYTES = 120  # what a message weighs beside its data
SILENT_SECONDS = 5.0
FORGOTTEN_SECONDS = 60.0  # a line that was silent so long is taken down


class Heard(NamedTuple):
    """What a batch tells beside its messages."""

    was_lost: bool  # something before it: what we know of them may be out of date
    begins_anew: bool  # something of ours: what they knew of us they have forgotten
    is_of_use: bool


class Line:
    """The two streams between this process and another."""

    def __init__(self, name: str, stream: int, now: float) -> None:
        self.name, self.heard = name, now
        self.counts = Counts()
        self.is_silent = False  # it was given up, until it is heard again
        self._stream, self._number = stream, 0
        self._wants = self._honours = 0
        self._theirs: tuple[int, int] | None = None  # the stream and number that are due
        self._waiting: list[Message] = []
        self._bytes = 0

    def post(self, message: Message, size: int = 0) -> None:
        self._waiting.append(message)
        self._bytes += size + MESSAGE_BYTES
        if self._bytes > WAITING_BYTES:
            self._waiting, self._bytes = [], 0
            self._number += 1

    def has_post(self) -> bool:
        return bool(self._waiting)

    def batches(self, sender: str, counts: Counts) -> list[Batch]:
        """All that waits; an empty one says that we are there."""
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        parts = list(_parts(waiting)) or [[]]
        first, self._number = self._number, self._number + len(parts)
        return [
            Batch(sender, self._stream, first + place, self._wants, self._honours, counts, part)
            for place, part in enumerate(parts)
        ]

    def hear(self, batch: Batch, now: float) -> "Heard":
        due = self._theirs or (batch.stream, 0)
        here = batch.stream, batch.number
        if here < due:  # late: its loss is known
            return Heard(was_lost=False, begins_anew=False, is_of_use=False)
        lost, asked = here != due or self.is_silent, batch.wants != self._honours
        self._theirs = batch.stream, batch.number + 1
        self._wants, self._honours = self._wants + lost, batch.wants
        self.heard, self.is_silent, self.counts = now, False, batch.counts
        return Heard(lost, asked, batch.honours == self._wants)


def _parts(messages: list[Message]) -> list[list[Message]]:
    parts: list[list[Message]] = []
    room = 0
    for message in messages:
        size = MESSAGE_BYTES + (len(message.data) if isinstance(message, Passed) else 0)
        if size > room:
            parts.append([])
            room = BATCH_BYTES
        parts[-1].append(message)
        room -= size
    return parts


class Lines:
    """To every other process. `name` is our own; streams are numbered from `epoch` on."""

    def __init__(self, name: str, epoch: int, now: float) -> None:
        self.name = name
        self.on_post: Callable[[], None] = _nothing
        self._lines: dict[str, Line] = {}
        self._stream = epoch
        self._now = now

    def __contains__(self, process: str) -> bool:
        """Whether it is there, as far as we hear."""
        return process in self._lines and not self._lines[process].is_silent

    def to(self, process: str) -> Line:
        line = self._lines.get(process)
        if line is None:
            self._stream += 1
            line = self._lines[process] = Line(process, self._stream, self._now)
        return line

    def post(self, process: str, message: Message, size: int = 0) -> None:
        self.to(process).post(message, size)
        self.on_post()

    def due(self, counts: Counts, beat: bool = False) -> list[tuple[str, Batch]]:
        """What is to be sent, and where to; with `beat` something to everybody."""
        return [
            (line.name, batch)
            for line in self._lines.values()
            if beat or line.has_post()
            for batch in line.batches(self.name, counts)
        ]

    def silent(self, now: float) -> list[Line]:
        """Who has just been given up."""
        self._now = now
        for line in list(self._lines.values()):
            if now - line.heard > FORGOTTEN_SECONDS:
                del self._lines[line.name]
        given_up = [
            line
            for line in self._lines.values()
            if now - line.heard > SILENT_SECONDS and not line.is_silent
        ]
        for line in given_up:
            line.is_silent, line.counts = True, Counts()
        return given_up

    def all_counts(self, own: Counts) -> Counts:
        every = [own, *(line.counts for line in self._lines.values())]
        return Counts(
            sum(one.active for one in every),
            sum(one.joined for one in every),
            sum(one.routed for one in every),
        )


def _nothing() -> None: ...

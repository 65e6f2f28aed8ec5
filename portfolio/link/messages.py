"""The messages inside a box: what two friends say to each other, and its only spelling.

Promise: `encode` never makes more than a box may hold, `decode` never returns a message whose
fields are missing, of another type or out of bounds, and raises nothing but `MessageError`.
A box holds one message or an array of them; a kind of a later version is skipped and the
rest of the array kept. Unknown fields are ignored. Bodies stay raw JSON: `events` reads them.
It does not seal, number or send: see `sealing`, `stream` and `client`.
Pure: no clock, no state, no Django; safe in every thread. Imported by `link` alone.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct

from portfolio.link.cards import MAX_CARD

MAX_BYTES = 32_000  # the JSON of one box, so that the sealed frame stays under 64 KiB
PART_CHARACTERS = 7_000  # at four bytes each, or doubled by escapes, a part still fits a box
MAX_PARTS = 64

Token = Annotated[str, Meta(min_length=1, max_length=64)]  # ids, epochs and nonces
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}\\Z")]
Moment = Annotated[str, Meta(min_length=1, max_length=40)]  # ISO 8601, for display only
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Part = Annotated[int, Meta(ge=1, le=MAX_PARTS)]
Text = Annotated[str, Meta(max_length=PART_CHARACTERS)]


class MessageError(ValueError):
    """What came is not a box of messages, or what should go does not fit into one."""


class Message(Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """One message; `kind` is the lower-case name of its class."""


class Event(Message, frozen=True, kw_only=True):
    """Sender to receiver: row `seq` of the stream; `prev` is the id of the row before it."""

    epoch: Token
    seq: Number
    prev: Token | None
    id: Token
    at: Moment
    name: Name
    body: Raw
    trace: Any = UNSET  # a traceparent, or nothing that anybody looks at: see observability.tracing

    def __post_init__(self) -> None:
        _check_object(self.body)


class Receipt(Message, frozen=True, kw_only=True):
    """Receiver to sender: everything up to `seq` is committed; `id` is that row's."""

    epoch: Token
    seq: Number
    id: Token


class Sync(Message, frozen=True, kw_only=True):
    """Receiver to sender: this is where I stand. Answered by a `Start` with the same nonce.
    `fresh`: I have just come and do not know where you stand, so say it too. `card`: mine, with
    every fresh one, for you may have missed more than one change of my box key."""

    epoch: Token | None
    have: Count
    id: Token | None
    nonce: Token
    fresh: bool = False
    card: Annotated[str, Meta(max_length=MAX_CARD)] | None = None


class Start(Message, frozen=True, kw_only=True):
    """Sender to receiver: my epoch and my newest row (0 if none), in answer to nonce `echo`."""

    epoch: Token
    echo: Token
    seq: Count


class Get(Message, frozen=True, kw_only=True):
    """Receiver to owner, when HTTP does not get through: send me this position."""

    request: Token
    position_id: Token
    share_id: Token


class Answer(Message, frozen=True, kw_only=True):
    """Owner to receiver: the position, or `gone`. Either whole in `snapshot`, or `of` parts
    whose `text` joined is the snapshot's JSON."""

    request: Token
    part: Part = 1
    of: Part = 1
    gone: bool = False
    version: Count | None = None
    digest: Token | None = None
    snapshot: dict[str, object] | None = None
    text: Text = ""

    def __post_init__(self) -> None:
        if self.part > self.of:
            raise ValueError("part is beyond of")


class Signal(Message, frozen=True, kw_only=True):
    """Either way, and may be lost: typing, cursors. Decides nothing."""

    name: Name
    body: Raw

    def __post_init__(self) -> None:
        _check_object(self.body)


class _Kind(Struct):
    kind: str


_KINDS: tuple[type[Message], ...] = (Event, Receipt, Sync, Start, Get, Answer, Signal)
_DECODERS = {kind.__name__.lower(): msgspec.json.Decoder(kind) for kind in _KINDS}
_read_array = msgspec.json.Decoder(list[Raw]).decode
_read_kind = msgspec.json.Decoder(_Kind).decode
_read_snapshot = msgspec.json.Decoder(dict[str, object]).decode
_encoder = msgspec.json.Encoder()


def decode(data: bytes) -> list[Message]:
    """The messages of one opened box, in order, without those of a kind we do not know."""
    if len(data) > MAX_BYTES:
        raise MessageError(f"a box of {len(data)} bytes")
    try:
        several = data.decode().lstrip(" \t\r\n").startswith("[")  # raw bodies are UTF-8 too
        raws = _read_array(data) if several else [Raw(data)]
        return [message for raw in raws if (message := _decode_one(raw)) is not None]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise MessageError(str(error)) from error


def encode(messages: Sequence[Message]) -> bytes:
    """The JSON of one box: the message, or an array if there are several."""
    if not messages:
        raise MessageError("an empty box")
    data = _encoder.encode(messages[0] if len(messages) == 1 else list(messages))
    if len(data) > MAX_BYTES:
        raise MessageError(f"a box of {len(data)} bytes")
    return data


def in_parts(answer: Answer) -> list[Answer]:
    """The same answer as messages that each fit into a box."""
    if answer.snapshot is None or len(_encoder.encode(answer)) <= MAX_BYTES:
        return [answer]
    text = _encoder.encode(answer.snapshot).decode()
    starts = range(0, len(text), PART_CHARACTERS)
    if len(starts) > MAX_PARTS:
        raise MessageError(f"a snapshot of {len(text)} characters")
    return [
        msgspec.structs.replace(
            answer, part=part, of=len(starts), snapshot=None, text=text[at : at + PART_CHARACTERS]
        )
        for part, at in enumerate(starts, 1)
    ]


def joined(parts: Sequence[Answer]) -> Answer | None:
    """The whole answer, or None while a part is missing. Parts may come in any order, twice."""
    by_number = {part.part: part for part in parts}
    first = by_number.get(1)
    if first is None or len(by_number) < first.of:
        return None
    if first.of == 1:
        return first
    if {(part.of, part.version, part.digest) for part in parts} != {
        (first.of, first.version, first.digest)
    }:
        raise MessageError("parts of different answers")
    text = "".join(by_number[number].text for number in sorted(by_number))
    return msgspec.structs.replace(first, part=1, of=1, text="", snapshot=_read_object(text))


def _decode_one(raw: Raw) -> Message | None:
    decoder = _DECODERS.get(_read_kind(raw).kind)
    return decoder.decode(raw) if decoder else None


def _check_object(raw: Raw) -> None:
    if not bytes(raw).startswith(b"{"):
        raise ValueError("expected an object")


def _read_object(text: str) -> dict[str, object]:
    try:
        return _read_snapshot(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageError(str(error)) from error

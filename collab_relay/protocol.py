"""The wire between an instance and the relay: every frame, limit, error and close code.

Promises: what these decoders return is well formed and bounded; whatever else arrives becomes a
`Refused` in its place (one bad frame does not cost its neighbours) or one `ProtocolError` (the
message as a whole cannot be read). No message of either repeats what was sent. Unknown fields are
ignored, so a newer side may add some.

It does not know who may send what to whom (`hub`), nor what is inside a box (`portfolio/link`).

Pure: no state, no clock, no sockets; safe from every thread. Both sides import it, and it is the
only module of `collab_relay` that an instance imports. (Longer than other files on purpose: the
whole wire on one page, to be compared with docs/protocol.md.)
"""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from .names import is_user_id as is_user_id
from .names import normalise_audience as normalise_audience

VERSION = 1
SUBPROTOCOL = "portfolio.relay.v1"

MESSAGE_BYTES = 65_536
FRAMES_PER_MESSAGE = 1_024
DATA_BYTES = 60_000  # of one `data`: what is larger is answered by `too_big`
RECIPIENTS = 64
FRIENDS = 500
INVITES = 100
KNOCK_CHARS = 5_600  # a box of 4 KB, sealed and in base64, has 5,528
TOKEN_CHARS = 2_048
CREDIT_FRAMES = 256
CREDIT_BYTES = 1_000_000
CREDIT_RETURN_FRAMES = 64  # return credit at this many frames,
CREDIT_RETURN_BYTES = 256_000  # or this many bytes,
CREDIT_RETURN_SECONDS = 1.0  # or after this time
STALLED_SECONDS = 30.0
OFFLINE_SECONDS = 10.0
AUTHENTICATE_SECONDS = 10.0
TOKEN_SECONDS = 60
KNOCKS_PER_HOUR = 20
RATE = 200
BURST = 1_000


class Close(IntEnum):
    """Why the relay closed. `retryable`: come back, with back-off; else every 15 minutes."""

    GOING_AWAY = 4000
    SLOW = 4008
    RATE = 4029
    NOT_JSON = 4400
    TOKEN = 4401
    NOT_ADMITTED = 4403
    REPLACED = 4409  # come back only as the holder of the link's lock
    VERSION = 4426
    LOST = 1006
    TOO_BIG = 1009
    INTERNAL = 1011
    RESTART = 1012

    @property
    def retryable(self) -> bool:
        return self < 4400


class Code(StrEnum):
    """`error.code`."""

    NOT_JSON = "not_json"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    UNKNOWN_TYPE = "unknown_type"
    BAD_FRAME = "bad_frame"
    BAD_CREDIT = "bad_credit"
    NOT_EXPECTED = "not_expected"  # a good frame at the wrong time: a second `authenticate`


class Why(StrEnum):
    """Why a recipient is in `event_ack.undelivered`."""

    OFFLINE = "offline"
    BUSY = "busy"
    TOO_BIG = "too_big"
    RATE = "rate"


class ProtocolError(ValueError):
    """A message, address or frame that cannot be used. `code` is a `Code`."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


UserId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]
# Only ever compared with ids of connected instances, so the length is enough (and 0.4 us faster).
Addressee = Annotated[str, Meta(min_length=43, max_length=43)]
InviteHash = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{16,64}\Z")]
Nonce = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{16,64}\Z")]
Ref = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Name = Annotated[str, Meta(max_length=100)]
Address = Annotated[str, Meta(max_length=300)]
Text = Annotated[str, Meta(max_length=300)]
Word = Annotated[str, Meta(max_length=40)]
KnockBox = Annotated[str, Meta(max_length=KNOCK_CHARS)]
FriendList = Annotated[list[UserId], Meta(max_length=FRIENDS)]
InviteList = Annotated[list[InviteHash], Meta(max_length=INVITES)]


class _Frame(Struct, tag_field="type", kw_only=True, gc=False):
    """gc=False: frames hold strings, numbers and flat lists of them, so they form no cycles."""


class Limits(Struct, frozen=True, kw_only=True):
    """What the relay grants; the instance paces itself by it."""

    message: Count = MESSAGE_BYTES
    rate: Count = RATE
    burst: Count = BURST
    credit: Count = CREDIT_FRAMES
    friends: Count = FRIENDS


# From the instance.


class Authenticate(_Frame, tag="authenticate"):
    token: Annotated[str, Meta(max_length=TOKEN_CHARS)]
    display_name: Name = ""
    backend_url: Address = ""
    friends: FriendList = []
    invites: InviteList = []


class CollabEvent(_Frame, tag="collab_event", omit_defaults=True):
    """Durable ones are answered by an `EventAck` with the same ref, ephemeral ones never."""

    to_users: Annotated[list[Addressee], Meta(min_length=1, max_length=RECIPIENTS)]
    data: Raw
    ref: Ref = 0
    ephemeral: bool = False


class Friends(_Frame, tag="friends"):
    add: FriendList = []
    remove: FriendList = []


class Invites(_Frame, tag="invites"):
    add: InviteList = []
    remove: InviteList = []


class Knock(_Frame, tag="knock"):
    to_user: Addressee
    invite: InviteHash
    box: KnockBox


class Received(_Frame, tag="received"):
    """`count` frames after `connected` were taken off the connection: returns their credit."""

    count: Annotated[int, Meta(ge=1, le=1_000_000)]


class Ping(_Frame, tag="ping"):
    pass


# From the relay.


class Hello(_Frame, tag="hello"):
    version: Count
    nonce: Nonce
    time: Count
    limits: Limits = Limits()


class Connected(_Frame, tag="connected"):
    user_id: UserId
    message: Text = ""
    active_users: Count = 0
    online: FriendList = []


class IncomingEvent(_Frame, tag="collab_event"):
    from_user: UserId
    data: Raw


class EventAck(_Frame, tag="event_ack", omit_defaults=True):
    """`delivered_to` counts connections written to, no more: only a friend's receipt is proof."""

    ref: Ref
    delivered_to: Count
    total_recipients: Count
    undelivered: Annotated[dict[Addressee, Word], Meta(max_length=RECIPIENTS)] = {}
    retry_after: Seconds | None = None


class UserOnline(_Frame, tag="user_online"):
    user_id: UserId
    display_name: Name = ""


class UserOffline(_Frame, tag="user_offline"):
    user_id: UserId


class IncomingKnock(_Frame, tag="knock"):
    from_user: UserId
    invite: InviteHash
    box: KnockBox


class Pong(_Frame, tag="pong"):
    timestamp: Count  # milliseconds


class Error(_Frame, tag="error"):
    code: Word
    message: Text = ""


class Closing(_Frame, tag="closing"):
    retry_after: Seconds


class Refused(Struct, gc=False):
    """Stands for a frame that could not be decoded. Never on the wire; it counts for credit."""

    code: Code
    message: str


FromInstance = Authenticate | CollabEvent | Friends | Invites | Knock | Received | Ping
FromRelay = (
    Hello
    | Connected
    | IncomingEvent
    | EventAck
    | UserOnline
    | UserOffline
    | IncomingKnock
    | Pong
    | Error
    | Closing
)
Frame = FromInstance | FromRelay

_encoder = msgspec.json.Encoder()
_raw, _raws = Decoder(Raw), Decoder(list[Raw])
_from_instance = Decoder(FromInstance), Decoder(FromInstance | list[FromInstance])
_from_relay = Decoder(FromRelay), Decoder(FromRelay | list[FromRelay])
# What msgspec says of a bad frame quotes the sender; only the names of our own fields pass.
_PLACE = re.compile(r"required field `(\w+)`|at `\$\.?([\w.\[\]]*)`\Z")


def decode_from_instance(message: str | bytes) -> list[FromInstance | Refused]:
    """The frames of one message, in order. ProtocolError when it is no JSON or too much of it."""
    return _decode(message, *_from_instance)


def decode_from_relay(message: str | bytes) -> list[FromRelay | Refused]:
    """The same for the other direction."""
    return _decode(message, *_from_relay)


def _decode(message: str | bytes, single: Decoder[Any], whole: Decoder[Any]) -> list[Any]:
    try:
        text = message if isinstance(message, str) else message.decode()
        # Characters are counted first: most messages are far too short to need encoding.
        if 4 * len(text) > MESSAGE_BYTES and len(text.encode()) > MESSAGE_BYTES:
            raise _too_big()
        frames = _frames(text, single, whole)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProtocolError(Code.NOT_JSON, "a message is one frame or an array, in JSON") from error
    if len(frames) > FRAMES_PER_MESSAGE:
        raise ProtocolError(Code.TOO_MANY, f"a message has at most {FRAMES_PER_MESSAGE} frames")
    return frames


def _frames(text: str, single: Decoder[Any], whole: Decoder[Any]) -> list[Any]:
    try:
        found = whole.decode(text)
    except msgspec.ValidationError:
        return [_frame(raw, single) for raw in _elements(text)]
    return found if isinstance(found, list) else [found]


def _elements(text: str) -> list[Raw]:
    """The elements of an array; a single frame, or what should be one, as the only element."""
    try:
        return _raws.decode(text)
    except msgspec.ValidationError:
        return [_raw.decode(text)]


def _frame(raw: Raw, single: Decoder[Any]) -> Any:
    try:
        return single.decode(raw)
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        missing, wrong = place.groups() if place else (None, None)
        if wrong == "type":
            return Refused(Code.UNKNOWN_TYPE, "no such type of frame in this version")
        return Refused(Code.BAD_FRAME, f"missing or not usable: {missing or wrong or 'frame'}")


def encode(frames: Frame | list[Frame]) -> str:
    """One frame or an array as the text of one message. ProtocolError when it is too big."""
    text = _encoder.encode(frames).decode()
    if 4 * len(text) > MESSAGE_BYTES and len(text.encode()) > MESSAGE_BYTES:
        raise _too_big()
    return text


def _too_big() -> ProtocolError:
    return ProtocolError(Code.TOO_BIG, f"a message has at most {MESSAGE_BYTES} bytes")


encode_frame: Callable[[Frame], bytes] = _encoder.encode  # one frame for `pack`


def pack(encoded: Iterable[bytes]) -> Iterator[str]:
    """Messages within the limits from encoded frames, in order. Each frame fits into a message."""
    return (message.decode() for message in packed(list(encoded)))


def packed(encoded: list[bytes]) -> Iterator[bytes]:
    """The same as bytes, which is what goes out."""
    start, size = 0, 1
    for place, frame in enumerate(encoded):
        size += len(frame) + 1
        if place > start and (size > MESSAGE_BYTES or place - start == FRAMES_PER_MESSAGE):
            yield _message(encoded[start:place])
            start, size = place, len(frame) + 2
    if encoded:
        yield _message(encoded[start:])


def messages(frames: list[FromRelay]) -> Iterable[bytes]:
    """The same from frames, of which there are some: nearly always one message, encoded at once."""
    if len(frames) == 1:
        return (_encoder.encode(frames[0]),)
    whole = _encoder.encode(frames)
    if len(whole) <= MESSAGE_BYTES and len(frames) <= FRAMES_PER_MESSAGE:
        return (whole,)
    return packed([_encoder.encode(frame) for frame in frames])


def _message(frames: list[bytes]) -> bytes:
    return frames[0] if len(frames) == 1 else b"[" + b",".join(frames) + b"]"

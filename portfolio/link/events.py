"""Every event that goes between friends, and its body. The one list: name -> shape.

Pure: no Django, no clock. A body is what stands under `"body"` in a box's event message; the
sender's signature, epoch and number are the stream's business. Unknown fields are ignored, so a
newer friend can add some; unknown names are kept and refused. Sizes are bounded here, so a handler
never meets a string longer than it can store.
"""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

MAX_JSON = 32_000  # bytes of JSON in one box
MAX_BODY = MAX_JSON - 400  # bytes of an event's body, so that its envelope fits as well
MAX_SNAPSHOT = 24_000  # bytes of a snapshot
MAX_COMMENT = 8_000  # bytes of a comment's text

UserId = Annotated[str, Meta(min_length=43, max_length=43)]
Digest = Annotated[str, Meta(min_length=64, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Days = Annotated[int, Meta(ge=1, le=365)]
Time = Annotated[str, Meta(max_length=40)]
Label = Annotated[str, Meta(max_length=200)]
Sign = Annotated[str, Meta(max_length=12)]


class EventError(ValueError):
    """A body that is not of its event's shape. The message names the field and never repeats the
    content.
    """


class Refused(Exception):
    """Raised by a handler: the event is understood and not accepted. The text goes back as
    `event_refused.why`.
    """


class Unshared(Refused):
    """It is about what is not shared, or no longer: nothing of its content may stay here."""


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says. Each subclass is one event."""

    name: ClassVar[str]


class PositionShared(Body, frozen=True):
    """The owner lets me read this position: wait for content, fetch it, keep a read-only copy."""

    name = "position_shared"
    position_id: UUID
    share_id: UUID
    share_url: Label  # for display; never fetched
    version: Number
    digest: Digest
    shared_at: Time
    lease_days: Days = 30


class PositionUpdated(Body, frozen=True):
    """The owner changed it: the snapshot replaces the copy."""

    name = "position_updated"
    position_id: UUID
    share_id: UUID
    version: Number
    digest: Digest
    snapshot: dict[str, object]
    changed: Annotated[list[Label], Meta(max_length=40)] = []


class ShareRevoked(Body, frozen=True):
    """Erase the copy, its comments and all derived from it; the receipt is the proof of
    deletion.
    """

    name = "share_revoked"
    position_id: UUID
    share_id: UUID


class Author(msgspec.Struct, frozen=True):
    id: UserId
    display_name: Annotated[str, Meta(max_length=80)]


class CommentBody(msgspec.Struct, frozen=True, omit_defaults=True):
    id: UUID
    text: Annotated[str, Meta(max_length=MAX_COMMENT)]
    user: Author
    created_at: Time
    revision: Number = 1
    number: Number | None = None  # given by the owner of the position
    reply_to: UUID | None = None


class CommentAdded(Body, frozen=True):
    """From a friend: please number it. From the owner: this is the thread's next comment."""

    name = "comment_added"
    position_id: UUID
    comment: CommentBody


class CommentEdited(Body, frozen=True):
    name = "comment_edited"
    position_id: UUID
    comment: CommentBody


class CommentDeleted(Body, frozen=True):
    """Delete beats edit. The comment keeps its number; its text is empty."""

    name = "comment_deleted"
    position_id: UUID
    comment: CommentBody


class CommentReacted(Body, frozen=True):
    """All signs of one person on one comment: they replace what that person had put there."""

    name = "comment_reacted"
    position_id: UUID
    comment_id: UUID
    user: Author
    signs: Annotated[list[Sign], Meta(max_length=6)]
    revision: Number = 1


class Opened(Body, frozen=True):
    """From a reader: I have looked at this version, and at the comments up to this number. From the
    owner: at the comments.
    """

    name = "opened"
    position_id: UUID
    share_id: UUID
    version: Number
    number: Count = 0


class Card(Body, frozen=True):
    """My signed card has changed: box key, name or address."""

    name = "card"
    card: Annotated[str, Meta(max_length=2048)]


class FriendRemoved(Body, frozen=True):
    """The last event of a friendship."""

    name = "friend_removed"


class EventRefused(Body, frozen=True):
    """What you sent under this number was not applied."""

    name = "event_refused"
    epoch: Annotated[str, Meta(max_length=32)]
    seq: Number
    id: Annotated[str, Meta(max_length=36)]
    why: Label


class State(Body, frozen=True):
    """The sender's own positions (or, with `position_id`, that position's comments) between two
    ids: what the receiver holds in (after, until] and is not listed is gone. Parts cover the whole
    range, so each can be applied alone.
    """

    name = "state"
    ids: Annotated[list[UUID], Meta(max_length=700)]  # share ids, or comment ids; sorted
    position_id: UUID | None = None
    after: UUID | None = None  # None: from the first
    until: UUID | None = None  # None: to the last


class StateDigest(Body, frozen=True):
    """Once a day: SHA-256 over what the sender believes the receiver holds."""

    name = "digest"
    digest: Digest


EVENTS: dict[str, type[Body]] = {
    body.name: body
    for body in (
        PositionShared,
        PositionUpdated,
        ShareRevoked,
        CommentAdded,
        CommentEdited,
        CommentDeleted,
        CommentReacted,
        Opened,
        Card,
        FriendRemoved,
        EventRefused,
        State,
        StateDigest,
    )
}


def encode(body: Body) -> bytes:
    """JSON bytes of a body; `EventError` when it could not fit into a box with its envelope."""
    raw = msgspec.json.encode(body)
    if len(raw) > MAX_BODY:
        raise EventError(f"{body.name} is {len(raw)} bytes; at most {MAX_BODY} can be sent")
    return raw


def decode(name: str, raw: bytes | str) -> Body:
    """The body of a known event; `EventError` says which field is wrong."""
    try:
        return msgspec.json.decode(raw, type=EVENTS[name])
    except KeyError:
        raise EventError("unknown event") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EventError(str(error)[:200]) from None

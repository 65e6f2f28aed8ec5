"""What the owner answers when a friend asks for a position: over HTTP or through the relay, the
same.

Promise: an answer repeats the request, holds the stored snapshot, and is read by that friend alone.
From the commit of a revoke on it is `gone`. Nothing is answered between a restored backup and the
person's word about its shares: "gone" would erase copies that are still shared.
Reads only; it does not check tokens (`api`) or send (`link`).
"""

from __future__ import annotations

from uuid import UUID

from portfolio.access import share_of
from portfolio.link import generation, identity, messages, sealing
from portfolio.link.messages import Answer, Get
from portfolio.models import Friend


def answer(
    friend: Friend, position_id: UUID, request: str, share_id: UUID | None = None
) -> Answer | None:
    """The position as this friend may have it. None: no answer for now."""
    if generation.awaits_confirmation():
        return None
    share = share_of(friend, position_id) if friend.state == Friend.State.FRIEND else None
    if share is None or share_id not in (None, share.pk):
        return Answer(request=request, gone=True)
    position = share.position
    return Answer(
        request=request,
        version=position.version,
        digest=position.digest,
        snapshot=position.snapshot,
    )


def on_get(friend: Friend, get: Get) -> list[Answer]:
    """Through the relay, in parts that each fit into a box."""
    try:
        position_id, share_id = UUID(get.position_id), UUID(get.share_id)
    except ValueError:
        return []
    found = answer(friend, position_id, get.request, share_id)
    return messages.in_parts(found) if found else []


def box(friend: Friend, position_id: UUID, request: str) -> str | None:
    """Over HTTP: sealed for this friend."""
    found = answer(friend, position_id, request)
    if found is None:
        return None
    payload = messages.encode([found])
    return sealing.seal(payload, identity.keys(), friend.user_id, friend.box_key)

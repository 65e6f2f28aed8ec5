"""What a friend says, as it comes out of a box."""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec import Raw

from portfolio.link.events import Author
from portfolio.link.messages import Signal
from portfolio.sharing.presence.signals import Where


def signal(word: str, uid: UUID, by: Author | None = None) -> Signal:
    return Signal(name=word, body=Raw(msgspec.json.encode(Where(uid, by))))

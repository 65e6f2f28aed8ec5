"""How far I have read, as far as others are told: a version, and the newest number of the others'.

Reads only, few queries; `actions.look` says it. Who does not show presence tells nothing.
"""

from __future__ import annotations

from portfolio.access import me
from portfolio.models import SharedPosition


def newest(position: SharedPosition) -> int:
    """The newest number of what others said about it; 0 when they said nothing."""
    others = position.comments.exclude(author=me().user_id).exclude(number=None)
    return next(iter(others.order_by("-number").values_list("number", flat=True)[:1]), None) or 0


def is_news(position: SharedPosition) -> bool:
    """A look at it now would tell somebody something. Numbers may go back after a restore."""
    if not me().shows_presence:
        return False
    if position.owner is None:
        return newest(position) != position.opened_number and position.shares.live().exists()
    if not position.version or position.share_id is None:
        return False
    is_version = position.version != position.opened_version
    return is_version or newest(position) != position.opened_number

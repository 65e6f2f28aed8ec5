"""Hands what the engines need to know about the packages above them, once, when serving starts.

The link learns what an event does and what a new epoch says; the fetcher learns when a friend can
be reached; the tabs learn of the link, and what they may signal. Only `asgi.py` imports this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import portfolio.urls  # noqa: F401 - with the views come the fragments
from portfolio.friends import actions as friends_actions
from portfolio.friends import incoming as friends_incoming
from portfolio.friends import standing
from portfolio.link import client, status
from portfolio.link.hooks import Hooks, Stated
from portfolio.live.consumer import Signals
from portfolio.live.push import changed
from portfolio.models import Friend
from portfolio.notices import actions as notices
from portfolio.sharing import delivery, fetching, serving, state
from portfolio.sharing import incoming as sharing_incoming
from portfolio.sharing.copies import found
from portfolio.sharing.copies.actions import renew_leases
from portfolio.sharing.presence.signals import PRESENCE

#: What may go up a tab's socket.
SIGNALS: Signals = {
    ("presence", "typing"): lambda tab, position_id, _body: PRESENCE.typing(tab, position_id),
    ("presence", "looking"): lambda tab, position_id, _body: PRESENCE.looking(tab, position_id),
    ("presence", "left"): lambda tab, position_id, _body: PRESENCE.left(tab, position_id),
}


def start() -> None:
    """The fetcher, presence and the link, in this process."""
    friends_actions.follow_settings()
    friends_actions.forget_removed()
    fetching.start()
    PRESENCE.start()
    client.start(hooks())


def hooks() -> Hooks:
    return Hooks(
        handlers={**friends_incoming.HANDLERS, **sharing_incoming.HANDLERS},
        batch=_batch,
        restate=_restate,
        on_delivery=_delivered,
        on_state=_state_changed,
        on_lease=renew_leases,
        on_refused=sharing_incoming.refused,
        on_meeting=fetching.met,
        on_get=serving.on_get,
        on_answer=fetching.on_answer,
        on_signal=PRESENCE.heard,
        on_card=friends_incoming.card_came,
        on_heard=friends_actions.heard,
        on_knock=friends_incoming.knocked,
        knocks=friends_incoming.knocks,
        invites=friends_incoming.invites,
    )


@contextmanager
def _batch() -> Iterator[None]:
    with notices.batch(), found.batch():
        yield


def _state_changed() -> None:
    changed("link_status", "me")
    changed("relay", "me")
    came = standing.moved()
    PRESENCE.met(status.online(), came)


def _restate(friend: Friend) -> Iterator[Stated]:
    return friends_incoming.restate(friend, state.restate)


def _delivered(friend: Friend, subjects: set[UUID]) -> None:
    if friend.state == Friend.State.LEAVING:
        friends_actions.forget_removed()
    changed("cards", "all")
    changed("relay", "me")
    delivery.arrived(subjects)

"""Tell the open tabs that something changed, or that they are signed out. Callable from any thread,
inside a transaction or not.

Promise: nothing is drawn before the surrounding transaction is committed, and a rolled-back one
tells nobody. The caller never waits for drawing or sending, nor fails by it. With REDIS_URL the
tabs of the other processes hear it too: what travels is the name of what changed, never its
content, and the digest of a session, never its key. A Redis that cannot be reached costs them that
word alone.

It does not promise that a tab is open, or that it got the message: a tab that comes back is brought
up to date by its socket.
"""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from observability import tracing
from portfolio.live import fragments, tabs
from portfolio.live.signed_in import digest_of
from portfolio.live.tabs import SIGNED_OUT
from portfolio.live.topics import Topic

#: The group every socket joins when there are several processes.
GROUP = "live"
LEVELS = ("info", "success", "warning", "error")


def changed(name: str, id: object) -> None:
    """After commit, every tab that shows this fragment shows it as it is then."""
    fragments.check(name)
    _after_commit(_changed, Topic(name, str(id)))


def toast(message: str, level: str = "info", unless: Topic | None = None) -> None:
    """After commit, a short message in every open tab; but not in one that shows `unless`, which
    tells it itself.
    """
    if level not in LEVELS:
        raise ValueError(f"A toast is one of {', '.join(LEVELS)}, not {level}.")
    html = render_to_string("live/_toast_push.html", {"message": message, "level": level})
    _after_commit(_say, (html, unless))


def sign_out(session_key: str) -> None:
    """Ends the sockets of a session; the browser does not try again."""
    _after_commit(_signed_out, digest_of(session_key))


def session_renamed(session_key: str, now: str) -> None:
    """The same sign-in under another key, as after a new password."""
    _after_commit(_renamed, (digest_of(session_key), digest_of(now)))


def _after_commit(tell: Callable[[Any], None], what: object) -> None:
    call = update_wrapper(partial(tell, what), tell)  # Django logs what failed by its name
    transaction.on_commit(tracing.kept(call), robust=True)


def _changed(topic: Topic) -> None:
    tabs.mark(topic)
    _tell_others({"type": "live.changed", "name": topic.name, "id": topic.id})


def _say(what: tuple[str, Topic | None]) -> None:
    html, unless = what
    if settings.REDIS_URL:
        but = f"{unless.name}:{unless.id}" if unless else ""
        _tell_others({"type": "live.say", "html": html, "unless": but})
    else:
        tabs.say(html, unless)


def _signed_out(session: str) -> None:
    tabs.close(session, SIGNED_OUT)
    _tell_others({"type": "live.signed_out", "session": session})


def _renamed(sessions: tuple[str, str]) -> None:
    was, now = sessions
    tabs.rename(was, now)
    _tell_others({"type": "live.renamed", "session": was, "now": now})


def _tell_others(message: dict[str, Any]) -> None:
    if settings.REDIS_URL:
        async_to_sync(get_channel_layer().group_send)(GROUP, message)

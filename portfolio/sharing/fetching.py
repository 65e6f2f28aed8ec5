"""The fetcher: gets the content of copies that wait for it.

Promise: what the rows say is wanted is asked for until it is here: at once, again at every meeting
with its owner, and with growing pauses between. It goes to the owner's instance directly; after one
failure through the relay until the next meeting. A friend is asked one thing at a time, and a slow
one keeps nobody else waiting. An answer is taken once, from the friend who was asked, and fills
only a copy that still exists under the share it was asked for. It does not judge the content
(`copies.actions.fill` does, in one transaction) and never blocks the link. It also does the hourly
chores (digests, old rows, who was removed), being the one clock here.
Life cycle: `start` once per serving process, from `asgi.py`; a kill at any moment costs nothing.
Threads: one worker, and one for each friend who is being asked; `wake`, `met` and `on_answer` may
be called from any and do no I/O but rows.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import SystemRandom
from uuid import UUID

from django.db import DatabaseError, connection

from portfolio.api import actions as kept_answers
from portfolio.friends import actions as friends_actions
from portfolio.link import client, crash, inbox, messages, outbox, peers
from portfolio.link.inbox import OWN_FAULT
from portfolio.link.messages import Answer, Get, Message, MessageError
from portfolio.link.peers import Unreachable
from portfolio.models import Friend, SharedPosition
from portfolio.notices import actions as notices
from portfolio.sharing import actions
from portfolio.sharing.copies.actions import fill, gone

logger = logging.getLogger(__name__)

PATIENCE = 15.0  # seconds for an answer through the relay
LONGEST = 300.0  # seconds between two tries
IDLE = 60.0  # seconds between two looks at the rows when nobody rings
STUMBLED = 5.0  # seconds after the database could not be read or written
DIGESTS = 3600.0  # seconds between two looks whether a daily digest is due
AT_ONCE = 8  # friends
_rng = SystemRandom()

Fetch = Callable[[Friend, UUID, str], bytes]
Tell = Callable[[Friend, Message], bool]


@dataclass
class _Way:
    """How one friend can be asked, until the next meeting."""

    through_relay: bool = False
    failures: int = 0
    not_before: float = 0.0

    def failed(self) -> None:
        self.failures += 1
        pause = min(LONGEST, 2.0 ** min(self.failures, 10))
        self.not_before = time.monotonic() + _rng.uniform(pause / 2, pause)


@dataclass
class _Asked:
    """A question through the relay; its answer may come in parts."""

    friend_id: int
    copy_id: UUID
    share_id: UUID
    until: float
    parts: dict[int, Answer] = field(default_factory=dict)


class Fetcher:
    def __init__(self, fetch: Fetch = peers.fetch, tell: Tell = client.tell) -> None:
        self._fetch, self._tell = fetch, tell
        self._bell, self._stop, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._ways: dict[int, _Way] = {}
        self._asked: dict[str, _Asked] = {}
        self._busy: dict[int, threading.Thread] = {}  # friends who are being asked
        self._digests_at = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="fetcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the worker, and waits for the step that it is in, and for who is being asked."""
        self._stop.set()
        self._bell.set()
        if self._thread:
            self._thread.join(10)
        for work in list(self._busy.values()):
            work.join(10)

    def wake(self) -> None:
        """Something new may be wanted."""
        self._bell.set()

    def met(self, friend: Friend) -> None:
        """The friend can be reached again: try at once, directly first."""
        with self._lock:
            self._ways.pop(friend.pk, None)
            for request in [key for key, it in self._asked.items() if it.friend_id == friend.pk]:
                del self._asked[request]
        self.wake()

    def on_answer(self, friend: Friend, answer: Answer) -> None:
        """Through the relay. What nobody asked this friend is ignored."""
        with self._lock:
            asked = self._asked.get(answer.request)
            if asked is None or asked.friend_id != friend.pk:
                return
            asked.parts[answer.part] = answer
            whole = self._joined(answer.request, asked)
        if whole is not None:
            self._settle(friend.pk, self._take(asked.copy_id, asked.share_id, whole))

    def round(self) -> float:
        """Ask for all that is due. Returns after how many seconds to look again."""
        self._give_up_old()
        wanted = SharedPosition.objects.incomplete().exclude(share_id=None).select_related("owner")
        of: dict[int, list[SharedPosition]] = defaultdict(list)
        for copy in wanted.order_by("pk"):
            of[copy.owner_id or 0].append(copy)
        for friend_id, copies in of.items():
            self._begin(friend_id, [copy for copy in copies if self._is_due(copy)])
        return self._next_look(of.keys())

    def _begin(self, friend_id: int, copies: list[SharedPosition]) -> None:
        if not copies or friend_id in self._busy or len(self._busy) >= AT_ONCE:
            return  # whoever is asked now rings when it is done
        if self._thread is None:  # not started: in the caller's thread
            return self._try_all(copies)
        arguments = (friend_id, copies)
        work = threading.Thread(target=self._ask_beside, args=arguments, daemon=True)
        self._busy[friend_id] = work
        work.start()

    def _ask_beside(self, friend_id: int, copies: list[SharedPosition]) -> None:
        try:
            self._try_all(copies)
        except DatabaseError as error:  # locked or full: what is wanted stays wanted
            logger.warning("A fetch stumbled: %s", type(error).__name__)
            self._settle(friend_id, False)
        finally:
            connection.close()
            del self._busy[friend_id]
            self._bell.set()

    def _try_all(self, copies: list[SharedPosition]) -> None:
        for copy in copies:  # each as it is by now: taken back, moved, or here already
            row = SharedPosition.objects.incomplete().select_related("owner").filter(pk=copy.pk)
            if not self._stop.is_set() and (now := row.first()):
                self._try(now)

    # The worker ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._bell.clear()
            try:
                self._chores()
                wait = self.round()
            except DatabaseError as error:  # locked or full: what is wanted stays wanted
                logger.warning("The fetcher stumbled: %s", type(error).__name__)
                wait = STUMBLED
            except Exception:  # a bug costs this round, never the fetcher
                logger.exception("The fetcher failed")
                wait = IDLE
            connection.close_if_unusable_or_obsolete()
            self._bell.wait(wait)
        connection.close()

    def _chores(self) -> None:
        if time.monotonic() >= self._digests_at:
            self._digests_at = time.monotonic() + DIGESTS
            actions.send_digests()
            friends_actions.forget_removed()
            for prune in (outbox.prune, inbox.prune, notices.prune, kept_answers.forget):
                prune()

    def _try(self, copy: SharedPosition) -> None:
        """What goes wrong with one copy is not to keep the others waiting."""
        try:
            self._ask(copy)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("A copy of %s could not be asked for", copy.owner)
            self._settle(copy.owner_id or 0, False)

    def _ask(self, copy: SharedPosition) -> None:
        if copy.owner is None or copy.share_id is None or not self._is_due(copy):
            return
        with self._lock:
            way = self._ways.setdefault(copy.owner.pk, _Way())
        if not way.through_relay:
            self._ask_directly(copy, copy.owner, copy.share_id, way)
        if way.through_relay:
            self._ask_through_relay(copy, copy.owner, copy.share_id)

    def _ask_directly(self, copy: SharedPosition, owner: Friend, share_id: UUID, way: _Way) -> None:
        request = secrets.token_urlsafe(16)
        try:
            answer = _read(self._fetch(owner, copy.uid, request), request)
        except (Unreachable, MessageError) as error:
            logger.info("%s cannot be asked directly: %s", owner.user_id, error)
            way.through_relay = True
        else:
            self._settle(owner.pk, self._take(copy.pk, share_id, answer))

    def _ask_through_relay(self, copy: SharedPosition, owner: Friend, share_id: UUID) -> None:
        request = secrets.token_urlsafe(16)
        until = time.monotonic() + PATIENCE
        with self._lock:
            self._asked[request] = _Asked(owner.pk, copy.pk, share_id, until)
        get = Get(request=request, position_id=str(copy.uid), share_id=str(share_id))
        if not self._tell(owner, get):
            with self._lock:
                self._asked.pop(request, None)
            self._settle(owner.pk, False)

    def _take(self, copy_id: UUID, share_id: UUID, answer: Answer) -> bool:
        """True: nothing is left to ask about this copy."""
        if answer.gone:
            gone(copy_id, share_id)
            return True
        if answer.snapshot is None or answer.version is None or answer.digest is None:
            return False
        try:
            filled = fill(copy_id, share_id, answer.version, answer.digest, answer.snapshot)
        except OWN_FAULT as error:  # what the database cannot hold is this answer's fault
            logger.warning("An answer cannot be kept: %s", type(error).__name__)
            return False
        crash.point("fetch_after_commit")
        return filled

    def _joined(self, request: str, asked: _Asked) -> Answer | None:
        """The whole answer, once; the question is forgotten with it. Holds the lock."""
        try:
            whole = messages.joined(list(asked.parts.values()))
        except MessageError:
            del self._asked[request]
            self._ways.setdefault(asked.friend_id, _Way()).failed()
            return None
        if whole is not None:
            del self._asked[request]
        return whole

    def _settle(self, friend_id: int, is_done: bool) -> None:
        with self._lock:
            way = self._ways.setdefault(friend_id, _Way())
            if is_done:
                way.failures, way.not_before = 0, 0.0
            else:
                way.failed()

    def _is_due(self, copy: SharedPosition) -> bool:
        with self._lock:
            way = self._ways.get(copy.owner_id or 0)
            asked = any(it.copy_id == copy.pk for it in self._asked.values())
        return not asked and (way is None or way.not_before <= time.monotonic())

    def _give_up_old(self) -> None:
        now = time.monotonic()
        with self._lock:
            for request, asked in list(self._asked.items()):
                if asked.until <= now:
                    del self._asked[request]
                    self._ways.setdefault(asked.friend_id, _Way()).failed()

    def _next_look(self, owners: Collection[int]) -> float:
        now = time.monotonic()
        with self._lock:
            times = [way.not_before for key, way in self._ways.items() if key in owners]
            times += [asked.until for asked in self._asked.values()]
        return min([IDLE, *(max(at - now, 0.05) for at in times if at > now)])


def _read(payload: bytes, request: str) -> Answer:
    """The one answer in an opened box, to this very request."""
    said = messages.decode(payload)
    answer = said[0] if len(said) == 1 else None
    if not isinstance(answer, Answer) or answer.request != request:
        raise MessageError("not the answer to this request")
    if answer.of != 1:
        raise MessageError("not the whole answer")
    return answer


fetcher = Fetcher()
start, stop, wake = fetcher.start, fetcher.stop, fetcher.wake
met, on_answer = fetcher.met, fetcher.on_answer

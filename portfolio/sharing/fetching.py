"""The fetcher: gets the content of copies that wait for it.

Promise: what the rows say is wanted is asked for until it is here: at once, again at every meeting
with its owner, and with growing pauses between. It goes to the owner's instance directly; after one
failure through the relay until the next meeting, a few at once (`asking`). A friend is asked one
thing at a time and in turns, so slow ones keep nobody else waiting. An answer is taken once, from
the friend who was asked, and fills only a copy that still exists under the share it was asked for.
It does not judge the content (`copies.actions.fill` does, in one transaction) and never blocks the
link. It also does the hourly chores (digests, old rows, who was removed), being the one clock here.
Life cycle: `start` once per serving process, from `asgi.py`; a kill at any moment costs nothing.
Threads: one worker, and one for each of a few friends who are being asked; `wake`, `met` and
`on_answer` may be called from any and do no I/O but rows.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from uuid import UUID

from django.db import DatabaseError, connection

from observability.logs import get_logger, named
from portfolio.api import actions as kept_answers
from portfolio.friends import actions as friends_actions
from portfolio.link import client, crash, generation, inbox, messages, outbox, peers
from portfolio.link.inbox import OWN_FAULT
from portfolio.link.messages import Answer, Get, Message, MessageError
from portfolio.link.peers import Unreachable
from portfolio.models import Friend, SharedPosition
from portfolio.notices import actions as notices
from portfolio.sharing import actions
from portfolio.sharing.asking import Questions, Way
from portfolio.sharing.copies.actions import fill, gone

log = get_logger(__name__)

IDLE = 60.0  # seconds between two looks at the rows when nobody rings
STUMBLED = 5.0  # seconds after the database could not be read or written
DIGESTS = 3600.0  # seconds between two looks whether a daily digest is due
AT_ONCE = 8  # friends
TURN = 2.0  # seconds after which a friend's next question waits behind the other friends

Fetch = Callable[[Friend, UUID, str], bytes]
Tell = Callable[[Friend, Message], bool]


class Fetcher:
    def __init__(self, fetch: Fetch = peers.fetch, tell: Tell = client.tell) -> None:
        self._fetch, self._tell = fetch, tell
        self._bell, self._stop = threading.Event(), threading.Event()
        self._questions = Questions()
        self._busy: dict[int, threading.Thread] = {}  # friends who are being asked
        self._turns: dict[int, int] = {}  # who had the last ones
        self._turn = count(1)
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
        self._questions.met(friend.pk)
        self.wake()

    def on_answer(self, friend: Friend, answer: Answer) -> None:
        """Through the relay. What nobody asked this friend is ignored."""
        found = self._questions.answered(friend.pk, answer)
        if found is not None:
            asked, whole = found
            done = self._take(asked.copy_id, asked.share_id, whole)
            self._questions.settle(friend.pk, done)
            self.wake()  # for the next question

    def round(self) -> float:
        """Ask for all that is due. Returns after how many seconds to look again."""
        self._questions.give_up_old()
        wanted = SharedPosition.objects.incomplete().exclude(share_id=None).order_by("pk")
        of: dict[int, list[UUID]] = defaultdict(list)
        for friend_id, copy_id in wanted.values_list("owner_id", "pk"):
            of[friend_id or 0].append(copy_id)
        for friend_id in sorted(of, key=lambda key: self._turns.get(key, 0)):
            self._begin(friend_id, [it for it in of[friend_id] if self._is_due(friend_id, it)])
        return self._questions.next_look(of.keys(), IDLE)

    def _begin(self, friend_id: int, copies: list[UUID]) -> None:
        if not copies or friend_id in self._busy or len(self._busy) >= AT_ONCE:
            return  # whoever is asked now rings when it is done
        self._turns[friend_id] = next(self._turn)
        if self._thread is None:  # not started: in the caller's thread
            return self._try_all(friend_id, copies)
        arguments = (friend_id, copies)
        work = threading.Thread(target=self._ask_beside, args=arguments, daemon=True)
        self._busy[friend_id] = work
        work.start()

    def _ask_beside(self, friend_id: int, copies: list[UUID]) -> None:
        try:
            self._try_all(friend_id, copies)
        except DatabaseError as error:  # locked or full: what is wanted stays wanted
            log.warning("A fetch stumbled", why=named(error))
            self._questions.settle(friend_id, False)
        finally:
            connection.close()
            del self._busy[friend_id]
            self._bell.set()

    def _try_all(self, friend_id: int, copies: list[UUID]) -> None:
        until = time.monotonic() + TURN
        for copy_id in copies:
            if self._is_due(friend_id, copy_id):
                self._try(friend_id, copy_id)
            if self._stop.is_set() or time.monotonic() >= until:
                return

    # The worker ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._bell.clear()
            try:
                self._chores()
                wait = self.round()
            except DatabaseError as error:  # locked or full: what is wanted stays wanted
                log.warning("The fetcher stumbled", why=named(error))
                wait = STUMBLED
            except Exception:  # a bug costs this round, never the fetcher
                log.exception("The fetcher failed")
                wait = IDLE
            connection.close_if_unusable_or_obsolete()
            self._bell.wait(wait)
        connection.close()

    def _chores(self) -> None:
        if time.monotonic() >= self._digests_at:
            self._digests_at = time.monotonic() + DIGESTS
            if client.has_checked():  # before that, it would hide a restore
                generation.advance()
            actions.send_digests()
            friends_actions.forget_removed()
            for prune in (outbox.prune, inbox.prune, notices.prune, kept_answers.forget):
                prune()

    def _try(self, friend_id: int, copy_id: UUID) -> None:
        """The copy as it is by now: taken back, moved, or here already. What goes wrong with one is
        not to keep the others waiting.
        """
        rows = SharedPosition.objects.incomplete().select_related("owner").filter(pk=copy_id)
        try:
            if copy := rows.first():
                self._ask(copy)
        except DatabaseError:
            raise
        except Exception:
            log.exception("A copy could not be asked for", friend=friend_id)
            self._questions.settle(friend_id, False)

    def _ask(self, copy: SharedPosition) -> None:
        if copy.owner is None or copy.share_id is None:
            return
        way = self._questions.way(copy.owner.pk)
        if not way.through_relay:
            self._ask_directly(copy, copy.owner, copy.share_id, way)
        if way.through_relay:
            self._ask_through_relay(copy, copy.owner, copy.share_id)

    def _ask_directly(self, copy: SharedPosition, owner: Friend, share_id: UUID, way: Way) -> None:
        request = secrets.token_urlsafe(16)
        try:
            answer = _read(self._fetch(owner, copy.uid, request), request)
        except (Unreachable, MessageError) as error:
            log.info("Owner not reached directly", user_id=owner.user_id, why=named(error))
            way.through_relay = True
        else:
            self._questions.settle(owner.pk, self._take(copy.pk, share_id, answer))

    def _ask_through_relay(self, copy: SharedPosition, owner: Friend, share_id: UUID) -> None:
        request = secrets.token_urlsafe(16)
        self._questions.ask(request, owner.pk, copy.pk, share_id)
        get = Get(request=request, position_id=str(copy.uid), share_id=str(share_id))
        if not self._tell(owner, get):
            self._questions.unsaid(request)

    def _is_due(self, friend_id: int, copy_id: UUID) -> bool:
        return self._questions.may_ask(friend_id, copy_id)

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
            log.warning("An answer cannot be kept", why=named(error))
            return False
        crash.point("fetch_after_commit")
        return filled


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

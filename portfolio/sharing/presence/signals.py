"""Presence on its way: from my tabs to friends, and from friends to my tabs.

Promise: a friend hears of a position only while they may read it; I hear of one only from a reader
of mine or from its owner. Readers need not know each other, so the owner passes on what one of them
says, in that reader's name. All tabs of mine together say one thing. What a friend says more often
than people do is dropped before it costs a query.

Threads: tabs' signals come in threads of the server, friends' in the link's, and what ends by
itself is noticed by a thread of its own; one lock guards the boards, one the order of what is said.
`PRESENCE` is this process's; only where the link is held is anybody on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from threading import Condition, Lock, Thread
from uuid import UUID

import msgspec
from django.db import close_old_connections
from msgspec import Raw

from observability.logs import get_logger
from portfolio.access import me, share_of
from portfolio.link import client
from portfolio.link.cards import clean_name
from portfolio.link.events import Author
from portfolio.link.messages import Message, Signal
from portfolio.link.pacing import Pace
from portfolio.live.push import changed
from portfolio.models import Friend, Identity, Share, SharedPosition
from portfolio.sharing.presence.board import Board, Scene, Word

log = get_logger(__name__)

Tell = Callable[[Friend, Message], bool]

LINGER = 1.0  # seconds from a tab's end until friends hear of it: pages are loaded again
AGAIN: dict[Word, float] = {"typing": 2.0, "looking": 15.0, "left": 45.0}  # said no sooner than
WORDS: dict[str, Word] = {"typing": "typing", "looking": "looking", "left": "left"}
BODY_BYTES = 500
HEARD = (10.0, 30.0)  # a second and at once: what is looked at of one friend's signals
PASSED_ON = (1.0, 6.0)  # and how many of these are passed on to the other readers
READERS = 50  # whom one signal goes to, at most


class Where(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a signal. `by` is the owner's to say: which of the readers it is about."""

    position_id: UUID
    by: Author | None = None


class Presence:
    """One instance's: who of my friends is where, and what they were told of me."""

    def __init__(self, clock: Callable[[], float], tell: Tell) -> None:
        self._clock, self._tell = clock, tell
        self._friends, self._tabs = Board(), Board()
        self._said: dict[str, tuple[Word, float]] = {}  # per place: what friends heard, and when
        self._heard: dict[str, Pace] = {}  # per friend
        self._passed_on: dict[str, Pace] = {}
        self._lock, self._order = Condition(), Lock()

    def at(self, place: str) -> Scene:
        """Which friends are there."""
        with self._lock:
            return self._friends.at(place, self._clock())

    # From my tabs -----------------------------------------------------------------------------

    def typing(self, tab: str, place: str) -> None:
        self._put(tab, place, "typing")

    def looking(self, tab: str, place: str) -> None:
        """The tab is visible, and nothing is typed in it."""
        self._put(tab, place, "looking")

    def left(self, tab: str, place: str) -> None:
        """The tab is hidden, or gone."""
        with self._lock:
            self._tabs.linger(place, tab, self._clock() + LINGER)
            self._lock.notify()

    def _put(self, tab: str, place: str, word: Word) -> None:
        with self._lock:
            self._tabs.put(place, tab, word, self._clock())
            self._lock.notify()
        self._say(place)

    def _say(self, place: str) -> None:
        """To friends, if it is news or was said long enough ago."""
        with self._order:
            word, now = self._due(place), self._clock()
            if word is None or not _may_tell(me()):
                return
            self._said[place] = word, now
            if word == "left":
                del self._said[place]
            self._send(place, word)

    def _due(self, place: str) -> Word | None:
        with self._lock:
            now = self._clock()
            word = self._tabs.at(place, now).word
        said, at = self._said.get(place, ("left", now))
        return word if word != said or now >= at + AGAIN[word] else None

    def _send(self, place: str, word: Word, only: Collection[str] | None = None) -> None:
        shown = SharedPosition.objects.shown().select_related("owner")
        position = shown.filter(pk=place).order_by().first()
        if position is not None:
            audience = [one for one in _audience(position) if not only or one.user_id in only]
            self._tell_all(audience, word, Where(position.uid))

    def _tell_all(self, friends: Iterable[Friend], word: Word, where: Where) -> None:
        signal, told = Signal(name=word, body=Raw(msgspec.json.encode(where))), 0
        for friend in friends:
            told += self._tell(friend, signal)
            if told == READERS:
                return

    # From friends -----------------------------------------------------------------------------

    def heard(self, friend: Friend, signal: Signal) -> None:
        """What a friend says, if it is theirs to say. Anything else is nothing."""
        word, body = WORDS.get(signal.name), bytes(signal.body)
        if word is None or len(body) > BODY_BYTES or not self._allows(self._heard, friend, HEARD):
            return
        try:
            where = _read(body)
        except msgspec.MsgspecError:
            return
        said = Author(friend.user_id, friend.display_name)
        if share := share_of(friend, where.position_id):
            if self._note(share.position, friend, said, word):
                self._greet(share.position, friend)
            self._pass_on(share.position, friend, Where(share.position.uid, said), word)
        elif copy := _copy(friend, where.position_id):
            new = self._note(copy, friend, where.by or said, word)
            if new and where.by is None:
                self._greet(copy, friend)

    def _note(self, position: SharedPosition, via: Friend, who: Author, word: Word) -> bool:
        """On the board, if I see others at all; what I do myself comes back from nobody. True for
        somebody who was not there before.
        """
        identity, name, place = me(), clean_name(who.display_name), str(position.pk)
        if who.id == identity.user_id or not identity.shows_presence or not name:
            return False
        with self._lock:
            now = self._clock()
            known = who.id in self._friends.at(place, now).people
            news = self._friends.put(place, who.id, word, now, name, via.user_id)
            self._lock.notify()
        if news:
            changed("presence", place)
        return not known and word != "left"

    def _greet(self, position: SharedPosition, friend: Friend) -> None:
        """Who has just come hears at once who is there: I, and at mine the other readers."""
        place = str(position.pk)
        if not _may_tell(me()) or not self._allows(self._passed_on, friend, PASSED_ON):
            return
        if said := self._said.get(place):
            self._tell_all([friend], said[0], Where(position.uid))
        others = self.at(place).people if position.owner_id is None else {}
        for who in others.keys() - {friend.user_id}:
            self._tell_all([friend], "looking", Where(position.uid, Author(who, others[who])))

    def _pass_on(self, position: SharedPosition, friend: Friend, where: Where, word: Word) -> None:
        """To the other readers, in that friend's own name; also while I show nothing of myself."""
        if me().restored_at or not self._allows(self._passed_on, friend, PASSED_ON):
            return
        others = [reader for reader in _audience(position) if reader.pk != friend.pk]
        self._tell_all(others, word, where)

    def _allows(self, paces: dict[str, Pace], friend: Friend, limit: tuple[float, float]) -> bool:
        (rate, burst), now = limit, self._clock()
        return paces.setdefault(friend.user_id, Pace(rate, burst, burst, now)).allow(now)

    def removed(self, copy: SharedPosition) -> None:
        """I have removed a copy that I was looking at: its owner hears at once that I am gone."""
        with self._order:
            said = self._said.pop(str(copy.pk), None)
        if said and copy.owner and _may_tell(me()):
            self._tell_all([copy.owner], "left", Where(copy.uid))

    def revoked(self, share: Share) -> None:
        """Who may read no more is seen here no more, whatever they look at."""
        place, who = str(share.position_id), share.friend.user_id
        with self._lock:
            is_news = self._friends.put(place, who, "left", self._clock())
        if is_news:
            changed("presence", place)

    # What happens by itself -------------------------------------------------------------------

    def met(self, online: Collection[str], came: Collection[str]) -> None:
        """Who can be reached has changed: the others are nowhere, and who came hears of me."""
        with self._lock:
            gone = self._friends.keep(online)
        _redraw(gone)
        with self._order:
            for place in list(self._said) if came and _may_tell(me()) else ():
                self._send(place, self._said[place][0], only=came)

    def forget(self) -> None:
        """I show myself no longer, or again: friends see me go, I see nobody, and all begins
        anew.
        """
        with self._lock:
            shown = self._friends.clear()
        _redraw(shown)
        with self._order:
            for place in list(self._said):
                self._send(place, "left")
            self._said.clear()

    def step(self) -> None:
        """What has ended by now ends."""
        with self._lock:
            now = self._clock()
            theirs, mine = self._friends.expire(now), self._tabs.expire(now)
        _redraw(theirs)
        for place in mine:
            self._say(place)

    def start(self) -> None:
        """From here on, what ends by itself is noticed."""
        Thread(target=self._watch, name="presence", daemon=True).start()

    def _watch(self) -> None:
        while True:
            with self._lock:
                due = min(filter(None, (self._friends.next(), self._tabs.next())), default=None)
                self._lock.wait(None if due is None else max(0.01, due - self._clock()))
            close_old_connections()
            try:
                self.step()
            except Exception:  # the places of later must not wait for ever
                log.exception("What ended at one place was not told")
            close_old_connections()


_read = msgspec.json.Decoder(Where).decode


def _may_tell(identity: Identity) -> bool:
    """Not before the person has looked at what a restored backup shares."""
    return identity.shows_presence and identity.restored_at is None


def _copy(friend: Friend, uid: UUID) -> SharedPosition | None:
    copies = SharedPosition.objects.copies().shown()
    return copies.filter(owner=friend, uid=uid).order_by().first()


def _audience(position: SharedPosition) -> Iterable[Friend]:
    """The owner of a copy; of mine, everybody who may read it."""
    if position.owner:
        return [position.owner]
    return Friend.objects.accepted().filter(shares__in=position.shares.live())


def _redraw(places: Iterable[str]) -> None:
    for place in places:
        changed("presence", place)


PRESENCE = Presence(time.monotonic, client.tell)

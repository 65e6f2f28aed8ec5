"""Several whole instances in one process: each with its own database, keys and friends.

Inside `with alice:` everything is Alice's. `World.pump` passes sealed boxes between the instances'
own `Peer`s, in order, until nobody has anything to say: the link without a relay. Nothing of ours
is replaced; a fetch goes through the API's view.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.cache import cache
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import RequestFactory, override_settings

from portfolio.friends import actions as friends_actions
from portfolio.friends import incoming as friends_incoming
from portfolio.link import identity, outbox, sealing
from portfolio.link.hooks import Hooks
from portfolio.link.messages import Message
from portfolio.link.peer import Peer
from portfolio.link.peers import Unreachable
from portfolio.link.sealing import SealingError
from portfolio.models import Comment, Friend, Reaction, Share, SharedPosition
from portfolio.notices import actions as notices
from portfolio.sharing import api, checks, incoming, serving, state
from portfolio.sharing.copies import found
from portfolio.sharing.copies.actions import renew_leases
from portfolio.sharing.fetching import Fetcher
from portfolio.sharing.incoming import HANDLERS
from portfolio.sharing.presence.signals import Presence

EPOCH_PAUSE = 61  # seconds: a friend gets one new epoch a minute

SNAPSHOT: dict[str, Any] = {
    "schema": 1,
    "symbol": "AAPL",
    "direction": "bullish",
    "strategy": "Long call",
    "status": "planned",
    "legs": [{"side": "buy", "kind": "call", "quantity": 1, "strike": "190", "multiplier": 100}],
    "thesis": "Strong quarter ahead: “buy”",
    "tags": ["earnings"],
}


def snapshot(thesis: str = "") -> dict[str, Any]:
    return SNAPSHOT | {"thesis": thesis or SNAPSHOT["thesis"]}


@lru_cache
def _template() -> DatabaseWrapper:
    """A SQLite in memory with all our tables, empty."""
    database = DatabaseWrapper(_settings(), "default")
    with database.schema_editor() as editor:
        for model in apps.get_app_config("portfolio").get_models():
            editor.create_model(model)
    return database


def _database() -> DatabaseWrapper:
    database = DatabaseWrapper(_settings(), "default")
    database.ensure_connection()
    _template().connection.backup(database.connection)
    return database


def _settings() -> dict[str, Any]:
    base = connections["default"].settings_dict
    options = {"transaction_mode": "IMMEDIATE"}
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": options}
    return {**base, **sqlite}


@contextmanager
def together() -> Iterator[None]:
    """As `wiring` has it."""
    with notices.batch(), found.batch():
        yield


class Instance:
    """One person's instance; a context manager that makes it the current one."""

    def __init__(self, name: str, folder: Path, world: World) -> None:
        self.name, self.folder, self.world = name, folder / name, world
        self.folder.mkdir()
        self.database = _database()
        self.peers: dict[str, Peer] = {}
        self.reachable = True  # over HTTP
        self.called: list[str] = []  # by which address friends have asked
        self.fetcher = Fetcher(self._fetch, self._tell)
        self.presence = Presence(lambda: world.now, self._tell)
        self._outer: list[tuple[BaseDatabaseWrapper, override_settings]] = []
        with self:
            self.identity = identity.ensure(name, f"http://{name.lower()}.example")
            self.keys = identity.keys()
        self.user_id = self.identity.user_id

    def __enter__(self) -> Instance:
        folder = override_settings(DATA_DIR=self.folder)
        folder.enable()
        self._outer.append((connections["default"], folder))
        connections["default"] = self.database
        return self

    def __exit__(self, *_: object) -> None:
        connections["default"], folder = self._outer.pop()
        folder.disable()

    def friend(self, other: Instance) -> Friend:
        """The other as this instance's row, read anew."""
        with self:
            return Friend.objects.get(user_id=other.user_id)

    def refresh(self) -> None:
        """As the link does when friends have changed: another row is another friendship."""
        with self:
            rows = {row.user_id: row for row in Friend.objects.listed()}
            for user_id in self.peers.keys() - rows.keys():
                del self.peers[user_id]
            for user_id, row in rows.items():
                if user_id not in self.peers or self.peers[user_id].friend.pk != row.pk:
                    self.peers[user_id] = Peer(row, self._hooks())

    def add_friend(self, other: Instance) -> None:
        with self:
            friend = Friend.objects.create(
                user_id=other.user_id,
                display_name=other.name,
                backend_url=other.identity.backend_url,
                box_key=other.keys.box_key,
                state=Friend.State.FRIEND,
            )
            self.peers[other.user_id] = Peer(friend, self._hooks())

    def knows(self, other: Instance) -> bool:
        return other.user_id in self.peers

    def start_anew(self) -> None:
        """What a kill leaves: the rows."""
        self.fetcher = Fetcher(self._fetch, self._tell)
        with self:
            for user_id in self.peers:
                friend = Friend.objects.get(user_id=user_id)
                self.peers[user_id] = Peer(friend, self._hooks())

    def hear_from(self, other: Instance) -> list[str]:
        """The boxes that wait here for the other."""
        with self:
            peer = self.peers[other.user_id]
            friend = Friend.objects.get(user_id=other.user_id)
            return [box.sealed for box in peer.boxes(outbox.cursor_of(friend), self.world.now)]

    def _hooks(self) -> Hooks:
        return Hooks(
            handlers={**friends_incoming.HANDLERS, **HANDLERS},
            batch=together,
            restate=lambda friend: friends_incoming.restate(friend, state.restate),
            on_delivery=lambda friend, subjects: None,
            on_state=lambda: None,
            on_lease=renew_leases,
            on_refused=incoming.refused,
            on_meeting=self.fetcher.met,
            on_get=serving.on_get,
            on_answer=self.fetcher.on_answer,
            on_signal=self.presence.heard,
            on_card=friends_incoming.card_came,
            on_heard=friends_incoming.heard,
            on_knock=lambda user_id, payload: None,
            knocks=list,
            invites=list,
        )

    def _fetch(self, friend: Friend, position_id: UUID, request: str) -> bytes:
        """GET from the owner's API, as `peers.fetch` would."""
        owner = self.world.by_id[friend.user_id]
        path = f"/api/v1/positions/ideas/{position_id}"
        token = identity.fetch_token(friend.user_id, path, request, int(time.time()))
        if not friend.address:
            raise Unreachable("no address")
        owner.called.append(friend.address)
        if not owner.reachable:
            raise Unreachable("TimeoutError")
        with owner:
            answer = get(path, token, position_id)
        if answer.status_code != 200:
            raise Unreachable(f"answered {answer.status_code}")
        return sealing.open_box(json.loads(answer.content)["box"], identity.keys(), friend.user_id)

    def _tell(self, friend: Friend, message: Message) -> bool:
        peer = self.peers[friend.user_id]
        if peer.online:
            peer.say(message)
        return peer.online


def get(path: str, token: str, position_id: UUID) -> Any:
    """What the API of the current instance answers to this token."""
    request = RequestFactory().get(path, headers={"Authorization": f"Bearer {token}"})
    return api.shared_idea(request, position_id=position_id).render()


class World:
    """Alice, Bob and Charlie, and all the time they need."""

    def __init__(self, folder: Path) -> None:
        self.now, self.folder = 1000.0, folder
        self.by_id: dict[str, Instance] = {}
        self.alice, self.bob, self.charlie = (
            Instance(name, folder, self) for name in ("Alice", "Bob", "Charlie")
        )
        self.all = [self.alice, self.bob, self.charlie]
        self.by_id |= {one.user_id: one for one in self.all}
        cache.clear()

    def close(self) -> None:
        for one in self.all:
            one.database.connection.close()

    def newcomer(self, name: str) -> Instance:
        """One more person, who may have the name of another."""
        folder = self.folder / str(len(self.all))
        folder.mkdir()
        came = Instance(name, folder, self)
        self.all.append(came)
        self.by_id[came.user_id] = came
        return came

    def introduce(self, host: Instance, guest: Instance) -> None:
        """The whole way: a code, a knock, the first boxes."""
        with host:
            _invite, code = friends_actions.invite()
        with guest:
            friends_actions.accept_code(code)
            knocks = [knock for knock in friends_incoming.knocks() if knock.user_id == host.user_id]
        with host:
            payload = sealing.open_box(knocks[0].box, identity.keys(), guest.user_id)
            friends_incoming.knocked(guest.user_id, payload)
        self.meet(host, guest)

    def befriend(self, one: Instance, other: Instance) -> None:
        one.add_friend(other)
        other.add_friend(one)
        self.meet(one, other)

    def meet(self, one: Instance, other: Instance) -> None:
        """A while later both are there, and what waits is passed on until nothing does."""
        self.now += EPOCH_PAUSE
        for me in (one, other):
            me.refresh()
        for me, them in ((one, other), (other, one)):
            if me.knows(them) and them.knows(me):  # the relay's rule
                with me:
                    me.peers[them.user_id].meet(self.now)
        self.pump()

    def comes_back(self, one: Instance, other: Instance) -> None:
        """After a moment that nobody has noticed: the other still believes to be in touch."""
        with one:
            one.peers[other.user_id].meet(self.now)
        for _ in range(3):
            self.pump()
            self.now += EPOCH_PAUSE
            for me, them in ((one, other), (other, one)):
                with me:
                    peer = me.peers[them.user_id]
                    if self.now >= peer.asks_at():
                        peer.ask(self.now)
        self.pump()

    def part(self, one: Instance, other: Instance) -> None:
        one.peers[other.user_id].part()
        other.peers[one.user_id].part()

    def pump(self, rounds: int = 200) -> None:
        for _ in range(rounds):
            self.now += 1
            if not (self._pass_boxes() + self._fetch()):
                return
        raise AssertionError("a storm: they never stop talking")

    def _pass_boxes(self) -> int:
        passed = 0
        for one in self.all:
            one.refresh()
            for user_id, peer in one.peers.items():
                other = self.by_id[user_id]
                passed += self.hand(one, other) if peer.online else 0
        return passed

    def hand(self, one: Instance, other: Instance) -> int:
        """Pass on what one has to say to the other."""
        boxes = one.hear_from(other)
        with other:
            for box in boxes if other.knows(one) else []:
                try:
                    other.peers[one.user_id].hear(box, self.now)
                except SealingError:
                    other.peers[one.user_id].misheard(self.now)  # as the session does
        return len(boxes)

    def _fetch(self) -> int:
        done = 0
        for one in self.all:
            with one:
                before = SharedPosition.objects.incomplete().count()
                one.fetcher.round()
                done += before - SharedPosition.objects.incomplete().count()
        return done


@contextmanager
def the_world(folder: Path) -> Iterator[World]:
    world = World(folder)
    try:
        yield world
    finally:
        world.close()


def held(at: Instance, owner: Instance) -> dict[UUID, Any]:
    """What an instance has of another's: uid -> share, version, the snapshot's bytes, comments."""
    with at:
        rows = SharedPosition.objects.filter(owner__user_id=owner.user_id)
        return {
            row.uid: (row.share_id, row.version, checks.canonical(row.snapshot), _thread(row))
            for row in rows
        }


def offered(by: Instance, to: Instance) -> dict[UUID, Any]:
    """What a fresh fetch of everything gives: the served answers and the threads as restated."""
    with by:
        friend = Friend.objects.get(user_id=to.user_id)
        return {
            share.position.uid: (share.pk, *_served(friend, share), _thread(share.position))
            for share in Share.objects.live().filter(friend=friend)
        }


def _served(friend: Friend, share: Share) -> tuple[int | None, bytes]:
    answer = serving.answer(friend, share.position.uid, "r" * 22, share.pk)
    assert answer is not None
    assert answer.digest == checks.digest(answer.snapshot)
    return answer.version, checks.canonical(answer.snapshot)


def _thread(position: SharedPosition) -> tuple[list[Any], list[Any]]:
    """What was said, in order, and what was put on it."""
    fields = ("uid", "number", "author", "author_name", "text", "revision", "deleted")
    said = position.comments.in_order().values_list(*fields, "reply_to", "created_at")
    put = Reaction.objects.stated().filter(comment__position=position)
    signs = put.values_list("comment__uid", "author", "author_name", "revision", "signs")
    return list(said), sorted(signs)


def texts(at: Instance, uid: UUID) -> list[str]:
    """What is to be read in a position's thread, in order."""
    with at:
        comments = Comment.objects.filter(position__uid=uid, deleted=False)
        return list(comments.in_order().values_list("text", flat=True))

"""The fetcher: directly, through the relay after a failure, again at a meeting, and nothing
forged.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from portfolio.link import client, generation, messages
from portfolio.link.messages import Answer, Get, Message
from portfolio.link.peers import Unreachable
from portfolio.models import Friend, Identity, Share, SharedPosition
from portfolio.sharing import actions, fetching, serving
from portfolio.sharing.fetching import Fetcher
from portfolio.wiring import hooks
from tests.sharing import scene
from tests.sharing.world import World, held, offered, snapshot
from tests.system.cluster import wait_for

Payload = Callable[[str], bytes]


def shared(world: World, reachable: bool = True) -> SharedPosition:
    """Alice shares with Bob, who is told but has not fetched yet."""
    world.alice.reachable = reachable
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.share_position(idea, world.alice.friend(world.bob))
    world.hand(world.alice, world.bob)
    return idea


def version_at_bob(world: World) -> list[int]:
    with world.bob:
        return list(SharedPosition.objects.values_list("version", flat=True))


def answer_of(world: World, request: str) -> Answer:
    with world.alice:
        bob = world.alice.friend(world.bob)
        answer = serving.answer(bob, SharedPosition.objects.get().pk, request)
    assert answer is not None
    return answer


class Transports:
    """What a fetcher is given to ask with: notes every question, answers as told."""

    def __init__(self, reply: Payload | None = None, relay: bool = True) -> None:
        self.reply, self.relay = reply, relay
        self.direct: list[str] = []
        self.relayed: list[Get] = []
        self.fetcher = Fetcher(self.fetch, self.tell)

    def fetch(self, friend: Friend, position_id: UUID, request: str) -> bytes:
        self.direct.append(request)
        if self.reply is None:
            raise Unreachable("TimeoutError")
        return self.reply(request)

    def tell(self, friend: Friend, message: Message) -> bool:
        assert isinstance(message, Get)
        self.relayed.append(message)
        return self.relay


def test_fetched_directly(friends: World) -> None:
    idea = shared(friends)
    assert version_at_bob(friends) == [0]
    friends.pump()
    assert held(friends.bob, friends.alice) == offered(friends.alice, friends.bob)
    with friends.bob:
        assert SharedPosition.objects.get().uid == idea.pk


def test_fetched_through_the_relay(friends: World) -> None:
    shared(friends, reachable=False)
    friends.pump()
    assert held(friends.bob, friends.alice) == offered(friends.alice, friends.bob)
    assert version_at_bob(friends) == [1]


def test_gone_erases_the_copy(friends: World) -> None:
    shared(friends)
    with friends.alice:
        Share.objects.all().delete()
    friends.pump()
    assert version_at_bob(friends) == []


def test_through_the_relay_until_the_next_meeting(friends: World) -> None:
    shared(friends)
    ways = Transports()
    with friends.bob:
        ways.fetcher.round()
        ways.fetcher.round()
        assert (len(ways.direct), len(ways.relayed)) == (1, 1)  # one question at a time
        ways.fetcher.met(friends.bob.friend(friends.alice))
        ways.fetcher.round()
    assert (len(ways.direct), len(ways.relayed)) == (2, 2)
    copy = ways.relayed[0]
    with friends.bob:
        row = SharedPosition.objects.get()
    assert (copy.position_id, copy.share_id) == (str(row.uid), str(row.share_id))


def test_unreachable_friend_is_left_alone_for_a_while(friends: World) -> None:
    shared(friends)
    ways = Transports(relay=False)
    with friends.bob:
        pause = ways.fetcher.round()
        assert 0.5 < pause <= 2.0
        ways.fetcher.round()
    assert (len(ways.direct), len(ways.relayed)) == (1, 1)


def test_what_changes_during_a_round_counts_at_once(friends: World) -> None:
    """Alice moves while Bob asks for her first idea: her old address is not called again."""
    for _ in range(2):
        shared(friends)
    called: list[str] = []

    def fetch(owner: Friend, _position_id: UUID, request: str) -> bytes:
        called.append(owner.address)
        Friend.objects.filter(pk=owner.pk).update(moved_to="https://elsewhere.example")
        return messages.encode([Answer(request=request, gone=True)])

    with friends.bob:
        before = friends.bob.friend(friends.alice).address
        Fetcher(fetch, lambda _friend, _message: True).round()
    assert (called[0], before in called[1:]) == (before, False)


def test_idle_without_anything_wanted(friends: World) -> None:
    ways = Transports()
    with friends.bob:
        assert ways.fetcher.round() == 60.0
    assert ways.direct == []


def test_answer_through_the_relay_fills_once(friends: World) -> None:
    shared(friends)
    ways = Transports()
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        ways.fetcher.round()
        answer = answer_of(friends, ways.relayed[0].request)
        ways.fetcher.on_answer(alice, answer)
        assert version_at_bob(friends) == [1]
        SharedPosition.objects.update(version=0)
        ways.fetcher.on_answer(alice, answer)
        assert version_at_bob(friends) == [0]


def test_answer_in_parts_of_any_order(friends: World) -> None:
    shared(friends)
    ways = Transports()
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        ways.fetcher.round()
        whole = answer_of(friends, ways.relayed[0].request)
        text = json.dumps(whole.snapshot)
        pieces = [text[:40], text[40:90], text[90:]]
        for part in (3, 1, 1, 2):
            assert version_at_bob(friends) == [0]
            ways.fetcher.on_answer(
                alice,
                Answer(
                    request=whole.request,
                    part=part,
                    of=3,
                    version=whole.version,
                    digest=whole.digest,
                    text=pieces[part - 1],
                ),
            )
        assert version_at_bob(friends) == [1]


@pytest.mark.parametrize("of", [2, 3])
def test_parts_that_do_not_fit_together(friends: World, of: int) -> None:
    shared(friends)
    ways = Transports()
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        ways.fetcher.round()
        request = ways.relayed[0].request
        for part, digest in ((1, "a" * 64), (2, "b" * 64)):
            ways.fetcher.on_answer(
                alice, Answer(request=request, part=part, of=of, digest=digest, text="{")
            )
        assert version_at_bob(friends) == [0]


def test_answer_of_somebody_who_was_not_asked(friends: World) -> None:
    shared(friends)
    ways = Transports()
    with friends.bob:
        mallory = Friend.objects.create(user_id="M" * 43, display_name="Mallory", state="friend")
        ways.fetcher.round()
        ways.fetcher.on_answer(mallory, answer_of(friends, ways.relayed[0].request))
        ways.fetcher.on_answer(mallory, Answer(request=ways.relayed[0].request, gone=True))
        assert version_at_bob(friends) == [0]


def forged_request(world: World) -> Payload:
    return lambda request: messages.encode([answer_of(world, "another request")])


def replayed_event(world: World) -> Payload:
    get = Get(request="r", position_id="p", share_id="s")
    return lambda request: messages.encode([get])


def garbage(world: World) -> Payload:
    return lambda request: b"{"


def two_answers(world: World) -> Payload:
    return lambda request: messages.encode([answer_of(world, request)] * 2)


def a_part(world: World) -> Payload:
    return lambda request: messages.encode([Answer(request=request, part=1, of=2)])


@pytest.mark.parametrize("kind", [forged_request, replayed_event, garbage, two_answers, a_part])
def test_wrong_direct_answer_is_no_answer(friends: World, kind: Callable[[World], Payload]) -> None:
    shared(friends)
    ways = Transports(reply=kind(friends))
    with friends.bob:
        ways.fetcher.round()
    assert version_at_bob(friends) == [0]
    assert len(ways.relayed) == 1


def test_answer_without_content_is_asked_again_later(friends: World) -> None:
    shared(friends)
    ways = Transports(reply=lambda request: messages.encode([Answer(request=request)]))
    with friends.bob:
        assert ways.fetcher.round() <= 2.0
        ways.fetcher.round()
    assert len(ways.direct) == 1


def test_answer_for_a_share_that_was_replaced(friends: World) -> None:
    """Asked under one share, answered when the copy stands under another."""
    shared(friends)
    ways = Transports()
    with friends.bob:
        ways.fetcher.round()
        SharedPosition.objects.update(share_id=uuid4())
        answer = Answer(request=ways.relayed[0].request, gone=True)
        ways.fetcher.on_answer(friends.bob.friend(friends.alice), answer)
        assert version_at_bob(friends) == [0]


def test_worker_wakes_and_stops(world: World) -> None:
    rung = threading.Event()

    class Counting(Fetcher):
        def round(self) -> float:
            rung.set()
            return 60.0

        def _chores(self) -> None:
            """Nothing of a database in this test."""

    fetcher = Counting()
    fetcher.start()
    assert rung.wait(5)
    rung.clear()
    fetcher.wake()
    assert rung.wait(5)
    began = time.monotonic()
    fetcher.stop()
    assert time.monotonic() - began < 5


def test_a_copy_that_makes_trouble_ends_no_round(friends: World) -> None:
    shared(friends)

    def reply(_request: str) -> bytes:
        raise ValueError("a bug")

    asked = Transports(reply)
    with friends.bob:
        assert 0 < asked.fetcher.round() <= 2.0
        asked.fetcher.round()
    assert len(asked.direct) == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_friend_keeps_nobody_waiting() -> None:
    scene.alice()
    slow, quick = scene.friend("Slow"), scene.friend("Quick")
    for owner in (slow, slow, quick, quick):
        scene.copy(owner, version=0, wanted_version=1)
    told, asked = threading.Event(), []

    def fetch(friend: Friend, _position_id: UUID, request: str) -> bytes:
        asked.append(friend.pk)
        if friend == slow:
            told.wait(30)
        return messages.encode([Answer(request=request, gone=True)])

    fetcher = Fetcher(fetch, lambda _friend, _message: False)
    fetcher.start()
    try:
        wait_for(lambda: slow.pk in asked, what="the slow one's turn")
        wait_for(lambda: asked.count(quick.pk) >= 2, what="both of the quick one")
        assert asked.count(slow.pk) == 1  # one question at a time
        told.set()
        wait_for(lambda: asked.count(slow.pk) >= 2, what="the other of the slow one")
    finally:
        told.set()
        fetcher.stop()


def test_many_through_the_relay_and_none_lost(friends: World) -> None:
    """More than a friend has room to answer at once: nothing is lost, so nothing is asked again."""
    friends.alice.reachable = False
    with friends.alice:
        for number in range(150):
            idea = actions.create_position(snapshot(f"Idea {number}"))
            actions.share_position(idea, friends.alice.friend(friends.bob))
    friends.pump()
    with friends.bob:
        SharedPosition.objects.update(version=0, snapshot={})  # and now all at once
        friends.bob.fetcher.round()
    friends.pump()
    assert version_at_bob(friends) == [1] * 150


def test_few_questions_at_once(friends: World) -> None:
    for _ in range(12):
        shared(friends)
    ways = Transports()
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        ways.fetcher.round()
        assert (len(ways.direct), len(ways.relayed)) == (1, 8)
        ways.fetcher.on_answer(alice, Answer(request=ways.relayed[0].request, gone=True))
        ways.fetcher.round()
        assert len(ways.relayed) == 9
        ways.fetcher.round()
        assert len(ways.relayed) == 9


@pytest.mark.django_db(transaction=True)
def test_an_answer_rings_for_the_next_question() -> None:
    scene.alice()
    owner = scene.friend("Slow")
    for _ in range(12):
        scene.copy(owner, version=0, wanted_version=1)
    asked: list[str] = []

    def fetch(_friend: Friend, _position_id: UUID, _request: str) -> bytes:
        raise Unreachable("no address")

    def tell(_friend: Friend, message: Message) -> bool:
        assert isinstance(message, Get)
        asked.append(message.request)
        return True

    fetcher = Fetcher(fetch, tell)
    fetcher.start()
    try:
        wait_for(lambda: len(asked) == 8, what="the first questions")
        fetcher.on_answer(owner, Answer(request=asked[0], gone=True))
        wait_for(lambda: len(asked) == 9, what="the next question")
    finally:
        fetcher.stop()


@pytest.mark.django_db(transaction=True)
def test_many_slow_friends_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """More slow friends than are asked at once, with much to ask each: the last one has a turn
    before the first are done.
    """
    monkeypatch.setattr(fetching, "TURN", 0.0)
    scene.alice()
    crowd = [scene.friend(name) for name in "ABCDEFGHI"]
    for owner in crowd * 2:
        scene.copy(owner, version=0, wanted_version=1)
    asked: list[int] = []
    go_on = threading.Semaphore(0)

    def fetch(friend: Friend, _position_id: UUID, request: str) -> bytes:
        asked.append(friend.pk)
        go_on.acquire(timeout=30)
        return messages.encode([Answer(request=request, gone=True)])

    fetcher = Fetcher(fetch, lambda _friend, _message: False)
    fetcher.start()
    try:
        wait_for(lambda: len(asked) == 8, what="as many as are asked at once")
        go_on.release()
        wait_for(lambda: len(asked) == 9, what="the next turn")
        assert sorted(asked) == sorted(friend.pk for friend in crowd)
    finally:
        go_on.release(100)
        fetcher.stop()


@pytest.mark.django_db
@pytest.mark.parametrize("checked", [True, False])
def test_chores_make_an_older_copy_of_the_database_a_backup(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    """A file copied while the instance runs and put back later, without a start between; but who
    has not looked yet whether this is a backup moves nothing.
    """
    settings.DATA_DIR = tmp_path
    scene.alice()
    assert not generation.check()
    link = client.Link(hooks())
    link.checked = checked
    monkeypatch.setattr(client, "_link", link)
    copied = Identity.objects.get().generation
    Transports().fetcher._chores()
    assert (Identity.objects.get().generation > copied) == checked
    Identity.objects.update(generation=copied)  # the file is back
    assert generation.check() == checked

"""Three instances and what they know of each other's looking and typing: who hears what, and what a
friend who lies cannot do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.test import TestCase
from msgspec import Raw

from portfolio.access import me
from portfolio.link.events import Author
from portfolio.link.messages import Signal
from portfolio.models import Friend, Identity, Incoming, Share, SharedPosition
from portfolio.sharing import actions
from portfolio.sharing.presence import signals
from portfolio.sharing.presence.board import LOOKS, Scene
from tests.sharing.presence.words import signal
from tests.sharing.world import Instance, World, snapshot

TAB, OTHER_TAB = "t1", "t2"


@pytest.fixture
def idea(friends: World) -> UUID:
    """Alice's, which Bob may read and Charlie not."""
    return shared(friends, friends.bob)


def shared(world: World, *readers: Instance) -> UUID:
    with world.alice:
        position = actions.create_position(snapshot())
        actions.set_shares(position, [world.alice.friend(reader) for reader in readers])
    world.pump()
    return position.uid


def place(at: Instance, uid: UUID) -> str:
    with at:
        return str(SharedPosition.objects.get(uid=uid).pk)


def says(at: Instance, uid: UUID, word: str, tab: str = TAB) -> None:
    """In one of their tabs, and the boxes are passed on."""
    key = place(at, uid)
    with at:
        getattr(at.presence, word)(tab, key)
    pass_on(at.world)


def pass_on(world: World) -> None:
    """The boxes alone: no second passes."""
    for _round in range(3):
        world._pass_boxes()


def seen(at: Instance, uid: UUID) -> Scene:
    return at.presence.at(place(at, uid))


def named(scene: Scene) -> tuple[list[str], list[str]]:
    """Who types, who looks."""
    return [name for _, name in scene.typing], [name for _, name in scene.looking]


def later(at: Instance, seconds: float) -> None:
    at.world.now += seconds
    for one in at.world.all:
        with one:
            one.presence.step()
    pass_on(at.world)


# Who hears what -----------------------------------------------------------------------------------


def test_owner_sees_a_reader_come_type_stop_and_go(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    told = [named(seen(alice, idea))]
    for word in ("looking", "typing", "looking"):
        says(bob, idea, word)
        told.append(named(seen(alice, idea)))
    says(bob, idea, "left")
    later(bob, signals.LINGER)
    told.append(named(seen(alice, idea)))
    assert told == [([], []), ([], ["Bob"]), (["Bob"], []), ([], ["Bob"]), ([], [])]


def test_reader_sees_the_owner(friends: World, idea: UUID) -> None:
    says(friends.alice, idea, "typing")
    assert named(seen(friends.bob, idea)) == (["Alice"], [])


def test_friend_without_the_share_hears_nothing(friends: World, idea: UUID) -> None:
    heard = wiretap(friends.charlie)
    says(friends.alice, idea, "typing")
    says(friends.bob, idea, "typing")
    assert (heard, friends.charlie.presence._friends.places()) == ([], [])


def wiretap(at: Instance) -> list[str]:
    """The names of the signals that reach an instance, whatever becomes of them."""
    heard: list[str] = []
    for peer in at.peers.values():
        peer.hooks = replace(peer.hooks, on_signal=partial(_overhear, heard, peer.hooks.on_signal))
    return heard


def _overhear(
    heard: list[str], hear: Callable[[Friend, Signal], None], friend: Friend, said: Signal
) -> None:
    heard.append(said.name)
    hear(friend, said)


def test_readers_see_each_other_through_the_owner(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    says(bob, idea, "typing")
    assert [named(seen(one, idea)) for one in (alice, charlie)] == [(["Bob"], [])] * 2
    assert seen(bob, idea) == Scene()
    assert seen(charlie, idea).typing == ((bob.user_id, "Bob"),)


def test_owner_passes_on_the_name_a_friend_gave_themselves(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    with alice:
        Friend.objects.filter(user_id=bob.user_id).update(nickname="Uncle Bob")
    says(bob, idea, "looking")
    assert named(seen(charlie, idea)) == ([], ["Bob"])


def test_who_comes_hears_at_once_who_is_there(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob)
    says(alice, idea, "looking")
    says(bob, idea, "looking")
    with alice:
        readers = [alice.friend(one) for one in (bob, charlie)]
        actions.set_shares(SharedPosition.objects.get(pk=idea), readers)
    friends.pump()
    assert seen(charlie, idea) == Scene()
    says(charlie, idea, "looking")
    assert named(seen(charlie, idea)) == ([], ["Alice", "Bob"])
    assert named(seen(bob, idea)) == ([], ["Alice", "Charlie"])


def test_revoked_reader_hears_no_more_and_is_not_heard(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    copy = place(bob, idea)
    with alice:
        actions.set_shares(SharedPosition.objects.get(pk=idea), [])
        alice.presence.typing(TAB, str(idea))
    with bob:  # their copy is not erased yet
        bob.presence.typing(TAB, copy)
    pass_on(friends)
    assert seen(alice, idea) == Scene()
    assert bob.presence.at(copy) == Scene()


def test_nothing_is_written(friends: World, idea: UUID) -> None:
    with friends.alice:
        before = [*Incoming.objects.values_list()], [*SharedPosition.objects.values_list()]
    says(friends.bob, idea, "typing")
    with friends.alice:
        after = [*Incoming.objects.values_list()], [*SharedPosition.objects.values_list()]
    assert before == after


def test_friend_who_goes_offline_is_gone_and_hears_of_me_when_back(
    friends: World, idea: UUID
) -> None:
    alice, bob = friends.alice, friends.bob
    says(bob, idea, "looking")
    says(alice, idea, "looking")
    friends.part(alice, bob)
    for one in (alice, bob):
        with one:
            one.presence.met({friends.charlie.user_id}, set())
        assert (one.name, seen(one, idea)) == (one.name, Scene())
    friends.meet(alice, bob)
    with alice:
        alice.presence.met({bob.user_id}, {bob.user_id})
    pass_on(friends)
    assert named(seen(bob, idea)) == ([], ["Alice"])


def test_restored_instance_says_nothing_before_it_is_confirmed(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    with alice:
        Identity.objects.update(restored_at=me().created_at)
    says(alice, idea, "typing")
    assert seen(bob, idea) == Scene()
    with alice:
        Identity.objects.update(restored_at=None)
    says(alice, idea, "typing")
    assert named(seen(bob, idea)) == (["Alice"], [])


# Two tabs -----------------------------------------------------------------------------------------


def test_tabs_of_one_person_say_one_thing(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    told = []
    for tab, word in ((TAB, "typing"), (OTHER_TAB, "looking"), (TAB, "left"), (OTHER_TAB, "left")):
        says(bob, idea, word, tab)
        later(bob, 2 * signals.LINGER)
        told.append(seen(alice, idea).word)
    assert told == ["typing", "typing", "looking", "left"]
    assert seen(bob, idea) == Scene()


def test_page_loaded_again_says_nothing_new(friends: World, idea: UUID) -> None:
    heard = wiretap(friends.alice)
    says(friends.bob, idea, "looking", TAB)
    says(friends.bob, idea, "left", TAB)
    later(friends.bob, signals.LINGER / 2)
    says(friends.bob, idea, "looking", OTHER_TAB)
    later(friends.bob, signals.LINGER)
    assert heard == ["looking"]


def test_same_is_said_again_only_after_a_while(friends: World, idea: UUID) -> None:
    heard = wiretap(friends.alice)
    for _second in range(32):
        says(friends.bob, idea, "looking")
        friends.now += 1
    assert heard == ["looking"] * 3
    says(friends.bob, idea, "typing")
    says(friends.bob, idea, "typing")
    assert heard == ["looking"] * 3 + ["typing"]


def test_tab_that_went_silent_is_gone_after_its_time(friends: World, idea: UUID) -> None:
    says(friends.bob, idea, "looking")
    later(friends.bob, LOOKS)
    assert seen(friends.alice, idea) == Scene()


# Not shown ----------------------------------------------------------------------------------------


def test_who_does_not_show_it_sees_nothing_and_says_nothing(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    for one in (alice, bob):
        says(one, idea, "looking")
    with alice:
        Identity.objects.update(shows_presence=False)
        alice.presence.forget()
    pass_on(friends)
    assert [seen(one, idea) for one in (alice, bob)] == [Scene(), Scene()]
    for one in (alice, bob):
        says(one, idea, "typing")
    assert [seen(one, idea) for one in (alice, bob)] == [Scene(), Scene()]
    with alice:
        Identity.objects.update(shows_presence=True)
        alice.presence.forget()
    friends.now += signals.AGAIN["looking"]
    for one in (alice, bob):
        says(one, idea, "looking")
    assert [seen(one, idea).word for one in (alice, bob)] == ["looking"] * 2


def test_owner_who_does_not_show_it_still_passes_on(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    with alice:
        Identity.objects.update(shows_presence=False)
    says(bob, idea, "typing")
    assert [named(seen(one, idea)) for one in (alice, charlie)] == [([], []), (["Bob"], [])]


# The friend who lies ------------------------------------------------------------------------------


def lies(liar: Instance, to: Instance, *said: Signal) -> None:
    with to:
        for one in said:
            to.presence.heard(to.friend(liar), one)


@pytest.mark.parametrize("word", ["typing", "looking", "left"])
def test_signal_about_what_they_may_not_read_is_nothing(
    friends: World, idea: UUID, word: str
) -> None:
    alice, charlie = friends.alice, friends.charlie
    lies(charlie, alice, signal(word, idea), signal(word, uuid4()))
    assert alice.presence._friends.places() == []


def test_friend_cannot_speak_about_a_copy_of_somebody_elses(friends: World) -> None:
    _alice, bob, charlie = friends.all
    friends.befriend(bob, charlie)
    idea = shared(friends, bob, charlie)
    lies(charlie, bob, signal("typing", idea), signal("typing", UUID(place(bob, idea))))
    assert seen(bob, idea) == Scene()


def test_reader_cannot_speak_in_another_name(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    lies(bob, alice, signal("typing", idea, Author(charlie.user_id, "Charlie")))
    pass_on(friends)
    assert seen(alice, idea).typing == seen(charlie, idea).typing == ((bob.user_id, "Bob"),)


def test_owner_cannot_show_me_to_myself(friends: World, idea: UUID) -> None:
    bob = friends.bob
    lies(friends.alice, bob, signal("typing", idea, Author(bob.user_id, "Somebody")))
    assert seen(bob, idea) == Scene()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("dancing", b'{"position_id":"%s"}'),
        ("typing", b"{}"),
        ("typing", b'{"position_id":7}'),
        ("typing", b'{"position_id":"%s","by":{"id":"x","display_name":"y"}}'),
        ("typing", b'{"position_id":"%s","by":{"id":"' + b"I" * 43 + b'","display_name":""}}'),
        ("typing", b'{"position_id":"%s","more":"' + b"x" * 500 + b'"}'),
        ("typing", b'{"position_id":"%s"'),
    ],
)
def test_signal_that_is_none_is_nothing(friends: World, idea: UUID, name: str, body: bytes) -> None:
    said = Signal(name=name, body=Raw(body.replace(b"%s", str(idea).encode())))
    lies(friends.alice, friends.bob, said)
    assert friends.bob.presence._friends.places() == []


def test_flood_costs_no_more_than_its_bound(friends: World, idea: UUID) -> None:
    alice, bob = friends.alice, friends.bob
    friend = alice.friend(bob)
    with alice:
        queries = count_queries(alice)
        for _ in range(5_000):
            alice.presence.heard(friend, signal("typing", idea))
        assert len(queries) <= 4 * signals.HEARD[1]
    alice.world.now += 1
    with alice:
        queries.clear()
        for _ in range(5_000):
            alice.presence.heard(friend, signal("left", uuid4()))
        assert len(queries) <= 4 * signals.HEARD[0]


def count_queries(at: Instance) -> list[str]:
    queries: list[str] = []
    at.database.execute_wrappers.append(
        lambda execute, sql, *more: (queries.append(sql), execute(sql, *more))[1]
    )
    return queries


def test_flood_is_passed_on_slowly(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    heard = wiretap(charlie)
    for word in ("typing", "looking", "left") * 100:
        lies(bob, alice, signal(word, idea))
    pass_on(friends)
    assert 0 < len(heard) <= signals.PASSED_ON[1]


def test_flood_of_one_friend_takes_nothing_from_another(friends: World) -> None:
    alice, bob, charlie = friends.all
    idea = shared(friends, bob, charlie)
    lies(bob, alice, *[signal("looking", uuid4())] * 1_000)
    says(charlie, idea, "typing")
    assert named(seen(alice, idea)) == (["Charlie"], [])


def test_who_may_read_no_more_is_gone_at_once(
    friends: World, idea: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PRESENCE", friends.alice.presence)
    says(friends.bob, idea, "looking")
    assert named(seen(friends.alice, idea)) == ([], ["Bob"])
    with friends.alice, TestCase.captureOnCommitCallbacks(execute=True):
        actions.revoke_share(Share.objects.get())
    assert named(seen(friends.alice, idea)) == ([], [])


def test_who_removes_the_copy_is_gone_at_once(
    friends: World, idea: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PRESENCE", friends.bob.presence)  # in place of the process's own
    says(friends.bob, idea, "looking")
    assert named(seen(friends.alice, idea)) == ([], ["Bob"])
    with friends.bob, TestCase.captureOnCommitCallbacks(execute=True):
        actions.forget_copy(SharedPosition.objects.get())
    pass_on(friends)
    assert named(seen(friends.alice, idea)) == ([], [])

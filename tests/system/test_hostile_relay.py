"""A hostile relay can delay two friends and nothing else: nobody falls, nothing is applied twice,
nothing revoked is shown, and with an honest relay at the same address all is well again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for
from tests.system.lying_relay import (
    HELLO,
    Backwards,
    LyingRelay,
    Sealed,
    honest,
    swallow,
    twice,
)
from tests.system.oracle import assert_converged, assert_revoked, held

pytestmark = pytest.mark.system

GREETINGS = [  # only such as do not say "stay away"
    "nothing",
    json.dumps({**HELLO, "time": 2**53 - 1}),
    json.dumps({**HELLO, "limits": {"rate": 0, "burst": 0, "message": 0, "credit": 0}}),
]


@pytest.fixture(scope="module")
def two(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Alice and Bob share two ideas; Charlie is a friend of both and away."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("hostile") / "cluster")
    del running.instances["charlie"]
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        for idea in sample_ideas(running.alice)[:2]:
            share(running.alice, idea, "Bob")
            assert say(running.bob, copy_of(running.bob, idea), "Before the lies.")
        assert_converged(running)
        yield running
    finally:
        running.end()


@pytest.fixture
def cluster(two: Cluster) -> Iterator[Cluster]:
    """After each test: everybody stands, and an honest relay makes everything well."""
    yield two
    assert [one.name for one in two.instances.values() if not one.alive()] == []
    assert [one.log for one in two.instances.values() if "Traceback" in one.log] == []


@pytest.fixture
def liar(cluster: Cluster) -> Iterator[LyingRelay]:
    cluster.relay.kill()
    relay = LyingRelay(cluster.relay.port)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()


def here(liar: LyingRelay, *people: Instance) -> None:
    wait_for(lambda: all(user_id(one) in liar.connections for one in people), what="all there")


def user_id(one: Instance) -> str:
    ((found,),) = one.query("select user_id from portfolio_identity")
    return str(found)


def honest_again(cluster: Cluster, liar: LyingRelay) -> None:
    liar.stop()
    cluster.relay.start()
    assert_converged(cluster, 60)


def texts(one: Instance) -> list[str]:
    return [str(row[2]) for row in thread(one)]


def ideas_of(alice: Instance) -> list[str]:
    rows = alice.query("select position_id from portfolio_share order by created_at")
    return [clusters.dashed(str(key)) for (key,) in rows]


def test_boxes_are_doubled_reordered_misrouted_replayed_and_lost(
    cluster: Cluster, liar: LyingRelay
) -> None:
    alice, bob = cluster.alice, cluster.bob
    kept, revoked = ideas_of(alice)[:2]
    here(liar, alice, bob)
    liar.route = twice
    assert say(alice, kept, "Said twice.")
    wait_for(lambda: "Said twice." in texts(bob), what="the doubled comment")
    share(alice, revoked)
    wait_for(lambda: len(held(bob, alice)) == 1, what="the copy gone")
    liar.route = Backwards()
    assert say(bob, copy_of(bob, kept), "Said backwards.")
    alice.post(f"/ideas/{kept}/tags/", add="backwards")

    liar.route = honest
    tape = list(liar.tape)
    liar.pass_on(tape)
    liar.pass_on(reversed(tape))
    liar.pass_on(lies(tape, user_id(alice), user_id(bob)))
    liar.route = swallow
    assert say(alice, kept, "Swallowed.")
    wait_for(lambda: tape[-1] != liar.tape[-1], what="the box that is swallowed")

    honest_again(cluster, liar)
    wait_for(lambda: texts(bob).count("Swallowed.") == 1, what="what had been swallowed")
    for text in ("Said twice.", "Said backwards.", "Swallowed."):
        assert [texts(one).count(text) for one in (alice, bob)] == [1, 1]
    assert_revoked(bob, revoked)


def lies(tape: list[Sealed], alice: str, bob: str) -> Iterator[Sealed]:
    """The same boxes in other names, and to others."""
    for box in tape:
        yield replace(box, sender="C" * 43)
        yield replace(box, sender=box.to)
        yield replace(box, sender=box.to, to=box.sender)
        yield replace(box, to=box.sender)
        yield replace(box, sender=alice if box.sender == bob else bob)


def harmless(friend: str) -> Iterator[str | bytes]:
    """What no honest relay says, frame by frame. `friend` is somebody whose name is believed."""
    event = {"type": "collab_event", "from_user": friend}
    bodies: list[object] = [None, 7, "box", [], {}, {"box": 7}, {"box": ""}, {"box": "!"}]
    for data in (*bodies, {"box": "AAAA" * 2000}):
        yield json.dumps({**event, "data": data})
    frames: list[dict[str, object]] = [
        {"type": "later_thing"},
        {"type": 7},
        {"type": "event_ack", "ref": 2**60, "delivered_to": -1, "total_recipients": "x"},
        {"type": "event_ack", "ref": 1, "delivered_to": 9, "total_recipients": 1},
        {"type": "user_online", "user_id": "Z" * 43},
        {"type": "user_online", "user_id": friend, "display_name": "x" * 101},
        {"type": "user_offline", "user_id": friend},
        {"type": "user_online", "user_id": friend},
        {"type": "knock", "from_user": friend, "invite": "0" * 32, "box": "AAAA"},
        {"type": "error", "code": "x" * 400, "message": {}},
        {"type": "pong", "timestamp": 1e300},
        {"type": "connected", "user_id": friend, "online": [friend] * 501},
        HELLO,
    ]
    yield from map(json.dumps, frames)
    yield from ("[]", "{}", "null", "7", '"word"', "[[[]]]", b"{}")


FATAL: dict[str, str | bytes] = {
    "no JSON": "not json",
    "nothing": "",
    "nothing, in binary": b"",
    "no UTF-8": b"\xff\xfe\x00",
    "half a character": '{"type":"pong","timestamp":1,"x":"\\ud800"}',
    "too deep": "[" * 30_000,
    "too many": "[" + "{}," * 1500 + "{}]",
    "too big": json.dumps({"type": "pong", "timestamp": 1, "x": "x" * 200_000}),
}


def back(liar: LyingRelay, to: str, ended: dict[str, object]) -> None:
    wait_for(lambda: liar.connections[to] is not ended.get(to), what="a new connection")


def test_wrong_frames_cost_nothing_and_wrong_messages_a_connection(
    cluster: Cluster, liar: LyingRelay
) -> None:
    alice, bob = cluster.alice, cluster.bob
    kept, people = ideas_of(alice)[0], [user_id(alice), user_id(bob)]
    liar.greetings.extend(GREETINGS)
    here(liar, alice, bob)
    wait_for(lambda: not liar.greetings, what="all greetings said")
    ended: dict[str, object] = {}
    for number, (name, message) in enumerate(FATAL.items()):
        to = people[number % 2]  # one is back while the other hears the next
        back(liar, to, ended)
        ended[to] = liar.connections[to]
        assert liar.say(to, message), name
    for to in people:
        back(liar, to, ended)
    to = user_id(alice)
    before = liar.connections[to]
    for frame in harmless(user_id(bob)):
        assert liar.say(to, frame), frame
    assert say(alice, kept, "After the garbage.")
    wait_for(lambda: "After the garbage." in texts(bob), what="the comment, by way of the liar")
    assert liar.connections[to] is before

    honest_again(cluster, liar)
    assert [texts(one).count("After the garbage.") for one in (alice, bob)] == [1, 1]

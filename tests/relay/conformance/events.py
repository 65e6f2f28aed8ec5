"""Events and their acknowledgements, and how frames make messages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .instance import Instance, Line, Relay, check, equal, event
from .suite import holds

ACK = (
    "**`event_ack`** says how many connections a frame was written to, and for each it was not:"
    " `offline`, `busy`, `too_big`, or `rate` with `retry_after`."
)
EPHEMERAL = "Ephemeral frames may be dropped and are not acknowledged."
MESSAGE = "A message is one frame or an array of frames, 64 KiB in all;"
PACKED = "the relay packs what a connection is due at one moment into one message."
OPAQUE = "The relay can neither read nor forge a box, knows no secret and keeps nothing;"
UNKNOWN = "Unknown fields are ignored."
PONG = '{"type":"pong","timestamp":1698765432000}'
TOO_BIG, LARGEST = 1009, 65_536


@asynccontextmanager
async def two(relay: Relay) -> AsyncIterator[tuple[Line, Line, Instance, Instance]]:
    """Alice's and Bob's connections, and who they are."""
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        yield a, b, alice, bob


@holds(ACK)
async def an_event_that_was_written_is_acknowledged(relay: Relay) -> None:
    async with two(relay) as (a, _, _, bob):
        await a.event(bob, ref=17)
        ack = await a.ack()
        equal((ack["ref"], ack["delivered_to"], ack["total_recipients"]), (17, 1, 1))
        check(not ack.get("undelivered"), f"undelivered: {ack}")


@holds(ACK)
async def each_recipient_who_was_not_reached_is_named(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        nobody, away = Instance("Nobody"), Instance("Away")
        await a.event(nobody, bob, away)
        ack = await a.ack()
        equal((ack["delivered_to"], ack["total_recipients"]), (1, 3))
        equal(ack["undelivered"], {nobody.id: "offline", away.id: "offline"})
        await b.wait("collab_event")


@holds(ACK)
async def a_recipient_named_twice_gets_it_once(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        await a.event(bob, bob)
        equal((await a.ack())["delivered_to"], 1)
        await b.wait("collab_event")
        await a.event(bob, data="the next")
        equal((await b.wait("collab_event"))["data"], "the next")


@holds(ACK)
async def every_event_of_an_array_has_its_own_ref(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        refs = [0, 7, 2**53 - 1]
        await a.send(*(event(bob, ref=ref) for ref in refs))
        equal(sorted([(await a.ack())["ref"] for _ in refs]), refs)
        for _ in refs:
            await b.wait("collab_event")


@holds(ACK)
async def data_of_almost_a_message_is_too_big(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        await a.event(bob, data="x" * 64_000)
        equal((await a.ack())["undelivered"], {bob.id: "too_big"})
        found = [frame["type"] for frame in await b.settle()]
        check("collab_event" not in found, "it came through all the same")


@holds(EPHEMERAL)
async def an_ephemeral_event_is_not_acknowledged(relay: Relay) -> None:
    async with two(relay) as (a, _, _, bob):
        await a.event(bob, ephemeral=True)
        await a.event(Instance("Nobody"), ephemeral=True)
        found = [frame["type"] for frame in await a.settle()]
        check("event_ack" not in found, f"heard {found}")


@holds(OPAQUE)
async def data_arrives_as_it_was_sent(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        data = {"box": 'ü\u2028\U0001f600\\"/ \x7f', "n": [1, -0.5, 1e300, None, True, {}, []]}
        for sent in (data, "text", 7, None, [], {"a": {"b": {"c": "d" * 20_000}}}):
            await a.event(bob, data=sent)
            equal((await b.wait("collab_event"))["data"], sent)


@holds(OPAQUE)
async def who_sends_cannot_pass_for_another(relay: Relay) -> None:
    async with two(relay) as (a, b, alice, bob):
        await a.event(bob, from_user=bob.id)
        equal((await b.wait("collab_event"))["from_user"], alice.id)


@holds(OPAQUE)
async def nothing_is_kept_for_who_is_away(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a:
        await a.event(bob)
        await a.ack()
        async with relay.connect(bob, alice) as b:
            equal([frame["type"] for frame in await b.settle()], ["connected"])


@holds(UNKNOWN)
async def an_event_may_have_fields_of_a_later_version(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        await a.event(bob, priority="high", then={"x": [None]})
        equal((await a.ack())["delivered_to"], 1)
        await b.wait("collab_event")


@holds(MESSAGE)
async def an_array_is_a_message(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.send({"type": "ping"}, {"type": "ping"})
        await a.wait("pong")
        await a.wait("pong")


@holds(MESSAGE)
async def an_array_of_one_and_of_none_are_messages(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.say("[]")
        await a.say('[{"type":"ping"}]')
        await a.wait("pong")


def ping_of(size: int) -> str:
    bare = json.dumps({"type": "ping", "pad": ""})
    return json.dumps({"type": "ping", "pad": "x" * (size - len(bare))})


@holds(MESSAGE)
async def a_message_of_64_kib_passes(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.say(ping_of(LARGEST))
        await a.wait("pong")


@holds(MESSAGE)
async def a_larger_message_closes(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.say(ping_of(LARGEST + 1))
        equal(await a.closed(), TOO_BIG)


@holds(MESSAGE)
async def no_message_of_the_relay_is_larger_either(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        for _ in range(4):
            await a.send(*(event(bob, data="x" * 15_000) for _ in range(4)))
        for _ in range(16):
            await b.wait("collab_event")
        check(b.largest <= LARGEST, f"one of {b.largest} bytes")


@holds(PACKED)
async def what_is_due_at_one_moment_is_packed(relay: Relay) -> None:
    async with two(relay) as (a, b, _, bob):
        await b.settle()
        before = b.messages
        await a.send(*(event(bob, ref=ref) for ref in range(60)))
        for _ in range(60):
            await b.wait("collab_event")
        check(b.messages - before <= 20, f"60 events in {b.messages - before} messages")


@holds(PONG)
async def a_ping_is_answered_with_the_time_in_milliseconds(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.send({"type": "ping"})
        pong = await a.wait("pong")
        away = abs(pong["timestamp"] / 1000 - a.hello["time"])
        check(away < 60, f"{away:g} s from the time in hello")

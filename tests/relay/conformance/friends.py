"""Who may send to whom, who sees whom, and knocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .instance import Frame, Instance, Line, Relay, check, equal
from .suite import holds

BOTH = (
    "A frame passes only if both are connected and each lists the other; to everybody else one is"
    " offline."
)
DECLARED = "Each connection declares its `friends`."
KNOCK = "A `knock` passes only with a hash from the recipient's `invites`, and is never answered."
SHOWN = "`user_online` and `user_offline` tell of mutual friends only."
AWAY = "Who comes back within 10 seconds was never away."
INVITE, OTHER_INVITE = "q83vEjRWeJCrze8SNFZ4kA", "AAAAEjRWeJCrze8SNFZ4kA"


def offline(who: Instance, ref: int = 1) -> Frame:
    undelivered = {who.id: "offline"}
    basic = {"type": "event_ack", "ref": ref, "delivered_to": 0, "total_recipients": 1}
    return {**basic, "undelivered": undelivered}


async def refused_as_offline(line: Line, to: Instance) -> None:
    await line.event(to)
    equal(await line.ack(), offline(to))


async def heard_nothing(line: Line) -> None:
    """Nothing of others, that is, since the connection began."""
    found = [frame["type"] for frame in await line.settle()]
    check(not {"collab_event", "knock", "user_online", "error"} & {*found}, f"heard {found}")


@holds(BOTH)
async def an_event_passes_between_friends_who_list_each_other(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        await a.event(bob, data={"box": "Qk9Y"})
        event = await b.wait("collab_event")
        equal((event["from_user"], event["data"]), (alice.id, {"box": "Qk9Y"}))


@holds(BOTH)
async def to_be_listed_by_the_sender_alone_is_not_enough(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob) as b:
        await refused_as_offline(a, bob)
        await heard_nothing(b)


@holds(BOTH)
async def to_be_listed_by_the_recipient_alone_is_not_enough(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice) as a, relay.connect(bob, alice) as b:
        await refused_as_offline(a, bob)
        await heard_nothing(b)


@holds(BOTH)
async def who_is_not_connected_is_offline(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a:
        await refused_as_offline(a, bob)


@holds(BOTH)
async def a_stranger_and_nobody_look_the_same(relay: Relay) -> None:
    alice, charlie = Instance("Alice"), Instance("Charlie")
    async with relay.connect(alice), relay.connect(charlie, alice) as c:
        await c.event(alice)
        someone = await c.ack()
        nobody = Instance("Nobody")
        await c.event(nobody)
        equal(await c.ack(), offline(nobody))
        equal(someone, offline(alice))


@holds(BOTH)
async def who_has_left_is_offline(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a:
        async with relay.connect(bob, alice):
            await a.wait("user_online")
        for _ in range(20):  # the end of a connection takes its way, too
            await a.event(bob)
            if (ack := await a.ack())["delivered_to"] == 0:
                break
        equal(ack, offline(bob))


@holds(DECLARED)
async def a_friend_may_be_added(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice) as a, relay.connect(bob, alice) as b:
        await refused_as_offline(a, bob)
        await a.send({"type": "friends", "add": [bob.id], "remove": []})
        await a.wait("user_online")
        await a.event(bob)
        equal((await a.ack())["delivered_to"], 1)
        await b.wait("collab_event")


@holds(DECLARED)
async def a_friend_whom_the_sender_removes_gets_no_more(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        await a.send({"type": "friends", "add": [], "remove": [bob.id]})
        await refused_as_offline(a, bob)
        await b.settle()


@holds(DECLARED)
async def who_removes_a_friend_hears_no_more_of_them(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        await a.wait("user_online")
        await b.send({"type": "friends", "remove": [alice.id]})
        await b.settle()
        await a.event(bob)
        await a.ack()
        await a.wait("user_offline")
        await refused_as_offline(a, bob)
        await heard_nothing(b)


@holds(SHOWN)
async def connected_lists_mutual_friends_who_are_there(relay: Relay) -> None:
    alice, bob, charlie = Instance("Alice"), Instance("Bob"), Instance("Charlie")
    async with (
        relay.connect(bob, alice),
        relay.connect(charlie),
        relay.connect(alice, bob, charlie, Instance("Away")) as a,
    ):
        equal((await a.wait("connected"))["online"], [bob.id])


@holds(SHOWN)
async def a_friend_who_comes_is_announced(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice):
        online = await a.wait("user_online")
        equal((online["user_id"], online["display_name"]), (bob.id, "Bob"))


@holds(SHOWN)
async def a_stranger_who_comes_is_not_announced(relay: Relay) -> None:
    alice, charlie = Instance("Alice"), Instance("Charlie")
    async with relay.connect(alice) as a, relay.connect(charlie, alice) as c:
        await c.settle()
        await heard_nothing(a)


@holds(SHOWN)
async def who_becomes_a_friend_is_announced_to_both(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice) as a, relay.connect(bob, alice) as b:
        await a.send({"type": "friends", "add": [bob.id]})
        equal((await a.wait("user_online"))["user_id"], bob.id)
        equal((await b.wait("user_online"))["user_id"], alice.id)


@holds(SHOWN)
async def who_is_no_friend_any_more_is_offline_to_both(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        await a.wait("user_online")
        await b.send({"type": "friends", "remove": [alice.id]})
        equal((await a.wait("user_offline"))["user_id"], bob.id)
        equal((await b.wait("user_offline"))["user_id"], alice.id)


@holds(AWAY, seconds=10)
async def a_friend_who_stays_away_is_offline_after_ten_seconds(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a:
        async with relay.connect(bob, alice):
            await a.wait("user_online")
        equal((await a.wait("user_offline", patience=20))["user_id"], bob.id)


@holds(AWAY)
async def a_friend_who_comes_back_at_once_was_never_away(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a:
        async with relay.connect(bob, alice):
            await a.wait("user_online")
        async with relay.connect(bob, alice) as b:
            await b.settle()
            equal([frame["type"] for frame in await a.settle()], ["connected"])


def knock(to: Instance, invite: str = INVITE) -> Frame:
    return {"type": "knock", "to_user": to.id, "invite": invite, "box": "QkFTRTY0"}


@asynccontextmanager
async def at_the_door(relay: Relay, *invites: str) -> AsyncIterator[tuple[Line, Line, Instance]]:
    """Alice with these invites, a stranger, and Alice's keys."""
    alice, stranger = Instance("Alice"), Instance("Stranger")
    async with relay.connect(alice, invites=[*invites]) as a, relay.connect(stranger) as s:
        yield a, s, alice


@holds(KNOCK)
async def a_knock_with_a_listed_invite_passes(relay: Relay) -> None:
    async with at_the_door(relay, INVITE) as (a, stranger, alice):
        await stranger.send(knock(alice))
        found = await a.wait("knock")
        equal((found["invite"], found["box"]), (INVITE, "QkFTRTY0"))


@holds(KNOCK)
async def a_knock_without_a_listed_invite_does_not_pass(relay: Relay) -> None:
    async with at_the_door(relay, INVITE) as (a, stranger, alice):
        await stranger.send(knock(alice, OTHER_INVITE))
        await stranger.settle()
        await heard_nothing(a)


@holds(KNOCK)
async def a_knock_is_answered_by_nothing_whether_it_passes_or_not(relay: Relay) -> None:
    async with at_the_door(relay, INVITE) as (_, stranger, alice):
        await stranger.send(knock(alice), knock(alice, OTHER_INVITE), knock(Instance("Nobody")))
        equal([frame["type"] for frame in await stranger.settle()], ["connected"])


@holds(KNOCK)
async def an_invite_may_be_added(relay: Relay) -> None:
    async with at_the_door(relay) as (a, stranger, alice):
        await a.send({"type": "invites", "add": [INVITE], "remove": []})
        await a.settle()
        await stranger.send(knock(alice))
        await a.wait("knock")


@holds(KNOCK)
async def an_invite_that_was_removed_opens_nothing(relay: Relay) -> None:
    async with at_the_door(relay, INVITE) as (a, stranger, alice):
        await a.send({"type": "invites", "add": [], "remove": [INVITE]})
        await a.settle()
        await stranger.send(knock(alice))
        await stranger.settle()
        await heard_nothing(a)


@holds(BOTH)
async def a_knock_makes_no_friends(relay: Relay) -> None:
    async with at_the_door(relay, INVITE) as (a, stranger, alice):
        await stranger.send(knock(alice))
        await a.wait("knock")
        await refused_as_offline(stranger, alice)

"""Rate, and credit. What is granted stands in `hello`, so relays may differ."""

from __future__ import annotations

import asyncio

from .instance import Broken, Frame, Instance, Line, Relay, Untried, check, equal, event
from .suite import holds

RATE = (
    "`rate` frames a second and `burst` at once, counted by frame and recipient for an id and its"
)
DEBT = "A refused frame counts too: who goes on regardless falls into debt and is closed with 4029."
CREDIT = (
    "`credit`: the relay sends at most 256 frames or 1 MB that were not returned by `received`;"
    " beyond it, senders hear `busy`"
)
COUNTS = "Every frame after `connected` counts, also answers;"
STALLED = "Who returns nothing for 30 s is closed."
SLOW, TOO_MUCH = 4008, 4029
BEARABLE = 20_000  # frames at once that a case may send


def granted(line: Line, name: str) -> int:
    found = int(line.hello["limits"][name])
    if name == "burst" and found > BEARABLE:
        raise Untried(f"it grants {found} frames at once: too many to try")
    return found


async def flood(line: Line, frames: int) -> None:
    """So many events to nobody."""
    nobody = Instance("Nobody")
    for start in range(0, frames, 200):
        await line.send(*(event(nobody, ref=start + n) for n in range(min(200, frames - start))))


async def reasons(line: Line, frames: int) -> list[Frame]:
    """The acknowledgements of a flood."""
    return [await line.ack() for _ in range(frames)]


@holds(RATE)
async def more_than_the_burst_is_refused_with_a_time(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        burst = granted(a, "burst")
        await flood(a, burst + burst // 2)
        acks = await reasons(a, burst + burst // 2)
        whys = [next(iter(ack["undelivered"].values())) for ack in acks]
        check(whys[: burst // 2] == ["offline"] * (burst // 2), "refused within the burst")
        check("rate" in whys, "never refused")
        waits = [ack.get("retry_after", 0) for ack in acks if "rate" in ack["undelivered"].values()]
        check(min(waits) > 0, "refused without retry_after")


@holds(RATE)
async def after_the_time_it_is_taken_again(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        burst, nobody = granted(a, "burst"), Instance("Nobody")
        await flood(a, burst + burst // 5)
        last = (await reasons(a, burst + burst // 5))[-1]
        check("rate" in last["undelivered"].values(), "never refused")
        await asyncio.sleep(last["retry_after"] + 0.1)
        await a.event(nobody)
        equal((await a.ack())["undelivered"], {nobody.id: "offline"})


@holds(RATE)
async def recipients_are_counted(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        crowd = [Instance(str(n)) for n in range(50)]
        frames = granted(a, "burst") // 50 + 20
        for ref in range(frames):
            await a.event(*crowd, ref=ref)
        acks = await reasons(a, frames)
        check("rate" in acks[-1]["undelivered"].values(), "50 recipients count as one")


@holds(DEBT)
async def who_goes_on_regardless_is_closed(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        a.returns = False
        await flood(a, 3 * granted(a, "burst"))
        equal(await a.closed(), TOO_MUCH)


@holds(DEBT)
async def debt_outlives_the_connection(relay: Relay) -> None:
    alice, nobody = Instance("Alice"), Instance("Nobody")
    async with relay.connect(alice) as a:
        a.returns = False
        await flood(a, 3 * granted(a, "burst"))
        await a.closed()
    async with relay.connect(alice) as again:
        await again.event(nobody)
        equal((await again.ack())["undelivered"], {nobody.id: "rate"})


async def fill(a: Line, b: Line, bob: Instance, most: int, data: str = "x") -> int:
    """How many events reach Bob, who returns nothing, until Alice hears `busy`.

    Past `most` it is asked for slowly: a relay of several processes says it a moment later.
    """
    for ref in range(most + 100):
        await asyncio.sleep(0.05 if ref > most else 0)
        await a.event(bob, ref=ref, data=data)
        ack = await a.ack()
        if ack["delivered_to"] == 0:
            equal(ack["undelivered"], {bob.id: "busy"})
            return [frame["type"] for frame in await b.settle()].count("collab_event")
    raise Broken("no busy")


async def taken_at_last(a: Line, bob: Instance) -> None:
    """Bob has room again, and Alice is told so soon."""
    for _ in range(100):
        await a.event(bob)
        if (await a.ack())["delivered_to"] == 1:
            return
        await asyncio.sleep(0.05)
    raise Broken("still busy")


@holds(CREDIT)
async def who_returns_nothing_gets_256_frames(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        b.returns = False
        credit = granted(b, "credit")
        got = await fill(a, b, bob, credit)
        check(credit - 5 <= got <= credit, f"{got} of {credit}")


@holds(CREDIT)
async def who_returns_nothing_gets_a_megabyte(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        b.returns = False
        got = await fill(a, b, bob, 20, "x" * 50_000)
        check(15 <= got <= 20, f"{got} of 50,000 bytes")


@holds(CREDIT)
async def who_returns_gets_more(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        b.returns = False
        got = await fill(a, b, bob, granted(b, "credit"))
        await b.send({"type": "received", "count": got})
        await taken_at_last(a, bob)
        await b.wait("collab_event")


@holds(CREDIT)
async def one_who_is_busy_holds_up_nobody(relay: Relay) -> None:
    alice, bob, charlie = Instance("Alice"), Instance("Bob"), Instance("Charlie")
    async with (
        relay.connect(alice, bob, charlie) as a,
        relay.connect(bob, alice) as b,
        relay.connect(charlie, alice) as c,
    ):
        b.returns = False
        await fill(a, b, bob, granted(b, "credit"))
        await a.event(bob, charlie)
        equal((await a.ack())["undelivered"], {bob.id: "busy"})
        await c.wait("collab_event")


@holds(COUNTS)
async def answers_count_too(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        b.returns = False
        half = granted(b, "credit") // 2
        await b.send(*({"type": "ping"} for _ in range(half)))
        for _ in range(half):
            await b.wait("pong")
        got = await fill(a, b, bob, half)
        check(got <= half + 1, f"{got} events beside {half} answers")


@holds(STALLED, seconds=30)
async def who_returns_nothing_for_half_a_minute_is_closed(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        a.returns = False
        await a.send({"type": "ping"})
        began = asyncio.get_running_loop().time()
        equal(await a.closed(patience=40), SLOW)
        waited = asyncio.get_running_loop().time() - began
        check(waited > 25, f"after {waited:.0f} s already")

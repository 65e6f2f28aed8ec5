"""A1 to A3 and K6: refusals that teach nothing, and an end that is told to all.

That refusals are alike is shown by the work they take, step by step, and not by a stopwatch.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from collab_relay import protocol as p
from collab_relay.service import NotAdmitted, Relay

from ..client import Client, Identity, connect, dial
from ..conftest import RelayProcess

HERE = "ws://relay.example"
NONCE = "n" * 22


@contextmanager
def traced() -> Iterator[list[str]]:
    """Every call of a function meanwhile, in C and in Python, in order."""
    steps: list[str] = []

    def step(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            steps.append(frame.f_code.co_qualname)
        elif event == "c_call":
            steps.append(argument.__qualname__)

    sys.setprofile(step)
    try:
        yield steps
    finally:
        sys.setprofile(None)


def work(relay: Relay, me: Identity, token: str) -> tuple[p.Close, list[str]]:
    """The refusal of this token, and all that was done until it was written to the log."""
    code: p.Close | None = None
    with traced() as steps:
        try:
            relay.identify(token, me.id, NONCE)
        except NotAdmitted as refusal:
            code = refusal.code
    assert code is not None
    done = steps[steps.index("Relay.identify") :]
    return code, list(takewhile(lambda step: "log" not in step.lower(), done))


@pytest.fixture
def closed(tmp_path: Path, alice: Identity) -> Relay:
    """A relay that admits Alice alone."""
    listed = tmp_path / "allowed"
    listed.write_text(alice.id)
    return Relay([HERE], 200, 1000, str(listed))


def by_another(me: Identity) -> str:
    """What somebody can make who has not the key."""
    return Identity("Eve").sign(me.claims(HERE, NONCE))


def test_a1_who_has_not_the_key_learns_nothing_of_the_list(
    closed: Relay, alice: Identity, bob: Identity
) -> None:
    """Alice is listed and Bob is not: step for step the same work, the same answer."""
    for make in (by_another, lambda me: me.token("wss://other.example", NONCE)):
        work(closed, alice, make(alice))  # what is done at the first time only
        listed, unknown = work(closed, alice, make(alice)), work(closed, bob, make(bob))
        assert listed == unknown
        assert listed[0] is p.Close.TOKEN


def test_a1_a_wrong_key_and_a_wrong_relay_take_the_same_signature_to_check(
    closed: Relay, alice: Identity
) -> None:
    """And only its true owner, who has shown the key, is told of not being listed."""
    wrong = [
        by_another(alice),
        alice.token("wss://other.example", NONCE),
        alice.token(HERE, "x" * 22),
    ]
    for token in wrong:
        code, steps = work(closed, alice, token)
        assert (code, steps.count("Ed25519PublicKey.verify")) == (p.Close.TOKEN, 1)
    stranger = Identity("Stranger")
    code, steps = work(closed, stranger, stranger.token(HERE, NONCE))
    assert (code, steps.count("Ed25519PublicKey.verify")) == (p.Close.NOT_ADMITTED, 1)


async def test_a1_every_refused_token_gets_the_same_answer(
    relay: RelayProcess, alice: Identity, bob: Identity, address: str
) -> None:
    audience = p.normalise_audience(relay.url)
    makers = [
        lambda nonce: Identity("Eve").sign(alice.claims(audience, nonce)),
        lambda nonce: alice.token("wss://other.example", nonce),
        lambda nonce: bob.token(audience, nonce),
        lambda nonce: alice.token(audience, "another-nonce-of-mine"),
        lambda nonce: "not.a.token",
    ]
    answers = set()
    for make in makers:
        async with dial(relay.url, alice.id, address=address) as client:
            hello = await client.wait(p.Hello)
            await client.send(p.Authenticate(token=make(hello.nonce)))
            code, frames = await client.closed()
            answers.add((code, client.socket.close_reason, len(frames)))
    assert answers == {(p.Close.TOKEN, "token", 0)}


async def test_a2_a_stranger_reaches_nobody_by_any_frame(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    """One-sided, unfriended, unknown, oneself: one answer, and the other receives not a byte."""
    async with (
        connect(relay.url, bob, [alice]) as b,
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, charlie, [alice, bob]) as c,
    ):
        await a.settle()
        await b.settle()
        for to in (alice, bob, charlie, Identity("Nobody")):
            await c.event(to.id)
            assert (await c.wait(p.EventAck)).undelivered == {to.id: "offline"}
            await c.send(p.Friends(remove=[to.id]), p.Friends(add=[to.id]))
        await c.settle()
        assert [*await a.settle(), *await b.settle()] == []
        await b.send(p.Friends(remove=[alice.id]))
        await b.settle()
        await a.wait(p.UserOffline)
        await a.event(bob.id)
        assert (await a.wait(p.EventAck)).undelivered == {bob.id: "offline"}
        assert await b.settle() == []


async def test_a3_a_thousand_knocks(relay: RelayProcess, alice: Identity) -> None:
    """Twenty an hour reach somebody, whoever knocks; with a wrong invite none; none is answered."""
    invite = "ab" * 16
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(connect(relay.url, alice, invites=[invite]))
        heard = 0
        for number in range(4):
            address = f"203.0.113.{210 + number}"
            knocker = connect(relay.url, Identity(str(number)), address=address)
            k = await stack.enter_async_context(knocker)
            await k.settle()
            good = p.Knock(to_user=alice.id, invite=invite, box="Qk9Y")
            bad = p.Knock(to_user=alice.id, invite="cd" * 16, box="Qk9Y")
            await k.send(*[good, bad] * 125)
            assert await k.settle() == []
            heard += sum(isinstance(frame, p.IncomingKnock) for frame in await a.settle())
        assert heard == 20


async def test_k6_the_end_is_told_to_all_under_load(tmp_path: Path, long_run: bool) -> None:
    number = 100 if long_run else 12
    relay = RelayProcess(tmp_path)
    people = [Identity(str(n)) for n in range(number)]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connect(relay.url, me, [*people[:20]])) for me in people
        ]
        talking = [asyncio.create_task(talk(c, people[0].id)) for c in clients]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        relay.process.send_signal(signal.SIGTERM)
        ends = await asyncio.gather(*(client.closed() for client in clients))
        await asyncio.to_thread(relay.process.wait, 10)
        took = time.monotonic() - began
        await asyncio.gather(*talking)
    waits = [
        frame.retry_after for _, frames in ends for frame in frames if isinstance(frame, p.Closing)
    ]
    assert ({code for code, _ in ends}, len(set(waits))) == ({p.Close.RESTART}, number)
    assert took < 6
    said = relay.stop() + relay.log
    assert ("Traceback" in said, "[ERROR]" in said) == (False, False)


async def talk(client: Client, to: str) -> None:
    import websockets

    try:
        while True:
            await client.event(to)
            await asyncio.sleep(0.02)
    except websockets.ConnectionClosed:
        return

"""S5: one who floods is told to wait, closed, and in debt when it comes back."""

import asyncio
import time
from contextlib import suppress

import websockets

from collab_relay import protocol as p

from ..client import Client, Identity, connect
from ..conftest import RelayProcess


async def test_s5_a_flood_costs_its_sender_the_connection(
    relay: RelayProcess, alice: Identity, bob: Identity, address: str, long_run: bool
) -> None:
    """Ten thousand frames a second, with --long for half a minute; Alice and Bob lose nothing."""
    eve, until = Identity("Eve"), time.monotonic() + (30 if long_run else 1)
    async with connect(relay.url, alice, [bob]) as a, connect(relay.url, bob, [alice]) as b:
        codes, sent, said = [], 0, 0
        while not codes or time.monotonic() < until:
            async with connect(relay.url, eve, [alice], address=address) as e:
                flood = asyncio.create_task(pour(e, alice.id))
                code, frames = await e.closed()
                sent += await flood
                codes.append(code)
                waits = [f.retry_after for f in frames if isinstance(f, p.EventAck)]
                assert None not in waits[1_100:]
            await a.event(bob.id, ref=said)
            assert (await a.wait(p.EventAck)).delivered_to == 1
            await b.wait(p.IncomingEvent)
            said += 1
            await asyncio.sleep(0.1)
        print(f"S5: {sent} frames, closed {len(codes)} times, {said} events passed meanwhile")
        assert set(codes) == {p.Close.RATE}


async def pour(client: Client, to: str) -> int:
    sent = 0
    event = p.CollabEvent(to_users=[to], data=p.Raw(b"{}"), ref=1)
    text = p.encode([event] * 100)
    with suppress(websockets.ConnectionClosed):
        while True:
            await client.socket.send(text)
            sent += 100
            await asyncio.sleep(0.01)
    return sent

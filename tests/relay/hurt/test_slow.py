"""S1 and S2: who reads nothing, and who says everything a byte at a time."""

import asyncio
import json
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

import psutil
import pytest

from collab_relay import protocol as p

from ..client import Client, Identity, connect
from ..conftest import RelayProcess
from ..raw import masked, upgraded

BIG = json.dumps("x" * 50_000)
UNLIMITED = {"RELAY_RATE": "1000000", "RELAY_BURST": "10000000"}


async def test_s1_one_who_reads_nothing_costs_nobody_anything(
    tmp_path: Path, alice: Identity, bob: Identity, long_run: bool
) -> None:
    """Cathy takes a megabyte, whatever she is sent; Alice and Bob talk meanwhile."""
    relay, cathy = RelayProcess(tmp_path, **UNLIMITED), Identity("Cathy")
    process, delays = psutil.Process(relay.process.pid), list[float]()
    try:
        async with (
            connect(relay.url, cathy, [alice], keeps_credit=False) as c,
            connect(relay.url, alice, [bob, cathy]) as a,
            connect(relay.url, bob, [alice]) as b,
        ):
            c.socket.transport.pause_reading()
            await chat(a, b, bob, delays)
            before, began, busy = process.memory_info().rss, time.monotonic(), 0
            for number in range(5_000 if long_run else 200):
                await a.event(cathy.id, BIG, ref=number)
                busy += (await a.wait(p.EventAck)).undelivered == {cathy.id: "busy"}
                if number % 20 == 0:
                    await chat(a, b, bob, delays)
            grown = (process.memory_info().rss - before) / 1e6
            assert busy == (5_000 if long_run else 200) - p.CREDIT_BYTES // (len(BIG) + 120)
            assert grown < 3
            if long_run:
                c.socket.transport.resume_reading()
                assert (await c.closed())[0] == p.Close.SLOW
                print(
                    f"S1: {1e3 * quantiles(delays, n=100)[98]:.1f} ms at p99, {grown:.1f} MB more, "
                    f"closed after {time.monotonic() - began:.0f} s"
                )
    finally:
        assert "Traceback" not in relay.stop()


async def chat(a: Client, b: Client, bob: Identity, delays: list[float]) -> None:
    began = time.monotonic()
    await a.event(bob.id)
    await b.wait(p.IncomingEvent)
    delays.append(time.monotonic() - began)
    await a.wait(p.EventAck)


@pytest.mark.long
async def test_s2_five_hundred_slow_ones_are_closed(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    """A byte a second, of the handshake or of the token; nobody else notices."""
    host, port = relay.url.removeprefix("http://").split(":")
    async with connect(relay.url, alice, [bob]) as a, connect(relay.url, bob, [alice]) as b:
        slow = [asyncio.create_task(drip(host, int(port), n)) for n in range(500)]
        delays: list[float] = []
        while not all(task.done() for task in slow):
            await chat(a, b, bob, delays)
            await asyncio.sleep(0.05)
        lives = [await task for task in slow]
        print(f"S2: closed after {min(lives):.0f} to {max(lives):.0f} s")
        assert max(lives) < 20


async def drip(host: str, port: int, number: int) -> float:
    """How long it was let."""
    reader, writer = await asyncio.open_connection(host, port, local_addr=(source(number), 0))
    began = time.monotonic()
    ended = asyncio.create_task(reader.read())
    try:
        for byte in b"GET /ws/x HTTP/1.1\r\nHost: relay.example\r\nUpgrade: websocket\r\n\r\n":
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait([ended], timeout=1)
            if done:
                break
        return time.monotonic() - began
    finally:
        ended.cancel()
        writer.transport.abort()


def source(number: int) -> str:
    return f"127.88.{number // 250}.{number % 250 + 1}"


async def test_s2_while_some_say_nothing_others_talk(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    with ExitStack() as stack:
        for _ in range(19):  # one more may come from this address
            stack.enter_context(upgraded(relay)).sendall(masked(b"{}")[:3])
        address = "203.0.113.200"
        async with (
            connect(relay.url, alice, [bob], address=address) as a,
            connect(relay.url, bob, [alice], address=address) as b,
        ):
            await chat(a, b, bob, [])

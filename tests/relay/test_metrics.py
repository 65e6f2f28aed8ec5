"""The counts of a real relay, as /metrics tells them."""

import asyncio
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from collab_relay import protocol as p
from collab_relay.counts import SAMPLE
from collab_relay.metrics import registry
from collab_relay.service import Relay

from .client import Identity, connect, dial
from .conftest import RelayProcess

INVITE = "ab" * 16


def scraped(relay: RelayProcess) -> dict[Any, float]:
    """Name without `collab_relay_`, and labels -> value."""
    with urllib.request.urlopen(f"{relay.url}/metrics", timeout=5) as answer:
        return values(answer.read().decode())


def values(text: str) -> dict[Any, float]:
    return {
        (sample.name.removeprefix("collab_relay_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def difference(after: dict[Any, float], before: dict[Any, float], *names: str) -> dict[Any, float]:
    """What of these has changed, and by how much."""
    return {
        key: value - before[key]
        for key, value in after.items()
        if key[0] in names and value != before[key]
    }


async def test_connections_and_frames_by_what_became_of_them(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    before = await asyncio.to_thread(scraped, relay)
    async with connect(relay.url, alice, [bob, charlie]) as a, connect(relay.url, bob, [alice]):
        await a.event(bob.id)
        await a.event(charlie.id, ref=2)
        large = '"' + "x" * (p.DATA_BYTES + 1) + '"'
        await a.event(bob.id, large, ref=3)
        await a.send(p.Knock(to_user=bob.id, invite=INVITE, box="Qk9Y"))
        await a.send(p.Received(count=200))
        await a.send(p.Friends(add=[Identity("x").id], remove=[]))
        await a.settle()
        during = await asyncio.to_thread(scraped, relay)
    changed = difference(
        during, before, "connections", "joins_total", "frames_total", "delivered_total",
        "undelivered_total", "messages_total",
    )  # fmt: skip
    assert changed == {
        ("connections",): 2,
        ("joins_total",): 2,
        ("messages_total",): 9,  # and the two that brought the authentication
        ("frames_total", "collab_event", "taken"): 3,
        ("frames_total", "knock", "refused"): 1,
        ("frames_total", "received", "refused"): 1,
        ("frames_total", "friends", "taken"): 1,
        ("frames_total", "ping", "taken"): 1,
        ("delivered_total",): 1,
        ("undelivered_total", "offline"): 1,
        ("undelivered_total", "too_big"): 1,
    }


async def test_who_leaves_who_is_closed_and_who_is_not_let_in(
    relay: RelayProcess, alice: Identity, bob: Identity, address: str
) -> None:
    before = await asyncio.to_thread(scraped, relay)
    async with connect(relay.url, alice) as first, connect(relay.url, alice):
        assert (await first.closed())[0] == p.Close.REPLACED
    async with dial(relay.url, bob.id, address=address) as refused:
        hello = await refused.wait(p.Hello)
        token = alice.token(p.normalise_audience(relay.url), hello.nonce)
        await refused.send(p.Authenticate(token=token))
        await refused.closed()
    async with dial(relay.url, bob.id, subprotocol=None, address=address) as refused:
        await refused.closed()
    while (after := await asyncio.to_thread(scraped, relay))[("connections",)] != before[
        ("connections",)
    ]:
        await asyncio.sleep(0.01)
    names = ("leaves_total", "drops_total", "authentication_failures_total", "guests")
    assert difference(after, before, *names) == {
        ("leaves_total",): 1,
        ("drops_total", "replaced"): 1,
        ("authentication_failures_total", "of_another_id"): 1,
        ("authentication_failures_total", "version"): 1,
    }


async def test_one_message_in_so_many_is_timed_and_the_loop_once_a_second(
    relay: RelayProcess, alice: Identity
) -> None:
    before = await asyncio.to_thread(scraped, relay)
    async with connect(relay.url, alice) as a:
        for _ in range(2 * SAMPLE):
            await a.send(p.Ping())
        await a.settle()
        after = await asyncio.to_thread(scraped, relay)
        while after[("loop_lag_seconds_count",)] == before[("loop_lag_seconds_count",)]:
            await asyncio.sleep(0.05)
            after = await asyncio.to_thread(scraped, relay)
    assert difference(after, before, "routing_seconds_count") == {("routing_seconds_count",): 2}
    assert after[("routing_seconds_sum",)] > before[("routing_seconds_sum",)]


async def test_who_has_to_confirm_is_told_while_it_waits(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    before = await asyncio.to_thread(scraped, relay)
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice], keeps_credit=False) as b,
    ):
        for ref in range(p.CREDIT_FRAMES + 5):
            await a.event(bob.id, ref=ref)
            if not ref % 32:
                await a.settle()  # which confirms what Alice got
        await a.settle()
        during = await asyncio.to_thread(scraped, relay)
        await b.send(p.Received(count=64))
        await b.settle()
        after = await asyncio.to_thread(scraped, relay)
    waiting = ("waiting_connections", "credit_waits_total")
    assert difference(during, before, *waiting) == {("waiting_connections",): 1}
    assert difference(after, before, *waiting) == {("credit_waits_total",): 1}
    assert difference(after, before, "undelivered_total")[("undelivered_total", "busy")] >= 5


def test_each_name_is_told_once_and_has_a_meaning() -> None:
    families = list(registry(Relay(["ws://127.0.0.1:9000"], 200, 1000)).collect())
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    assert [f.name for f in families if not f.documentation] == []

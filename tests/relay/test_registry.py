"""The registry in a real Redis: numbers go up, and what is somebody else's is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collab_relay.registry import HERE_SECONDS, UNREACHABLE, Registry
from tests.redis import RedisServer

from .client import Identity


@asynccontextmanager
async def two(redis: RedisServer) -> AsyncIterator[tuple[Registry, Registry]]:
    x, y = Registry(redis.url, "x"), Registry(redis.url, "y")
    try:
        yield x, y
    finally:
        await x.close()
        await y.close()


async def test_the_newest_is_found_and_the_older_named(
    redis: RedisServer, alice: Identity, bob: Identity
) -> None:
    async with two(redis) as (x, y):
        first, second = await x.enter(alice.id), await y.enter(alice.id)
        assert (first.older, second.older) == ("", "x")
        assert first.number < second.number
        assert await x.find([alice.id, bob.id]) == {alice.id: "y"}
        assert await x.find([]) == {}


async def test_who_is_replaced_is_told_and_renews_nothing(
    redis: RedisServer, alice: Identity, bob: Identity
) -> None:
    async with two(redis) as (x, y):
        numbers = {who.id: (await x.enter(who.id)).number for who in (alice, bob)}
        assert await x.hold(numbers) == (False, [])
        newer = await y.enter(bob.id)
        assert await x.hold(numbers) == (False, [(bob.id, newer.number)])
        await x.leave(bob.id, numbers[bob.id], 0, 0)
        assert await x.find([bob.id]) == {bob.id: "y"}
        await y.leave(bob.id, newer.number, 0, 0)
        assert await x.find([bob.id]) == {}


async def test_numbers_go_up_even_when_all_is_forgotten(
    redis: RedisServer, alice: Identity
) -> None:
    async with two(redis) as (x, y):
        before = await x.enter(alice.id)
        await x._redis.flushall()
        assert await x.hold({alice.id: before.number}) == (True, [])
        assert await y.find([alice.id]) == {alice.id: "x"}
        assert (await y.enter(alice.id)).number > before.number
        ahead = before.number + 10**12  # of a process whose clock is fast, made without Redis
        assert await x.hold({alice.id: ahead}) == (True, [])
        assert (await y.enter(alice.id)).number == ahead + 1


async def test_debts_wait_at_the_next_process(redis: RedisServer, alice: Identity) -> None:
    async with two(redis) as (x, y):
        entered = await x.enter(alice.id)
        assert (entered.spent, entered.knocked) == (0.0, 0.0)
        await x.leave(alice.id, entered.number, 8.0, 1_800.0)
        again = await y.enter(alice.id)
        assert 5.0 < again.spent <= 8.0
        assert 1_790.0 < again.knocked <= 1_800.0
        await y.leave(alice.id, again.number, 1.0, 0.0)
        assert (await x.enter(alice.id)).spent > 2.0  # the longer one counts


async def test_processes_are_there_while_they_say_so(redis: RedisServer) -> None:
    async with two(redis) as (x, y):
        await x.beat()
        assert {"x", "y"} <= {*await y.beat()}
        await x.end()
        assert "x" not in await y.beat()


async def test_a_nonce_is_new_once(redis: RedisServer, alice: Identity) -> None:
    async with two(redis) as (x, y):
        assert [await x.is_new(alice.id, 65), await y.is_new(alice.id, 65)] == [True, False]


async def test_whoever_is_not_renewed_is_gone_in_seconds(
    redis: RedisServer, alice: Identity
) -> None:
    async with two(redis) as (x, _):
        await x.enter(alice.id)
        await x.beat()
        for key in [key async for key in x._redis.scan_iter()]:
            rest = await x._redis.pttl(key)
            assert 0 < rest <= HERE_SECONDS * 1000 or ":knocked:" in key or ":nonce:" in key, key


async def test_more_than_one_command_takes_at_once(redis: RedisServer) -> None:
    async with two(redis) as (x, _):
        people = {f"{n:043}": n + 1 for n in range(1_200)}
        assert await x.hold(people) == (True, [])
        assert await x.hold(people) == (False, [])
        assert len(await x.find(people)) == 1_200


async def test_no_redis_is_one_of_a_few_exceptions() -> None:
    registry = Registry("redis://127.0.0.1:1", "x")
    with pytest.raises(UNREACHABLE):
        await registry.beat()
    await registry.close()


async def test_a_redis_that_hangs_is_asked_once() -> None:
    """It takes connections and says nothing: asked again, everybody would wait twice as long."""
    asked = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    registry = Registry(f"redis://{host}:{port}", "x")
    with pytest.raises(UNREACHABLE):
        await registry.is_new("nonce", 60)
    assert asked == 1
    await registry.close()
    server.close()

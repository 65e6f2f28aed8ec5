"""A round that fails is told of, and is not the last."""

import asyncio
from contextlib import suppress

import pytest

from collab_relay import lasting


async def test_after_a_failure_it_goes_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "REST_SECONDS", 0.0)
    rounds, enough = list[int](), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        rounds.append(len(rounds))
        if len(rounds) == 2:
            raise ValueError("canary")
        if len(rounds) == 4:
            enough.set()

    task = asyncio.create_task(lasting.for_ever(work))
    async with asyncio.timeout(10):
        await enough.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert [record.getMessage() for record in caplog.records] == [
        "A round of what goes on all the time failed"
    ]


async def test_the_end_is_said_until_it_is_heard() -> None:
    heard = 0

    async def deaf_once() -> None:
        nonlocal heard
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        heard += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await lasting.end([task])
    assert (heard, task.cancelled()) == (1, True)

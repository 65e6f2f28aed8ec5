"""Turns: a little in each tick, everybody in the order in which they came."""

import asyncio
from collections.abc import Callable
from itertools import count

from collab_relay.turns import SECONDS, Turns


class Ticks:
    """Counts the ticks of the loop while work is done in them."""

    def __init__(self) -> None:
        self.number, self.done = 0, list[tuple[int, str]]()
        self._counting = asyncio.create_task(self._count())

    async def _count(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)

    def work(self, name: str, parts: int) -> Callable[[], bool]:
        left = iter(range(parts - 1, -1, -1))

        def part() -> bool:
            self.done.append((self.number, name))
            return next(left) > 0

        return part

    async def until(self, number: int) -> list[str]:
        while len(self.done) < number:
            await asyncio.sleep(0)
        self._counting.cancel()
        return [name for _, name in self.done]

    @property
    def in_one(self) -> int:
        """The most that was done in one tick."""
        ticks = [tick for tick, _ in self.done]
        return max(ticks.count(tick) for tick in ticks)


async def test_everybody_has_a_turn_before_anybody_has_the_next() -> None:
    turns, ticks = Turns(clock=lambda: 0.0), Ticks()
    for name, parts in (("a", 3), ("b", 1), ("c", 2)):
        turns.wait(ticks.work(name, parts))
    assert await ticks.until(6) == ["a", "b", "c", "a", "c", "a"]


async def test_one_tick_has_an_end_however_many_wait() -> None:
    """Here each look at the clock takes a third of what there is."""
    passing = count()
    turns, ticks = Turns(clock=lambda: next(passing) * SECONDS / 3), Ticks()
    for name in "abcdefghi":
        turns.wait(ticks.work(name, 1))
    assert await ticks.until(9) == list("abcdefghi")
    assert ticks.in_one == 4


async def test_strangers_have_one_turn_a_tick() -> None:
    turns, ticks = Turns(most=1, clock=lambda: 0.0), Ticks()
    for name in "ab":
        turns.wait(ticks.work(name, 2))
    assert await ticks.until(4) == ["a", "b", "a", "b"]
    assert ticks.in_one == 1


async def test_who_comes_while_others_wait_is_heard_too() -> None:
    turns, ticks = Turns(clock=lambda: 0.0), Ticks()
    late = ticks.work("late", 1)
    turns.wait(lambda: bool(turns.wait(late)))
    assert await ticks.until(1) == ["late"]


async def test_work_that_fails_keeps_nobody_waiting() -> None:
    turns, ticks = Turns(clock=lambda: 0.0), Ticks()
    failures = list[str]()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(repr(context["exception"])))

    def fail() -> bool:
        raise ValueError("no more")

    turns.wait(fail)
    turns.wait(ticks.work("other", 2))
    async with asyncio.timeout(10):
        assert await ticks.until(2) == ["other", "other"]
    assert failures == ["ValueError('no more')"]

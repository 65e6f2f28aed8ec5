"""The cases, and how all are run: many at a time, since some of them are long waits.

A case is a coroutine over a `Relay`; `holds` names the sentence of docs/protocol.md it is about.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import websockets

from .instance import Broken, Relay, Untried

AT_ONCE = 8
Trial = Callable[[Relay], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """`seconds`: how long it waits by its nature."""

    name: str
    sentence: str
    trial: Trial
    seconds: int

    @property
    def area(self) -> str:
        """The module it stands in."""
        return self.trial.__module__.rpartition(".")[2]


@dataclass(frozen=True)
class Result:
    """`why` is empty when the promise was kept."""

    case: Case
    why: str
    seconds: float
    tried: bool = True

    @property
    def held(self) -> bool:
        return self.tried and not self.why


CASES: list[Case] = []


def holds(sentence: str, seconds: int = 0) -> Callable[[Trial], Trial]:
    def add(trial: Trial) -> Trial:
        name = trial.__name__.replace("_", " ")
        CASES.append(Case(name, sentence, trial, seconds))
        return trial

    return add


async def run(relay: Relay, cases: Iterable[Case]) -> list[Result]:
    """In the order of `cases`; the long ones begin first."""
    room = asyncio.Semaphore(AT_ONCE)
    chosen = list(cases)

    async def one(case: Case) -> Result:
        async with room:
            return await attempt(relay.case(CASES.index(case)), case)

    tasks = {
        case: asyncio.create_task(one(case)) for case in sorted(chosen, key=_length, reverse=True)
    }
    await asyncio.gather(*tasks.values())
    return [tasks[case].result() for case in chosen]


def _length(case: Case) -> int:
    return case.seconds


async def attempt(relay: Relay, case: Case) -> Result:
    began, why, tried = time.monotonic(), "", True
    try:
        await case.trial(relay)
    except Untried as reason:
        why, tried = str(reason), False
    except (Broken, KeyError, ValueError, TypeError) as error:  # also a frame without its fields
        why = f"{type(error).__name__}: {error}"
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        why = f"the connection: {error}"
    return Result(case, why, time.monotonic() - began, tried)

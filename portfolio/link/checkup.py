"""Is the relay well? Every step of the way to it, tried now, with what each one found.

Promise: `check` takes five seconds at most, tries the address of the settings and no other (no
redirect is followed), sends nothing but one GET of /health, and says in words which step failed and
what that means. It changes nothing and needs no database, so commands can use it as well as pages.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from math import ceil
from typing import Any

from django.utils import timezone

from collab_relay.protocol import VERSION
from portfolio.link import dialing, troubles
from portfolio.link.addresses import AddressError, host_and_port, origin
from portfolio.link.dialing import Resolved

SECONDS = 5.0
MAX_ANSWER = 16 * 1024


Judge = Callable[[dict[str, Any]], tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and what it found. `millis`: how long it took."""

    name: str
    well: bool
    words: str
    millis: int = 0


@dataclass(frozen=True, slots=True)
class Checkup:
    address: str
    at: datetime
    steps: tuple[Step, ...]
    skew: float | None = None  # the relay's clock less mine, in seconds, where it told its time

    @property
    def well(self) -> bool:
        return all(step.well for step in self.steps)


def check(address: str, judge: Judge | None = None) -> Checkup:
    """All steps until one fails. `judge` says of the answer of /health whether it is the right one;
    a relay's, unless told otherwise.
    """
    clock: list[float] = []
    steps = tuple(_steps(address, clock, judge or _judged))
    return Checkup(address, timezone.now(), steps, clock[0] if clock else None)


def _steps(address: str, clock: list[float], judge: Judge) -> Iterator[Step]:
    deadline = time.monotonic() + SECONDS
    name = "Address"
    try:
        spelled = origin(address)
        host, port = host_and_port(spelled)
        name, began = "Name", time.monotonic()
        found = dialing.resolve(host, port, deadline)
        yield Step(name, True, _named(host, found[0][1][0]), _since(began))
        name, began = "Connection", time.monotonic()
        sock = _first(found, deadline)
        yield Step(name, True, f"Port {port} is open.", _since(began))
        if spelled.startswith("https:"):
            name, began = "Certificate", time.monotonic()
            sock = dialing.secure(sock, host)
            yield Step(name, True, "Valid.", _since(began))
        name, began = "Answer", time.monotonic()
        said = _health(sock, host, port, deadline, clock)
        yield Step(name, *judge(said), _since(began))
    except AddressError as error:
        yield Step(name, False, f"COLLABORATION_SERVICE_URL is not an address. {error}")
    except OSError as error:
        yield Step(name, False, troubles.of_error(error), _since(began))


def _first(found: list[Resolved], deadline: float) -> socket.socket:
    """A connection to the first address that takes one."""
    failure: OSError = TimeoutError()
    for family, address in found:
        try:
            return dialing.connect(family, address, deadline)
        except OSError as error:
            failure = error
    raise failure


def _health(
    sock: socket.socket, host: str, port: int, deadline: float, clock: list[float]
) -> dict[str, Any]:
    """What /health says; empty for anything that no relay says. The time it tells into `clock`."""
    asking = HTTPConnection(host, port)
    asking.sock = sock
    with closing(asking):
        sock.settimeout(dialing.left(deadline))
        try:
            asking.request("GET", "/health", headers={"Connection": "close"})
            answer = dialing.answer(sock, deadline, MAX_ANSWER)
            said = json.loads(answer.read()) if answer.status == 200 else {}
            if (theirs := dialing.date(answer)) is not None:
                clock.append(theirs - time.time())
        except (HTTPException, ValueError, RecursionError):
            return {}
    return said if isinstance(said, dict) else {}


def _judged(said: dict[str, Any]) -> tuple[bool, str]:
    if said.get("status") != "healthy" or "version" not in said:
        return False, "Something else answers there, not a relay."
    if said["version"] != VERSION:
        return False, troubles.CLOSED[4426]
    return True, "A relay, and it is well."


def _named(host: str, number: str) -> str:
    return "It is a number already." if host == number else f"{host} is {number}."


def _since(began: float) -> int:
    """Milliseconds, begun ones counted."""
    return ceil((time.monotonic() - began) * 1000)

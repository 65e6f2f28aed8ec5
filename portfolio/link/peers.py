"""One careful GET to a friend's instance: the only place where an address from outside is called.

Promise: `fetch` returns the opened payload of a box that this friend sealed for us, or says
`Unreachable`; a bare status, a timeout, a wrong box all mean just that. The origin comes from the
accepted card (and from nowhere while a newer one waits for the person's word), the path is built
from an id, so no event chooses what is called. The name is resolved once, private addresses are
refused unless the friend is "on my network", and the connection goes to the very address that was
checked. No redirect is followed, no cookie kept; 5 seconds and 64 KB in all, however slowly they
drip.
It does not judge the payload (is it the answer to this request?): see `portfolio.sharing.fetching`.
Threads: any; it blocks, so never inside a transaction. Imported by `sharing` and `friends`.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from uuid import UUID

import msgspec

from portfolio.link import dialing, identity
from portfolio.link.addresses import AddressError, host_and_port, is_public, origin
from portfolio.link.sealing import SealingError, open_box
from portfolio.models import Friend

SECONDS = 5.0
MAX_BYTES = 64 * 1024
PATH = "/api/v1/positions/ideas/{}"


class Unreachable(Exception):
    """No sealed answer came. The reason is a few words for the log, without content."""

    speaks = True


class _Boxed(msgspec.Struct):
    box: str


@dataclass(frozen=True)
class _Target:
    """Where a friend's instance is, before anything is resolved."""

    secure: bool
    host: str
    port: int
    on_my_network: bool


def fetch(friend: Friend, position_id: UUID, request: str) -> bytes:
    """The payload of the friend's sealed answer to `request` (16 random bytes, base64url)."""
    deadline = time.monotonic() + SECONDS
    target = _target(friend.address, friend.on_my_network)
    path = PATH.format(position_id)
    try:
        answer = _get(target, path, _token(friend, path, request, int(time.time())), deadline)
        if answer.status == 401 and (theirs := dialing.date(answer)) is not None:
            # Our clock may be wrong, and then so was the token.
            answer = _get(target, path, _token(friend, path, request, theirs), deadline)
        return _opened(answer, friend)
    except dialing.TooMuch:
        raise Unreachable("too much came") from None
    except (OSError, HTTPException) as error:
        raise Unreachable(type(error).__name__) from None


def reach(friend: Friend) -> None:
    """A connection to the friend's instance, and its end; `Unreachable` says why there is none."""
    try:
        target = _target(friend.address, friend.on_my_network)
        _connected(target, time.monotonic() + SECONDS).close()
    except OSError as error:
        raise Unreachable(type(error).__name__) from None


def needs_my_network(backend_url: str) -> bool:
    """Whether this address leads to a private network only, so that its friend needs the tick."""
    try:
        target = _target(backend_url, True)
        found = dialing.resolve(target.host, target.port, time.monotonic() + SECONDS)
    except (Unreachable, OSError):
        return False
    return not any(is_public(address[0]) for _family, address in found)


def _target(backend_url: str, on_my_network: bool) -> _Target:
    try:
        spelled = origin(backend_url)
    except AddressError:
        raise Unreachable("no address") from None
    host, port = host_and_port(spelled)
    return _Target(spelled.startswith("https:"), host, port, on_my_network)


def _token(friend: Friend, path: str, request: str, now: int) -> str:
    return identity.fetch_token(friend.user_id, path, request, now)


def _get(target: _Target, path: str, token: str, deadline: float) -> HTTPResponse:
    """One request on one connection; the answer is complete, or this raises."""
    with _connected(target, deadline) as sock:
        asking = HTTPConnection(target.host, target.port)
        asking.sock = sock  # connected to the checked address: no second look at the name
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        asking.request("GET", path, headers=headers | {"Connection": "close"})
        return dialing.answer(sock, deadline, MAX_BYTES)


def _connected(target: _Target, deadline: float) -> socket.socket:
    """A socket to the first allowed address that takes the connection, with TLS if asked."""
    found = dialing.resolve(target.host, target.port, deadline)
    allowed = [entry for entry in found if target.on_my_network or is_public(entry[1][0])]
    if not allowed:
        raise Unreachable("private address")
    failure: OSError = TimeoutError()
    for family, address in allowed:
        try:
            return _connect(family, address, target, deadline)
        except OSError as error:
            failure = error
    raise failure


def _connect(
    family: socket.AddressFamily, address: Any, target: _Target, deadline: float
) -> socket.socket:
    sock = dialing.connect(family, address, deadline)
    return dialing.secure(sock, target.host) if target.secure else sock


def _opened(answer: HTTPResponse, friend: Friend) -> bytes:
    if answer.status != 200:
        raise Unreachable(f"answered {answer.status}")
    try:
        boxed = msgspec.json.decode(answer.read(), type=_Boxed)
        return open_box(boxed.box, identity.keys(), friend.user_id)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, SealingError):
        raise Unreachable("not a box of this friend") from None

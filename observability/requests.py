"""Every request has an id: in each line of the log that it causes, and in its answer.

Promises: `X-Request-ID` is believed from a trusted proxy alone, and only as 8 to 64 letters,
digits, dots, dashes and underscores; anything else gets an id of ours. One line tells of each
request: its method, its path without queries and tokens, its status, how long it took. A WebSocket
is a request, too: its id stays in the lines of its life. Wraps an ASGI application.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from ipaddress import IPv6Address, ip_address
from typing import Any

from . import tracing
from .logs import bound, cleaned, get_logger

log = get_logger(__name__)

HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_NAMES = re.compile(
    r"(?<=/)(?!v1/)(?=[^/]*[0-9A-Z:=]|[^/]{20})[^/]+"
)  # ids, tokens, numbers of rows
#: Asked every few seconds by machines, or many times by each page: told at DEBUG.
QUIET = ("/health", "/metrics", "/static/", "/favicon.ico")

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Requests:
    """`trusts`: whether a request came by a proxy whose `X-Request-ID` is believed."""

    def __init__(self, application: Any, trusts: Callable[[Scope], bool]) -> None:
        self._application, self._trusts = application, trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        request_id, began, status = self._id_of(scope), time.perf_counter(), 0

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.accept"):
                status = message.get("status", 101)
                named = (HEADER, request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), named]}
            await send(message)

        with bound(request_id=request_id), _span(scope):
            try:
                await self._application(scope, receive, marked)
            finally:
                _tell(scope, status, time.perf_counter() - began)

    def _id_of(self, scope: Scope) -> str:
        given = [value for name, value in scope["headers"] if name == HEADER]
        if len(given) == 1 and _ID.fullmatch(given[0]) and self._trusts(scope):
            return str(given[0].decode())
        return secrets.token_hex(8)


def _span(scope: Scope) -> AbstractContextManager[None]:
    """Of an HTTP request that is worth one: a socket is there for hours."""
    path = scope["path"]
    if scope["type"] != "http" or path.startswith(QUIET):
        return nullcontext()
    method, shape = scope["method"], _NAMES.sub("*", path)
    attributes = {"http.request.method": method, "url.path": shape}
    return tracing.span(f"{method} {shape}", "", "SERVER", **attributes)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"]
    tracing.note("http.response.status_code", status)
    tell = log.debug if path.startswith(QUIET) and status < 400 else log.info
    tell(
        "Request",
        method=scope.get("method", "SOCKET"),
        path=cleaned(path),
        status=status,
        ms=round(1000 * seconds),
    )


def is_loopback(address: str) -> bool:
    """Of this machine, as a host or a peer is written."""
    try:
        ip = ip_address(address.strip("[]"))
    except ValueError:
        return address == "localhost"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_loopback

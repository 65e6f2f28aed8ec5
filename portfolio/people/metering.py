"""Every HTTP request, counted and timed under the name of its route.

A route is known once an address has led to a view; what leads nowhere, and static files, are
`none`, and all of the admin is `admin`: so the names are as many as `urls.py` has. Stands before
all other middleware, and hops to no thread.
"""

from asyncio import iscoroutinefunction
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from portfolio.metrics import REQUEST_SECONDS, REQUESTS

Answer = Callable[[HttpRequest], HttpResponseBase]
LaterAnswer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def metering(get_response: Any) -> Answer | LaterAnswer:
    return _later(get_response) if iscoroutinefunction(get_response) else _now(get_response)


def _now(get_response: Answer) -> Answer:
    def metered(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = get_response(request)
        _count(request, response, perf_counter() - began)
        return response

    return metered


def _later(get_response: LaterAnswer) -> LaterAnswer:
    async def metered(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = await get_response(request)
        _count(request, response, perf_counter() - began)
        return response

    return metered


def _count(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    route = route_of(request)
    REQUESTS.labels(route, f"{response.status_code // 100}xx").inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:
        return "none"
    return "admin" if "admin" in match.namespaces else match.view_name

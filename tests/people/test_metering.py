"""Requests under the names of their routes, whichever server asks."""

from __future__ import annotations

import pytest
from django.test import AsyncClient, Client

from portfolio.metrics import REQUEST_SECONDS, REQUESTS
from tests.counting import since

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/health", "health", "2xx"),
        ("/settings/", "settings", "3xx"),
        ("/api/v1/tokens", "tokens", "4xx"),
        ("/admin/", "admin", "3xx"),
        ("/robots.txt", "portfolio.people.health.robots", "2xx"),
        ("/leads/to/nothing", "none", "4xx"),
        ("/leads/to/nothing/else", "none", "4xx"),
    ],
)
def test_a_request_is_counted_and_timed_once(
    client: Client, path: str, route: str, status: str
) -> None:
    requests, seconds = since(REQUESTS, route, status), since(REQUEST_SECONDS, route)
    client.get(path)
    assert (requests(), seconds()) == (1, 1)


async def test_an_asgi_server_is_served_the_same(async_client: AsyncClient) -> None:
    requests, seconds = since(REQUESTS, "health", "2xx"), since(REQUEST_SECONDS, "health")
    await async_client.get("/health")
    assert (requests(), seconds()) == (1, 1)


def test_a_bug_is_a_5xx(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = since(REQUESTS, "health", "5xx")
    monkeypatch.delattr("django.conf.settings.VERSION")
    client.raise_request_exception = False
    client.get("/health")
    assert requests() == 1

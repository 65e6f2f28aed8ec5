"""The relay over HTTP: health for everybody, the rest for who signs."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from collab_relay import protocol as p

from .client import Identity, connect
from .conftest import RelayProcess


def call(
    url: str, token: str = "", body: Any = None, method: str | None = None, address: str = ""
) -> tuple[int, Any, str | None]:
    """Status, JSON if it is some, and the header Retry-After."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if address:
        headers["X-Forwarded-For"] = address
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer), None
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
            return (
                error.code,
                json.loads(text) if text[:1] == b"{" else {},
                error.headers["Retry-After"],
            )


def token(relay: RelayProcess, me: Identity, **changes: Any) -> str:
    return me.token(p.normalise_audience(relay.url), **changes)


async def test_health_counts(relay: RelayProcess, alice: Identity, bob: Identity) -> None:
    before = call(f"{relay.url}/health")[1]
    async with connect(relay.url, alice, [bob]) as a, connect(relay.url, bob, [alice]) as b:
        await a.event(bob.id)
        await b.wait(p.IncomingEvent)
        health = call(f"{relay.url}/health")[1]
    uptime = health.pop("uptime")
    assert isinstance(uptime, int)
    assert health == {
        "status": "healthy",
        "active_users": 2,
        "total_connections": before["total_connections"] + 2,
        "total_events_routed": before["total_events_routed"] + 1,
        "version": 1,
    }


async def test_online_shows_mutual_friends_only(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    url = f"{relay.url}/api/users/online"
    async with (
        connect(relay.url, alice, [bob, charlie]),
        connect(relay.url, bob, [alice]),
        connect(relay.url, charlie, [bob]),
    ):
        seen_by_alice = call(url, token(relay, alice))
        seen_by_charlie = call(url, token(relay, charlie))
    bob_online = {
        "user_id": bob.id,
        "display_name": "Bob",
        "backend_url": "http://bob.example",
        "status": "online",
    }
    assert seen_by_alice[:2] == (200, {"users": [bob_online], "count": 1})
    assert seen_by_charlie[:2] == (200, {"users": [], "count": 0})


def test_a_token_is_taken_once(relay: RelayProcess, alice: Identity) -> None:
    url, once = f"{relay.url}/api/users/online", token(relay, alice)
    refused = {"success": False, "message": "The token is not valid for this relay."}
    assert call(url, once)[:2] == (200, {"users": [], "count": 0})
    assert call(url, once)[:2] == (401, refused)


def test_register_says_where_to_connect(relay: RelayProcess, alice: Identity) -> None:
    audience = p.normalise_audience(relay.url)
    wanted = {
        "user_id": alice.id,
        "backend_url": "http://alice.example",
        "display_name": "Alice",
        "auth_token": token(relay, alice),
    }
    status, answer, _ = call(f"{relay.url}/api/register", body=wanted)
    assert (status, answer) == (
        200,
        {
            "success": True,
            "collab_ws_url": f"{audience}/ws/{alice.id}",
            "message": "Connect to collab_ws_url; nothing is kept until then.",
        },
    )


def test_register_refuses_another_id_and_other_bodies(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    url = f"{relay.url}/api/register"
    wrong = {"user_id": bob.id, "auth_token": token(relay, alice)}
    assert call(url, body=wrong)[0] == 401
    for body in (b"", b"[]", b"{}", b"\xff", b"[" * 8000, {"user_id": alice.id}):
        assert call(url, body=body)[:2] == (
            400,
            {"success": False, "message": "Not a registration."},
        )
    assert call(url, body=b"x" * 9000)[0] == 400


@pytest.mark.parametrize(
    ("path", "method"),
    [("/health", "POST"), ("/api/users/online", "POST"), ("/api/register", "GET")],
)
def test_the_wrong_method_is_refused(relay: RelayProcess, path: str, method: str) -> None:
    assert call(relay.url + path, method=method)[0] == 405


def test_ten_failures_a_minute_are_enough(
    relay: RelayProcess, alice: Identity, address: str
) -> None:
    url = f"{relay.url}/api/users/online"
    bad = [token(relay, alice, aud="wss://evil.example") for _ in range(12)]
    assert [call(url, each, address=address)[0] for each in bad] == [401] * 10 + [429] * 2
    status, _, retry_after = call(url, token(relay, alice), address=address)
    assert (status, retry_after) == (429, "60")
    assert call(f"{relay.url}/health", address=address)[0] == 200
    assert call(url, token(relay, alice))[0] == 200

"""Listed pages read the API, without cookies; others do not, and nobody reads the pages."""

from typing import Any

import pytest
from django.test import Client

LISTED = "http://localhost:3000"
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def listed(settings: Any) -> None:
    settings.CORS_ORIGINS = [LISTED]


def ask(client: Client, path: str, origin: str) -> Any:
    asks = {"origin": origin, "access-control-request-method": "GET"}
    return client.options(path, headers=asks)


def test_listed_page_may_ask(client: Client) -> None:
    response = ask(client, "/api/anything", LISTED)
    assert response.status_code == 204
    assert response[ALLOW] == LISTED
    allowed = "Authorization, Content-Type, Idempotency-Key, If-Match"
    assert response["Access-Control-Allow-Headers"] == allowed
    assert (
        response["Access-Control-Expose-Headers"]
        == "ETag, Idempotent-Replay, Location, Retry-After"
    )
    assert "Access-Control-Allow-Credentials" not in response


def test_listed_page_may_read_the_answer(client: Client) -> None:
    response = client.get("/api/nothing", headers={"origin": LISTED})
    assert (response.status_code, response[ALLOW]) == (404, LISTED)
    assert "Origin" in response["Vary"]


def test_other_page_may_not(client: Client) -> None:
    assert ALLOW not in ask(client, "/api/anything", "http://localhost:3001")
    assert ALLOW not in client.get("/api/nothing", headers={"origin": "null"})


def test_nothing_but_the_api_is_opened(client: Client) -> None:
    assert ALLOW not in ask(client, "/account/login/", LISTED)


def test_none_by_default(client: Client, settings: Any) -> None:
    settings.CORS_ORIGINS = []
    assert ALLOW not in client.get("/api/nothing", headers={"origin": LISTED})
    assert ALLOW not in client.get("/api/nothing")

"""A program of Alice's: speaks JSON, carries its token."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

IDEAS = "/api/v1/positions/ideas"
NVDA: dict[str, Any] = {
    "symbol": "NVDA",
    "strategy": "Covered call",
    "thesis": "Rich **premium**.",
    "tags": ["Income"],
    "target": "185.50",
    "legs": [
        {"side": "buy", "kind": "stock", "quantity": 100, "price": "168.99"},
        {
            "side": "sell",
            "kind": "call",
            "quantity": 1,
            "strike": "185",
            "expiry": "2027-01-15",
            "price": "4.10",
        },
    ],
}


class Program:
    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, path, data, "application/json", headers=named)

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def idea(self, **fields: object) -> str:
        """A new idea of mine: its address."""
        made = self("POST", IDEAS, {**NVDA, **fields})
        assert made.status_code == 201, made.content
        return str(made["Location"])


def pointers(answer: Any) -> list[str]:
    """Which fields a problem is about."""
    assert answer["Content-Type"] == "application/problem+json"
    return [error["pointer"] for error in answer.json().get("errors", [])]

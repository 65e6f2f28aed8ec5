"""Alice, the owner of this instance, signed in; and what an idea of hers looks like in a post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.models import Friend, Idea, SharedPosition
from portfolio.planning import actions
from tests.owner import alice, browser, program

__all__ = ["alice", "browser", "program"]

FIELDS: dict[str, Any] = {
    "symbol": "nvda",
    "strategy": "Covered call",
    "direction": "",
    "thesis": "Rich **premium**.",
    "notes": "",
    "tags": "Income, short-term",
    "target": "185",
    "stop": "158",
}
LEGS: list[dict[str, Any]] = [
    {"side": "buy", "kind": "stock", "quantity": "100", "price": "168.99"},
    {
        "side": "sell",
        "kind": "call",
        "quantity": "1",
        "strike": "185",
        "expiry": "2027-01-15",
        "price": "4.10",
    },
]


def post(**changes: Any) -> dict[str, Any]:
    """The two above as a browser posts them."""
    legs = {f"legs-{n}-{name}": value for n, leg in enumerate(LEGS) for name, value in leg.items()}
    return {**FIELDS, **legs, **changes}


@pytest.fixture
def idea(alice: User) -> Idea:
    return actions.create_idea(FIELDS, LEGS, alice)


@pytest.fixture
def bob(alice: User) -> Friend:
    return Friend.objects.create(
        user_id="b" * 43,
        display_name="Bob",
        backend_url="https://bob.example",
        state=Friend.State.FRIEND,
        out_epoch="e" * 32,
    )


def copy_of(owner: Friend, snapshot: object, **columns: Any) -> SharedPosition:
    """A friend's idea as it lies here."""

    later = timezone.now() + timedelta(days=30)
    row = {"version": 1, "opened_version": 1, "lease_until": later, "share_id": uuid4(), **columns}
    return SharedPosition.objects.create(uid=uuid4(), owner=owner, snapshot=snapshot, **row)

"""Alice, signed in; Bob, her friend; an idea of hers and a copy of his, named as planning would."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from portfolio.models import Friend, SharedPosition
from portfolio.notices import names
from tests.owner import alice, browser, program

__all__ = ["alice", "browser", "program"]


@pytest.fixture
def htmx(browser: Client) -> Client:
    browser.defaults["HTTP_HX_REQUEST"] = "true"
    return browser


def friend(name: str) -> Friend:
    return Friend.objects.create(user_id=name[0] * 43, display_name=name, state="friend")


@pytest.fixture
def bob(db: None) -> Friend:
    return friend("Bob")


@pytest.fixture
def charlie(db: None) -> Friend:
    return friend("Charlie")


@pytest.fixture
def mine(db: None) -> SharedPosition:
    return own("NVDA")


@pytest.fixture
def copy(bob: Friend) -> SharedPosition:
    until = timezone.now() + timedelta(days=30)
    row = {"share_id": uuid4(), "version": 1, "lease_until": until}
    snapshot = {"symbol": "AAPL", "strategy": "Long call"}
    return SharedPosition.objects.create(owner=bob, uid=uuid4(), snapshot=snapshot, **row)


def own(symbol: str) -> SharedPosition:
    uid, snapshot = uuid4(), {"symbol": symbol, "strategy": "Covered call"}
    return SharedPosition.objects.create(id=uid, uid=uid, version=1, snapshot=snapshot)


@pytest.fixture
def told() -> Iterator[list[set[UUID]]]:
    """A source of names for a test; what it was asked for. Planning's own comes back after it."""
    before, asked = list(names._sources), []

    def source(positions: Collection[UUID]) -> Mapping[UUID, names.Named]:
        asked.append(set(positions))
        return {key: names.Named(f"Idea {key.hex[:4]}", f"/at/{key}/") for key in positions}

    names.source(source)
    yield asked
    names._sources[:] = before

"""Alice's programs: one that may write, one that may only read; and Bob, her friend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from portfolio.models import Friend
from portfolio.people import actions
from tests.api.program import Program
from tests.owner import alice

__all__ = ["alice"]


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """Requests are counted in the cache: each test begins with none."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def program(alice: User) -> Program:
    return Program(actions.make_token(alice, "test", "write", 1)[1])


@pytest.fixture
def reader(alice: User) -> Program:
    return Program(actions.make_token(alice, "test", "read", 1)[1])


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def bob(alice: User) -> Friend:
    return friend("Bob")


@pytest.fixture
def charlie(alice: User) -> Friend:
    return friend("Charlie")


def friend(name: str, **columns: Any) -> Friend:
    row: dict[str, Any] = {
        "user_id": name[0].lower() * 43,
        "display_name": name,
        "backend_url": f"https://{name.lower()}.example",
        "state": Friend.State.FRIEND,
        "out_epoch": "e" * 32,
    }
    return Friend.objects.create(**{**row, **columns})

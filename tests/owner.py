"""Fixtures of several folders: Alice, the owner of this instance, her browser and her program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from portfolio.link import identity
from portfolio.people.actions import make_token
from tests.api.program import Program

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def alice(db: None) -> User:
    identity.ensure("Alice", "http://127.0.0.1:8000")
    return User.objects.create_user("alice")


@pytest.fixture
def browser(alice: User) -> Client:
    """Signed in."""
    client = Client()
    client.force_login(alice, backend=BACKEND)
    return client


@pytest.fixture
def program(alice: User) -> Iterator[Program]:
    """May write. Requests are counted in the cache: each test begins with none."""
    cache.clear()
    yield Program(make_token(alice, "a", "write", 1)[1])
    cache.clear()

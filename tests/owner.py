"""Fixtures of several folders: Alice, the owner of this instance, and her browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.link import identity

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

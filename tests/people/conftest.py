"""Passwords that are quick to hash: argon2 is slow on purpose."""

from typing import Any

import pytest
from django.core.cache import cache

from portfolio.link.identity import ensure
from portfolio.models import Identity

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_and_forgetful(settings: Any) -> None:
    """Attempts are counted in the cache: each test begins with none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def identity(db: None) -> Identity:
    """Alice: keys in the test's DATA_DIR and her row."""
    return ensure("Alice", "http://127.0.0.1:8000")

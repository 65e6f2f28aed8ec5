"""Which tokens open something."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.models import ApiToken, KeptAnswer

pytestmark = pytest.mark.django_db


def make(name: str, **columns: object) -> ApiToken:
    alice, _ = User.objects.get_or_create(username="alice")
    digest = sha256(name.encode()).hexdigest()
    return ApiToken.objects.create(person=alice, name=name, hash=digest, prefix="pp_", **columns)


def test_only_live_tokens_fit() -> None:
    now = timezone.now()
    open_one = make("a")
    later = make("b", expires_at=now + timedelta(days=1))
    expired = make("c", expires_at=now)
    revoked = make("d", revoked_at=now)
    assert set(ApiToken.objects.live()) == {open_one, later}
    states = [one.state for one in (open_one, later, expired, revoked)]
    assert states == ["live", "live", "expired", "revoked"]
    fitting = [
        ApiToken.objects.fitting(name).first() for name in ("a", "b", "c", "d", "e", "\ud800")
    ]
    assert fitting == [open_one, later, None, None, None, None]


def test_names() -> None:
    assert str(make("a")) == "a"
    assert str(KeptAnswer(key="k")) == "k"

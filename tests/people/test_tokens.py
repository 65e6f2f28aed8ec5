"""The first person's token and the demo's sign-in link: what opens, what does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from portfolio.people import tokens

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def token_in(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[-1]


def test_first_token_fits_until_somebody_is_there() -> None:
    token = tokens.new_first_token()
    assert tokens.first_token_fits(token)
    User.objects.create_user("alice")
    assert not tokens.first_token_fits(token)


def test_first_token_is_kept_as_a_hash_for_its_owner_alone(data_dir: Path) -> None:
    token = tokens.new_first_token()
    [file] = data_dir.iterdir()
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_first_token_that_does_not_fit() -> None:
    assert not tokens.first_token_fits("anything")
    old = tokens.new_first_token()
    new = tokens.new_first_token()
    assert [tokens.first_token_fits(token) for token in ("", "anything", old, new)] == [
        False,
        False,
        False,
        True,
    ]
    tokens.burn_first_token()
    assert not tokens.first_token_fits(new)


def test_first_person_url() -> None:
    url = tokens.first_person_url("http://127.0.0.1:8000")
    assert url == f"http://127.0.0.1:8000/people/first/{token_in(url)}/"
    assert tokens.first_token_fits(token_in(url))


def test_sign_in_url_is_for_the_first_person(settings: Any) -> None:
    settings.DEBUG = True
    alice = User.objects.create_user("alice")
    bob = User.objects.create_user("bob")
    assert tokens.read_sign_in(token_in(tokens.sign_in_url("http://x"))) == alice
    assert tokens.read_sign_in(token_in(tokens.sign_in_url("http://x", bob))) == bob


def test_sign_in_url_without_a_person() -> None:
    with pytest.raises(LookupError):
        tokens.sign_in_url("http://x")


def test_sign_in_without_debug_with_a_wrong_token_or_a_day_later(settings: Any) -> None:
    User.objects.create_user("alice")
    with time_machine.travel(NOW, tick=False):
        token = token_in(tokens.sign_in_url("http://x"))
        assert tokens.read_sign_in(token) is None
        settings.DEBUG = True
        assert tokens.read_sign_in(token) is not None
        assert tokens.read_sign_in(f"{token}x") is None
    with time_machine.travel(NOW + timedelta(days=1, seconds=2), tick=False):
        assert tokens.read_sign_in(token) is None


def test_sign_in_of_somebody_switched_off(settings: Any) -> None:
    settings.DEBUG = True
    User.objects.create_user("alice", is_active=False)
    assert tokens.read_sign_in(token_in(tokens.sign_in_url("http://x"))) is None

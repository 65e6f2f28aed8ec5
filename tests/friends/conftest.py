"""Alice's instance is this one; Bob and Charlie are keys and cards that reach it from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.friends import actions
from portfolio.friends.codes import read_code, write_code, write_knock
from portfolio.link import identity, status
from portfolio.link.cards import to_text
from portfolio.link.identity import Keys
from portfolio.models import Friend, Identity
from tests.link.people import card_of, new_keys

RELAY = "http://localhost:9000"


@dataclass
class Person:
    """Somebody else, as far as Alice's instance can know them."""

    name: str
    keys: Keys

    @property
    def id(self) -> str:
        return self.keys.user_id

    def card(self, **other: object) -> str:
        return card_of(self.keys, self.name, **other)

    def code(self, relay: str = RELAY, secret: bytes = b"s" * 16, **other: object) -> str:
        return write_code("http://127.0.0.1:8001", relay, self.card(**other), to_text(secret))

    def knock(self, code: str, **other: object) -> bytes:
        return write_knock(self.card(**other), read_code(code).secret, self.id)

    def row(self) -> Friend | None:
        return Friend.objects.filter(user_id=self.id).first()


@pytest.fixture
def alice(db: None) -> Identity:
    return identity.ensure("Alice", "http://127.0.0.1:8000")


@pytest.fixture
def bob() -> Person:
    return Person("Bob", new_keys())


@pytest.fixture
def charlie() -> Person:
    return Person("Charlie", new_keys())


@pytest.fixture
def friend(alice: Identity, bob: Person) -> Friend:
    """Bob, a friend already."""
    return actions.pin(bob.card())


@pytest.fixture
def browser(alice: Identity, client: Client) -> Client:
    """Alice, signed in."""
    client.force_login(User.objects.create_superuser("alice"))
    return client


@pytest.fixture(autouse=True)
def nobody_online() -> Iterator[None]:
    yield
    status.report("connecting")

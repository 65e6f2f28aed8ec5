"""Alice, Bob and Charlie as keys alone, for tests that need a friend without a second database."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from portfolio.link.cards import CardData, write_card
from portfolio.link.identity import Keys


def new_keys() -> Keys:
    return Keys(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())


def card_data(keys: Keys, name: str = "Bob", **other: object) -> CardData:
    fields: dict[str, object] = {
        "user_id": keys.user_id,
        "box_key": keys.box_key,
        "display_name": name,
        "backend_url": "http://127.0.0.1:8001",
        "revision": 1,
        "issued_at": "2026-01-02T03:04:05+00:00",
    }
    return CardData(**fields | other)  # type: ignore[arg-type]  # tests pass wrong fields on purpose


def card_of(keys: Keys, name: str = "Bob", **other: object) -> str:
    return write_card(card_data(keys, name, **other), keys.signing)

"""User ids and cards: who somebody is, how to seal for them, and where they live.

Promise: a `user_id` has one spelling and is a key for which nobody but its owner can sign;
`read_card` returns only what that key signed, every field within its bounds, with a box key that
really seals. Everything else is one `CardError`, whose message never repeats the card.
It does not know friends or rows, and a card says nothing about being accepted: see `identity` and
`portfolio.friends`.
Pure: no Django, no clock, no state. Imported by `link` and the packages above it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Meta

from portfolio.link.addresses import AddressError, origin

MAX_CARD = 2048
MAX_NAME = 80
_CONTEXT = b"pp1-card|"
_P = 2**255 - 19
_Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y of every point of order 1, 2, 4 and 8. Under such a "key" anybody's signature verifies.
_LOW_ORDER = {0, 1, _P - 1, _Y8, _P - _Y8}

Key = Annotated[str, Meta(min_length=43, max_length=43)]


class CardError(ValueError):
    """What came is not a card, or not signed by the id it names."""


class CardData(msgspec.Struct, frozen=True, kw_only=True):
    """What a card says. `backend_url` is empty when its owner cannot be called."""

    user_id: Key
    box_key: Key
    display_name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    backend_url: Annotated[str, Meta(max_length=200)]
    revision: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    issued_at: Annotated[str, Meta(max_length=40)]


def to_text(raw: bytes) -> str:
    """base64url without padding, the spelling of every key, id and secret here."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes of the one spelling `to_text` makes; `ValueError` for every other."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    if to_text(raw) != text:
        raise ValueError("not the canonical base64url")
    return raw


def public_key(user_id: str) -> Ed25519PublicKey:
    """The key that an id is; `CardError` unless the id is canonical and not of low order."""
    try:
        raw = from_text(user_id)
    except ValueError:
        raise CardError("this is not a user id") from None
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if len(raw) != 32 or y >= _P or y in _LOW_ORDER:
        raise CardError("this is not a user id")
    return Ed25519PublicKey.from_public_bytes(raw)


def box_public_key(text: str) -> X25519PublicKey:
    """A friend's box key, tried once: a key of low order would seal for everybody."""
    try:
        key = X25519PublicKey.from_public_bytes(from_text(text))
        X25519PrivateKey.generate().exchange(key)
    except ValueError:
        raise CardError("the box key cannot be used") from None
    return key


def clean_name(name: str) -> str:
    """A name as a card may carry it: printable, trimmed, at most 80 characters; may be empty."""
    return "".join(c for c in name if c.isprintable())[:MAX_NAME].strip()


def write_card(data: CardData, signing: Ed25519PrivateKey) -> str:
    raw = msgspec.json.encode(data)
    return f"{to_text(raw)}.{to_text(signing.sign(_CONTEXT + raw))}"


def read_card(text: str) -> CardData:
    """What the card says, checked; `CardError` otherwise."""
    if not isinstance(text, str) or len(text) > MAX_CARD:
        raise CardError("a card is a text of at most 2 KB")
    body, _, signature = text.partition(".")
    try:
        raw = from_text(body)
        data = msgspec.json.decode(raw, type=CardData)
        public_key(data.user_id).verify(from_text(signature), _CONTEXT + raw)
    except InvalidSignature:
        raise CardError("the card is not signed by the id it names") from None
    except (ValueError, RecursionError):  # msgspec's errors and CardError are ValueErrors
        raise CardError("this is not a card") from None
    _check(data)
    return data


def _check(data: CardData) -> None:
    if clean_name(data.display_name) != data.display_name:
        raise CardError("the name on the card cannot be shown")
    try:
        spelled = origin(data.backend_url) if data.backend_url else ""
    except AddressError:
        raise CardError("the address on the card is not one") from None
    if spelled != data.backend_url:
        raise CardError("the address on the card is not in its usual form")
    box_public_key(data.box_key)


def safety_digits(a: str, b: str) -> str:
    """40 digits that two people compare by voice: the same on both sides, and for no other pair."""
    digest = hashlib.sha256("|".join(sorted((a, b))).encode()).digest()
    digits = f"{int.from_bytes(digest, 'big') % 10**40:040d}"
    return " ".join(digits[at : at + 5] for at in range(0, 40, 5))

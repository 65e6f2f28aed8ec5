"""Friend codes and knocks: the texts two people and two instances exchange to become friends.

Promise: `read_code` takes the code as people paste it (the whole link or the part after `#`, broken
over lines or not) and returns only a card that its owner signed, one relay address and a whole
secret; everything else is a `CodeError`, a sentence for the person who pasted it.
It does not decide whether to accept: see `checks` and `actions`.
Pure: no Django, no clock, no state.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from portfolio.link.addresses import AddressError, origin
from portfolio.link.cards import MAX_CARD, CardData, CardError, from_text, read_card, to_text

PREFIX = "pp1."
PATH = "/friends/accept"
MAX_CODE = 6_000
SECRET_BYTES = 16

Card = Annotated[str, Meta(min_length=1, max_length=MAX_CARD)]
Secret = Annotated[str, Meta(min_length=22, max_length=22)]
Relay = Annotated[str, Meta(min_length=1, max_length=200)]


class CodeError(ValueError):
    """Not a friend code. The message is a sentence for the person who pasted it."""


@dataclass(frozen=True)
class FriendCode:
    """What a code says: who invites, at which relay, and the secret that proves I was asked."""

    relay: str
    card: str
    secret: str
    who: CardData


class _Written(msgspec.Struct):
    relay: Relay
    card: Card
    secret: Secret


class KnockPayload(msgspec.Struct, frozen=True):
    """What stands in a knock's box: who I am, and that I hold the secret."""

    card: Card
    hmac: Annotated[str, Meta(min_length=43, max_length=43)]


def write_code(backend_url: str, relay: str, card: str, secret: str) -> str:
    """The link to hand over; without an address of one's own, the code alone."""
    raw = msgspec.json.encode(_Written(relay=relay, card=card, secret=secret))
    code = PREFIX + to_text(raw)
    return f"{backend_url}{PATH}#{code}" if backend_url else code


def read_code(text: str) -> FriendCode:
    """The code in what was pasted; `CodeError` if there is none."""
    code = "".join(text.split()).rpartition("#")[2]
    if len(code) > MAX_CODE or not code.startswith(PREFIX):
        raise CodeError("This is not a friend code. Copy the whole link that your friend sent you.")
    try:
        written = msgspec.json.decode(from_text(code[len(PREFIX) :]), type=_Written)
        who = read_card(written.card)
        return FriendCode(origin(written.relay), written.card, _checked(written.secret), who)
    except (CardError, AddressError, msgspec.MsgspecError, ValueError, RecursionError):
        raise CodeError(
            "This friend code is damaged. Copy the whole link that your friend sent you."
        ) from None


def invite_hash(secret: str) -> str:
    """What the relay may know of a secret: enough to let a knock through, not to knock."""
    return hashlib.sha256(from_text(secret)).digest()[:16].hex()


def proof(secret: str, user_id: str) -> str:
    """That the holder of this id also holds the secret; worthless for any other id."""
    return to_text(hmac.digest(from_text(secret), user_id.encode(), "sha256"))


def proves(secret: str, user_id: str, given: str) -> bool:
    return given.isascii() and hmac.compare_digest(proof(secret, user_id), given)


def write_knock(card: str, secret: str, user_id: str) -> bytes:
    """The payload of a knock of mine."""
    return msgspec.json.encode(KnockPayload(card=card, hmac=proof(secret, user_id)))


def read_knock(payload: bytes, from_user_id: str) -> tuple[KnockPayload, CardData]:
    """A knock and the card in it, which is the sender's; `CodeError` otherwise."""
    try:
        knock = msgspec.json.decode(payload, type=KnockPayload)
        who = read_card(knock.card)
    except (msgspec.MsgspecError, CardError, UnicodeError, RecursionError):
        raise CodeError("This is not a knock.") from None
    if who.user_id != from_user_id:
        raise CodeError("This knock carries somebody else's card.")
    return knock, who


def _checked(secret: str) -> str:
    if len(from_text(secret)) != SECRET_BYTES:
        raise ValueError("a secret has 16 bytes")
    return secret

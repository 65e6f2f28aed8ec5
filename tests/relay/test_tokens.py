"""Tokens: one good one, and everything that must not pass for it."""

import base64
import json
from typing import Any

import jwt
import pytest

from collab_relay.tokens import Claims, TokenError, verify

from .client import Identity

HERE, NOW, NONCE = "wss://relay.example", 1_763_630_000, "n" * 22
ALICE, MALLORY = Identity("Alice"), Identity("Mallory")
GOOD = ALICE.claims(HERE, NONCE, NOW)


def check(
    token: str, now: float = NOW + 1.0, user_id: str = ALICE.id, nonce: str = NONCE
) -> Claims:
    return verify(token, frozenset([HERE, "ws://127.0.0.1:9000"]), now, user_id, nonce)


def raw(payload: bytes | dict[str, Any], header: bytes = b'{"alg":"EdDSA","typ":"JWT"}') -> str:
    """Signed by Alice whatever it says."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, body))
    signature = base64.urlsafe_b64encode(ALICE.key.sign(signed)).rstrip(b"=")
    return (signed + b"." + signature).decode()


def test_a_good_token_tells_who_signed_it() -> None:
    assert check(ALICE.sign(GOOD)) == Claims(**GOOD)
    assert check(raw(GOOD)) == Claims(**GOOD)
    assert verify(ALICE.sign(GOOD), frozenset([HERE]), NOW) == Claims(**GOOD)


@pytest.mark.parametrize("now", [NOW - 5, NOW, NOW + 59.9])
def test_a_token_lives_a_minute(now: float) -> None:
    assert check(ALICE.sign(GOOD), now).exp == NOW + 60


@pytest.mark.parametrize("now", [NOW - 6, NOW + 60, NOW + 10**6])
def test_at_other_times_it_does_not(now: float) -> None:
    with pytest.raises(TokenError):
        check(ALICE.sign(GOOD), now)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "wss://evil.example"},
        {"aud": ["wss://evil.example", HERE]},
        {"aud": HERE + "/"},
        {"aud": None},
        {"iss": MALLORY.id},
        {"sub": MALLORY.id},
        {"iss": MALLORY.id, "sub": MALLORY.id},
        {"iss": "a", "sub": "a"},
        {"sub": "\ud800"},
        {"sub": [ALICE.id]},
        {"exp": NOW + 61},
        {"exp": NOW + 315_360_000},
        {"exp": NOW},
        {"exp": NOW - 10, "iat": NOW},
        {"exp": True},
        {"exp": [1]},
        {"exp": {}},
        {"exp": str(NOW + 60)},
        {"exp": NOW + 59.5},
        {"exp": 10**30},
        {"iat": NOW + 30, "exp": NOW + 60},
        {"iat": -1},
        {"iat": None},
        {"iat": False},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "m" * 22},
        {"nonce": "n" * 65},
        {"nonce": 17},
    ],
)
def test_a_claim_out_of_place_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(TokenError):
        check(raw(GOOD | change))


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_claim_is_refused(name: str) -> None:
    with pytest.raises(TokenError):
        check(raw({key: value for key, value in GOOD.items() if key != name}))


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
@pytest.mark.parametrize("name", ["iat", "exp"])
def test_numbers_without_end_are_refused(name: str, number: str) -> None:
    payload = json.dumps(GOOD).replace(f'"{name}": {GOOD[name]}', f'"{name}": {number}')
    assert number in payload
    with pytest.raises(TokenError):
        check(raw(payload.encode()))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none"}',
        b'{"alg":"HS256"}',
        b'{"alg":"ES256"}',
        b'{"alg":"eddsa"}',
        b'{"alg":null}',
        b'{"alg":["EdDSA"]}',
        b"{}",
        b"[]",
        b"null",
        b"",
        b"{",
        b'{"alg":"EdDSA","crit":["x"],"x":1}',
        b'{"alg":"EdDSA","b64":false,"crit":["b64"]}',
        b'{"alg":"EdDSA","x":' + b"[" * 900 + b"}",
    ],
)
def test_another_header_is_refused(header: bytes) -> None:
    with pytest.raises(TokenError):
        check(raw(GOOD, header))


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"[" * 1200, b"\xff", b'{"iss":1}', b"7"])
def test_another_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(TokenError):
        check(raw(payload))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c.d", "\u20ac.\u20ac.\u20ac"])
@pytest.mark.parametrize("end", ["", "\n", "\x00", " "])
def test_what_is_no_token_is_refused(token: str, end: str) -> None:
    with pytest.raises(TokenError):
        check(token + end)


def test_a_good_token_with_anything_around_it_is_refused() -> None:
    token = ALICE.sign(GOOD)
    for spoiled in (
        token + "\n",
        " " + token,
        "x" + token,
        token + "=",
        token[:-2],
        token + "A" * 9000,
    ):
        with pytest.raises(TokenError):
            check(spoiled)


def test_the_signature_of_another_key_is_refused() -> None:
    with pytest.raises(TokenError):
        check(MALLORY.sign(GOOD))


def test_the_public_key_is_no_shared_secret() -> None:
    secret = ALICE.key.public_key().public_bytes_raw()
    with pytest.raises(TokenError):
        check(jwt.encode(GOOD, secret, algorithm="HS256"))


def test_everybodys_signature_under_a_key_of_low_order_is_refused() -> None:
    nobody = base64.urlsafe_b64encode(b"\x01" + bytes(31)).rstrip(b"=").decode()
    payload = json.dumps(GOOD | {"iss": nobody, "sub": nobody}).encode()
    parts = [b'{"alg":"EdDSA"}', payload, b"\x01" + bytes(63)]
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    with pytest.raises(TokenError):
        check(token, user_id=nobody)


def test_a_token_of_another_id_or_nonce_is_refused() -> None:
    token = ALICE.sign(GOOD)
    with pytest.raises(TokenError):
        check(token, user_id=MALLORY.id)
    with pytest.raises(TokenError):
        check(token, nonce="m" * 22)

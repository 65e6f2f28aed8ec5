"""Tokens: bound to signer, audience, path and minute; everything else is one refusal."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portfolio.link import tokens
from portfolio.link.tokens import TokenError, read_fetch_token
from tests.link.people import new_keys

ALICE, BOB = new_keys(), new_keys()
NOW = 1_800_000_000
PATH = "/api/v1/positions/ideas/3f0f7f0e-0000-4000-8000-000000000001"
CLAIMS: dict[str, Any] = {
    "iss": BOB.user_id,
    "sub": BOB.user_id,
    "aud": ALICE.user_id,
    "iat": NOW,
    "exp": NOW + 60,
    "path": PATH,
    "jti": "r" * 22,
}


def _part(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _token(
    claims: dict[str, Any] | bytes,
    header: bytes = b'{"alg":"EdDSA","typ":"JWT"}',
    key: Ed25519PrivateKey = BOB.signing,
) -> str:
    """Signed by Bob, whatever it says."""
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    message = _part(header) + b"." + _part(body)
    return (message + b"." + _part(key.sign(message))).decode()


def _raw(name: str, spelled: str) -> bytes:
    return json.dumps(CLAIMS | {name: "@"}).replace('"@"', spelled).encode()


def test_relay_token_carries_what_the_relay_checks() -> None:
    token = tokens.relay_token(BOB.signing, BOB.user_id, "wss://relay.example", "n" * 22, NOW)
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": BOB.user_id,
        "sub": BOB.user_id,
        "aud": "wss://relay.example",
        "iat": NOW,
        "exp": NOW + 60,
        "nonce": "n" * 22,
    }


@pytest.mark.parametrize("now", [NOW - 5, NOW, NOW + 59])
def test_token_within_its_minute_is_read(now: int) -> None:
    assert read_fetch_token(_token(CLAIMS), ALICE.user_id, PATH, now) == (BOB.user_id, "r" * 22)


@pytest.mark.parametrize("now", [NOW - 6, NOW + 60, NOW + 10**9])
def test_token_outside_its_minute_is_refused(now: int) -> None:
    with pytest.raises(TokenError):
        read_fetch_token(_token(CLAIMS), ALICE.user_id, PATH, now)


BAD = {
    "for somebody else": CLAIMS | {"aud": BOB.user_id},
    "for several": CLAIMS | {"aud": [ALICE.user_id, "x"]},
    "for another path": CLAIMS | {"path": PATH + "0"},
    "ten years": CLAIMS | {"exp": NOW + 315_360_000},
    "backwards": CLAIMS | {"exp": NOW - 1},
    "issued by another": CLAIMS | {"iss": ALICE.user_id},
    "about another": CLAIMS | {"iss": ALICE.user_id, "sub": ALICE.user_id},
    "about a surrogate": CLAIMS | {"iss": "\ud800", "sub": "\ud800"},
    "about a weak key": CLAIMS | {"iss": "A" * 43, "sub": "A" * 43},
    "sub list": CLAIMS | {"sub": [BOB.user_id]},
    "exp bool": CLAIMS | {"exp": True},
    "exp float": CLAIMS | {"exp": NOW + 60.0},
    "exp list": CLAIMS | {"exp": [NOW]},
    "exp infinite": _raw("exp", "1e999"),
    "exp not a number": _raw("exp", "NaN"),
    "iat infinite": _raw("iat", "-1e999"),
    "jti null": CLAIMS | {"jti": None},
    "jti long": CLAIMS | {"jti": "r" * 65},
    "jti with blanks": CLAIMS | {"jti": "r" * 21 + " "},
    "not yet": CLAIMS | {"nbf": [1]} | {"exp": None},
    "deep": b"[" * 1000,
    "empty": b"",
    "a list": b"[]",
} | {
    f"without {name}": {key: value for key, value in CLAIMS.items() if key != name}
    for name in CLAIMS
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD)
def test_bad_claims_are_refused(claims: Any) -> None:
    with pytest.raises(TokenError):
        read_fetch_token(_token(claims), ALICE.user_id, PATH, NOW)


HEADERS = {
    "none": b'{"alg":"none"}',
    "hmac": b'{"alg":"HS256"}',
    "critical": b'{"alg":"EdDSA","crit":["x"]}',
    "no algorithm": b"{}",
    "not json": b"x",
    "deep": b'{"alg":"EdDSA","x":' + b"[" * 900 + b"}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_bad_headers_are_refused(header: bytes) -> None:
    with pytest.raises(TokenError):
        read_fetch_token(_token(CLAIMS, header), ALICE.user_id, PATH, NOW)


def test_public_key_as_hmac_secret_is_refused() -> None:
    secret = BOB.signing.public_key().public_bytes_raw()
    with pytest.raises(TokenError):
        read_fetch_token(jwt.encode(CLAIMS, secret, "HS256"), ALICE.user_id, PATH, NOW)


def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(TokenError):
        read_fetch_token(_token(CLAIMS, key=ALICE.signing), ALICE.user_id, PATH, NOW)


@pytest.mark.parametrize("token", ["", "a.b.c", "\u20ac.\u20ac.\u20ac", "x" * 3000, 17, None, b""])
def test_what_is_no_token_is_refused(token: Any) -> None:
    with pytest.raises(TokenError):
        read_fetch_token(token, ALICE.user_id, PATH, NOW)

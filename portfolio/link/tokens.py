"""The JWTs an instance signs for itself: one kind for the relay, one for a friend's instance.

Promise: a token lives 60 seconds, is bound to one audience, and to one nonce (relay) or one path
and request (friend). `read_fetch_token` returns only who really signed it, and raises nothing but
`TokenError`, which never says what was wrong.
It does not decide whether the signer is a friend: see `portfolio.access` and `portfolio.sharing`.
Pure: the time is passed in. Imported by `link` alone; others call `identity`.
"""

from __future__ import annotations

import re
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portfolio.link.cards import CardError, public_key

LIFETIME = 60  # seconds
AHEAD = 5  # seconds that the signer's clock may be ahead of ours
MAX_TOKEN = 2048
_ALGORITHM = "EdDSA"
_JTI = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
# Times are checked below against the time passed in; the rest in one place, so that no claim's
# absence passes.
_OPTIONS: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


class TokenError(ValueError):
    """Not a token for us, now."""


def relay_token(
    signing: Ed25519PrivateKey, user_id: str, audience: str, nonce: str, now: int
) -> str:
    """For `authenticate`: `audience` is the relay in our own settings, `now` the relay's clock."""
    return _signed(signing, user_id, audience, now, {"nonce": nonce})


def fetch_token(
    signing: Ed25519PrivateKey, user_id: str, owner_id: str, path: str, jti: str, now: int
) -> str:
    """For one GET of one path at a friend's; `jti` comes back as the answer's `request`."""
    return _signed(signing, user_id, owner_id, now, {"path": path, "jti": jti})


def read_fetch_token(token: str, own_id: str, path: str, now: int) -> tuple[str, str]:
    """The signer's user id and the jti."""
    claims = _verified(token)
    user_id, jti, iat, exp = (claims.get(name) for name in ("sub", "jti", "iat", "exp"))
    if type(iat) is not int or type(exp) is not int:  # a bool is an int to isinstance
        raise TokenError("refused")
    if not (0 < exp - iat <= LIFETIME and iat <= now + AHEAD and now < exp):
        raise TokenError("refused")
    if (claims.get("iss"), claims.get("aud"), claims.get("path")) != (user_id, own_id, path):
        raise TokenError("refused")
    if not isinstance(user_id, str) or not isinstance(jti, str) or not _JTI.match(jti):
        raise TokenError("refused")
    return user_id, jti


def _signed(
    signing: Ed25519PrivateKey, user_id: str, audience: str, now: int, more: dict[str, str]
) -> str:
    claims: dict[str, str | int] = {
        "iss": user_id,
        "sub": user_id,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims | more, signing, algorithm=_ALGORITHM)


def _verified(token: str) -> dict[str, Any]:
    """The claims, signed by the id they name as `sub`."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN:
        raise TokenError("refused")
    try:
        unread = jwt.decode(token, options={"verify_signature": False})
        key = public_key(str(unread.get("sub")))
        return jwt.decode(token, key, algorithms=[_ALGORITHM], options=_OPTIONS)
    except (jwt.PyJWTError, CardError, ValueError, RecursionError):
        raise TokenError("refused") from None

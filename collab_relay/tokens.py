"""What an instance presents instead of a password: a short JWT signed by the key that is its id.

Promises: a token that passes names its signer truthfully, was made for this relay, is at most a
minute old and answers this nonce. Everything that may arrive instead becomes one `TokenError`.
The signature is PyJWT's work; the claims are read by types of our own, because PyJWT takes a list
of audiences, a life of ten years, a null nonce and numbers without end.

It does not remember nonces (`limits.Seen`) nor know who is admitted (`service`). Pure: time and
nonce are passed in.
"""

import base64
import re
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.api_jws import PyJWS
from jwt.types import SigOptions
from msgspec import Meta

from .names import is_user_id
from .protocol import TOKEN_CHARS, TOKEN_SECONDS, Nonce, UserId

EARLY_SECONDS = 5  # `iat` may lie this far ahead: whole seconds and clocks that are being corrected
_JWT = re.compile(r"\A[\w-]+\.[\w-]+\.[\w-]+\Z", re.ASCII)
_UNVERIFIED: SigOptions = {"verify_signature": False}
_jws = PyJWS(algorithms=["EdDSA"])
_Time = Annotated[int, Meta(ge=0, le=2**40)]


class TokenError(Exception):
    """Not a token of this id for this relay and moment. The text says why, for the log only."""


class Claims(msgspec.Struct, frozen=True):
    """What a token must say, all of it, in these types."""

    iss: UserId
    sub: UserId
    aud: Annotated[str, Meta(max_length=300)]
    iat: _Time
    exp: _Time
    nonce: Nonce


_claims = msgspec.json.Decoder(Claims)


def verify(
    token: str, audiences: frozenset[str], now: float, user_id: str = "", nonce: str = ""
) -> Claims:
    """The claims of a good token, else TokenError.

    `audiences` are this relay's normalised addresses, `now` its clock. `user_id` and `nonce` are
    demanded when given: a connection knows both, a REST request learns them from the token.
    """
    claims = _signed_claims(token)
    if claims.sub != claims.iss or user_id not in ("", claims.sub):
        raise TokenError("of another id")
    if claims.aud not in audiences:
        raise TokenError("for another relay")
    if not 0 < claims.exp - claims.iat <= TOKEN_SECONDS:
        raise TokenError("living too long")
    if not claims.iat - EARLY_SECONDS <= now < claims.exp:
        raise TokenError("out of date")
    if nonce not in ("", claims.nonce):
        raise TokenError("for another nonce")
    return claims


def _signed_claims(token: str) -> Claims:
    """The claims, once their signature fits the key that `sub` is."""
    if len(token) > TOKEN_CHARS or not _JWT.match(token):
        raise TokenError("not a token")
    try:
        claims = _claims.decode(_jws.decode_complete(token, options=_UNVERIFIED)["payload"])
        if not is_user_id(claims.sub):
            raise TokenError("not an id")
        _jws.decode_complete(token, _key(claims.sub), algorithms=["EdDSA"])
    except TokenError:
        raise
    except Exception as error:  # nothing a stranger sends may surface as anything else
        raise TokenError(f"not usable: {type(error).__name__}") from error
    return claims


def _key(user_id: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(user_id + "="))

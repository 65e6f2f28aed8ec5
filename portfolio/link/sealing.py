"""Boxes: what only two friends can read, and only one of them can have written.

Promise: `open_box` returns exactly the bytes that `from_user_id` sealed for this instance, and says
`SealingError` to everything else: another sender, another recipient, one flipped bit, a box sealed
on to a third person. The relay sees only a size, and that in steps of 256 * 2^k bytes.
It does not know a box's order or age: a replayed one opens again, `stream` and requests decide.
No error, name or log of this module carries content.
Threads: any. Pure but for randomness. Imported by `link`, and by `friends` for knocks.
"""

from __future__ import annotations

import base64
import binascii
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke

from portfolio.link.cards import CardError, box_public_key, public_key
from portfolio.link.identity import Keys

MAX_JSON = 32_000  # bytes
_SIGNATURE = 64
_HEAD = 4 + _SIGNATURE
_OVERHEAD = 48  # HPKE: 32 bytes of encapsulated key, 16 of tag
_STEP = 256
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class SealingError(ValueError):
    """The box is not for us from them, or cannot be made. Never says what was inside."""


def seal(payload: bytes, keys: Keys, to_user_id: str, to_box_key: str) -> str:
    """A box (base64) from us that only the holder of `to_box_key` opens."""
    if len(payload) > MAX_JSON:
        raise SealingError(f"{len(payload)} bytes do not fit into a box")
    info = _info(keys.user_id, to_user_id)
    inner = struct.pack(">I", len(payload)) + keys.signing.sign(info + payload) + payload
    try:
        sealed = _SUITE.encrypt(
            inner.ljust(padded(len(inner)), b"\0"), box_public_key(to_box_key), info=info
        )
    except CardError:
        raise SealingError("the box key cannot be used") from None
    return base64.b64encode(sealed).decode()


def open_box(box: str, keys: Keys, from_user_id: str) -> bytes:
    """What `from_user_id` sealed for us; also with the box key we had before."""
    info = _info(from_user_id, keys.user_id)
    payload, signature = _parts(_decrypted(_raw(box), keys, info))
    try:
        public_key(from_user_id).verify(signature, info + payload)
    except (CardError, InvalidSignature):
        raise SealingError("not signed by its sender") from None
    return payload


def padded(size: int) -> int:
    """The smallest 256 * 2^k that holds `size` bytes."""
    steps = max(1, -(-size // _STEP))
    return _STEP << (steps - 1).bit_length()


MAX_BOX = 4 * -(-(padded(_HEAD + MAX_JSON) + _OVERHEAD) // 3)  # characters


def _info(from_user_id: str, to_user_id: str) -> bytes:
    try:
        return f"pp1|{from_user_id}|{to_user_id}".encode("ascii")
    except UnicodeEncodeError:
        raise SealingError("this is not a user id") from None


def _raw(box: str) -> bytes:
    if not isinstance(box, str) or len(box) > MAX_BOX:
        raise SealingError("not a box")
    try:
        return base64.b64decode(box, validate=True)
    except (binascii.Error, ValueError):
        raise SealingError("not a box") from None


def _decrypted(sealed: bytes, keys: Keys, info: bytes) -> bytes:
    for key in (keys.box, keys.previous_box):
        if key is not None:
            try:
                return _SUITE.decrypt(sealed, key, info=info)
            except (InvalidTag, ValueError):
                continue
    raise SealingError("does not open")


def _parts(inner: bytes) -> tuple[bytes, bytes]:
    """(payload, signature); the length and the padding have one form, so a box has one meaning."""
    if len(inner) < _HEAD:
        raise SealingError("too short")
    (size,) = struct.unpack(">I", inner[:4])
    end = _HEAD + size
    if size > MAX_JSON or padded(end) != len(inner) or any(inner[end:]):
        raise SealingError("not padded as agreed")
    return inner[_HEAD:end], inner[4:_HEAD]

"""Boxes open for one person, from one person, and for nobody after any change."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from portfolio.link import sealing
from portfolio.link.cards import to_text
from portfolio.link.identity import Keys
from portfolio.link.sealing import MAX_BOX, MAX_JSON, SealingError, open_box, padded, seal
from tests.link.people import new_keys

ALICE, BOB, CHARLIE = new_keys(), new_keys(), new_keys()
BOX = seal(b'{"kind":"sync"}', ALICE, BOB.user_id, BOB.box_key)
LOW_ORDER = [
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@given(st.binary(max_size=2000))
@example(b"")
@example(bytes(MAX_JSON))
def test_box_opens_for_its_recipient(payload: bytes) -> None:
    box = seal(payload, ALICE, BOB.user_id, BOB.box_key)
    assert open_box(box, BOB, ALICE.user_id) == payload
    assert len(box) <= MAX_BOX


def test_box_is_different_each_time() -> None:
    assert seal(b"{}", ALICE, BOB.user_id, BOB.box_key) != seal(
        b"{}", ALICE, BOB.user_id, BOB.box_key
    )


def test_size_tells_only_a_step() -> None:
    boxes = [seal(bytes(n), ALICE, BOB.user_id, BOB.box_key) for n in (1, 188)]
    assert [len(base64.b64decode(box)) for box in boxes] == [256 + 48] * 2
    assert [padded(n) for n in (0, 1, 256, 257, 512, 513, 1025)] == [
        256,
        256,
        256,
        512,
        512,
        1024,
        2048,
    ]
    assert padded(68 + MAX_JSON) == 32_768


@given(st.integers(min_value=0, max_value=len(base64.b64decode(BOX)) * 8 - 1))
def test_one_flipped_bit_opens_for_nobody(bit: int) -> None:
    raw = bytearray(base64.b64decode(BOX))
    raw[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(SealingError):
        open_box(base64.b64encode(bytes(raw)).decode(), BOB, ALICE.user_id)


RUBBISH = st.text(max_size=600) | st.binary(max_size=600).map(
    lambda raw: base64.b64encode(raw).decode()
)


@given(RUBBISH)
@example("")
@example("A" * (MAX_BOX + 4))
@example(BOX[:-4])
@example(BOX + "\n")
def test_rubbish_is_a_sealing_error(box: str) -> None:
    with pytest.raises(SealingError):
        open_box(box, BOB, ALICE.user_id)


@pytest.mark.parametrize(
    ("reader", "sender"),
    [
        (CHARLIE, ALICE.user_id),  # not for Charlie
        (ALICE, ALICE.user_id),  # reflected to its sender
        (ALICE, BOB.user_id),  # wrong direction
        (BOB, CHARLIE.user_id),  # not from Charlie
        (BOB, "A" * 43),  # low order
        (BOB, "not an id"),
        (BOB, "\ud800"),
        (BOB, "é" * 43),
    ],
)
def test_other_people_cannot_open_it(reader: Keys, sender: str) -> None:
    with pytest.raises(SealingError):
        open_box(BOX, reader, sender)


def _resealed(inner: bytes, to: Keys, claimed: Keys) -> str:
    """A box as somebody with only public keys could make it."""
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    info = f"pp1|{claimed.user_id}|{to.user_id}".encode()
    return base64.b64encode(suite.encrypt(inner, to.box.public_key(), info=info)).decode()


def _inner(box: str, reader: Keys, sender: Keys) -> bytes:
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    info = f"pp1|{sender.user_id}|{reader.user_id}".encode()
    return suite.decrypt(base64.b64decode(box), reader.box, info=info)


def test_friend_cannot_pass_it_on_as_alices() -> None:
    inner = _inner(BOX, BOB, ALICE)
    with pytest.raises(SealingError, match="not signed by its sender"):
        open_box(_resealed(inner, CHARLIE, ALICE), CHARLIE, ALICE.user_id)


@pytest.mark.parametrize(
    "change",
    [
        lambda inner: inner + bytes(256),  # more padding than agreed
        lambda inner: inner[:-1] + b"\x01",  # something hidden in the padding
        lambda inner: inner[:-1],
        lambda inner: b"\xff\xff\xff\xff" + inner[4:],
        lambda inner: b"\0\0\0\0" + inner[4:],
        lambda inner: inner[:60],
        lambda _inner: b"",
    ],
)
def test_inside_has_one_form(change: object) -> None:
    assert callable(change)
    inner = change(_inner(BOX, BOB, ALICE))
    with pytest.raises(SealingError):
        open_box(_resealed(inner, BOB, ALICE), BOB, ALICE.user_id)


def test_previous_box_key_still_opens() -> None:
    renewed = Keys(BOB.signing, X25519PrivateKey.generate(), BOB.box)
    assert open_box(BOX, renewed, ALICE.user_id) == b'{"kind":"sync"}'
    with pytest.raises(SealingError):
        open_box(BOX, Keys(BOB.signing, renewed.box), ALICE.user_id)


@pytest.mark.parametrize("raw", LOW_ORDER)
def test_low_order_box_key_is_refused(raw: bytes) -> None:
    with pytest.raises(SealingError):
        seal(b"{}", ALICE, BOB.user_id, to_text(raw))


@pytest.mark.parametrize("key", ["", "x", "!" * 43, BOB.box_key + "=", BOB.box_key[:-1]])
def test_box_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(SealingError):
        seal(b"{}", ALICE, BOB.user_id, key)


def test_too_much_is_refused_before_sealing() -> None:
    with pytest.raises(SealingError, match="32001 bytes do not fit"):
        seal(bytes(MAX_JSON + 1), ALICE, BOB.user_id, BOB.box_key)


def test_errors_carry_no_content() -> None:
    secret = b"buy NVDA calls"
    with pytest.raises(SealingError) as caught:
        open_box(seal(secret, ALICE, BOB.user_id, BOB.box_key), CHARLIE, ALICE.user_id)
    assert "NVDA" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert "NVDA" not in repr(ALICE)
    assert sealing.SealingError.__doc__ is not None

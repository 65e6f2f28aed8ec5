"""Cards and ids: one spelling, one signer, no weak keys."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.link.cards import (
    CardData,
    CardError,
    from_text,
    public_key,
    read_card,
    safety_digits,
    to_text,
    write_card,
)
from tests.link.people import card_data, card_of, new_keys

ALICE, BOB = new_keys(), new_keys()
_P = 2**255 - 19
WEAK = {
    "order 1": 1,
    "order 2": _P - 1,
    "order 4": 0,
    "order 8": 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    "order 8, other": 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    "order 4, another spelling": _P,
    "order 1, another spelling": _P + 1,
    "a key in another spelling": _P + 5,
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_card_comes_back_as_written() -> None:
    data = card_data(BOB, "Bob Ω 😀")
    assert read_card(write_card(data, BOB.signing)) == data


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", WEAK.values(), ids=WEAK)
def test_weak_key_is_no_id(y: int, sign: int) -> None:
    with pytest.raises(CardError):
        public_key(to_text((y | sign).to_bytes(32, "little")))


def test_id_has_one_spelling() -> None:
    uid = BOB.user_id
    ids = [text for letter in ALPHABET if _is_id(text := uid[:-1] + letter)]
    assert [text for text in ids if from_text(text) == from_text(uid)] == [uid]
    for text in (uid + "=", uid[:10] + "\n" + uid[10:], f" {uid}", uid.replace(uid[0], "é")):
        assert not _is_id(text)


def _is_id(text: str) -> bool:
    try:
        public_key(text)
    except CardError:
        return False
    return True


@given(st.binary(max_size=40))
def test_text_of_bytes_comes_back(raw: bytes) -> None:
    assert from_text(to_text(raw)) == raw


@given(st.data())
def test_changed_card_is_refused(data: st.DataObject) -> None:
    card = card_of(BOB)
    at = data.draw(st.integers(0, len(card) - 1))
    letter = data.draw(st.sampled_from(ALPHABET + ".=! "))
    changed = card[:at] + letter + card[at + 1 :]
    if changed != card:
        with pytest.raises(CardError):
            read_card(changed)


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": ALICE.user_id},  # signed by Bob, names Alice
        {"user_id": to_text(bytes(32))},
        {"box_key": to_text(bytes(32))},
        {"box_key": to_text(b"\x01" + bytes(31))},
        {"box_key": "x" * 43},
        {"display_name": ""},
        {"display_name": " Bob"},
        {"display_name": "Bob\u202egnp"},
        {"display_name": "Bob\n"},
        {"display_name": "B" * 81},
        {"backend_url": "file:///etc/passwd"},
        {"backend_url": "https://bob.example/path"},
        {"backend_url": "https://user@bob.example"},
        {"backend_url": "HTTPS://bob.example"},
        {"revision": 0},
        {"revision": "1"},
        {"issued_at": "x" * 41},
        {"issued_at": None},
    ],
)
def test_card_with_bad_field_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(CardError):
        read_card(card_of(BOB, **other))


def test_card_without_address_is_a_card() -> None:
    assert read_card(card_of(BOB, backend_url="")).backend_url == ""


def test_card_of_a_newer_version_is_read() -> None:
    raw = json.dumps({**_plain(card_data(BOB)), "colour": "indigo"}).encode()
    card = f"{to_text(raw)}.{to_text(BOB.signing.sign(b'pp1-card|' + raw))}"
    assert read_card(card) == card_data(BOB)


def _plain(data: CardData) -> dict[str, object]:
    return {name: getattr(data, name) for name in data.__struct_fields__}


@pytest.mark.parametrize("text", ["", ".", "a.b", "x" * 2049, None, 7, "é.é"])
def test_what_is_no_card_is_refused(text: object) -> None:
    with pytest.raises(CardError):
        read_card(text)  # type: ignore[arg-type]  # what comes from outside has any type


def test_safety_digits_are_the_same_on_both_sides() -> None:
    digits = safety_digits(ALICE.user_id, BOB.user_id)
    assert digits == safety_digits(BOB.user_id, ALICE.user_id)
    assert [len(group) for group in digits.split(" ")] == [5] * 8
    assert digits.replace(" ", "").isdigit()
    assert digits != safety_digits(ALICE.user_id, new_keys().user_id)

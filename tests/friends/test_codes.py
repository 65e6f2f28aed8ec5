"""Codes survive being pasted, and nothing but a whole code is one."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.friends.codes import (
    CodeError,
    invite_hash,
    proof,
    proves,
    read_code,
    read_knock,
    write_code,
    write_knock,
)
from portfolio.link.cards import to_text
from tests.link.people import card_data, card_of, new_keys

ALICE, BOB, CHARLIE = new_keys(), new_keys(), new_keys()
SECRET = to_text(b"0123456789abcdef")
RELAY = "http://relay.example:9000"
CARD = card_of(ALICE, "Alice")
CODE = write_code("https://alice.example", RELAY, CARD, SECRET)
BARE = CODE.partition("#")[2]


def test_code_is_a_link_to_the_inviters_page() -> None:
    assert CODE.startswith("https://alice.example/friends/accept#pp1.")
    assert write_code("", RELAY, CARD, SECRET) == BARE


@pytest.mark.parametrize(
    "pasted",
    [CODE, BARE, f"  {CODE}\n", f"{CODE[:80]}\r\n {CODE[80:]}", f"https://x.example/#{BARE}"],
)
def test_code_is_read_however_it_was_pasted(pasted: str) -> None:
    code = read_code(pasted)
    assert (code.relay, code.card, code.secret) == (RELAY, CARD, SECRET)
    assert code.who == card_data(ALICE, "Alice")


def _code(**fields: object) -> str:
    known: dict[str, object] = {"relay": RELAY, "card": CARD, "secret": SECRET}
    return "pp1." + to_text(msgspec.json.encode(known | fields))


@pytest.mark.parametrize(
    "code",
    [
        "",
        "#",
        "pp1.",
        "pp2." + BARE[4:],
        BARE[:-1],
        BARE + "A",
        "https://alice.example/friends/accept",
        "pp1." + "A" * 6000,
        "pp1." + to_text(b"[" * 900),
        _code(card=CARD[:-4] + "AAAA"),
        _code(card=card_of(ALICE, "Alice", user_id=BOB.user_id)),
        _code(secret=to_text(b"short")),
        _code(secret="!" * 22),
        _code(relay="file:///etc/passwd"),
        _code(relay="ws://relay.example"),
        _code(relay=""),
        _code(relay=None),
    ],
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(CodeError, match="Copy the whole link"):
        read_code(code)


@given(st.text(max_size=200))
def test_any_text_is_a_code_or_a_sentence(text: str) -> None:
    with pytest.raises(CodeError):
        read_code(text)


def test_relay_knows_a_hash_and_not_the_secret() -> None:
    assert invite_hash(SECRET) == hashlib.sha256(b"0123456789abcdef").digest()[:16].hex()


def test_proof_is_for_one_id() -> None:
    given_proof = proof(SECRET, BOB.user_id)
    assert proves(SECRET, BOB.user_id, given_proof)
    assert not proves(SECRET, CHARLIE.user_id, given_proof)
    assert not proves(to_text(b"x" * 16), BOB.user_id, given_proof)
    assert not proves(SECRET, BOB.user_id, "é" * 43)


def test_knock_names_its_sender() -> None:
    card = card_of(BOB)
    knock, who = read_knock(write_knock(card, SECRET, BOB.user_id), BOB.user_id)
    assert (knock.card, who.display_name) == (card, "Bob")


@pytest.mark.parametrize(
    "payload",
    [
        write_knock(card_of(BOB), SECRET, BOB.user_id)[:-1],
        write_knock(card_of(CHARLIE), SECRET, BOB.user_id),
        write_knock("no card", SECRET, BOB.user_id),
        b'{"card":"x"}',
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_bad_knock_is_refused(payload: bytes) -> None:
    with pytest.raises(CodeError):
        read_knock(payload, BOB.user_id)

"""One spelling of an id and of a relay's address."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from collab_relay.protocol import is_user_id, normalise_audience

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PRIME = 2**255 - 19
# The encodings of the eight points of low order, from the literature on Ed25519.
LOW_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def spell(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def fresh_id() -> str:
    return spell(Ed25519PrivateKey.generate().public_key().public_bytes_raw())


def test_a_public_key_is_an_id_in_one_spelling_only() -> None:
    user_id = fresh_id()
    raw = base64.urlsafe_b64decode(user_id + "=")
    aliases = [user_id[:-1] + c for c in ALPHABET]
    same_key = [a for a in aliases if base64.urlsafe_b64decode(a + "=") == raw]
    assert len(same_key) == 4
    assert [a for a in same_key if is_user_id(a)] == [user_id]


@pytest.mark.parametrize("change", ["{}=", "{}A", " {}", "{}\n", "", "x", "{0}{0}"])
def test_other_lengths_are_no_ids(change: str) -> None:
    assert not is_user_id(change.format(fresh_id()))


def test_junk_inside_is_no_id() -> None:
    user_id = fresh_id()
    for junk in "!+/= \n\u00e9\ud800":
        assert not is_user_id(user_id[:10] + junk + user_id[11:])


@pytest.mark.parametrize("raw", [bytes.fromhex(text) for text in LOW_ORDER])
def test_points_of_low_order_are_no_ids(raw: bytes) -> None:
    assert not is_user_id(spell(raw))
    anybody = Ed25519PublicKey.from_public_bytes(raw)
    assert anybody.public_bytes_raw() == raw  # the library would have taken it


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("above", range(19))
def test_second_spellings_of_small_numbers_are_no_ids(above: int, sign: int) -> None:
    assert not is_user_id(spell((PRIME + above | sign).to_bytes(32, "little")))


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("wss://relay.example", "wss://relay.example"),
        ("HTTPS://Relay.Example:443/ws/abc?x#y", "wss://relay.example"),
        ("http://relay.example:80/", "ws://relay.example"),
        ("http://127.0.0.1:9000", "ws://127.0.0.1:9000"),
        (" https://relay.example. ", "wss://relay.example"),
        ("https://relay.example:80", "wss://relay.example:80"),
        ("ws://[::1]:9000/x", "ws://[::1]:9000"),
        ("ws://[0:0::1]", "ws://[::1]"),
    ],
)
def test_an_audience_has_one_spelling(url: str, audience: str) -> None:
    assert normalise_audience(url) == audience
    assert normalise_audience(audience) == audience


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example",
        "ftp://x",
        "ws://",
        "ws://a b",
        "ws://u:p@x",
        "ws://x:99999",
        "ws://x:0",
        "//x",
        "ws://-x",
        "wss://bücher.example",
        "ws://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"not an address like wss://relay.example"):
        normalise_audience(url)

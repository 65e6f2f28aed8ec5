"""Addresses: one spelling each, and which of them are somebody else's machine."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from portfolio.link.addresses import AddressError, host_and_port, is_public, origin

# Hosts that lead home, however they are written. The fetch proves that none sees a connection.
PRIVATE = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::10.0.0.1]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[fec0::1]",
    "[5f00::1]",
    "[100::1]",
    "[::8.8.8.8]",
    "[64:ff9b:1::8.8.8.8]",
]
NO_ADDRESS = [
    "",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://bob.example",
    "//bob.example",
    "bob.example",
    "http://",
    "http:///path",
    "http://bob.example/path",
    "http://bob.example?x=1",
    "http://bob.example#x",
    "http://user@127.0.0.1",
    "http://bob.example@127.0.0.1",
    "http://user:password@bob.example",
    "http://bob.example:99999",
    "http://bob.example:x",
    "http://bob.example\\@127.0.0.1",
    "http://bob.example\r\nHost: x",
    "http://bob example",
    "http://[::1",
    "http://[fe80::1%25eth0]",
    "http://bob%2eexample",
    "http://böb.example",
    "http://-bob.example",
    "http://" + "b" * 250,
]


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_address_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Bob.Example:443/", "https://bob.example"),
        (" http://bob.example:80 ", "http://bob.example"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://my_pc.local:8000/", "http://my_pc.local:8000"),
    ],
)
def test_address_has_one_spelling(typed: str, kept: str) -> None:
    assert origin(typed) == kept
    assert origin(kept) == kept


def test_address_that_is_none_says_so() -> None:
    with pytest.raises(AddressError, match="An address begins with http:// or https://"):
        origin("bob.example:8000")


def test_private_address_is_not_public() -> None:
    hosts = [host.strip("[]") for host in PRIVATE]
    numbers = [host for host in hosts if _is_address(host)]
    assert [host for host in numbers if is_public(host)] == []
    assert len(numbers) > 25


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def test_name_is_not_a_public_address() -> None:
    assert not is_public("bob.example")


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressError):
        origin(url)


@pytest.mark.parametrize(
    ("spelled", "parts"),
    [
        ("https://bob.example", ("bob.example", 443)),
        ("http://bob.example", ("bob.example", 80)),
        ("https://[2001:db8::1]:8443", ("2001:db8::1", 8443)),
    ],
)
def test_address_says_where_to_connect(spelled: str, parts: tuple[str, int]) -> None:
    assert host_and_port(spelled) == parts

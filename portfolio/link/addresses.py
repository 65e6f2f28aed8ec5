"""Addresses of other people's machines: how one is written, and which of them may be called at all.

Promise: `origin` gives every address one spelling (scheme, lower-case host, port unless it is the
default) or raises `AddressError`; nothing that could carry a password, a path or a header survives
it. `is_public` says yes only to an address that every router on the way would also treat as
somebody else's, after unwrapping the forms that hide a private one.
It resolves nothing and connects to nothing: see `peers`.
Pure: no Django, no clock, no state. Imported by `link` and the packages above it.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_URL = 200
DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\Z")
_PLAIN = re.compile(r"[!-~]+\Z")  # visible ASCII: no blank, no line break, no look-alike letter
_NAT64 = IPv6Network("64:ff9b::/96")  # its local sibling, 64:ff9b:1::/48, is nobody else's
_UNICAST = IPv6Network("2000::/3")  # all that was ever given out


class AddressError(ValueError):
    """Not an address of an instance or a relay; the message is a sentence for the person who typed
    it.
    """


def origin(url: str) -> str:
    """`https://host[:port]` of a http(s) address without path, query, fragment and user."""
    url = url.strip()
    if not _PLAIN.match(url) or len(url) > MAX_URL:
        raise AddressError(f"An address is at most {MAX_URL} plain characters without blanks.")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise AddressError("This is not an address.") from None
    if scheme not in DEFAULT_PORTS:
        raise AddressError("An address begins with http:// or https://.")
    if parts.path not in ("", "/") or set(url) & set("?#@\\"):
        raise AddressError("An address ends after the host and port.")
    shown = host if _HOST.match(host) else f"[{_ipv6(host)}]"
    return f"{scheme}://{shown}" + (f":{port}" if port not in (None, DEFAULT_PORTS[scheme]) else "")


def _ipv6(host: str) -> IPv6Address:
    try:
        address = IPv6Address(host)
    except ValueError:
        raise AddressError("The host of this address is not a name or a number.") from None
    if address.scope_id:
        raise AddressError("An address with a zone means something on one machine only.")
    return address


def host_and_port(address: str) -> tuple[str, int]:
    """Where to connect for an `origin`; an IPv6 host comes without its brackets."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def is_public(address: str) -> bool:
    """Whether an IP address is somebody else's machine on the internet."""
    try:
        inner = _unwrapped(ip_address(address))
    except ValueError:
        return False
    given_out = isinstance(inner, IPv4Address) or inner in _UNICAST
    return given_out and inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, NAT64 and Teredo; else itself.

    `is_global` alone calls 2002:7f00:1:: and 64:ff9b::127.0.0.1 global, and a gateway may well
    carry them home.
    """
    if isinstance(address, IPv4Address):
        return address
    if inner := address.ipv4_mapped or address.sixtofour:
        return inner
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else address

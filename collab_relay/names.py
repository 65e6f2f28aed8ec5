"""Names of people and relays: the one spelling of an id, and of a relay's address.

Pure. An instance reaches both functions through `collab_relay.protocol`.
"""

import base64
import binascii
import ipaddress
import re
from urllib.parse import SplitResult, urlsplit


def normalise_audience(url: str) -> str:
    """`wss://relay.example` of any way to write the address of a relay: what a token's `aud` is.

    http(s) or ws(s); lower-case host, no default port, no path. ValueError for anything else.
    """
    try:
        parts = urlsplit(url.strip())
        scheme = _SCHEMES[parts.scheme]
        host, port = _host(parts), parts.port
    except (ValueError, KeyError) as error:
        raise ValueError("not an address like wss://relay.example") from error
    default = 80 if scheme == "ws" else 443
    return f"{scheme}://{host}" if port in (None, default) else f"{scheme}://{host}:{port}"


_SCHEMES = {"ws": "ws", "http": "ws", "wss": "wss", "https": "wss"}
_HOST = re.compile(r"\A[a-z0-9]([a-z0-9._-]*[a-z0-9])?\Z")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or parts.port == 0:
        raise ValueError("no user and no port 0 in an address")
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host)}]"
    if not _HOST.match(host):
        raise ValueError("not a host name")
    return host


_PRIME = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The points of order 1, 2, 4 and 8: anybody can make a signature that fits them.
_LOW_ORDER = {0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8}


def is_user_id(text: str) -> bool:
    """Whether this can be somebody's id: the one spelling of an Ed25519 public key in base64url.

    The key must be a number below the prime (so that it, too, has one spelling) and not a point
    of low order. That it lies on the curve shows when a signature is checked.
    """
    if len(text) != 43 or not text.isascii():
        return False
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        return False
    if base64.urlsafe_b64encode(raw).decode() != text + "=":
        return False
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y < _PRIME and y not in _LOW_ORDER

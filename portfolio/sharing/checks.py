"""What may be shared and said: limits, digests, and sentences that say what to do.

Pure: no rows, no clock. Actions raise `Invalid`, forms and the API put its errors beside the
fields, handlers of friends' events refuse with it. A snapshot's digest is SHA-256 of its canonical
JSON, so both sides of a share can compute it from their own row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from portfolio.link.events import MAX_COMMENT, MAX_SNAPSHOT

MIN_LEASE, MAX_LEASE = 1, 365  # days
MAX_DEPTH = 16  # levels of lists and objects in a snapshot
_KEPT = {"\n": "\n", "\t": "\t"}
# Control characters are no text, and six bytes each on the wire.
_DROPPED = {code: _KEPT.get(chr(code)) for code in [*range(0x20), *range(0x7F, 0xA0)]}


class Invalid(Exception):
    """What was asked for cannot be: field name -> sentences. The field "" is about the whole."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(line for lines in errors.values() for line in lines))
        self.errors = errors


def canonical(value: object) -> bytes:
    """The one spelling of a value as JSON: sorted keys, no spaces, UTF-8. ValueError if it has
    none.
    """
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def digest(snapshot: object) -> str:
    """SHA-256 of the canonical JSON, hexadecimal. ValueError for what is no JSON."""
    return hashlib.sha256(canonical(snapshot)).hexdigest()


def snapshot(value: Mapping[str, object]) -> str:
    """The digest of a snapshot that may be kept and sent."""
    try:
        if not _is_shallow(value, MAX_DEPTH):
            raise ValueError("nested too deeply")
        raw = canonical(dict(value))
    except ValueError:
        raise Invalid({"": ["This idea holds something that cannot be written as text."]}) from None
    if len(raw) > MAX_SNAPSHOT:
        excess = len(raw) - MAX_SNAPSHOT
        sentence = f"Shorten the thesis or the notes: the idea is {_bytes(excess)} too large."
        raise Invalid({"": [sentence]})
    return hashlib.sha256(raw).hexdigest()


def comment_text(text: str) -> str:
    """The text as it is kept: stripped, lines ended by \\n, without control characters."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED).strip()
    try:
        excess = len(clean.encode()) - MAX_COMMENT
    except UnicodeEncodeError:
        raise Invalid({"text": ["Remove the characters that are no text."]}) from None
    if not clean:
        raise Invalid({"text": ["Write something first."]})
    if excess > 0:
        raise Invalid({"text": [f"Shorten the comment: it is {_bytes(excess)} too long."]})
    return clean


def lease_days(days: int) -> int:
    """For how long a copy may be read without news of its owner."""
    if not MIN_LEASE <= days <= MAX_LEASE:
        raise Invalid({"lease_days": [f"Choose between {MIN_LEASE} and {MAX_LEASE} days."]})
    return days


def _is_shallow(value: object, levels: int) -> bool:
    """What one thread can still read, another with more on its stack could not."""
    if not isinstance(value, Mapping | list):
        return True
    inner = value.values() if isinstance(value, Mapping) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in inner)


def _bytes(count: int) -> str:
    return f"{count:,} byte{'' if count == 1 else 's'}"

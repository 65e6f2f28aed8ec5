"""Who this instance is: two key files in DATA_DIR and one row.

Promise: `ensure` makes the keys once, when the database holds no identity; from then on a missing
or foreign key file is an `IdentityError`, a sentence that says what to do, never a new identity.
Files have mode 0600 and are complete or absent, also after a power cut; what is already there is
never overwritten. Keys, cards and tokens are never logged.
It does not tell friends about a new name or address: see `portfolio.friends.actions`.
Life cycle: `ensure` at every start; `keys` reads the files again when they change.
Threads: every function may be called from any. Imported by `link` and the packages above it.
"""

from __future__ import annotations

import os
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from observability.logs import get_logger
from portfolio.link import tokens
from portfolio.link.addresses import AddressError, origin
from portfolio.link.cards import (
    CardData,
    CardError,
    clean_name,
    from_text,
    read_card,
    safety_digits,
    to_text,
    write_card,
)
from portfolio.link.tokens import TokenError
from portfolio.models import Identity

__all__ = [
    "CardData",
    "CardError",
    "IdentityError",
    "Keys",
    "TokenError",
    "card",
    "ensure",
    "fetch_token",
    "keys",
    "new_box_key",
    "read_card",
    "read_fetch_token",
    "relay_token",
    "safety_digits",
]

SIGNING_FILE = "identity.key"
BOX_FILE = "box.key"
PREVIOUS_BOX_FILE = "box.previous.key"
UNNAMED = "Portfolio owner"

log = get_logger(__name__)


class IdentityError(Exception):
    """The identity is missing, or is not the one expected. The message is a sentence for the person
    who started this.
    """


@dataclass(frozen=True)
class Keys:
    """The private half. `previous_box` opens what was sealed before friends had the new card."""

    signing: Ed25519PrivateKey = field(repr=False)
    box: X25519PrivateKey = field(repr=False)
    previous_box: X25519PrivateKey | None = field(default=None, repr=False)

    @property
    def user_id(self) -> str:
        return to_text(self.signing.public_key().public_bytes_raw())

    @property
    def box_key(self) -> str:
        return to_text(self.box.public_key().public_bytes_raw())


def ensure(display_name: str | None = None, backend_url: str | None = None) -> Identity:
    """The identity; made from these (or the settings) if the database holds none. `IdentityError`
    if it is not whole.
    """
    with transaction.atomic():
        row = Identity.objects.first()
        _check_guard(row.user_id if row else _left_behind())
        row = row or _make(display_name, backend_url)
    return _fitting(row)


def whole() -> Identity | None:
    """The identity that there is; `IdentityError` if it is not whole."""
    row = Identity.objects.first()
    return _fitting(row) if row else None


def _fitting(row: Identity) -> Identity:
    if keys().user_id != row.user_id:
        raise IdentityError(
            f"{SIGNING_FILE} in {settings.DATA_DIR} belongs to {keys().user_id}, the database to "
            f"{row.user_id}. Restore the folder and the database from the same backup."
        )
    return row


def keys() -> Keys:
    """This instance's keys; `IdentityError` when a file is missing or damaged."""
    folder = Path(settings.DATA_DIR)
    try:
        stamps = tuple((folder / name).stat().st_mtime_ns for name in (SIGNING_FILE, BOX_FILE))
        return _load(folder, stamps)
    except (OSError, ValueError):
        raise IdentityError(
            f"{SIGNING_FILE} or {BOX_FILE} is missing or damaged in {folder}. Restore them from a "
            "backup: without them friends cannot recognise this instance."
        ) from None


def card(issued_at: datetime | None = None) -> str:
    """My signed card, as friends get it; issued now unless told otherwise."""
    row, mine = Identity.objects.get(), keys()
    data = CardData(
        user_id=mine.user_id,
        box_key=mine.box_key,
        display_name=row.display_name,
        backend_url=row.backend_url,
        revision=row.card_revision,
        issued_at=(issued_at or timezone.now()).isoformat(timespec="seconds"),
    )
    return write_card(data, mine.signing)


def new_box_key() -> None:
    """Replace the box key and keep the old one, and that alone, for opening what is on its way. The
    caller raises the card's revision and sends it.
    """
    folder = Path(settings.DATA_DIR)
    _write(folder / PREVIOUS_BOX_FILE, _read(folder / BOX_FILE))
    _write(folder / BOX_FILE, secrets.token_bytes(32))


def relay_token(audience: str, nonce: str, now: int) -> str:
    """JWT for the relay: `audience` from our own settings, `now` by the relay's clock."""
    mine = keys()
    return tokens.relay_token(mine.signing, mine.user_id, audience, nonce, now)


def fetch_token(owner_id: str, path: str, jti: str, now: int) -> str:
    """JWT for one GET at one friend's instance."""
    mine = keys()
    return tokens.fetch_token(mine.signing, mine.user_id, owner_id, path, jti, now)


def read_fetch_token(token: str, path: str, now: int) -> tuple[str, str]:
    """(user_id, jti) of a token made for this instance and path; `TokenError` otherwise."""
    return tokens.read_fetch_token(token, keys().user_id, path, now)


def _left_behind() -> str:
    """The id in the key file of a first start that was killed before its row; empty if none."""
    path = Path(settings.DATA_DIR) / SIGNING_FILE
    if not path.exists():
        return ""
    try:
        key = Ed25519PrivateKey.from_private_bytes(_read(path))
    except ValueError:
        raise IdentityError(f"{path} is damaged. Restore it from a backup, or remove it.") from None
    return to_text(key.public_key().public_bytes_raw())


def _make(display_name: str | None, backend_url: str | None) -> Identity:
    """Key files first, row second: a kill between the two leaves files that the next start takes
    over.
    """
    folder = Path(settings.DATA_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_once(folder / SIGNING_FILE, secrets.token_bytes(32))
    _write_once(folder / BOX_FILE, secrets.token_bytes(32))
    name = clean_name(display_name or settings.BACKEND_DISPLAY_NAME or "") or UNNAMED
    address = _address(backend_url or settings.BACKEND_URL or "")
    # A fixed key: two first starts at once cannot make two identities.
    mine = keys()
    return Identity.objects.create(
        pk=1,
        user_id=mine.user_id,
        display_name=name,
        backend_url=address,
        box_key=mine.box_key,
    )


def _address(url: str) -> str:
    try:
        return origin(url) if url else ""
    except AddressError as error:
        raise IdentityError(f"BACKEND_URL cannot be used: {error}") from None


def _check_guard(user_id: str) -> None:
    """BACKEND_USER_ID, if set, must name this identity. Its UUID form of other versions says
    nothing about a key.
    """
    expected = settings.BACKEND_USER_ID or ""
    if not expected or expected == user_id:
        return
    if _is_uuid(expected):
        log.warning("BACKEND_USER_ID is a UUID and is ignored: the identity is the key itself")
        return
    found = f"holds the identity {user_id}" if user_id else "holds no identity yet"
    raise IdentityError(
        f"BACKEND_USER_ID is {expected}, but {settings.DATA_DIR} {found}. "
        "Point DATA_DIR to the right folder, or remove BACKEND_USER_ID."
    )


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def _load(folder: Path, _stamps: tuple[int, ...]) -> Keys:
    previous = folder / PREVIOUS_BOX_FILE
    return Keys(
        signing=Ed25519PrivateKey.from_private_bytes(_read(folder / SIGNING_FILE)),
        box=X25519PrivateKey.from_private_bytes(_read(folder / BOX_FILE)),
        previous_box=(
            X25519PrivateKey.from_private_bytes(_read(previous)) if previous.exists() else None
        ),
    )


def _read(path: Path) -> bytes:
    return from_text(path.read_text("ascii").strip())


def _write_once(path: Path, raw: bytes) -> None:
    """As `_write`, but never over what another process has written."""
    _write(path, raw, once=True)


def _write(path: Path, raw: bytes, *, once: bool = False) -> None:
    """The file whole and on the disk, or what was there before; never half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(to_text(raw) + "\n")
            file.flush()
            os.fsync(file.fileno())
        (os.link if once else os.replace)(draft, path)
    except FileExistsError:
        log.debug("Key file is already there", file=path.name)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders, and keeps their entries by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

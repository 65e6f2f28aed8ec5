"""Notices that the database is a restored backup.

A counter lives in the database and in a file beside it; both are moved at every start, after every
backup and every hour, so that a plain copy of the file is known for what it is, too, once it is
that old. When they differ, this database has been somewhere else: friends may know more of us
than we do. Then new epochs go out, incoming cursors are cleared, open invites are burned and copies
are hidden until their owner is heard; nothing is sent or served before the person has looked at the
shares (`confirm`).

The file names the next value before the database takes it, so a kill between the two is not
mistaken for a restore.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portfolio.models import Friend, Identity, Invite, Outgoing, SharedPosition

LOST_CARDS = 1_000  # more than anybody changes their card between a backup and its return


def check() -> bool:
    """At every start, by the one process that holds the link. True when a restore was noticed."""
    identity = Identity.objects.get()
    restored = identity.generation not in _written()
    if restored:
        _begin_anew()
    advance()
    return restored


def advance() -> None:
    """Move both counters: a copy of the database made before now is a backup."""
    identity = Identity.objects.get()
    following = identity.generation + 1
    _write(f"{identity.generation} {following}")
    Identity.objects.update(generation=following)
    _write(str(following))


def awaits_confirmation() -> bool:
    """True: restored, and the person has not confirmed the shares yet."""
    return Identity.objects.filter(restored_at__isnull=False).exists()


def confirm() -> None:
    """The person has looked at the shares: friends may be told."""
    Identity.objects.update(restored_at=None)


@transaction.atomic
def _begin_anew() -> None:
    Outgoing.objects.waiting().delete()
    Friend.objects.update(out_epoch="", out_minted=0, in_epoch="", in_have=0, in_id="")
    Invite.objects.open().update(revoked_at=timezone.now())
    SharedPosition.objects.copies().update(hidden=True)
    # Friends may have newer cards than this one: the next card must not look older than those.
    Identity.objects.update(
        restored_at=timezone.now(), card_revision=F("card_revision") + LOST_CARDS
    )


def _written() -> list[int]:
    """What the file allows the database to say. Without a file only a new database is above
    suspicion.
    """
    try:
        return [int(word) for word in _path().read_text().split()]
    except FileNotFoundError:
        return [0]


def _write(text: str) -> None:
    """Whole or not at all, and on the disk before the database moves."""
    draft = _path().with_suffix(".new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_path())


def _path() -> Path:
    return Path(settings.DATA_DIR) / "generation"

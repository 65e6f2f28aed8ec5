"""Which sessions let somebody in now, by a digest of their key: the key itself lets in, so no tab
keeps it and no other process is told it.

A session lets in until it ends, is signed out, its person's password changes or the person is made
inactive, whoever does that: a page, a command, another process. Reads only.
"""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone


def digest_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def working() -> set[str]:
    """The digests of all sessions that let somebody in."""
    people = User.objects.filter(is_active=True)
    proofs = {(str(person.pk), person.get_session_auth_hash()) for person in people}
    rows = Session.objects.filter(expire_date__gt=timezone.now())
    return {digest_of(row.session_key) for row in rows.iterator() if _proof(row) in proofs}


def _proof(row: Session) -> tuple[str, str]:
    data = row.get_decoded()
    return str(data.get(SESSION_KEY, "")), str(data.get(HASH_SESSION_KEY, ""))
